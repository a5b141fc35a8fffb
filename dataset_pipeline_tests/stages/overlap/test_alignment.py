import numpy as np
import pytest

from dataset_pipeline.stages.overlap.alignment import Aligned, aligned, edits_allowed
from dataset_pipeline.stages.overlap.words import placed

ITEM = "how many axles does a standard automobile have in the end"
SIZE = len(ITEM.split())


def look(text: str, shift: int = 0, weights: list[float] | None = None) -> Aligned:
    item = placed(ITEM)
    return aligned(item, np.array(weights or [1.0] * SIZE), placed(text), shift)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        (ITEM, 1),
        (ITEM.upper() + "?!", 1),
        (ITEM.replace("axles does", "axles-does"), 1),
        (ITEM.replace("in the end", "in theend"), 1),  # words that grew together
        (ITEM.replace("standard ", ""), (SIZE - 1) / SIZE),
        (ITEM.replace("standard ", "standard green "), (SIZE - 1) / SIZE),
        (ITEM.replace("standard ", "green "), (SIZE - 2) / SIZE),
        ("nothing of it", 0),
    ],
)
def test_the_share_of_the_item_in_the_text(text: str, share: float) -> None:
    assert look(text).share == pytest.approx(share)


def test_neither_common_words_alone_nor_a_rare_one_make_a_copy() -> None:
    rare = [0.1, 0.1, 1.0, *[0.1] * (SIZE - 3)]
    assert look(ITEM.replace("axles", ""), weights=rare).share == pytest.approx(0.5)
    assert look("axles", 0, rare).share == pytest.approx(1 / SIZE)


def test_the_span_is_where_it_stands() -> None:
    text = f"Well, well! «{ITEM.upper()}»? Who knows."
    found = look(text, shift=2)
    assert text[found.start : found.end] == ITEM.upper()
    assert (found.share, found.weight) == (1, SIZE)


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        (ITEM, 0),
        (ITEM.replace("standard ", ""), 1),
        (ITEM.replace("standard ", "standard green "), 1),
        (ITEM.replace("standard ", "standard dark-green "), 1),  # one word as it is written
        (ITEM.replace("standard ", "green "), 2),
        (ITEM.replace("standard ", "standart "), 1),
        (ITEM.replace("axles does", "axle do"), 1),
        ("well " + ITEM + " then", 0),
        (ITEM.removesuffix(" the end"), 2),
        (ITEM.removesuffix("end") + "start", 2),  # another word in its place
        ("so " + ITEM.removeprefix("how "), 2),
        (ITEM.removesuffix(" end") + "? Others say so.", 1),  # the next sentence is none of it
        ("Well. " + ITEM.removeprefix("how "), 1),
        (ITEM.removesuffix(" end") + " and others say so", 1),  # nor is what goes on
        ("and so " + ITEM.removeprefix("how "), 1),
        (ITEM.replace("end", "ende"), 1),
        ("nothing of it", SIZE),
    ],
)
def test_edits_are_of_written_words(text: str, edits: int) -> None:
    assert look(text).edits == edits


def test_short_items_may_differ_by_one_word() -> None:
    allowed = [edits_allowed(words, 0.65) for words in (3, 8, 13, 14, 20, 108)]
    assert allowed == [1, 1, 1, 2, 4, 35]
    assert edits_allowed(108, 1.0) == 1
