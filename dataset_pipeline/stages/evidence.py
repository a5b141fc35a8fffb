"""Detect, decide, apply: what detectors find in texts, so that it need be found once only.

A detector is a pure function of a text. What it finds is kept by whoever runs the stage, by the
text's digest, the detector's version and its settings; a stage decides over it by its policy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl

from dataset_pipeline.digests import digest_of
from dataset_pipeline.stages.spread import Spread, here


@dataclass(frozen=True)
class Detector:
    """Finds something in each text.

    ``detect`` is given distinct texts and a way to spread work over processes; it returns one row
    a text, in their order, with the columns of ``schema``: measures and positions, never values.
    ``settings`` hold what the finding depends on besides the text; thresholds have no part in it.
    """

    name: str
    version: str
    schema: Mapping[str, pl.DataType]
    detect: Callable[[pl.Series, Spread], pl.DataFrame]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What names its evidence: 64 hex of name, version, settings and columns."""
        columns = {name: str(dtype) for name, dtype in self.schema.items()}
        told = {"name": self.name, "version": self.version, "columns": columns}
        return digest_of({**told, "settings": dict(self.settings)})


class Evidence(Protocol):
    """Asks a detector, or remembers what it found."""

    def __call__(self, detector: Detector, texts: pl.Series) -> pl.DataFrame:
        """One row a text, in their order; of equal texts one is looked at. No text may be null."""


def found_here(detector: Detector, texts: pl.Series, spread: Spread = here) -> pl.DataFrame:
    """Ask the detector now, remembering nothing."""
    return of_distinct(texts, lambda distinct: detector.detect(distinct, spread))


def of_distinct(texts: pl.Series, find: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """What ``find`` gives for the distinct texts, for each text."""
    distinct = texts.unique(maintain_order=True)
    found = find(distinct)
    if len(distinct) == len(texts):
        return found
    known = distinct.rename("text").to_frame().hstack(found)
    joined = texts.rename("text").to_frame().join(known, on="text", maintain_order="left")
    return joined.drop("text")
