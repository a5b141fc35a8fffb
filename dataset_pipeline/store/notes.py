"""Notes: what a stage wants to remember for its next computation; a cache that may go at any time.

Of each line of computations the last notes are kept, below the raw zone: what they say comes from
records. They are no part of a snapshot, and a stage gives the same result without them; with notes
that are not what it noted it would not, so they are used only as they were written.
"""

import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from dataset_pipeline.digests import canonical_json, sha256_file
from dataset_pipeline.files import PRIVATE_FILE, PRIVATE_FOLDER, staged_folder

_SUMS = "sha256.json"  # of each table's file


class NoteStore:
    """Tables by line and by what they are about. ``now`` gives seconds since the epoch."""

    def __init__(self, root: Path, temporary: Path, now: Callable[[], float] = time.time):
        self._root, self._temporary, self._now = root, temporary, now

    def find(self, line: str, about: str) -> dict[str, pl.DataFrame] | None:
        """The tables, by name; None where there are none, or not all are as they were written."""
        folder = self._root / line / about
        try:
            sums = json.loads((folder / _SUMS).read_bytes())
            paths = {name: folder / f"{name}.parquet" for name in sums}
            if any(sha256_file(path) != sums[name] for name, path in paths.items()):
                return None
            return {name: pl.read_parquet(path, glob=False) for name, path in paths.items()}
        except (OSError, ValueError, TypeError):
            return None

    def keep(self, line: str, about: str, tables: Mapping[str, pl.DataFrame]) -> None:
        """Remember the tables, in the place of what the line had."""
        target = self._root / line / about
        with staged_folder(self._temporary, target, mode=PRIVATE_FOLDER) as staging:
            sums = {}
            for name, table in tables.items():
                path = staging / f"{name}.parquet"
                path.touch(mode=PRIVATE_FILE)
                table.write_parquet(path, compression="lz4", statistics=False)
                sums[name] = sha256_file(path)
            (staging / _SUMS).touch(mode=PRIVATE_FILE)
            (staging / _SUMS).write_bytes(canonical_json(sums))
        for other in target.parent.iterdir():
            if other != target:
                shutil.rmtree(other, ignore_errors=True)

    def forget(self, seconds: float) -> None:
        """Remove what was written longer ago than that."""
        for folder in self._root.glob("*/*"):
            if self._now() - folder.stat().st_mtime > seconds:
                shutil.rmtree(folder, ignore_errors=True)
