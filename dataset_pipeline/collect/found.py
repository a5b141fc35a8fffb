"""What one look at a source found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dataset_pipeline.store.batches import Batch, BatchFile


@dataclass(frozen=True)
class Before:
    """What the collection before this one left: its batch (None: none, or gone) and markers."""

    batch: Batch | None = None
    markers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """Files in the raw zone, and markers by which the next collection knows what is unchanged."""

    files: Sequence[BatchFile]
    markers: Mapping[str, Any] = field(default_factory=dict)
