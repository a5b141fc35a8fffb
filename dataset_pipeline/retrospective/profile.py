"""What a data file holds, in numbers: rows, columns, types, nulls. Never a value of a record.

A column's name is told only where it looks like one: the first line of a file without a header is
a record. Values are told only of label columns with few, frequent, plain values.
"""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from dataset_pipeline.config import CsvSource, ExcelSource, JsonlForm, JsonSource, TsvSource
from dataset_pipeline.errors import PipelineError
from dataset_pipeline.retrospective.names import split_of
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile

Values = dict[str, Any]
_BATCH = 20_000
_MOST_COLUMNS, _MOST_LABELS, _FEWEST = 500, 30, 5
_NAME = re.compile(r"[^\W\d]\w*(?:[ ./:-]\w+){0,3}")
_HEADER = re.compile(r"[^\W\d][\w./:-]*")
_LABEL = re.compile(r"[^\W\d_][\w./-]{0,39}")
_LABELS = frozenset({"label", "labels", "class", "category", "target", "intent", "sentiment"})
_TEXT = ("integer", "number", "boolean", "date")
_ABOUT = {
    "description": "-", "system": "-", "owner": "-",
    "rights": {"basis": "unknown", "training": "unknown"},
}  # fmt: skip


@dataclass
class Column:
    """What is known of a column: how often it is there, with which types, which labels.

    ``echoed``: its name stands among its values.
    """

    filled: int = 0
    types: set[str] = field(default_factory=set)
    labels: Counter[str] | None = None
    echoed: bool = False

    def add(self, values: Sequence[Any], *, textual: bool) -> None:
        """Take the next values. ``textual``: a format in which everything is written as text."""
        there = [value for value in values if value is not None and value != ""]
        self.filled += len(there)
        kinds = {type(value) for value in there}
        if textual and there:
            self.types = (
                self.types & _fitting(there) if self.filled > len(there) else _fitting(there)
            )
        else:
            self.types |= {_named(kind) for kind in kinds}
        if self.labels is not None:
            self.labels.update(str(value) for value in there)
            if len(self.labels) > 10 * _MOST_LABELS:
                self.labels = None

    def type(self, *, textual: bool) -> str:
        """The column's type in one word."""
        if not self.filled:
            return "empty"
        if textual:
            return next((name for name in _TEXT if name in self.types), "text")
        return "/".join(sorted(self.types))


@dataclass
class Profile:
    """A data file in numbers. ``rows_seen``: 128 bits of each row's digest, for overlaps."""

    format: str
    rows: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    columns: dict[str, Column] = field(default_factory=dict)
    more_columns: bool = False
    digests: bytearray | None = None

    @property
    def textual(self) -> bool:
        """Whether the format writes everything as text."""
        return self.format in ("csv", "tsv")

    def add(self, rows: Sequence[Values]) -> None:
        """Take the next rows."""
        for name in dict.fromkeys(name for row in rows for name in row):
            if name not in self.columns:
                if len(self.columns) >= _MOST_COLUMNS:
                    self.more_columns = True
                    continue
                labelled = name.lower() in _LABELS
                self.columns[name] = Column(labels=Counter() if labelled else None)
            values = [row.get(name) for row in rows]
            self.columns[name].add(values, textual=self.textual)
            self.columns[name].echoed |= name in values
        self.rows += len(rows)
        if self.digests is not None:
            for row in rows:
                told = json.dumps(row, sort_keys=True, default=str, ensure_ascii=True)
                self.digests += sha256(told.encode()).digest()[:16]

    def told(self) -> Values:
        """The profile as it may be published."""
        shown = {"format": self.format, "rows": self.rows}
        if self.unreadable:
            shown["unreadable_rows"] = dict(sorted(self.unreadable.items()))
        if self.format != "lines":
            shown["columns"] = self._columns()
        if self.more_columns:
            shown["more_columns"] = True
        return shown

    def labels(self) -> Iterator[tuple[str, Values]]:
        """For each label column, the frequencies of its values, or how many there are."""
        for name, column in self.columns.items():
            if column.labels and self._names_are_names():
                counts = dict(sorted(column.labels.items()))
                plain = len(counts) <= _MOST_LABELS and min(counts.values()) >= _FEWEST
                if plain and all(_LABEL.fullmatch(value) for value in counts):
                    yield name, {"values": counts}
                else:
                    yield name, {"distinct_values": len(counts)}

    def _columns(self) -> list[Values]:
        named = self._names_are_names()
        return [
            {
                "name": name if named else f"column {number}, name withheld",
                "type": column.type(textual=self.textual),
                "null_share": round(1 - column.filled / max(self.rows, 1), 6),
            }
            for number, (name, column) in enumerate(self.columns.items(), start=1)
        ]

    def _names_are_names(self) -> bool:
        """Whether the names are some: one odd name makes all of them doubtful.

        In a table the first line may be a record: then its cells hold spaces, or stand again below.
        """
        table = self.format in ("csv", "tsv", "excel")
        if table and any(column.echoed for column in self.columns.values()):
            return False
        allowed = _HEADER if table else _NAME
        return all(len(name) <= 64 and allowed.fullmatch(name) for name in self.columns)


def profile(name: str, path: Path, kind: str) -> Profile | None:
    """Read a data file in pieces. None when it cannot be read as what its name says."""
    found = Profile(kind, digests=bytearray() if split_of(name) and kind != "lines" else None)
    with tempfile.TemporaryDirectory() as folder:
        # By another name: readers know formats by suffixes, and not every name suits them.
        suffix = "".join(PurePosixPath(name.lower()).suffixes[-2:])
        link = Path(folder) / f"data{suffix if suffix.isascii() else PurePosixPath(name).suffix}"
        link.symlink_to(path.absolute())
        try:
            _fill(found, SourceFile(link.name, link))
        except (PipelineError, OSError, ValueError, MemoryError, RecursionError):
            return None
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None
    return found


def shared_rows(one: Profile, other: Profile) -> int:
    """How many different rows stand, exactly, in both files."""
    left, right = _digests(one), _digests(other)
    return left.join(right, on=["column_0", "column_1"], how="semi").height


def _digests(found: Profile) -> pl.DataFrame:
    import numpy as np

    numbers = np.frombuffer(bytes(found.digests or b""), dtype=np.uint64).reshape(-1, 2)
    names = ["column_0", "column_1"]
    return pl.DataFrame(numbers, schema=dict.fromkeys(names, pl.UInt64)).unique()


def _fill(found: Profile, file: SourceFile) -> None:
    if found.format == "lines":
        found.rows = _lines(file)
        return
    rows = iter(_rows(found.format, file))
    while batch := list(islice(rows, _BATCH)):
        found.unreadable.update(row.rule for row in batch if isinstance(row, BadRow))
        found.add([dict(row.values) for row in batch if isinstance(row, Row)])


def _rows(kind: str, file: SourceFile) -> Iterator[Row | BadRow]:
    from dataset_pipeline.stages.readers.csv import read_csv, read_tsv

    if kind == "csv":
        form = {"kind": "csv", "path": "-", "encoding": "detect", "delimiter": "detect"}
        yield from read_csv(CsvSource.model_validate({**_ABOUT, **form}), file)
    elif kind == "tsv":
        form = {"kind": "tsv", "path": "-", "encoding": "detect"}
        yield from read_tsv(TsvSource.model_validate({**_ABOUT, **form}), file)
    elif kind == "jsonl":
        from dataset_pipeline.stages.readers.jsonl import read_jsonl

        yield from read_jsonl(JsonlForm(), file)
    elif kind == "json":
        from dataset_pipeline.stages.readers.json import read_json

        source = JsonSource.model_validate({**_ABOUT, "kind": "json", "path": "-"})
        yield from read_json(source, file)
    elif kind == "excel":
        from dataset_pipeline.stages.readers.excel import read_excel

        source_ = ExcelSource.model_validate({**_ABOUT, "kind": "excel", "path": "-"})
        yield from read_excel(source_, file)
    else:
        yield from _parquet_rows(file)


def _parquet_rows(file: SourceFile) -> Iterator[Row]:
    rows = pl.scan_parquet(file.path, glob=False)
    for frame in rows.collect_batches(chunk_size=_BATCH, maintain_order=True):
        for number, values in enumerate(frame.iter_rows(named=True), start=1):
            yield Row(file.name, number, values)


def _lines(file: SourceFile) -> int:
    from dataset_pipeline.stages.readers.compressed import DamagedArchive, open_binary

    count, last = 0, b"\n"
    try:
        with open_binary(file) as binary:
            while piece := binary.read(1 << 20):
                count, last = count + piece.count(b"\n"), piece[-1:]
    except DamagedArchive:
        raise ValueError from None
    return count + (last != b"\n")


def _fitting(values: Sequence[str]) -> set[str]:
    """The types that all of these texts can be read as."""
    texts = pl.Series(values, dtype=pl.String).str.strip_chars()
    fits = {
        "integer": texts.str.contains(r"^[+-]?\d{1,18}$"),
        "number": texts.cast(pl.Float64, strict=False).is_not_null(),
        "boolean": texts.str.to_lowercase().is_in(["true", "false", "yes", "no"]),
        "date": texts.str.contains(r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$"),
    }
    return {name for name, fit in fits.items() if fit.all()}


def _named(kind: type) -> str:
    names = {str: "text", int: "integer", float: "number", bool: "boolean", list: "list",
             dict: "object"}  # fmt: skip
    return names.get(kind, kind.__name__)
