"""Gopher's measures over n-grams of words, found text by text.

The share of a text's characters within the most frequent n-gram (n of 2 to 4), and within n-grams
that stood before in it (5 to 10); no character counts twice, white space between the words counts.
An n-gram that stands once repeats nothing, so short texts are not taken for repetitive ones.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

import polars as pl

from dataset_pipeline.stages.evidence import Detector
from dataset_pipeline.stages.spread import Spread

TOP, DUPLICATE = (2, 3, 4), (5, 6, 7, 8, 9, 10)
MEASURES = (*(f"top_{n}_gram" for n in TOP), *(f"duplicate_{n}_grams" for n in DUPLICATE))
_WORD = re.compile(r"\S+")


def _detect(texts: pl.Series, spread: Spread) -> pl.DataFrame:
    """Only texts in which some word stands twice are looked at more closely."""
    words = pl.col("text").str.extract_all(r"\S+")
    frame = texts.rename("text").to_frame().with_row_index("row")
    again = frame.filter(words.list.n_unique() < words.list.len())
    found = spread(repetitions_of, again["text"].to_list())
    schema = dict.fromkeys(MEASURES, pl.Float64)
    rows = again.select("row").hstack(pl.DataFrame(found, schema=schema, orient="row"))
    joined = frame.select("row").join(rows, on="row", how="left", maintain_order="left")
    return joined.select(pl.col(MEASURES).fill_null(0.0))


DETECTOR = Detector(
    name="repetition",
    version="1",
    schema=dict.fromkeys(MEASURES, pl.Float64()),
    detect=_detect,
)


def repetitions_of(texts: Sequence[str]) -> list[tuple[float, ...]]:
    """``MEASURES`` of each text."""
    return [_repetitions(text) for text in texts]


def _repetitions(text: str) -> tuple[float, ...]:
    """An n-gram that stands twice begins with a shorter one that does: only there we go on."""
    words = text.split()
    starts: Sequence[int] = range(len(words))
    spans: list[tuple[int, int]] = []
    covered = dict.fromkeys((*TOP, *DUPLICATE), 0)
    for n in covered:
        twice = _twice(words, starts, n)
        if not twice:
            break
        starts = sorted(start for places in twice for start in places)
        spans = spans or [match.span() for match in _WORD.finditer(text)]
        covered[n] = (_top if n in TOP else _duplicate)(twice, spans, n)
    return tuple(round(count / len(text), 6) if count else 0.0 for count in covered.values())


def _twice(words: list[str], starts: Sequence[int], n: int) -> list[list[int]]:
    """Where each n-gram begins that begins at several of these words, in order."""
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for start in starts:
        if start + n <= len(words):
            places[tuple(words[start : start + n])].append(start)
    return [found for found in places.values() if len(found) > 1]


def _top(twice: list[list[int]], spans: list[tuple[int, int]], n: int) -> int:
    """Characters that the most frequent n-gram covers; of equally frequent ones, the most."""
    most = max(map(len, twice))
    return max(_covered(starts, spans, n) for starts in twice if len(starts) == most)


def _duplicate(twice: list[list[int]], spans: list[tuple[int, int]], n: int) -> int:
    """Characters that n-grams cover which stood before."""
    again = sorted(start for starts in twice for start in starts[1:])
    return _covered(again, spans, n)


def _covered(starts: list[int], spans: list[tuple[int, int]], n: int) -> int:
    """Characters within the n-grams that begin at these words, in order; none counts twice."""
    total, reached = 0, 0
    for start in starts:
        first, end = spans[start][0], spans[start + n - 1][1]
        total += end - max(first, reached)
        reached = end
    return total
