"""What an asset of the graph is made of; ``stage_asset.py`` turns it into a Dagster asset."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from dataset_pipeline.laws import Finding
from dataset_pipeline.stages.result import Before, StageResult, Stream, Whole
from dataset_pipeline.store.computations import Earlier
from dataset_pipeline.store.snapshots import Snapshot, Zone
from dataset_pipeline.store.store import Store
from dataset_pipeline.ui.tables import Shown, Tables

Inputs = Mapping[str, Snapshot]
Facts = Mapping[str, Any]
Gate = Callable[[Facts, Inputs], Finding]


def _nowhere(_snapshot: Snapshot, _facts: Facts) -> Facts:
    """Most stages collect nothing."""
    return {}


def _nothing(_tables: Tables) -> Shown:
    """Most stages show only what all of them show."""
    return []


@dataclass(frozen=True)
class Part:
    """A stage's result for what changed since an earlier result (``base``).

    ``gone``: ids of records of which what ``base`` says counts no more. ``looked_at``: the records
    that ``result`` is about (record_id, split); None where they are rows of files. ``arrived``: how
    many records or rows came in, in all.
    """

    base: Snapshot
    gone: pl.Series
    looked_at: pl.DataFrame | None
    arrived: int
    result: StageResult


@dataclass(frozen=True)
class Increment:
    """How a stage goes on from an earlier result, where it need not look at all records together.

    ``part`` computes what changed since; None where all must be computed anew. ``whole`` gives the
    metrics, and the tables that are not the union of what single records give (None: those of the
    part), from all tables of the united result, records among them.
    """

    part: Callable[[Earlier], Part | None]
    whole: Callable[[Mapping[str, pl.LazyFrame]], Whole] | None = None


@dataclass(frozen=True)
class Work:
    """What is to be computed, and what names it.

    ``external`` are digests of what comes from outside the graph (files, decisions of the day);
    with the inputs' digests, the policy and the version they name the computation. ``run`` is
    called only when that computation is new. ``settled`` is called with the snapshot and its facts
    each time, new or not, and gives the entry of what was collected for it. ``handed``: the inputs,
    from the graph or outside it, in which an earlier result may differ that this one goes on from.
    ``increment``: how to do less than ``run`` then; ``resume``: how to do so with what the stage
    noted the last time.
    """

    run: Callable[[], StageResult | Stream]
    external: Mapping[str, str] = field(default_factory=dict)
    settled: Callable[[Snapshot, Facts], Facts] = _nowhere
    handed: tuple[str, ...] = ()
    increment: Increment | None = None
    resume: Callable[[Before], StageResult] | None = None


@dataclass(frozen=True)
class StageSpec:
    """One stage as a node of the graph.

    ``inputs`` maps an argument's name to an asset's name below the dataset's prefix. ``plan``
    gets the store, the inputs and today, and says what there is to do. ``arrived`` gives the
    records that come in (None: rows of files, counted in the metric ``rows``). ``for_all`` are
    the rules that may take out held-out records; ``gates`` look at the facts
    of the outcome (kept, excluded, metrics, what was collected) and at what was read, and stop the
    run; ``warnings``
    look at the same and only warn; ``shown`` gives tables for people, made once from the tables
    of a new snapshot.
    """

    name: str
    version: str
    group: str
    description: str
    inputs: Mapping[str, str]
    policy: str
    zone: Zone
    plan: Callable[[Store, Inputs, date], Work]
    kinds: tuple[str, ...] = ("polars",)
    arrived: Callable[[Inputs], pl.LazyFrame] | None = None
    origins: tuple[str, ...] = ()
    assigned: bool = True
    for_all: frozenset[str] = frozenset()
    applies_to: tuple[str, ...] = ()
    gates: Mapping[str, Gate] = field(default_factory=dict)
    warnings: Mapping[str, Gate] = field(default_factory=dict)
    shown: Callable[[Tables], Shown] = _nothing

    @property
    def code_version(self) -> str:
        """Stage version and digest of its part of the configuration."""
        return f"{self.version}-{self.policy[:12]}"
