"""Notes are found as they were written, or not at all."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.store.notes import NoteStore

TABLES = {"pairs": pl.DataFrame({"left": [1, 2]}), "texts": pl.DataFrame({"text": ["one", "two"]})}


@pytest.fixture
def notes(tmp_path: Path) -> NoteStore:
    return NoteStore(tmp_path / "notes", tmp_path / "tmp")


def path_of(tmp_path: Path, name: str) -> Path:
    (found,) = tmp_path.glob(f"notes/*/*/{name}")
    return found


def flipped(path: Path) -> None:
    """One bit of a value is another: Parquet has no sums of its own, and gives another value."""
    data = bytearray(path.read_bytes())
    data[data.index(b"two")] ^= 8
    path.write_bytes(data)


def test_what_was_noted_last_is_found(notes: NoteStore, tmp_path: Path) -> None:
    notes.keep("line", "first", {"pairs": TABLES["pairs"].clear()})
    notes.keep("line", "second", TABLES)
    found = notes.find("line", "second")
    assert found
    assert found.keys() == TABLES.keys()
    assert all(found[name].equals(table) for name, table in TABLES.items())
    assert notes.find("line", "first") is None
    assert notes.find("other", "second") is None
    for path in tmp_path.glob("notes/*/*/*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("texts.parquet", flipped),
        ("pairs.parquet", Path.unlink),
        ("texts.parquet", lambda path: path.write_bytes(path.read_bytes()[:-1])),
        ("sha256.json", Path.unlink),
        ("sha256.json", lambda path: path.write_bytes(path.read_bytes()[:-1])),
        ("sha256.json", lambda path: path.write_bytes(b"[1]")),
        ("sha256.json", lambda path: path.write_bytes(b'{"pairs": 1}')),
    ],
)
def test_what_is_damaged_counts_as_none(
    notes: NoteStore, tmp_path: Path, name: str, how: Callable[[Path], Any]
) -> None:
    notes.keep("line", "about", TABLES)
    how(path_of(tmp_path, name))
    assert notes.find("line", "about") is None
