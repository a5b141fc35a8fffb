"""Near copies are found as surely as promised, and nothing else is called one."""

import random
from dataclasses import replace
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom

from dataset_pipeline.stages.copies import candidates, crowds, sketches, verified
from dataset_pipeline.stages.copies.similarity import (
    Near,
    bands,
    connected,
    jaccard,
    matches,
    near,
    near_pairs,
    renewed,
    shingles,
)
from dataset_pipeline.stages.copies.verified import similarities
from dataset_pipeline.stages.evidence import found_here

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


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=30))
def test_what_is_connected_is_what_a_walk_reaches(edges: list[tuple[int, int]]) -> None:
    left, right = np.array(edges or [(0, 0)], np.int64).T
    lowest = []
    for start in range(21):
        reached, waiting = {start}, [start]
        while waiting:
            at = waiting.pop()
            ends = {end for edge in edges for end in edge if at in edge} - reached
            reached |= ends
            waiting += ends
        lowest.append(min(reached))
    assert connected(21, left, right).tolist() == lowest


def test_a_long_chain_is_connected() -> None:
    links = np.random.default_rng(0).permutation(5000)
    assert connected(5000, links[:-1], links[1:]).tolist() == [0] * 5000


@settings(max_examples=60)
@given(st.lists(st.text("ab d", max_size=12), min_size=2, max_size=9), st.integers(2, 6))
def test_measures_are_exact(texts: list[str], size: int) -> None:
    left, right = np.array(list(combinations(range(len(texts)), 2)), np.int64).T
    measured = similarities(texts, left, right, size)
    wanted = [
        jaccard(shingles(texts[a], size), shingles(texts[b], size))
        for a, b in zip(left, right, strict=True)
    ]
    assert measured.tolist() == wanted


def test_measures_do_not_depend_on_how_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = list(edited_texts(30, 1).values())
    left, right = np.array(list(combinations(range(len(texts)), 2)), np.int64).T
    whole = similarities(texts, left, right, SIZE)
    monkeypatch.setattr(verified, "_CELLS", 700)
    assert np.array_equal(similarities(texts, left, right, SIZE), whole)


def crowded(count: int, seed: int) -> list[str]:
    """Texts of one long template: most are near one another, and all stand in the same buckets."""
    dice = random.Random(seed)
    body = " ".join(dice.choices(WORDS, k=30))
    texts: set[str] = set()
    while len(texts) < count:
        words = body.split()
        for _ in range(dice.randint(1, 5)):
            words[dice.randrange(len(words))] = dice.choice(WORDS)
        texts.add(" ".join(words))
    return sorted(texts)


def kept_of(count: int, pairs: set[tuple[int, int]]) -> list[int]:
    """Texts that a walk from the first to the last keeps."""
    kept: list[int] = []
    for position in range(count):
        if not any((other, position) in pairs for other in kept):
            kept.append(position)
    return kept


def set_crowd(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (crowds, candidates):
        monkeypatch.setattr(module, "CROWD", size)


@pytest.mark.parametrize("crowd", [4, 20])
@pytest.mark.parametrize("seed", range(4))
def test_a_crowd_is_thinned_without_all_its_pairs(
    crowd: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No two that stay are near; and what goes is near one that stays."""
    texts = crowded(150, seed)

    wanted = brute({f"{n:03d}": text for n, text in enumerate(texts)}, 0.8)
    true = {(int(left), int(right)) for left, right in wanted}
    set_crowd(crowd, monkeypatch)
    series = pl.Series("text", texts)
    got = near(series, size=SIZE, threshold=0.8, permutations=128, evidence=found_here)
    pairs = set(zip(got.left.tolist(), got.right.tolist(), strict=True))
    assert got.crowds > 0
    assert pairs <= true
    assert len(pairs) < len(true) / 2
    kept = kept_of(len(texts), pairs)
    assert [pair for pair in combinations(kept, 2) if pair in true] == []


def test_who_followed_a_leader_that_goes_is_held_against_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first of a crowd is itself a copy, of a text that stands in no bucket with the rest."""
    set_crowd(2, monkeypatch)
    dice = random.Random(5)
    leader = [f"{number}" for number in dice.sample(range(1000, 9999), 60)]
    outside = [*leader[:8], "some", "that", "none", "else", "have", *leader[13:]]
    rest = [[*leader[: 20 + n], "ever", *leader[21 + n :]] for n in range(12)]
    texts = [" ".join(words) for words in (outside, leader, *rest)]
    number, rows = bands(64, 0.8)
    made = np.zeros((len(texts), 64), "<u4")
    made[0, rows : number * rows : rows] = 1  # in no bucket with anybody, but for the first
    made[:, 0] = [0, 0, *range(1, 13)]
    signed = pl.DataFrame({"signature": [row.tobytes() for row in made]})
    evidence = lambda *_: signed  # noqa: E731
    series = pl.Series("text", texts)

    got = near(series, size=SIZE, threshold=0.8, permutations=64, evidence=evidence)

    pairs = set(zip(got.left.tolist(), got.right.tolist(), strict=True))
    near_first = {right for left, right in pairs if left == 0}
    assert (got.crowds, near_first) == (1, {1})
    assert kept_of(len(texts), pairs) == [0, 2]


def test_a_false_crowd_loses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that only share buckets are held against one another, and all stay."""
    set_crowd(4, monkeypatch)
    texts = {f"{n:03d}": text for n, text in enumerate(edited_texts(80, 7).values())}
    pairs = near_pairs(texts, size=SIZE, threshold=0.5, permutations=16)
    found = {(a, b) for a, b, _ in pairs.iter_rows()}
    assert found <= set(brute(texts, 0.5))


@pytest.mark.parametrize("rows", [16, 128, 1024])
@pytest.mark.parametrize("share", [0.3, 0.8, 0.95, 1.0])
def test_the_first_looks_hardly_ever_lose_a_near_pair(rows: int, share: float) -> None:
    least = sketches.least_agreement(rows, share)
    assert binom.cdf(least - 1, rows, share) <= 1e-4 < binom.cdf(least, rows, share)


@pytest.mark.parametrize("rows", [16, 60, 128, 200])
@pytest.mark.parametrize("threshold", [0.4, 0.8, 1.0])
def test_signatures_that_agree_enough_are_alike_and_no_others(rows: int, threshold: float) -> None:
    dice = np.random.default_rng(rows)
    one = dice.integers(0, 1 << 32, (400, rows), np.uint32)
    changed = one ^ dice.choice(np.array([1, 2, 3, 4, 256], np.uint32), (400, 1))
    other = np.where(dice.random((400, rows)) < dice.random((400, 1)), one, changed)
    made = sketches.sketched(np.concatenate([one, other]), threshold)
    places = np.arange(400)
    expected = np.ones(400, np.bool_)
    shares = {1: (1 + threshold) / 2, 2: (1 + 3 * threshold) / 4, 8: threshold}
    for bits, share in shares.items():
        lowest = np.uint32((1 << bits) - 1)
        agreeing = ((one & lowest) == (other & lowest)).sum(axis=1)
        expected &= agreeing >= sketches.least_agreement(rows, share)
    assert made.alike(places, places + 400).tolist() == expected.tolist()


@pytest.mark.parametrize("fresh", [None, np.array([False, True])])
@pytest.mark.parametrize(("differing", "pairs"), [(3, [(0, 1)]), (40, [])])
def test_what_differs_in_its_bytes_alone_is_no_candidate(
    fresh: NDArray[np.bool_] | None, differing: int, pairs: list[tuple[int, int]]
) -> None:
    signed = np.zeros((2, 64), np.uint32)
    signed[1, 64 - differing :] = 4
    made, buckets = sketches.sketched(signed, 0.8), candidates.buckets_of(signed, 0.8)
    found = candidates.candidates(made, buckets, lambda left, _: left < 0, fresh)
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == pairs


def test_pairs_do_not_depend_on_the_order_of_texts() -> None:
    texts = edited_texts(60, 2)
    whole = near_pairs(texts, size=SIZE, threshold=0.7, permutations=64)
    keys = list(texts)
    random.Random(1).shuffle(keys)
    mixed = near_pairs({k: texts[k] for k in keys}, size=SIZE, threshold=0.7, permutations=64)
    assert whole.equals(mixed)


@pytest.mark.parametrize("limit", ["_MEASURED", "_LOOKS"])
def test_a_crowd_too_large_even_for_leaders_is_told(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not known is counted."""
    texts = pl.Series("text", crowded(60, 0))

    def unpaired() -> int:
        found = near(texts, size=SIZE, threshold=0.95, permutations=16, evidence=found_here)
        return found.unpaired

    set_crowd(4, monkeypatch)
    assert unpaired() == 0
    monkeypatch.setattr(crowds, limit, 0)
    assert unpaired() > 0


def test_many_letters_of_one_template_have_few_pairs() -> None:
    """As many as there are letters, not as their square; and one of them stays."""
    letter = "dear customer your payment {} was not accepted by the bank, please try again or call"
    texts = pl.Series("text", [letter.format(number) for number in range(3000)])
    found = near(texts, size=SIZE, threshold=0.6, permutations=64, evidence=found_here)
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert (found.crowds, found.unpaired) == (1, 0)
    assert len(pairs) < 20 * len(texts)
    assert kept_of(len(texts), pairs) == [0]


def spread_out(known: Near, old: NDArray[np.int64], count: int) -> Near:
    """What was found among old texts alone, told of all texts: at the places of the old ones."""
    wide = {}
    for name in ("buckets", "bits"):
        made = getattr(known, name)
        wide[name] = np.zeros((len(made), count), made.dtype)
        wide[name][:, old] = made
    return replace(known, left=old[known.left], right=old[known.right], **wide)


def assert_same(again: Near, whole: Near) -> None:
    for name in ("left", "right", "similarity", "buckets", "bits"):
        assert np.array_equal(getattr(again, name), getattr(whole, name)), name


@pytest.mark.parametrize("crowd", [2, crowds.CROWD])
@pytest.mark.parametrize("whole", [True, False])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1_000), share=st.floats(0, 1), threshold=st.sampled_from([0.5, 0.8]))
def test_old_pairs_and_those_of_fresh_texts_are_all_pairs(
    crowd: int, whole: bool, seed: int, share: float, threshold: float
) -> None:
    asked = {"size": SIZE, "threshold": threshold, "permutations": 64, "evidence": found_here}
    texts = pl.Series("text", [*dict.fromkeys(edited_texts(25, seed).values())])
    fresh = np.random.default_rng(seed).random(len(texts)) < share
    old = np.flatnonzero(~fresh)
    with pytest.MonkeyPatch.context() as patched:
        set_crowd(crowd, patched)
        known = spread_out(near(texts.gather(old), **asked), old, len(texts))
        assert_same(renewed(known, texts, fresh, whole=whole, **asked), near(texts, **asked))


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 4])
def test_in_a_large_bucket_that_is_no_crowd_pairs_of_fresh_texts_are_found(
    seed: int, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters with one beginning stand together by chance; only a few are copies."""
    set_crowd(8, monkeypatch)
    dice = random.Random(seed)
    begin = " ".join(dice.choices(WORDS, k=20))
    texts = [f"{begin} {' '.join(dice.choices(WORDS, k=12))} {number}" for number in range(80)]
    texts += [f"{text} so" for text in texts[:12]]
    series = pl.Series("text", [*dict.fromkeys(texts)])
    fresh = np.zeros(len(series), np.bool_)
    fresh[-8:] = True
    old = np.flatnonzero(~fresh)
    asked = {"size": SIZE, "threshold": 0.9, "permutations": 64, "evidence": found_here}
    whole = near(series, **asked)
    assert whole.crowds == 0
    assert max(np.unique(row, return_counts=True)[1].max() for row in whole.buckets) > 8
    assert (fresh[whole.left] ^ fresh[whole.right]).sum() == 8

    known = spread_out(near(series.gather(old), **asked), old, len(series))
    assert_same(renewed(known, series, fresh, whole=whole, **asked), whole)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_in_one_bucket_of_all_each_fresh_text_meets_its_like(seed: int, whole: bool) -> None:
    dice = np.random.default_rng(seed)
    signed = dice.integers(0, 1 << 32, (2 * crowds.CROWD, 64), np.uint32)
    order = dice.permutation(len(signed))
    one, other = np.sort(order.reshape(2, -1), axis=0)
    signed[other] = signed[one]
    fresh = dice.random(len(signed)) < 0.3
    made, buckets = sketches.sketched(signed, 0.9), np.zeros((1, len(signed)), np.uint32)
    found = candidates.candidates(made, buckets, lambda left, _: left < 0, fresh, whole=whole)
    met = fresh[one] | fresh[other]
    wanted = sorted(zip(one[met].tolist(), other[met].tolist(), strict=True))
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == wanted


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1_000), share=st.floats(0.05, 1))
def test_whatever_shares_a_bucket_with_a_fresh_text_is_beside_it(seed: int, share: float) -> None:
    dice = np.random.default_rng(seed)
    keys = dice.integers(0, 1 << 19, 200).astype(np.uint32) & np.uint32(0x40FFF)
    fresh = dice.random(200) < share
    if fresh.any():
        wanted = np.flatnonzero(np.isin(keys, keys[fresh]))
        assert candidates.beside(keys, fresh).tolist() == wanted.tolist()


def test_a_night_without_fresh_texts_asks_for_nothing() -> None:
    def unasked(*_: object) -> pl.DataFrame:
        raise AssertionError

    texts, fresh = pl.Series("text", ["one", "two"]), np.zeros(2, np.bool_)
    asked = {"size": SIZE, "threshold": 0.8, "permutations": 16}
    known = near(texts, **asked, evidence=found_here)
    found = renewed(known, texts, fresh, whole=True, **asked, evidence=unasked)
    assert len(found.left) == 0
