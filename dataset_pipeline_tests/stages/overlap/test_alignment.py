import numpy as np
import pytest

from dataset_pipeline.stages.overlap.alignment import Aligned, aligned
from dataset_pipeline.stages.overlap.words import placed

ITEM = "how many axles does a standard automobile have in the end"
SIZE = len(ITEM.split())


def look(text: str, shift: int = 0, weights: list[float] | None = None) -> Aligned:
    words = placed(ITEM).words
    return aligned(words, np.array(weights or [1.0] * len(words)), placed(text), shift)


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
