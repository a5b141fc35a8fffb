"""The rows of a query over many collections: a base, then what was new, changed or withdrawn.

Files are named by their step and by what they hold: ``0000.base.parquet``,
``0001.changed.parquet``, ``0001.withdrawn.parquet``. A key's rows are those of the latest step
that names it; one that was withdrawn has none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

KEY, DIGEST, RULE = "_key", "_digest", "_rule"
# What is written beside the query's own columns: the row's key as text, the SHA-256 of all of
# it, and the rule that it breaks, if it can be no row.
ADDED: dict[str, pl.DataType] = {KEY: pl.String(), DIGEST: pl.Binary(), RULE: pl.String()}
BASE, CHANGED, WITHDRAWN = "base", "changed", "withdrawn"


@dataclass(frozen=True, order=True)
class RowFile:
    """One file of rows, or of withdrawn keys."""

    step: int
    what: str
    name: str
    path: Path

    def scan(self) -> pl.LazyFrame:
        """Its rows, lazily."""
        return pl.scan_parquet(self.path, glob=False)


def file_name(step: int, what: str) -> str:
    """How a file is called."""
    return f"{step:04}.{what}.parquet"


def row_files(files: Iterable[tuple[str, Path]]) -> list[RowFile]:
    """Files by their names, in the order of their steps."""
    return sorted(_row_file(name, path) for name, path in files)


def _row_file(name: str, path: Path) -> RowFile:
    step, what, _ = name.split(".")
    return RowFile(int(step), what, name, path)


def current(files: Iterable[RowFile], rows: RowFile, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Of a file's rows (all, or some of them), those that no later step replaces or withdraws."""
    later = [file.scan().select(KEY) for file in files if file.step > rows.step]
    if not later:
        return frame
    return frame.join(pl.concat(later).unique(), on=KEY, how="anti", nulls_equal=True)


def state(files: list[RowFile]) -> pl.LazyFrame:
    """Key and digest of every row that counts."""
    rows = [file for file in files if file.what != WITHDRAWN]
    columns = [current(files, file, file.scan().select(KEY, DIGEST)) for file in rows]
    return pl.concat(columns)
