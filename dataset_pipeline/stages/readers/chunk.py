"""What is read at a time: some rows of a file as a frame, and those that cannot be read."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from itertools import islice
from typing import Any

import polars as pl

from dataset_pipeline.config import Expression, Fields, Turns, Value
from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.records import ATTACHMENT
from dataset_pipeline.stages.readers.flaws import Flaw
from dataset_pipeline.stages.readers.rows import BadRow, Row

LINE = "_line"
_ROWS = 20_000
_SEPARATORS = re.compile(r"[,;\n]")
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Chunk:
    """Rows of one file.

    ``frame`` holds the source's columns as the source has them (text formats: text; conversations:
    lists of structs), and ``LINE`` (UInt64): the line, or the number of the row, from 1.
    ``columns``: the names that the first row has, for formats whose rows share a header.
    ``nul_free``: the reader knows that no text holds a NUL.
    """

    file: str
    frame: pl.DataFrame
    bad: Sequence[BadRow] = ()
    columns: tuple[str, ...] | None = None
    nul_free: bool = False


@dataclass(frozen=True)
class Wanted:
    """The columns that a mapping reads: those used as text, a conversation, a list of names.

    ``described``: the reader tells more of each file in a list than its name. ``loose`` columns
    are only looked at: they never make a row unusable, and what is no text stands there as JSON.
    """

    text: tuple[str, ...]
    turns: Turns | None = None
    lists: tuple[str, ...] = ()
    described: bool = False
    loose: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """The columns as a text format gives them."""
        schema: dict[str, pl.DataType] = dict.fromkeys(self.text, pl.String())
        named = pl.Struct(ATTACHMENT) if self.described else pl.String
        schema |= dict.fromkeys(self.lists, pl.List(named))
        if self.turns:
            names = (self.turns.role, self.turns.content)
            schema[self.turns.column] = pl.List(pl.Struct(dict.fromkeys(names, pl.String)))
        return schema | dict.fromkeys(self.loose, pl.String())

    @property
    def strict(self) -> list[str]:
        """The columns that have to be sound for a row to be used."""
        return [name for name in self.schema if name not in self.loose]


def wanted(fields: Fields, *more: str) -> Wanted:
    """What a mapping (and whoever else asks for ``more``) reads of a source."""
    values = [fields.key, fields.group_id, fields.prompt, fields.completion, fields.rejected]
    values += [fields.label, fields.language, *fields.attributes.values()]
    names = {name for value in values for name in columns_of(value)}
    if fields.event_time:
        names.add(fields.event_time.column)
    lists = (fields.attachments,) if fields.attachments else ()
    others = {*lists, *([fields.turns.column] if fields.turns else [])}
    loose = tuple(sorted(set(more) - names - others))
    return Wanted(tuple(sorted(names - others)), fields.turns, lists, loose=loose)


def columns_of(value: Value | None) -> list[str]:
    """The source's columns that a value is made of."""
    if isinstance(value, Expression):
        return sorted(set(pl.sql_expr(value.sql).meta.root_names()))
    return [value] if value else []


def framed(rows: Iterable[Row | BadRow], names: Wanted) -> Iterator[Chunk]:
    """Rows as chunks of one file each. A value of an unusable type quarantines its row."""
    iterator = iter(rows)
    while batch := list(islice(iterator, _ROWS)):
        for file in dict.fromkeys(row.file for row in batch):
            yield _chunk(file, [row for row in batch if row.file == file], names)


def _chunk(file: str, rows: Sequence[Row | BadRow], names: Wanted) -> Chunk:
    bad: list[BadRow] = [row for row in rows if isinstance(row, BadRow)]
    good: list[tuple[Any, ...]] = []
    for row in rows:
        if isinstance(row, Row):
            values = plain(row, names)
            if isinstance(values, BadRow):
                bad.append(values)
            else:
                good.append((row.line, *values))
    schema = {LINE: pl.UInt64(), **names.schema}
    columns = next((tuple(row.values) for row in rows if isinstance(row, Row)), None)
    return Chunk(file, pl.DataFrame(good, schema=schema, orient="row"), bad, columns)


def plain(row: Row, names: Wanted) -> list[Any] | BadRow:
    """The wanted values of a row, in the order of ``names.schema``; or why it has none."""
    values: list[Any] = []
    try:
        values += [_text(row.values.get(name), name) for name in names.text]
        listed = _files if names.described else _names
        values += [listed(row.values.get(name), name) for name in names.lists]
        if names.turns:
            values.append(_turns(row.values.get(names.turns.column), names.turns))
        values += [_loose(row.values.get(name), name) for name in names.loose]
    except Flaw as flaw:
        return flaw.row(row.file, row.line, row.content or values_digest(row.values))
    return values


def values_digest(values: Mapping[str, Any]) -> str:
    """SHA-256 (64 hex) of a row's values, for readers that have no bytes of a row."""
    told = repr(sorted((str(name), repr(value)) for name, value in values.items()))
    return sha256_hex(told.encode(errors="surrogatepass"))


def _text(value: Any, column: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return _sound(value, column)
    if isinstance(value, float) and math.isfinite(value):
        return format(Decimal(repr(value)), "f").removesuffix(".0")  # as Polars writes it
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise Flaw("wrong_type", "expected text", field=column, found=type(value).__name__)


def _loose(value: Any, column: str) -> str | None:
    """Any value as text, as Polars reads JSON; half of a surrogate pair becomes NUL there."""
    if isinstance(value, bool | list | tuple | dict):
        value = json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, str):
        return _SURROGATES.sub("\x00", value)
    try:
        return _text(value, column)
    except Flaw:
        return str(value)


def _sound(text: str, column: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Flaw("bad_encoding", "half of a surrogate pair", field=column) from None
    return text


def _names(value: Any, column: str) -> list[str] | None:
    if value is None:
        return None
    named = value if isinstance(value, list | tuple) else _SEPARATORS.split(str(value))
    return [name for name in (_text(item, column) for item in named) if name]


def _files(value: Any, column: str) -> list[dict[str, Any]]:
    """Files as their reader describes them, or by name alone."""
    known = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    named = known or [{"name": name} for name in _names(value, column) or []]
    return [{**file, "name": _text(file["name"], column)} for file in named]


def _turns(value: Any, turns: Turns) -> list[dict[str, str | None] | None] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        found = type(value).__name__
        reason = "expected a list of turns"
        raise Flaw("wrong_type", reason, field=turns.column, found=found)
    return [_turn(turn, turns) for turn in value]


def _turn(turn: Any, turns: Turns) -> dict[str, str | None] | None:
    if turn is None:  # says nothing, as where whole blocks are read
        return None
    if not isinstance(turn, Mapping):
        reason = "expected an object for each turn"
        raise Flaw("wrong_type", reason, field=turns.column, found=type(turn).__name__)
    return {name: _text(turn.get(name), turns.column) for name in (turns.role, turns.content)}
