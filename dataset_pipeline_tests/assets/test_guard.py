"""Errors never quote a record: what is unforeseen is put aside for the owner alone."""

import stat
from pathlib import Path

import polars as pl
import pytest

from dataset_pipeline.assets.guard import StageError, guarded
from dataset_pipeline.errors import StoreError
from dataset_pipeline.store.store import Store

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


def test_our_own_errors_pass_as_they_are(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with pytest.raises(StoreError, match="snapshot 12 is gone"), guarded(store, "clean"):
        raise StoreError("snapshot 12 is gone")
    assert not store.errors.exists()


def test_keyboard_interrupts_are_left_alone(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), guarded(Store(tmp_path / "store"), "clean"):
        raise KeyboardInterrupt
