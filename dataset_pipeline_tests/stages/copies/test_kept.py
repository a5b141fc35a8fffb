from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.stages.copies.clusters import PAIR_SCHEMA
from dataset_pipeline.stages.copies.kept import COPY_SCHEMA, copies, firsts

RULES = {"near": "near_duplicate", "short": "short_duplicate", "semantic": "semantic_duplicate"}
Row = tuple[str, str, str, float]

PLACES = st.integers(0, 12)
PAIRS = st.dictionaries(
    st.tuples(PLACES, PLACES).filter(lambda pair: pair[0] < pair[1]),
    st.tuples(st.sampled_from([0.8, 0.9, 0.95]), st.sampled_from(sorted(RULES))),
    max_size=25,
)
RECORDS = st.lists(PLACES, max_size=30)


def frames(places: list[int], pairs: dict[tuple[int, int], tuple[float, str]]) -> list[Any]:
    """Candidates, the best first, each with an id that says nothing of its rank; and pairs."""
    ids = [f"{n * 7 % 31:02d}" for n in range(len(places))]
    candidates = {"record_id": ids, "place": places}
    rows = [(*pair, *told) for pair, told in pairs.items()]
    return [
        pl.DataFrame(candidates, schema={"record_id": pl.String, "place": pl.Int64}),
        pl.DataFrame(rows, schema=PAIR_SCHEMA, orient="row"),
    ]


def walked(candidates: pl.DataFrame, pairs: pl.DataFrame) -> list[Row]:
    """Text by text, the best first: what is near one that stays goes."""
    rows = candidates.select("place", "record_id").rows()
    head = dict(reversed(rows))
    told: dict[int, tuple[str, str, float]] = {}
    for place in sorted(head):
        found = [
            (kind != "semantic", similarity, head[left], RULES[kind])
            for left, right, similarity, kind in pairs.rows()
            if right == place and left in head and left not in told
        ]
        if found:
            _, similarity, kept, rule = max(found)
            told[place] = (rule, kept, similarity)
    return [
        (record, *told.get(place, ("exact_duplicate", head[place], 1.0)))
        for place, record in rows
        if place in told or record != head[place]
    ]


@settings(max_examples=300, deadline=None)
@given(places=RECORDS, pairs=PAIRS)
def test_what_goes_is_what_a_walk_from_the_best_takes_out(
    places: list[int], pairs: dict[tuple[int, int], tuple[float, str]]
) -> None:
    candidates, near = frames(places, pairs)
    found = copies(candidates, near)
    assert found.schema == COPY_SCHEMA
    assert found.rows() == walked(candidates, near)


def test_of_a_long_chain_every_other_text_stays() -> None:
    count = 5_000
    chain = {(n, n + 1): (0.8, "near") for n in range(count - 1)}
    candidates = pl.DataFrame({"record_id": [str(n) for n in range(count)], "place": range(count)})
    found = copies(candidates, frames([], chain)[1])
    assert found["record_id"].to_list() == [str(n) for n in range(1, count, 2)]
    assert found["kept"].to_list() == [str(n) for n in range(0, count - 1, 2)]


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ({(0, 2): (0.9, "semantic"), (1, 2): (0.8, "near")}, ("near_duplicate", "b", 0.8)),
        ({(0, 2): (0.8, "near"), (1, 2): (0.9, "short")}, ("short_duplicate", "b", 0.9)),
        ({(0, 2): (0.8, "near"), (1, 2): (0.8, "short")}, ("short_duplicate", "b", 0.8)),
    ],
)
def test_the_likest_by_its_characters_is_the_reason(
    pairs: dict[tuple[int, int], tuple[float, str]], reason: tuple[str, str, float]
) -> None:
    candidates = pl.DataFrame({"record_id": ["a", "b", "c"], "place": [0, 1, 2]})
    assert copies(candidates, frames([], pairs)[1]).rows() == [("c", *reason)]


def test_where_each_stands_first() -> None:
    assert firsts(np.array([3, 1, 3, 0]), 5).tolist() == [3, 1, -1, 0, -1]
