import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.errors import StoreError
from dataset_pipeline.store import collections
from dataset_pipeline.store.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def enter(store: Store, batch: str, at: str = "2026-05-01T00:00:00Z", **more: Any) -> int:
    entry = {"at": at, "batch": batch, "previous": None, **more}
    return int(store.collections.collected("tickets", "crm", entry)["collection"])


def log(store: Store) -> Path:
    return store.root / "raw" / "collections" / "tickets" / "crm.jsonl"


def test_a_collection_is_one_entry(store: Store) -> None:
    assert store.collections.last("tickets", "crm") is None
    assert store.collections.entries("tickets", "crm") == []
    first, second = enter(store, "a"), enter(store, "b")
    store.collections.counted("tickets", "crm", second, snapshot="s2", rows={"new": 1})
    # The run of the first was slow: what it says does not get mixed up with the second.
    store.collections.counted("tickets", "crm", first, snapshot="s1", rows={"new": 2})
    entries = store.collections.entries("tickets", "crm")
    told = [(e["collection"], e["batch"], e["snapshot"], e["kind"]) for e in entries]
    assert told == [(1, "a", "s1", "collected"), (2, "b", "s2", "collected")]
    assert store.collections.last("tickets", "crm") == entries[-1]
    counted = store.collections.last_counted("tickets", "crm")
    assert counted
    assert counted["snapshot"] == "s1"
    assert stat.S_IMODE(log(store).stat().st_mode) == 0o600


def test_a_store_that_is_only_read_is_not_touched(store: Store) -> None:
    enter(store, "a")
    for path in store.root.rglob("*.lock"):
        path.unlink()
    before = sorted(store.root.rglob("*"))
    assert open_store(store.root).collections.entries("tickets", "crm")
    assert open_store(store.root).collections.last("tickets", "none") is None
    assert sorted(store.root.rglob("*")) == before


def test_when_batches_were_last_seen(store: Store) -> None:
    enter(store, "a", "2026-05-01T00:00:00Z")
    enter(store, "b", "2026-05-02T00:00:00Z")
    enter(store, "a", "2026-05-03T00:00:00Z")
    entry = {"at": "2026-05-04T00:00:00Z", "batch": "c", "previous": None}
    store.collections.collected("tickets", "annotations/first", entry)
    store.collections.keep_markers({})
    assert store.collections.datasets() == ["tickets"]
    assert store.collections.sources("tickets") == ["annotations/first", "crm"]
    assert store.collections.last_seen("tickets") == {
        "a": "2026-05-03T00:00:00Z", "b": "2026-05-02T00:00:00Z", "c": "2026-05-04T00:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize("kept", [1, 20, -1])
def test_a_torn_line_is_left_out_and_then_mended(store: Store, kept: int) -> None:
    enter(store, "a")
    whole = log(store).read_bytes()
    enter(store, "b")
    torn = whole + log(store).read_bytes()[len(whole) :][:kept]
    log(store).write_bytes(torn)
    assert [e["batch"] for e in store.collections.entries("tickets", "crm")] == ["a"]
    assert log(store).read_bytes() == torn
    assert enter(store, "c") == 2
    assert [e["batch"] for e in store.collections.entries("tickets", "crm")] == ["a", "c"]


def test_a_log_that_is_nothing_but_a_torn_line(store: Store) -> None:
    enter(store, "a")
    log(store).write_bytes(b'{"at"')
    assert store.collections.last("tickets", "crm") is None
    assert enter(store, "b") == 1


@pytest.mark.parametrize("line", [b"nothing\n", b"[]\n", b'{"kind": "rows"}\n', b"\n"])
def test_a_damaged_line_is_told(store: Store, line: bytes) -> None:
    enter(store, "a")
    log(store).write_bytes(log(store).read_bytes() + line)
    with pytest.raises(StoreError, match=r"crm\.jsonl: a line is damaged"):
        store.collections.last("tickets", "crm")


@given(lengths=st.lists(st.integers(0, 40), max_size=12), block=st.integers(1, 50))
def test_reading_from_the_end_is_reading_backwards(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], block: int
) -> None:
    store = Store(tmp_path_factory.mktemp("store"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collections, "_BLOCK", block)
        for number, length in enumerate(lengths):
            enter(store, f"{number}" + "x" * length)
        found = [entry["batch"] for entry in store.collections.entries("tickets", "crm")]
    assert found == [f"{number}" + "x" * length for number, length in enumerate(lengths)]


def _enter_many(root: Path) -> None:
    store = Store(root)
    for number in range(25):
        with store.collections.alone("tickets", "crm"):
            last = store.collections.last("tickets", "crm")
            batch = str(int(last["batch"]) + 1 if last else 0)
            store.collections.counted("tickets", "crm", enter(store, batch), rows={"n": number})


def test_collections_at_once_follow_each_other(store: Store) -> None:
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_enter_many, [store.root] * 2))
    entries = store.collections.entries("tickets", "crm")
    assert [entry["collection"] for entry in entries] == list(range(1, 51))
    assert [entry["batch"] for entry in entries] == [str(number) for number in range(50)]
    assert all("rows" in entry for entry in entries)


def test_markers_are_written_once(store: Store) -> None:
    digest = store.collections.keep_markers({"etag": "x"})
    enter(store, "a", markers=digest)
    assert store.collections.keep_markers({"etag": "x"}) == digest
    last = store.collections.last("tickets", "crm")
    assert store.collections.markers(last) == {"etag": "x"}
    assert store.collections.markers(None) == {}
    (path,) = (store.root / "raw" / "collections" / ".markers").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    assert store.collections.markers(last) == {}


def test_withdrawals_are_found_by_record(store: Store) -> None:
    enter(store, "a")
    store.collections.withdraw("tickets", "crm", ["r1", "r2"], batch="a", at="2026-05-02")
    store.collections.withdraw("tickets", "crm", ["r1"], batch="b", at="2026-05-04")
    store.collections.withdraw("tickets", "crm", [], batch="b", at="2026-05-05")
    assert store.collections.withdrawals("tickets", "r1") == [
        {"record_id": "r1", "last_batch": "a", "at": "2026-05-02", "source": "crm"},
        {"record_id": "r1", "last_batch": "b", "at": "2026-05-04", "source": "crm"},
    ]
    assert store.collections.withdrawals("tickets", "r") == []
    assert store.collections.sources("tickets") == ["crm"]
    assert store.collections.last_seen("tickets").keys() == {"a"}
