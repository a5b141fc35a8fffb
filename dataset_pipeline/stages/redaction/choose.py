"""Which of the spans found are taken: sure enough, more than markers, none over another."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

import polars as pl

from dataset_pipeline.stages.file_names import FILE_MARKER
from dataset_pipeline.stages.personal.recognizers import MARKERS, Recognizer

SPANS_SCHEMA = {
    "place": pl.UInt32,
    "start": pl.UInt32,
    "end": pl.UInt32,
    "entity": pl.String,
    "score": pl.Float64,
    "value": pl.String,
}

_SPANS_SCHEMA = {**SPANS_SCHEMA, "bare": pl.String}  # the value, without markers
# Two letters or digits that stand together: a comma, or a lone initial, tells nobody anything.
_SAYS_SOMETHING = re.compile(r"[^\W_]{2}")


def marker_pattern(active: Sequence[Recognizer], cities: Collection[str] = ()) -> str:
    """A regex for the markers that redaction writes, and for nothing else in brackets."""
    return _marker_pattern(tuple(sorted({r.marker for r in active})), tuple(sorted(cities)))


@cache
def _marker_pattern(own: tuple[str, ...], cities: tuple[str, ...]) -> str:
    """Behind a name may stand a number, a pseudonym, or what a value was generalized to."""
    names = {*own, *MARKERS.values(), FILE_MARKER.strip("[]")}
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    behind = [r"_[0-9]{1,6}", r"_k[0-9a-f]{12}", r" [0-9]{1,3}-[0-9]{1,3}", r" [0-9]{4}-[0-9]{2}"]
    behind += [" " + re.escape(city) for city in cities]
    return rf"\[(?:{'|'.join(longest_first)})(?:{'|'.join(behind)})?\]"


def chosen(
    texts: pl.Series, found: pl.Series, active: Sequence[Recognizer], min_score: float, markers: str
) -> pl.DataFrame:
    """The spans to act upon (``SPANS_SCHEMA``, by place in ``texts``, then by position).

    ``found``: a list of spans a text. Of spans that overlap, the surer one is taken, then the
    longer, then the one whose entity the policy names first, then the earlier one. What of the
    others sticks out is taken as well: half a password beside an e-mail address is one still.
    """
    frame = pl.DataFrame({"text": texts, "found": found}).with_row_index("place")
    spans = (
        frame.lazy()
        .filter(pl.col("found").list.len() > 0)
        .with_columns(blank=_without_markers(pl.col("text"), markers))
        .explode("found")
        .unnest("found")
        .filter(pl.col("score") >= min_score)
        .with_columns(
            value=pl.col("text").str.slice("start", pl.col("end") - pl.col("start")),
            bare=pl.col("blank").str.slice("start", pl.col("end") - pl.col("start")),
        )
        .filter(pl.col("bare").str.contains(r"[\p{L}\p{N}]"))
        .select(list(_SPANS_SCHEMA))
        .unique(["place", "start", "end", "entity", "score"])
        .collect()
    )
    return _disjoint(spans.cast(_SPANS_SCHEMA), active).drop("bare")  # type: ignore[arg-type]


def _without_markers(text: pl.Expr, markers: str) -> pl.Expr:
    """The texts with every marker blanked out, as long as before."""

    def blank(texts: pl.Series) -> pl.Series:
        return pl.Series([blanked(one, markers) for one in texts.to_list()], dtype=pl.String)

    return text.map_batches(blank, return_dtype=pl.String)


def blanked(text: str, markers: str) -> str:
    """The text with spaces where its markers stand."""
    if "[" not in text:
        return text
    return re.sub(markers, lambda match: " " * len(match[0]), text)


def _disjoint(spans: pl.DataFrame, active: Sequence[Recognizer]) -> pl.DataFrame:
    """Most spans meet no other; those that do are gone through one by one."""
    ordered = spans.sort("place", "start", "end", "entity", "score")
    reach = pl.col("end").cum_max().shift().over("place")
    meets = (pl.col("start") < reach).fill_null(value=False)
    ordered = ordered.with_columns(meets=meets.any().over("place"))
    alone = ordered.filter(~pl.col("meets")).drop("meets")
    together = ordered.filter("meets").drop("meets")
    if together.is_empty():
        return alone
    rank = {entity: n for n, entity in reversed(list(enumerate(r.entity for r in active)))}
    taken: list[dict[str, Any]] = []
    for _, group in together.group_by("place", maintain_order=True):
        taken += _greedy(group.to_dicts(), rank)
    parts = pl.DataFrame(taken, schema=_SPANS_SCHEMA, orient="row")
    return pl.concat([alone, parts]).sort("place", "start")


def _greedy(spans: list[dict[str, Any]], rank: dict[str, int]) -> list[dict[str, Any]]:
    """Of the spans of one text, the best ones whole, and what sticks out of the others."""
    spans.sort(
        key=lambda s: (
            -s["score"],
            s["start"] - s["end"],
            rank[s["entity"]],
            s["start"],
            s["entity"],
        )
    )
    borders: list[int] = []  # start, end, start, end …: what is taken is disjoint
    kept = []
    for span in spans:
        for start, end in _free(borders, span["start"], span["end"]):
            here = slice(start - span["start"], end - span["start"])
            part = {name: span[name][here] for name in ("value", "bare")}
            if part["value"] == span["value"] or _SAYS_SOMETHING.search(part["bare"]):
                kept.append({**span, "start": start, "end": end, **part})
        first, last = bisect_left(borders, span["start"]), bisect_right(borders, span["end"])
        edges = [*[span["start"]] * (first % 2 == 0), *[span["end"]] * (last % 2 == 0)]
        borders[first:last] = edges
    return kept


def _free(borders: list[int], start: int, end: int) -> list[tuple[int, int]]:
    """The parts from ``start`` to ``end`` that lie in nothing that is taken."""
    first, last = bisect_right(borders, start), bisect_left(borders, end)
    inside = borders[first:last]
    edges = [*[start] * (first % 2 == 0), *inside, *[end] * (last % 2 == 0)]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
