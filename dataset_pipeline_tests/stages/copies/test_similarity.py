"""Near copies are found as surely as promised, and nothing else is called one."""

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.stages.copies.similarity import (
    bands,
    components,
    jaccard,
    matches,
    near_pairs,
    shingles,
)

SIZE = 5
WORDS = ("parcel", "invoice", "refund", "sensor", "broken", "login", "card", "hub", "late", "again")


def edited_texts(count: int, seed: int) -> dict[str, str]:
    """Random texts, and edited copies of them at every distance."""
    dice = random.Random(seed)
    texts: dict[str, str] = {}
    for number in range(count):
        words = dice.choices(WORDS, k=dice.randint(8, 40))
        texts[f"{number}"] = " ".join(words)
        for _ in range(dice.randint(0, len(words) // 5)):
            words[dice.randrange(len(words))] = dice.choice(WORDS)
        texts[f"{number}-copy"] = " ".join(words)
    return texts


def brute(texts: dict[str, str], threshold: float) -> dict[tuple[str, str], float]:
    sets = {key: shingles(text, SIZE) for key, text in texts.items()}
    pairs = {(a, b): jaccard(sets[a], sets[b]) for a, b in combinations(sorted(sets), 2)}
    return {pair: value for pair, value in pairs.items() if value >= threshold}


@pytest.mark.parametrize("permutations", [16, 64, 128, 256])
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8, 0.9, 0.95, 1.0])
def test_bands_reach_their_recall(permutations: int, threshold: float) -> None:
    count, rows = bands(permutations, threshold)
    assert count >= 2
    assert count * rows <= permutations
    reached = 1 - (1 - threshold**rows) ** count
    assert reached >= 0.99 or rows == 1
    if rows < permutations // 2:  # one row more would miss too many
        fewer = permutations // (rows + 1)
        assert 1 - (1 - threshold ** (rows + 1)) ** fewer < 0.99


def test_bands_are_not_those_of_the_threshold() -> None:
    """25 rows a band, as the threshold itself suggests, would find one in three at 0.9."""
    count, rows = bands(128, 0.9)
    assert rows < 25
    assert 1 - (1 - 0.9**25) ** 5 < 0.4 < 1 - (1 - 0.9**rows) ** count


@pytest.mark.parametrize("threshold", [0.6, 0.8, 0.9])
def test_near_pairs_against_brute_force(threshold: float) -> None:
    wanted: dict[tuple[str, str], float] = {}
    found: dict[tuple[str, str], float] = {}
    for seed in range(4):
        texts = edited_texts(80, seed)
        pairs = near_pairs(texts, size=SIZE, threshold=threshold, permutations=128)
        found |= {(f"{seed}{a}", f"{seed}{b}"): s for a, b, s in pairs.iter_rows()}
        wanted |= {(f"{seed}{a}", f"{seed}{b}"): s for (a, b), s in brute(texts, threshold).items()}
    assert found.items() <= wanted.items(), "a false pair, or a measure that is not exact"
    assert len(wanted) > 40
    assert len(found) >= 0.99 * len(wanted)


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.text("ab", min_size=1, max_size=3), st.text("xyz ", max_size=12), max_size=6
    ),
    st.dictionaries(
        st.text("ab", min_size=1, max_size=3), st.text("xyz ", max_size=12), max_size=6
    ),
)
def test_matches_are_those_of_brute_force(asked: dict[str, str], known: dict[str, str]) -> None:
    found = matches(asked, known, size=SIZE, threshold=0.5)
    wanted = [
        (a, b, measure)
        for a in sorted(asked)
        for b in sorted(known)
        if (measure := jaccard(shingles(asked[a], SIZE), shingles(known[b], SIZE))) >= 0.5
    ]
    assert [row[:2] for row in found.iter_rows()] == [row[:2] for row in wanted]
    assert [row[2] for row in found.iter_rows()] == pytest.approx([row[2] for row in wanted])


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=8), max_size=6))
def test_any_texts_can_be_compared(texts: dict[str, str]) -> None:
    pairs = near_pairs(texts, size=SIZE, threshold=0.5, permutations=16)
    assert all(left < right for left, right in pairs.select("left", "right").iter_rows())


def test_opposites_are_not_the_same() -> None:
    texts = {"a": "i want a refund", "b": "i do not want a refund"}
    assert near_pairs(texts, size=SIZE, threshold=0.8, permutations=128).is_empty()


@pytest.mark.parametrize("text", ["", "a", "abcd", "abcde"])
def test_a_text_shorter_than_a_shingle_is_its_own_shingle(text: str) -> None:
    assert shingles(text, SIZE) == {text}


def test_components() -> None:
    found = components("edcba", [("b", "a"), ("c", "b"), ("e", "d")])
    assert found == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "d"}
