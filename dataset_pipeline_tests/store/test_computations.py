from pathlib import Path

import pytest

from dataset_pipeline.store.computations import Computation
from dataset_pipeline.store.store import Store

BASE = Computation("stage", "1", "policy", {"records": "digest"})


def test_what_is_recorded_is_found(tmp_path: Path) -> None:
    computations = Store(tmp_path).computations
    assert computations.find(BASE) is None
    computations.record(BASE, {"snapshot": "first"})
    computations.record(BASE, {"snapshot": "second"})
    assert computations.find(BASE) == {"snapshot": "second"}


@pytest.mark.parametrize(
    "other",
    [
        Computation("other", "1", "policy", {"records": "digest"}),
        Computation("stage", "2", "policy", {"records": "digest"}),
        Computation("stage", "1", "other", {"records": "digest"}),
        Computation("stage", "1", "policy", {"records": "other"}),
        Computation("stage", "1", "policy", {"other": "digest"}),
        Computation("stage", "1", "policy", {}),
    ],
)
def test_everything_that_decides_is_in_the_key(other: Computation) -> None:
    assert other.key != BASE.key


def test_the_order_of_inputs_does_not_count() -> None:
    first = Computation("stage", "1", "policy", {"a": "1", "b": "2"})
    assert first.key == Computation("stage", "1", "policy", {"b": "2", "a": "1"}).key


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff"])
def test_a_damaged_entry_counts_as_none(tmp_path: Path, damage: bytes) -> None:
    store = Store(tmp_path)
    store.computations.record(BASE, {"snapshot": "digest"})
    (entry,) = (path for path in (tmp_path / "computations").rglob("*.json"))
    entry.write_bytes(damage)
    assert store.computations.find(BASE) is None
