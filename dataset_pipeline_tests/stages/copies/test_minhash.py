"""Our signatures are datasketch's, whatever the texts and however many at once."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.stages.copies import minhash, signing
from dataset_pipeline.stages.copies.hashed import hashed
from dataset_pipeline.stages.copies.minhash import (
    permuted_by,
    shingles,
    signatures,
    signed,
)
from dataset_pipeline.stages.copies.signing import detector, matrix
from dataset_pipeline.stages.spread import here

_WIDE = (1 << 64) - 1
some_texts = st.lists(st.text(max_size=30), min_size=1, max_size=8)


def slow_hash(shingle: str, size: int) -> int:
    """What ``hashed`` computes, one character at a time."""
    rolled = 0
    for character in shingle.ljust(size, "\U0010ffff"):
        rolled = (rolled * 0x9E3779B97F4A7C15 + ord(character)) & _WIDE
    rolled = finalized(rolled)
    return rolled if len(shingle) >= size else rolled ^ finalized(len(shingle) + 1)


def finalized(value: int) -> int:
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        value = ((value ^ (value >> 33)) * factor) & _WIDE
    return value ^ (value >> 33)


def by_datasketch(text: str, size: int, permutations: int) -> list[int]:
    made = MinHash(
        num_perm=permutations,
        seed=minhash.SEED,
        scheme=minhash.SCHEME,  # its default changed once: named, or old evidence means nothing
        hashfunc=lambda shingle: slow_hash(shingle, size) & 0xFFFFFFFF,
    )
    made.update_batch(sorted(shingles(text, size)))
    found: list[int] = made.hashvalues.tolist()
    return found


@contextmanager
def blocks_of(characters: int) -> Iterator[None]:
    with patch.object(minhash, "_BLOCK", characters):
        yield


@settings(max_examples=60)
@given(some_texts, st.integers(2, 32), st.sampled_from([1, 7, 100_000]))
def test_signatures_are_those_of_datasketch(texts: list[str], size: int, block: int) -> None:
    with blocks_of(block):
        made = signed(texts, size=size, permutations=16)
    assert made.tolist() == [by_datasketch(text, size, 16) for text in texts]


@pytest.mark.parametrize("permutations", [16, 128, 256])
def test_the_permutations_are_those_of_datasketch(permutations: int) -> None:
    theirs = MinHash(num_perm=permutations, seed=minhash.SEED, scheme=minhash.SCHEME).permutations
    assert np.array_equal(np.array(permuted_by(permutations)), theirs)


def test_signatures_stay_the_same() -> None:
    """What is remembered as evidence must not change under the same name."""
    (made,) = signed(["the parcel has not arrived"], size=5, permutations=2)
    assert made.tolist() == [118195793, 22962434]
    assert detector(5, 128).settings == {
        "shingle_characters": 5,
        "permutations": 128,
        "seed": 1,
        "scheme": "affine32",
        "hash": "horner64-fmix64",
    }


@settings(max_examples=60)
@given(some_texts, st.integers(2, 9))
def test_every_shingle_is_hashed_and_no_other(texts: list[str], size: int) -> None:
    found = hashed(texts, size)
    for text, start, count in zip(texts, found.starts, found.counts, strict=True):
        mine = set(found.values[start : start + count].tolist())
        assert mine == {slow_hash(shingle, size) for shingle in shingles(text, size)}


def test_a_text_filled_up_is_not_the_text_itself() -> None:
    short, filled = signatures(["abc", "abc\U0010ffff\U0010ffff"], size=5, permutations=16)
    assert short != filled


@pytest.mark.parametrize("part", [1, 7, 1_000])
def test_evidence_is_what_was_signed(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "_PART", part)
    dice = random.Random(3)
    texts = ["".join(dice.choices("abc д", k=dice.randint(0, 40))) for _ in range(50)]
    found = detector(4, 32).detect(pl.Series("text", texts), here)
    made = matrix(found["signature"], 32)
    assert np.array_equal(made, signed(texts, size=4, permutations=32))
    nothing = detector(4, 32).detect(pl.Series("text", [], pl.String), here)
    assert nothing.schema == {"signature": pl.Binary()}
