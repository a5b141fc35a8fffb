"""Errors never quote a record: what is unforeseen is put aside for the owner alone."""

import shutil
import stat
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.assets.guard import StageError, guarded
from dataset_pipeline.errors import StoreError
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests import small

SECRET = "Aigerim Bekova, +7 701 555 01 99"


def test_an_unforeseen_error_is_told_without_its_message(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with pytest.raises(StageError) as caught, guarded(store, "raw/crm"):
        raise ValueError(f"cannot parse {SECRET}")
    assert SECRET not in str(caught.value)
    assert "ValueError" in str(caught.value)
    assert caught.value.__suppress_context__
    (kept,) = store.errors.iterdir()
    assert SECRET in kept.read_text(encoding="utf-8")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_polars_error_is_told_without_the_value(tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught, guarded(Store(tmp_path / "store"), "normalized"):
        pl.Series([SECRET]).str.to_date("%Y-%m-%d")
    assert SECRET not in str(caught.value)
    assert "normalized" in str(caught.value)


def test_a_damaged_input_is_the_error(tmp_path: Path) -> None:
    """Pages in the midst of the file: its schema can still be read."""
    store = Store(tmp_path / "store")
    frame = pl.DataFrame({"text": [SECRET * index for index in range(2000)]})
    sound, damaged = (store.snapshots.write(name, "raw", {"records": frame}) for name in "ab")
    path = damaged.folder / "records.parquet"
    data = path.read_bytes()
    path.write_bytes(data[:20] + bytes(400) + data[420:])
    words = f"snapshot {damaged.digest[:12]} of b: records.parquet was changed .* delete the folder"
    with pytest.raises(StoreError, match=words), guarded(store, "c", [sound, damaged]):
        damaged.records.collect()
    with pytest.raises(StageError), guarded(store, "c", [sound]):
        raise ValueError(SECRET)


def test_a_run_on_a_damaged_snapshot_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATASET_PIPELINE_SIGNING_KEY", str(tmp_path / "key.pem"))
    configs, root = tmp_path / "configs", tmp_path / "store"
    rows = [{"id": str(n), "text": f"{SECRET} asks for the {n}th time"} for n in range(40)]
    small.write_dataset(configs, "small", rows)
    assert small.run(configs, root, "small").success
    (version,) = Store(root).versions.all("small")
    harmed = Store(root).snapshots.open(version.snapshots["normalized"])
    (harmed.folder / "records.parquet").write_text(SECRET)
    policy = small.stages(screened={"min_characters": 2})
    small.write_dataset(configs, "small", rows, stages=policy)
    failed = small.run(configs, root, "small")
    (error,) = [event.step_failure_data.error for event in failed.get_step_failure_events()]
    told = error.cause.message if error.cause else error.message
    assert f"snapshot {harmed.digest[:12]} of normalized: records.parquet is no Parquet" in told
    assert SECRET not in str(error)
    assert not Store(root).errors.exists()
    shutil.rmtree(harmed.folder)
    assert small.run(configs, root, "small").success
    assert Store(root).snapshots.open(harmed.digest).damage() == []


@pytest.mark.parametrize("compression", ["zstd", "lz4", "snappy"])
def test_a_full_disk_is_told_though_polars_calls_it_an_error_of_computing(
    tmp_path: Path, compression: Any
) -> None:
    """A device on which there is never any space stands in for a disk."""
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("needs /dev/full")
    store = Store(tmp_path / "store")
    said = r"clean failed: No space left on device; free some space, then run it again \(.*\)"
    with pytest.raises(StageError, match=said), guarded(store, "clean"):
        pl.DataFrame({"a": range(100_000)}).write_parquet(full, compression=compression)
    assert not store.errors.exists()


def test_our_own_errors_pass_as_they_are(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with pytest.raises(StoreError, match="snapshot 12 is gone"), guarded(store, "clean"):
        raise StoreError("snapshot 12 is gone")
    assert not store.errors.exists()


def test_keyboard_interrupts_are_left_alone(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), guarded(Store(tmp_path / "store"), "clean"):
        raise KeyboardInterrupt
