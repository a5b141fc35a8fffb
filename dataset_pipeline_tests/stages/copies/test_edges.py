import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.stages.copies.clusters import PAIR_SCHEMA
from dataset_pipeline.stages.copies.edges import clusters, edges, stars

COUNT = 8
PLACES = st.integers(0, COUNT - 1)
PAIRS = st.sets(st.tuples(PLACES, PLACES).filter(lambda pair: pair[0] < pair[1]), max_size=10)


@given(more=st.lists(PLACES, max_size=8), near=PAIRS, chains=st.sets(PLACES))
def test_clusters_are_what_edges_connect(
    more: list[int], near: set[tuple[int, int]], chains: set[int]
) -> None:
    """Each text has a record, and some have more."""
    places = [*range(COUNT), *more]
    ids = [f"{n * 5 % 17:02d}" for n in range(len(places))]
    ranked = pl.DataFrame({"record_id": ids, "place": places})
    rows = [(left, right, 0.9, "near") for left, right in sorted(near)]
    pairs = pl.DataFrame(rows, schema=PAIR_SCHEMA, orient="row")
    of = {
        place: sorted(i for i, p in zip(ids, places, strict=True) if p == place) for place in places
    }
    wanted = {(of[place][0], other, 1.0, "exact") for place in of for other in of[place][1:]}
    wanted |= {(*sorted((of[a][0], of[b][0])), 0.9, "near") for a, b in near}

    alike = stars(ranked, pairs)
    found = edges(alike, pairs)
    assert sorted(found.rows()) == sorted(wanted)

    named = {end: end for edge in wanted for end in edge[:2]}
    for _ in named:
        for left, right, *_ in wanted:
            named[left] = named[right] = min(named[left], named[right])
    told = [
        (record, name, places[ids.index(record)] in chains)
        for record, name in sorted(named.items())
    ]
    assert clusters(alike, pairs, chains).rows() == told
