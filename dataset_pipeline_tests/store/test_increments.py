"""Snapshots that share files: rows that are gone may stay in a file, and count no more."""

import random
from pathlib import Path

import polars as pl
import pytest

from dataset_pipeline.errors import StoreError
from dataset_pipeline.records import RECORD_SCHEMA, empty_exclusions, record_id, row_digests
from dataset_pipeline.store.increments import (
    Changes,
    changes,
    changes_to,
    comparable,
    held_rows,
    onto,
    rows_of,
)
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store

ROW = ["record_id", "record_digest"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def records(numbers: range | list[int], text: str = "text") -> pl.DataFrame:
    rows = [
        {
            "record_id": record_id("tickets", str(n)),
            "source_id": "tickets",
            "prompt": f"{text} {n}",
            "split": "train",
        }
        for n in numbers
    ]
    made = pl.DataFrame(rows, schema=RECORD_SCHEMA)
    return made.with_columns(row_digests(made))


def written(
    store: Store, base: Snapshot | None, now: pl.DataFrame, held: pl.DataFrame | None
) -> Snapshot:
    since = changes_to(base, now.select(ROW))
    fresh = now.join(since.fresh, on=ROW, how="semi")
    fill = onto(base, Changes(fresh, since.gone), held)
    others = {"excluded": empty_exclusions()}
    return store.snapshots.write_filled("stage", "open", fill, others)


def physically(snapshot: Snapshot) -> set[str]:
    """The ids of all rows in a snapshot's files of records, deleted or not."""
    return {
        name
        for part in snapshot.parts("records")
        for name in pl.read_parquet(part.path)["record_id"].to_list()
    }


def inodes(snapshot: Snapshot) -> set[int]:
    return {part.path.stat().st_ino for part in snapshot.parts("records")}


def is_just(snapshot: Snapshot, store: Store, now: pl.DataFrame) -> None:
    found = store.snapshots.open(snapshot.digest)
    assert found.records.collect().sort("record_id").equals(now.sort("record_id"))
    assert found.rows("records") == now.height
    assert found.damage() == []
    tables = {"records": now.drop("record_digest"), "excluded": empty_exclusions()}
    assert store.snapshots.write("stage", "open", tables).digest == snapshot.digest


def test_a_file_of_which_few_rows_are_gone_is_shared(store: Store) -> None:
    read = records(range(100))
    base = written(store, None, read, None)
    kept = records([n for n in range(100) if n not in {7, 70}])
    now = written(store, base, kept, read.select(ROW))
    assert inodes(now) == inodes(base)
    is_just(now, store, kept)
    assert rows_of(now, read["record_id"]).height == 98


def test_rows_that_are_gone_before_too_leave_the_files(store: Store) -> None:
    read = records(range(100))
    base = written(store, None, read, None)
    kept = records(range(2, 100))
    now = written(store, base, kept, records(range(1, 100)).select(ROW))
    assert physically(now) == set(kept["record_id"])
    is_just(now, store, kept)


def test_a_row_that_was_changed_before_leaves_the_files(store: Store) -> None:
    base = written(store, None, records(range(100)), None)
    kept = pl.concat([records([0], "another text"), records(range(1, 100))])
    now = written(store, base, kept, kept.select(ROW))
    assert "text 0" not in pl.concat(
        [pl.read_parquet(part.path)["prompt"] for part in now.parts("records")]
    )
    is_just(now, store, kept)


def test_a_row_that_was_deleted_leaves_the_files_when_it_is_withdrawn(store: Store) -> None:
    read = records(range(100))
    first = written(store, None, read, None)
    second = written(store, first, records(range(1, 100)), read.select(ROW))
    assert read["record_id"][0] in physically(second)
    now = records(range(1, 101))
    third = written(store, second, now, now.select(ROW))
    assert physically(third) == set(now["record_id"])
    is_just(third, store, now)


def test_a_file_of_which_many_rows_are_gone_is_written_anew(store: Store) -> None:
    read = records(range(100))
    base = written(store, None, read, None)
    kept = records(range(20, 100))
    now = written(store, base, kept, read.select(ROW))
    assert physically(now) == set(kept["record_id"])
    is_just(now, store, kept)


def test_rows_that_the_stage_before_holds_as_deleted_are_held(store: Store) -> None:
    read = records(range(100))
    base = written(store, None, read, None)
    kept = records(range(1, 100))
    after = written(store, base, kept, read.select(ROW))
    held = held_rows(after, kept)
    assert set(held.rows()) == set(read.select(ROW).rows())
    assert inodes(written(store, base, records(range(2, 100)), held)) == inodes(base)


@pytest.mark.parametrize("seed", range(20))
def test_changes_between_any_two_nights_are_what_differs(store: Store, seed: int) -> None:
    drawn = random.Random(seed)
    nights: list[tuple[Snapshot, pl.DataFrame]] = []
    base, every = None, list(range(60))
    for night in range(5):
        out = set(drawn.sample(every, drawn.choice([0, 1, 3, 20])))
        edited = drawn.sample(every, drawn.choice([0, 1]))
        kept = [n for n in every if n not in out and n not in edited]
        now = pl.concat([records(kept), records(edited, f"edited {night}")])
        held = records(every).select(ROW) if drawn.random() < 0.8 else None
        base = written(store, base, now, held)
        is_just(base, store, now)
        nights.append((base, now))
        every += range(len(every), len(every) + drawn.choice([0, 1, 40]))
    for earlier, before in nights:
        for later, after in nights:
            found = changes(earlier, later)
            fresh = after.join(before, on=ROW, how="anti")
            assert found.fresh.sort("record_id").equals(fresh.sort("record_id"))
            gone = before.join(after, on=ROW, how="anti")["record_id"]
            assert sorted(found.gone) == sorted(gone)


def test_a_list_of_deleted_rows_is_looked_at_like_any_file(store: Store) -> None:
    read = records(range(100))
    base = written(store, None, read, None)
    now = written(store, base, records(range(1, 100)), read.select(ROW))
    ((listed, _),) = [part.deleted for part in now.parts("records") if part.deleted]
    pl.DataFrame(schema=dict.fromkeys(ROW, pl.String)).write_parquet(listed)
    assert now.changed_files() == [listed.name]
    assert f"{listed.name} was changed after it was written" in now.damage()
    listed.unlink()
    assert now.changed_files() == [listed.name]
    with pytest.raises(Exception, match=f"{listed.name} is missing"):
        now.records  # noqa: B018


def test_no_bit_of_what_a_manifest_tells_can_be_another_without_notice(store: Store) -> None:
    """Least of all where a list of deleted rows lies: without it they would count again."""
    read = records(range(100))
    base = written(store, None, read, None)
    now = written(store, base, records(range(1, 100)), read.select(ROW))
    path = now.folder / "manifest.json"
    sound = path.read_bytes()
    for at in range(sound.index(b'"tables"'), sound.index(b',"zone"')):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
        try:
            found = store.snapshots.open(now.digest)
        except StoreError:
            continue
        assert found.changed_files()


def test_what_is_not_shared_with_the_later_is_looked_at_before_it_is_compared(store: Store) -> None:
    read = records(range(100))
    base = written(store, None, read, None)
    now = written(store, base, records(range(1, 100)), read.select(ROW))
    other = written(store, None, records(range(50)), None)
    (shared,) = now.parts("records")
    assert shared.deleted
    shared.path.write_bytes(b"damaged")  # of both: the later's own damage is told elsewhere
    assert comparable(base, now)
    assert comparable(now, base)
    assert not comparable(base, other)
    shared.deleted[0].unlink()
    assert comparable(base, now)
    assert not comparable(now, base)
