"""Rows of a database as Parquet: some at a time, each with its key and digest, types kept."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from dataset_pipeline.collect.database import Row
from dataset_pipeline.deltas import ADDED, DIGEST, KEY, RULE

_ROWS, _BYTES = 50_000, 64 << 20  # of one part, whichever is reached first
_EXACT = 1 << 53  # beyond it a float does not hold every integer
_INT64 = 1 << 63
_TYPES: dict[str, pl.DataType] = {
    "none": pl.Null(), "text": pl.String(), "bool": pl.Boolean(), "int": pl.Int64(),
    "long": pl.Int64(), "float": pl.Float64(), "date": pl.Date(), "datetime": pl.Datetime("us"),
    "instant": pl.Datetime("us", "UTC"),
}  # fmt: skip


@dataclass
class Parts:
    """Rows that were read, in files of a folder, and of which kind each column is."""

    columns: Sequence[str]
    folder: Path
    paths: list[Path] = field(default_factory=list)
    kinds: list[dict[str, str]] = field(default_factory=list)

    def scan(self) -> pl.LazyFrame:
        """All of them, lazily, with one type a column."""
        schema = {**{name: self._type(name) for name in self.columns}, **ADDED}
        if not self.paths:
            return pl.LazyFrame(schema=schema)
        return pl.concat([_cast(pl.scan_parquet(path), schema) for path in self.paths])

    def _type(self, name: str) -> pl.DataType:
        kind = _common({part[name] for part in self.kinds})
        return pl.String() if kind == "none" else _TYPES[kind]


def write_parts(
    rows: Iterable[Sequence[Row]], columns: Sequence[str], key: str, folder: Path
) -> Parts:
    """Write rows to a folder; never more than one part of them is in memory."""
    folder.mkdir()
    parts = Parts(columns, folder)
    at = columns.index(key)
    for number, part in enumerate(_portions(rows)):
        frame, kinds = _frame(part, columns, at)
        path = folder / f"{number:06}.parquet"
        frame.write_parquet(path, compression="zstd")
        parts.paths.append(path)
        parts.kinds.append(kinds)
    return parts


def write_keys(rows: Iterable[Sequence[Row]], folder: Path) -> pl.LazyFrame:
    """Write a listing of keys to a folder; lazily, the column ``KEY``."""
    folder.mkdir()
    for number, part in enumerate(rows):
        keys = pl.Series(KEY, [_key(row[0]) for row in part], pl.String)
        keys.to_frame().write_parquet(folder / f"{number:06}.parquet")
    paths = sorted(folder.iterdir())
    return pl.scan_parquet(paths) if paths else pl.LazyFrame(schema={KEY: pl.String})


def as_text(value: Any) -> str | None:
    """A value as text, always the same text for the same value."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(_plain(value)) if not isinstance(value, int | float) else repr(value)


def _key(value: Any) -> str | None:
    """A key as text; none where the database itself gives none that is text."""
    text = as_text(value)
    return text if text is None or _is_text(text.encode("utf-8", "surrogatepass")) else None


def _plain(value: Any) -> Any:  # noqa: PLR0911  one line a type
    """What JSON has no word for."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, list | tuple | dict):
        return _json(value)
    if isinstance(value, set | frozenset):
        return _json(sorted(value, key=str))
    return str(value)


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False, sort_keys=True)


def _portions(rows: Iterable[Sequence[Row]]) -> Iterator[list[tuple[Row, bytes]]]:
    """Rows with their bytes, as many as one part holds."""
    part: list[tuple[Row, bytes]] = []
    size = 0
    for some in rows:
        for row in some:
            data = _json(list(row)).encode("utf-8", "surrogatepass")
            part.append((row, data))
            size += len(data)
        if len(part) >= _ROWS or size >= _BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _frame(
    part: Sequence[tuple[Row, bytes]], columns: Sequence[str], key: int
) -> tuple[pl.DataFrame, dict[str, str]]:
    sound = [_is_text(data) for _, data in part]
    rows = [row if ok else (None,) * len(row) for (row, _), ok in zip(part, sound, strict=True)]
    kinds: dict[str, str] = {}
    series = []
    for name, values in zip(columns, zip(*rows, strict=True), strict=True):
        kinds[name] = _kind(values)
        series.append(_series(name, values, kinds[name]))
    added = (
        pl.Series(KEY, [_key(row[key]) for row, _ in part], pl.String),
        pl.Series(DIGEST, [hashlib.sha256(data).digest() for _, data in part], pl.Binary),
        pl.Series(RULE, [None if ok else "bad_encoding" for ok in sound], pl.String),
    )
    return pl.DataFrame([*series, *added]), kinds


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _series(name: str, values: Sequence[Any], kind: str) -> pl.Series:
    if kind == "text":
        values = [as_text(value) for value in values]
    elif kind == "instant":
        values = [value and value.astimezone(UTC) for value in values]
    elif kind == "float":
        values = [value if value is None else float(value) for value in values]
    return pl.Series(name, values, _TYPES[kind])


def _kind(values: Sequence[Any]) -> str:
    return _common({_KINDS.get(found, "text") for found in set(map(type, values))}, values)


_KINDS: dict[type, str] = {
    type(None): "none", bool: "bool", int: "int", float: "float", date: "date",
    datetime: "datetime",
}  # fmt: skip


def _common(kinds: set[str], values: Sequence[Any] = ()) -> str:
    """The kind that holds all of these without loss; with ``values``, a closer look at them."""
    if values:
        kinds = {_closer(kind, values) for kind in kinds}
    some = kinds - {"none"}
    if not some:
        return "none"
    if len(some) == 1:
        return some.pop()
    if some == {"int", "long"}:
        return "long"
    return "float" if some == {"int", "float"} else "text"


def _closer(kind: str, values: Sequence[Any]) -> str:
    if kind == "int":
        largest = max(abs(value) for value in values if type(value) is int)
        return "int" if largest <= _EXACT else "long" if largest < _INT64 else "text"
    if kind == "datetime":
        zoned = {value.tzinfo is not None for value in values if isinstance(value, datetime)}
        return "text" if len(zoned) > 1 else "instant" if zoned == {True} else "datetime"
    return kind


def _cast(frame: pl.LazyFrame, schema: dict[str, pl.DataType]) -> pl.LazyFrame:
    found = frame.collect_schema()
    return frame.with_columns(
        _casted(name, found[name], dtype) for name, dtype in schema.items() if found[name] != dtype
    )


def _casted(name: str, found: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if wanted == pl.String and found.is_temporal():
        return column.dt.to_string("iso:strict")
    return column.cast(wanted)
