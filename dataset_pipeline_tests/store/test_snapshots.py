import json
import shutil
import stat
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import polars as pl
import pytest

from dataset_pipeline.errors import StoreError
from dataset_pipeline.records import empty_exclusions, empty_records, row_digests
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store

NUMBERS = pl.DataFrame({"record_id": ["b", "a", "c"], "value": [2, 1, 3]})


def write(store: Store, frame: pl.DataFrame = NUMBERS, zone: str = "open") -> Snapshot:
    return store.snapshots.write("stage", zone, {"records": frame, "excluded": empty_exclusions()})  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def write_elsewhere(root: Path) -> str:
    frame = pl.DataFrame({"record_id": [str(i) for i in range(20_000)]})
    return write(Store(root), frame).digest


def test_what_is_written_is_read(store: Store) -> None:
    found = store.snapshots.open(write(store).digest)
    records = found.records.collect()
    assert records.drop("record_digest").equals(NUMBERS.sort("record_id"))
    assert records["record_digest"].str.len_chars().to_list() == [64, 64, 64]
    assert found.excluded.collect().is_empty()
    assert (found.stage, found.rows("records"), found.rows("excluded")) == ("stage", 3, 0)
    assert found.damage() == []


def test_empty_records_are_a_snapshot(store: Store) -> None:
    assert write(store, empty_records()).damage() == []


def test_content_alone_names_a_snapshot(store: Store) -> None:
    first = write(store)
    assert write(store, NUMBERS.reverse()).digest == first.digest
    assert write(store, NUMBERS.head(2)).digest != first.digest
    assert store.snapshots.write("other", "open", {"records": NUMBERS}).digest != first.digest


def test_the_same_content_is_written_once(store: Store) -> None:
    first = write(store)
    before = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    again = write(store, NUMBERS.reverse())
    assert {path: path.stat().st_mtime_ns for path in again.folder.iterdir()} == before
    assert list(store.temporary.iterdir()) == []


def test_what_is_not_there_is_told(store: Store) -> None:
    assert not store.snapshots.has("0" * 64)
    with pytest.raises(StoreError, match="000000000000 is not in the store"):
        store.snapshots.open("0" * 64)
    with pytest.raises(StoreError, match="has no table 'gone'"):
        write(store).table("gone")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x01
    path.write_bytes(data)


def rewrite(path: Path) -> None:
    pl.read_parquet(path).head(1).write_parquet(path)


def forge(path: Path) -> None:
    """Other records, with a manifest that says that their file is as it should be."""
    from dataset_pipeline.digests import sha256_file

    rewrite(path)
    manifest = json.loads((path.parent / "manifest.json").read_bytes())
    manifest["tables"]["records"]["file_sha256"] = sha256_file(path)
    (path.parent / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (flip, "records.parquet was changed after it was written"),
        (rewrite, "records.parquet was changed after it was written"),
        (Path.unlink, "records.parquet is missing"),
        (forge, "records: its records do not give the digest in the manifest"),
    ],
)
def test_damage_is_seen(store: Store, harm: Callable[[Path], None], words: str) -> None:
    found = write(store)
    harm(found.folder / "records.parquet")
    assert store.snapshots.open(found.digest).damage() == [words]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda path: path.write_bytes(b"{}" * 400), "records.parquet is no Parquet file any more"),
        (lambda path: path.write_bytes(b""), "records.parquet is no Parquet file any more"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "is no Parquet file any more"),
        (Path.unlink, "records.parquet is missing"),
    ],
)
def test_a_table_that_cannot_be_read_is_told(
    store: Store, harm: Callable[[Path], None], words: str
) -> None:
    found = write(store)
    harm(found.folder / "records.parquet")
    with pytest.raises(StoreError, match=words) as caught:
        store.snapshots.open(found.digest).table("records")
    told = str(caught.value)
    assert f"snapshot {found.digest[:12]} of stage: " in told
    assert f"delete the folder {found.folder} and run the dataset again" in told
    shutil.rmtree(found.folder)
    assert write(store).damage() == []


@pytest.mark.parametrize("text", ["", "[]", '{"tables": 1}', "\0", '{"tables": {'])
def test_a_manifest_that_cannot_be_read_is_told(store: Store, text: str) -> None:
    found = write(store)
    (found.folder / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match=f"{found.digest[:12]}.*manifest.json is damaged; delete"):
        store.snapshots.open(found.digest)


@pytest.mark.parametrize("parted", [False, True])
def test_a_folder_without_a_manifest_is_no_snapshot_and_is_made_anew(
    store: Store, *, parted: bool
) -> None:
    def written() -> Snapshot:
        if not parted:
            return write(store)
        rows = NUMBERS.with_columns(row_digests(NUMBERS))
        others = {"excluded": empty_exclusions()}
        return store.snapshots.write_parts("stage", "open", iter([rows]), lambda: others)

    found = written()
    (found.folder / "manifest.json").unlink()
    assert not store.snapshots.has(found.digest)
    assert written().damage() == []


def test_files_that_are_not_as_they_were_written_are_named(store: Store) -> None:
    found = write(store)
    assert found.changed_files() == []
    flip(found.folder / "records.parquet")
    (found.folder / "excluded.parquet").unlink()
    assert found.changed_files() == ["excluded.parquet", "records.parquet"]


def test_a_changed_manifest_is_seen(store: Store) -> None:
    found = write(store)
    path = found.folder / "manifest.json"
    path.write_text(path.read_text().replace('"rows":3', '"rows":4'))
    with pytest.raises(StoreError, match=r"manifest\.json is damaged; delete the folder"):
        store.snapshots.open(found.digest)


def test_the_raw_zone_is_its_owners_alone(store: Store) -> None:
    raw, shared = write(store, zone="raw"), write(store, NUMBERS.head(1), zone="open")
    assert raw.folder.is_relative_to(store.root / "raw")
    assert stat.S_IMODE((store.root / "raw").stat().st_mode) == 0o700
    assert stat.S_IMODE(store.temporary.stat().st_mode) == 0o700
    assert stat.S_IMODE(raw.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(shared.folder.stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in raw.folder.iterdir()} == {0o600}


def test_two_processes_may_write_the_same_snapshot_at_once(store: Store) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        digests = set(pool.map(write_elsewhere, [store.root] * 4))
    (digest,) = digests
    assert store.snapshots.open(digest).damage() == []
    assert list(store.temporary.iterdir()) == []
