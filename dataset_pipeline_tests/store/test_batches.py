import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.errors import StoreError
from dataset_pipeline.store.batches import Batch, BatchFile
from dataset_pipeline.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def batch_of(store: Store, **contents: bytes) -> Batch:
    files = [
        store.batches.take([data], name, {"path": f"sources/{name}"})
        for name, data in contents.items()
    ]
    return Batch("dataset", "source", tuple(sorted(files)))


def test_a_batch_is_copies_named_by_content(store: Store) -> None:
    batch = batch_of(store, b=b"bb", a=b"a")
    assert [file.name for file in batch.files] == ["a", "b"]
    for file in batch.files:
        assert file.copy.is_relative_to(store.root / "raw")
        assert sha256_hex(file.copy.read_bytes()) == file.sha256 == file.copy.name
        assert file.size == len(file.copy.read_bytes())
        assert stat.S_IMODE(file.copy.stat().st_mode) == 0o600
    assert list(store.temporary.iterdir()) == []


def test_the_digest_depends_on_names_and_content_alone(store: Store) -> None:
    first = batch_of(store, a=b"a", b=b"b")
    (file, other) = first.files
    moved = BatchFile(file.name, file.sha256, file.size, file.copy, {"url": "https://elsewhere"})
    assert Batch("dataset", "source", (moved, other)).digest == first.digest
    others = [batch_of(store, a=b"a", c=b"b"), batch_of(store, a=b"a", b=b"c")]
    others += [Batch("dataset", "other", first.files), Batch("other", "source", first.files)]
    assert len({first.digest, *(batch.digest for batch in others)}) == 5


def test_no_files_are_a_batch(store: Store) -> None:
    assert batch_of(store).files == ()


def test_what_breaks_off_leaves_nothing(store: Store) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.batches.take(chunks(), "a")
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_a_finished_file_is_moved(store: Store) -> None:
    with store.batches.workspace() as folder:
        (folder / "rows.parquet").write_bytes(b"rows")
        file = store.batches.take_file(folder / "rows.parquet", "rows.parquet")
        assert list(folder.iterdir()) == []
    assert file.copy.read_bytes() == b"rows"
    assert stat.S_IMODE(file.copy.stat().st_mode) == 0o600
    assert list(store.temporary.iterdir()) == []


def test_a_copy_is_known_by_content_and_length(store: Store) -> None:
    (file,) = batch_of(store, a=b"a").files
    assert store.batches.kept("other name", file.sha256, 1) == BatchFile(
        "other name", file.sha256, 1, file.copy
    )
    assert store.batches.kept("a", sha256_hex(b"unknown"), 7) is None
    file.copy.write_bytes(b"")
    assert store.batches.kept("a", file.sha256, 1) is None


def test_a_batch_is_described_the_first_time(store: Store) -> None:
    batch = batch_of(store, a=b"a")
    store.batches.describe(batch, {"collected_at": "first"})
    store.batches.describe(batch, {"collected_at": "second"})
    facts = store.batches.facts(batch.digest)
    assert facts["collected_at"] == "first"
    assert facts["files"] == batch.listing
    assert facts["origins"] == {"a": {"path": "sources/a"}}
    assert "rows" not in facts
    described = store.root / "raw" / "batches" / f"{batch.digest}.json"
    assert stat.S_IMODE(described.stat().st_mode) == 0o600


def test_rows_are_counted_once_the_batch_was_read(store: Store) -> None:
    batch = batch_of(store, a=b"a")
    store.batches.describe(batch, {})
    store.batches.count_rows(batch.digest, {"kept": 2, "quarantined": 1})
    store.batches.count_rows(batch.digest, {"kept": 9, "quarantined": 9})
    assert store.batches.facts(batch.digest)["rows"] == {"kept": 2, "quarantined": 1}


def test_described_batches_are_listed_once_each(store: Store) -> None:
    batch = batch_of(store, a=b"a")
    store.batches.describe(batch, {})
    store.batches.count_rows(batch.digest, {"kept": 2, "quarantined": 1})
    assert [facts["digest"] for facts in store.batches.described()] == [batch.digest]


def test_a_batch_of_earlier_is_opened_while_it_is_whole(store: Store) -> None:
    batch = batch_of(store, a=b"a", b=b"b")
    assert store.batches.open(batch.digest) is None
    store.batches.describe(batch, {})
    opened = store.batches.open(batch.digest)
    assert opened == batch
    assert opened
    assert opened.origins == batch.origins
    batch.files[0].copy.unlink()
    assert store.batches.open(batch.digest) is None


def test_a_batch_that_is_not_described_is_told(store: Store) -> None:
    with pytest.raises(StoreError, match="batch 000000000000 is not described"):
        store.batches.facts("0" * 64)


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[1]", b"\xff", b'{"dataset": "dataset", "source": "source"}']
)
def test_a_damaged_description_is_told(store: Store, damage: bytes) -> None:
    batch = batch_of(store, a=b"a")
    store.batches.describe(batch, {})
    (path,) = (store.root / "raw" / "batches").glob("*.json")
    path.write_bytes(damage)
    told = re.escape(f"{path} is damaged; restore it from a copy")
    with pytest.raises(StoreError, match=told):
        store.batches.facts(batch.digest)
    with pytest.raises(StoreError, match=told):
        store.batches.open(batch.digest)


def test_a_damaged_count_of_rows_is_told_and_may_be_removed(store: Store) -> None:
    batch = batch_of(store, a=b"a")
    store.batches.describe(batch, {})
    store.batches.count_rows(batch.digest, {"kept": 1})
    (path,) = (store.root / "raw" / "batches").glob("*.rows.json")
    path.write_bytes(b"{")
    with pytest.raises(StoreError, match=re.escape(f"{path} is damaged; remove it and run")):
        store.batches.facts(batch.digest)
    path.unlink()
    store.batches.count_rows(batch.digest, {"kept": 1})
    assert store.batches.facts(batch.digest)["rows"] == {"kept": 1}


def test_a_copy_that_was_changed_is_noticed_before_it_is_read(store: Store) -> None:
    collected = batch_of(store, a=b"a")
    batch = replace(collected, files=tuple(replace(f, fresh=False) for f in collected.files))
    store.batches.check(batch)
    batch.files[0].copy.write_bytes(b"x")
    with pytest.raises(StoreError, match=r"a in the raw zone was changed"):
        store.batches.check(batch)
