"""Versions between which nothing differs, or nothing but exclusions."""

import json

from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.answers.stored import ask, assigned, stages, written


def test_versions_that_hold_the_same_are_told_in_a_line(store: Store) -> None:
    """The very same one; then another configuration, by which no stage gave anything else."""
    snapshots = stages(store)
    one, other = assigned(store, "a", snapshots), assigned(store, "b", snapshots)
    assert ask(store, "diff", "1.0.0", "1.0.0") == f"{one.name} -> {one.name}: both hold the same"
    told = ask(store, "diff", "1.0.0", "1.0.1")
    assert told.startswith(f"{one.name} -> {other.name}: both hold the same records and exclusions")
    assert json.loads(ask(store, "diff", "1.0.0", "1.0.1", "--json"))["same"] is True


def test_exclusions_that_alone_differ_are_not_the_same(store: Store) -> None:
    snapshots = stages(store)
    records = store.snapshots.open(snapshots["deduplicated"]).records.drop("record_digest")
    fewer = written(store, "deduplicated", records.collect())
    assigned(store, "a", snapshots)
    assigned(store, "b", {**snapshots, "deduplicated": fewer})
    told = ask(store, "diff", "1.0.0", "1.0.1")
    assert "hold the same" not in told
    assert "1 exclusions differ" in told
    assert json.loads(ask(store, "diff", "1.0.0", "1.0.1", "--json"))["same"] is False
