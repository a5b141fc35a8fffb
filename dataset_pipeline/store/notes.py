"""Notes: what a stage wants to remember for its next computation; a cache that may go at any time.

Of each line of computations the last notes are kept, below the raw zone: what they say comes from
records. They are no part of a snapshot, and a stage gives the same result without them.
"""

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from dataset_pipeline.files import PRIVATE_FILE, PRIVATE_FOLDER, staged_folder


class NoteStore:
    """Tables by line and by what they are about. ``now`` gives seconds since the epoch."""

    def __init__(self, root: Path, temporary: Path, now: Callable[[], float] = time.time):
        self._root, self._temporary, self._now = root, temporary, now

    def find(self, line: str, about: str) -> dict[str, pl.DataFrame] | None:
        """The tables, by name; None where there are none, or not all can be read."""
        folder = self._root / line / about
        try:
            paths = sorted(folder.iterdir())
            return {path.stem: pl.read_parquet(path, glob=False) for path in paths}
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None

    def keep(self, line: str, about: str, tables: Mapping[str, pl.DataFrame]) -> None:
        """Remember the tables, in the place of what the line had."""
        target = self._root / line / about
        with staged_folder(self._temporary, target, mode=PRIVATE_FOLDER) as staging:
            for name, table in tables.items():
                path = staging / f"{name}.parquet"
                path.touch(mode=PRIVATE_FILE)
                table.write_parquet(path, compression="lz4", statistics=False)
        for other in target.parent.iterdir():
            if other != target:
                shutil.rmtree(other, ignore_errors=True)

    def forget(self, seconds: float) -> None:
        """Remove what was written longer ago than that."""
        for folder in self._root.glob("*/*"):
            if self._now() - folder.stat().st_mtime > seconds:
                shutil.rmtree(folder, ignore_errors=True)
