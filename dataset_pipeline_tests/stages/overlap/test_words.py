import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.stages.overlap.words import folded, placed, words

AWKWARD = (
    "İstanbul’s _x_ '' don't a' 'b ① ½ é e\u0301 x²",
    "",
    "...",
    "Привет, мир!",
    "Ещё ЁЖ",
    "a\u00a0b",
)


def seen(text: str) -> list[str]:
    told = pl.DataFrame({"text": [text]}).select(folded(pl.col("text"))).item()
    return told.split(" ") if told else []


@given(st.one_of(st.sampled_from(AWKWARD), st.text("aB'’ ._-éИ①\u0301\n", max_size=30)))
def test_one_text_has_the_words_of_the_column(text: str) -> None:
    assert placed(text).words == seen(text)


def test_yo_is_ye() -> None:
    assert placed("Ещё ЁЖ").words == placed("еще еж").words == ["еще", "еж"]


def test_places_are_those_of_the_words() -> None:
    text = "  “Don’t” — she SAID:e-mail"
    found = placed(text)
    spans = [text[a:b] for a, b in zip(found.starts, found.ends, strict=True)]
    assert found.words == ["dont", "she", "said", "e", "mail"]
    assert spans == ["Don’t", "she", "SAID", "e", "mail"]


def test_ngrams_do_not_reach_into_the_next_text() -> None:
    told = words(pl.Series(["a b c", "", "...", "c d"]))
    assert told.first.tolist() == [0, 3, 3, 3, 5]
    starts = {n: places.tolist() for n, places, _ in told.ngrams(4)}
    assert starts == {2: [0, 1, 3], 3: [0], 4: []}


def test_equal_ngrams_have_equal_numbers_and_others_do_not() -> None:
    told = words(pl.Series(["x A b, c", "a B c d", "c b a"]))
    ((_, starts, numbers),) = [found for found in told.ngrams(3) if found[0] == 3]
    by_start = dict(zip(starts.tolist(), numbers.tolist(), strict=True))
    assert by_start[1] == by_start[4]
    assert len(set(by_start.values())) == len(by_start) - 1
