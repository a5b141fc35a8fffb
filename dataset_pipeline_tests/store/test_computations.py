import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset_pipeline.store.computations import Computation, Earlier
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


def flipped(data: bytes) -> Iterator[bytes]:
    """The bytes with one bit of each byte the other way round; many of these are still JSON."""
    for at in range(len(data)):
        yield data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_no_bit_of_an_entry_can_be_another_without_notice(tmp_path: Path) -> None:
    store, handed = Store(tmp_path), dataclasses.replace(BASE, handed=("records",))
    facts = {"snapshot": "digest", "arrived": 1}
    last = Earlier("digest", {"records": "digest"})
    store.computations.record(handed, facts)
    for entry in [*(tmp_path / "computations").rglob("*.json")]:
        sound = entry.read_bytes()
        for damaged in flipped(sound):
            entry.write_bytes(damaged)
            found = store.computations.find(handed)
            assert found is None or found.items() >= facts.items()
            assert store.computations.earlier(handed) in (None, last)
        entry.write_bytes(sound)
    assert store.computations.find(handed) == facts
    assert store.computations.earlier(handed) == last


def test_an_entry_of_a_release_that_wrote_no_digest_is_found(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.computations.record(BASE, {"snapshot": "digest"})
    (entry,) = (path for path in (tmp_path / "computations").rglob("*.json"))
    told = json.loads(entry.read_bytes())
    del told["entry_digest"]
    entry.write_text(json.dumps(told))
    assert store.computations.find(BASE) == {"snapshot": "digest"}


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff"])
def test_a_damaged_entry_counts_as_none(tmp_path: Path, damage: bytes) -> None:
    store = Store(tmp_path)
    store.computations.record(BASE, {"snapshot": "digest"})
    (entry,) = (path for path in (tmp_path / "computations").rglob("*.json"))
    entry.write_bytes(damage)
    assert store.computations.find(BASE) is None
