from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.stages.copies.minhash import shingles
from dataset_pipeline.stages.copies.similarity import jaccard
from dataset_pipeline.stages.overlap import possible

BASE = "the parcel that i ordered has still not arrived"
some = st.one_of(
    st.sampled_from([BASE, BASE + " x", BASE[3:], BASE * 2, "the", "ёлка"]),
    st.text("ab é", max_size=12).map(lambda more: BASE[: len(more) * 4] + more),
).filter(bool)


@given(st.lists(some, max_size=3), st.lists(some, max_size=8), st.sampled_from([0.3, 0.8, 1.0]))
@pytest.mark.parametrize("size", [2, 5])
def test_no_near_copy_is_lost(
    size: int, wanted: list[str], texts: list[str], threshold: float
) -> None:
    with patch.object(possible, "SLICE", 3):
        found = possible.near_few(wanted, pl.Series(texts, dtype=pl.String), size=size,
                                  threshold=threshold)  # fmt: skip
    expected = {
        (t, w): likeness
        for t, text in enumerate(texts)
        for w, one in enumerate(wanted)
        if (likeness := jaccard(shingles(text, size), shingles(one, size))) >= threshold
    }
    assert {(t, w): s for t, w, s in found.iter_rows()} == pytest.approx(expected)
