"""From a source's columns to a record's: by expressions over whole chunks, not row by row."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from dataset_pipeline.config import (
    EPOCHS,
    EmailSource,
    EventTime,
    Expression,
    Fields,
    FilesSource,
    ParquetSource,
    Source,
    SqlSource,
    Turns,
    Value,
)
from dataset_pipeline.errors import ConfigError
from dataset_pipeline.records import ATTACHMENT, RECORD_SCHEMA, canonical_row, record_ids, sha256_of
from dataset_pipeline.stages.conversation import LAST, ROLES, SAID, conversation, known_roles
from dataset_pipeline.stages.readers.chunk import LINE, Chunk, columns_of, values_digest, wanted
from dataset_pipeline.stages.readers.rows import BadRow
from dataset_pipeline.stages.times import times

_RULE, _TURN, _KEY, _TIME = "_rule", "_turn", "_key", "_time"
_ATTRIBUTE = "_attribute_"
TEXTS = ("group_id", "prompt", "completion", "rejected", "label", "language")
_NAMED_BY = ("context", "prompt", "completion", "rejected", "label")


@dataclass(frozen=True)
class _Problem:
    """A rule that some rows break: where, why, and what is shown of it.

    ``turn``: which turn of the conversation breaks it, from 1.
    """

    rule: str
    reason: str
    broken: pl.Expr
    evidence: Mapping[str, Any]
    turn: pl.Expr | None = None


def mapped(
    source_id: str, source: Source, batch_id: str, chunk: Chunk
) -> tuple[pl.DataFrame, list[BadRow]]:
    """The chunk's records (``RECORD_SCHEMA`` and ``LINE``), and the rows that can be none."""
    fields = source.fields
    frame = _selected(chunk.frame, source)
    problems = [*_text_problems(chunk, frame, fields), *_oversized(chunk.frame, source)]
    problems += _attachment_problems(chunk.frame, source)
    problems += _no_turns(chunk.frame, fields.turns)
    frame = conversation(_timed(frame, fields.event_time), fields.turns)
    problems += _problems(frame, source)
    if isinstance(source, FilesSource):  # one without text is carried by the records that name it
        frame = frame.with_columns(pl.col("prompt").fill_null(""))
    else:
        problems.append(_no_prompt(fields))
    ruled = frame.with_columns(_first_broken(problems))
    broken = ruled.filter(pl.col(_RULE).is_not_null()).select(LINE, _RULE, _turn(problems))
    bad = [
        _bad_row(chunk, line, problems[number], {} if turn is None else {"turn": turn})
        for line, number, turn in broken.iter_rows()
    ]
    sound = ruled.filter(pl.col(_RULE).is_null())
    return _records(source_id, source, batch_id, chunk.file, sound), bad


def _first_broken(problems: list[_Problem]) -> pl.Expr:
    hits = [
        pl.when(problem.broken).then(pl.lit(number, pl.Int32))
        for number, problem in enumerate(problems)
    ]
    return pl.coalesce([*hits, pl.lit(None, pl.Int32)]).alias(_RULE)


def _turn(problems: list[_Problem]) -> pl.Expr:
    """The turn that breaks a row's rule, where the rule is about one."""
    found = [
        pl.when(pl.col(_RULE) == number).then(problem.turn)
        for number, problem in enumerate(problems)
        if problem.turn is not None
    ]
    return pl.coalesce([*found, pl.lit(None, pl.UInt32)]).alias(_TURN)


def _bad_row(chunk: Chunk, line: int, problem: _Problem, where: Mapping[str, int]) -> BadRow:
    (row,) = chunk.frame.filter(pl.col(LINE) == line).drop(LINE).to_dicts()
    content, shown = values_digest(row), {**problem.evidence, **where}
    return BadRow(chunk.file, line, problem.rule, problem.reason, shown, content)


# ------------------------------------------------------------------------------------------ texts


def _values(fields: Fields) -> dict[str, Value]:
    named = {_KEY: fields.key, **{name: getattr(fields, name) for name in TEXTS}}
    named |= {f"{_ATTRIBUTE}{name}": value for name, value in sorted(fields.attributes.items())}
    return {name: value for name, value in named.items() if value is not None}


def _selected(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    """The values as text, blank ones as null, beside the columns that are no text."""
    fields = source.fields
    values = _values(fields)
    texts = [_as_text(frame, value).alias(name) for name, value in values.items()]
    texts += [pl.lit(None, pl.String).alias(name) for name in TEXTS if name not in values]
    others = [pl.col(LINE)]
    if fields.event_time:
        others.append(_column(frame, fields.event_time.column).alias(_TIME))
    if fields.turns:
        others.append(_turns(frame, fields.turns).alias(SAID))
    if fields.attachments:
        made = _column if _describes_files(source) else _names
        others.append(made(frame, fields.attachments).alias("attachments"))
    try:
        selected = frame.select(*others, *texts)
    except pl.exceptions.PolarsError as error:
        raise ConfigError(
            f"an expression under `fields` cannot be computed ({type(error).__name__}); try_cast "
            "gives no value where cast fails; "
            f"the columns are {', '.join(name for name in frame.columns if name != LINE)}"
        ) from None
    # Of a column of a type that it is not for, a function may give one that no cast reaches.
    return _blank_as_null(selected.cast(dict.fromkeys(values, pl.String)), values)


def _column(frame: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in frame.columns else pl.lit(None, pl.String)


def _turns(frame: pl.DataFrame, turns: Turns) -> pl.Expr:
    """A conversation with role and content as text; null where there is none."""
    kind, names = frame.schema.get(turns.column), (turns.role, turns.content)
    plain = dict.fromkeys(names, pl.String)
    if kind == pl.List(pl.Struct(plain)):
        return pl.col(turns.column)
    if kind is None or not _holds_turns(kind, turns):
        return pl.lit(None, pl.List(pl.Struct(plain)))
    there = _members(kind)
    said = [
        (pl.element().struct.field(n) if n in there else pl.lit(None)).cast(pl.String).alias(n)
        for n in names
    ]
    return pl.col(turns.column).list.eval(pl.struct(said))


def _holds_turns(kind: pl.DataType, turns: Turns) -> bool:
    there = _members(kind)
    named = [there[name] for name in (turns.role, turns.content) if name in there]
    return bool(named) and all(map(_is_text_like, named))


def _members(kind: pl.DataType) -> dict[str, pl.DataType]:
    """What the items of a list of structs have, by name; nothing of any other type."""
    item = _listed_kind(kind) if isinstance(kind, pl.List) else None
    found = item.fields if isinstance(item, pl.Struct) else []
    return {field.name: field.dtype for field in found}  # type: ignore[misc]


def _as_text(frame: pl.DataFrame, value: Value) -> pl.Expr:
    if isinstance(value, Expression):
        missing = [name for name in columns_of(value) if name not in frame.columns]
        if missing:
            raise ConfigError(
                f"an expression under `fields` names {', '.join(missing)}; the columns are "
                f"{', '.join(name for name in frame.columns if name != LINE)}"
            )
        return pl.sql_expr(value.sql).cast(pl.String)
    kind = frame.schema.get(value, pl.String())
    if not _is_text_like(kind):
        return pl.lit(None, pl.String)  # told as wrong_type
    if isinstance(kind, pl.Datetime):
        return pl.col(value).dt.to_string("iso:strict")
    text = _column(frame, value).cast(pl.String)
    return text.str.strip_suffix(".0") if kind.is_float() else text


def _is_text_like(kind: pl.DataType) -> bool:
    textual = (pl.String, pl.Categorical, pl.Enum, pl.Date, pl.Datetime, pl.Time, pl.Null)
    return kind.is_numeric() or isinstance(kind, textual)


def _blank_as_null(frame: pl.DataFrame, names: Collection[str]) -> pl.DataFrame:
    """Only where a first character could be white space does every text have to be searched."""
    found = frame.select(_begins_with_space(pl.col(name)).any() for name in names).to_dicts()
    searched = [pl.col(name) for row in found for name, holds in row.items() if holds]
    return frame.with_columns(pl.when(text.str.contains(r"\S")).then(text) for text in searched)


def _begins_with_space(text: pl.Expr) -> pl.Expr:
    """Whether a text is empty or may begin with white space, by ranges that hold all of it."""
    ranges = (("\x7f", "\u00a1"), ("\u1680", "\u3001"))
    within = [text.is_between(pl.lit(a), pl.lit(b), closed="left") for a, b in ranges]
    return pl.any_horizontal(text < "!", *within)


def _text_problems(chunk: Chunk, frame: pl.DataFrame, fields: Fields) -> Iterator[_Problem]:
    raw = chunk.frame
    for name, value in _values(fields).items():
        shown = {} if isinstance(value, Expression) else {"field": value}
        kind = None if isinstance(value, Expression) else raw.schema.get(value)
        if kind is not None and not _is_text_like(kind):
            told = {**shown, "found": str(kind.base_type())}
            present = pl.lit(raw[str(value)].is_not_null())
            yield _Problem("wrong_type", "expected text", present, told)
        elif kind is not None and kind.is_float():
            odd = pl.lit(~raw[str(value)].is_finite().fill_null(value=True))
            yield _Problem("wrong_type", "expected text", odd, {**shown, "found": "float"})
        if not chunk.nul_free or isinstance(value, Expression):
            nul = pl.col(name).str.contains("\x00", literal=True)
            yield _Problem("nul_bytes", "the field holds NUL bytes", nul, shown)
    if fields.key:
        shown = {} if isinstance(fields.key, Expression) else {"field": fields.key}
        yield _Problem("missing_key", "the row has no key", pl.col(_KEY).is_null(), shown)


def _oversized(raw: pl.DataFrame, source: Source) -> Iterator[_Problem]:
    """Of formats that are read by columns; other readers look at each field themselves."""
    limit = source.max_field_bytes
    for name in wanted(source.fields).text if isinstance(source, ParquetSource | SqlSource) else ():
        if raw.schema.get(name) == pl.String:
            over = pl.lit(raw[name].str.len_bytes() > limit)
            yield _Problem("oversized_field", _over(limit), over, {"field": name})


def _over(limit: int) -> str:
    return f"a field is over {limit} bytes (max_field_bytes)"


def _no_turns(raw: pl.DataFrame, turns: Turns | None) -> Iterator[_Problem]:
    kind = raw.schema.get(turns.column) if turns else None
    if turns and kind is not None and not _holds_turns(kind, turns):
        told = {"field": turns.column, "found": str(kind.base_type())}
        present = pl.lit(raw[turns.column].is_not_null())
        yield _Problem("wrong_type", "expected a list of turns", present, told)


def _attachment_problems(raw: pl.DataFrame, source: Source) -> Iterator[_Problem]:
    name = source.fields.attachments
    if name is None or name not in raw.columns or _describes_files(source):
        return
    kind = _listed_kind(raw.schema[name])
    if not _is_text_like(kind):
        told = {"field": name, "found": str(kind.base_type())}
        present = pl.lit(raw[name].is_not_null())
        yield _Problem("wrong_type", "expected names of files", present, told)
    named = pl.element().struct.field("name").str.contains("\x00", literal=True)
    nul = pl.col("attachments").list.eval(named).list.any()
    yield _Problem("nul_bytes", "the field holds NUL bytes", nul, {"field": name})


def _describes_files(source: Source) -> bool:
    """Whether the reader has the files' own bytes; what a column claims of them is no fact."""
    return isinstance(source, EmailSource | FilesSource)


def _listed_kind(kind: pl.DataType) -> pl.DataType:
    """The type of a list's items; of what is no list, the type itself."""
    return kind.inner if isinstance(kind, pl.List) else kind  # type: ignore[return-value]


def _names(frame: pl.DataFrame, column: str) -> pl.Expr:
    """Files by name alone; what is known of them is filled in where all sources meet."""
    kind = frame.schema.get(column, pl.String())
    if isinstance(kind, pl.List) and _is_text_like(_listed_kind(kind)):
        names = pl.col(column).cast(pl.List(pl.String))
    else:
        names = _as_text(frame, column).str.replace_all(r"[;\n]", ",").str.split(",")
    unknown = [pl.lit(None, dtype).alias(n) for n, dtype in ATTACHMENT.items() if n != "name"]
    name = pl.element().str.strip_chars()
    named = names.list.eval(name.filter(name != ""))
    return named.list.eval(pl.struct(pl.element().alias("name"), *unknown))


# ------------------------------------------------------------------------------------------- time


def _timed(frame: pl.DataFrame, spec: EventTime | None) -> pl.DataFrame:
    if spec is None:
        return frame.with_columns(pl.lit(None, RECORD_SCHEMA["event_time"]).alias("event_time"))
    return frame.with_columns(times(frame[_TIME], spec).alias("event_time"))


# --------------------------------------------------------------------------------------- problems


def _problems(frame: pl.DataFrame, source: Source) -> Iterator[_Problem]:
    fields = source.fields
    if spec := fields.event_time:
        absent = pl.col(_TIME).is_null()
        if frame.schema[_TIME] == pl.String:
            absent = absent | (pl.col(_TIME) == "")
        shown = {"field": spec.column}
        if spec.required:
            yield _Problem("missing_time", "the row has no time", absent, shown)
        yield _Problem(
            "bad_time", _time_expected(spec), pl.col("event_time").is_null() & ~absent, shown
        )
    if fields.turns:
        yield from _turn_problems(fields.turns, source.max_field_bytes)


def _time_expected(spec: EventTime) -> str:
    if spec.format is None:
        return "expected a time in ISO 8601; for a number since 1970 say `format: epoch_s`"
    if spec.format in EPOCHS:
        return f"expected a number that is a time as {spec.format}, of the years 1 to 9999"
    return f"expected a time written as {spec.format}"


def _no_prompt(fields: Fields) -> _Problem:
    shown = {"field": fields.prompt} if isinstance(fields.prompt, str) else {}
    empty = ~pl.col("prompt").str.contains(r"\S").fill_null(value=False)
    return _Problem("missing_text", "the row has no prompt", empty, shown)


def _turn_problems(turns: Turns, limit: int) -> Iterator[_Problem]:
    shown = {"field": turns.column}
    said, roles = pl.col(SAID), pl.col(ROLES)
    yield _Problem("missing_text", "the row has no conversation", said.is_null(), shown)
    silent = said.list.eval(pl.element().is_null()).list.any()
    yield _Problem("missing_text", "a turn has no text", silent, shown)
    unknown = roles.list.eval(pl.element().is_null())
    first, told = unknown.list.arg_max() + 1, {**shown, "allowed": len(known_roles(turns))}
    reason = "the config names no such role"
    yield _Problem("unknown_role", reason, unknown.list.any(), told, first)
    over = said.list.eval(pl.element().str.len_bytes() > limit).list.any()
    yield _Problem("oversized_field", _over(limit), over, shown)
    nul = said.list.eval(pl.element().str.contains("\x00", literal=True)).list.any()
    yield _Problem("nul_bytes", "the field holds NUL bytes", nul, shown)
    nobody = pl.col(LAST).is_null()
    yield _Problem("missing_text", "the conversation has no customer turn", nobody, shown)


# ---------------------------------------------------------------------------------------- records


def _records(
    source_id: str, source: Source, batch_id: str, file: str, frame: pl.DataFrame
) -> pl.DataFrame:
    columns: dict[str, pl.Expr] = {
        "source_id": pl.lit(source_id),
        "batch_id": pl.lit(batch_id),
        "source_ref": pl.format("{}#{}", pl.lit(file), pl.col(LINE)),
        "origin": pl.lit("original"),
        "parents": pl.lit([], pl.List(pl.String)),
        "generation": pl.lit(0),
        "split": pl.lit(source.split, pl.String),
        "attributes": _attribute_list(frame),
    }
    if "attachments" not in frame.columns:
        columns["attachments"] = pl.lit(None)
    made = frame.with_columns(value.alias(name) for name, value in columns.items())
    key = (
        record_ids(source_id, pl.col(_KEY))
        if _KEY in frame.columns
        else _by_content(source_id, made)
    )
    made = made.with_columns(key)
    return made.select(LINE, *(pl.col(n).cast(dtype) for n, dtype in RECORD_SCHEMA.items()))


def _by_content(source_id: str, frame: pl.DataFrame) -> pl.Expr:
    """Ids of rows without a key: by what they say."""
    said = {name: RECORD_SCHEMA[name] for name in _NAMED_BY}
    named = pl.concat_str(pl.lit("content:"), sha256_of(canonical_row(said)))
    return record_ids(source_id, named)


def _attribute_list(frame: pl.DataFrame) -> pl.Expr:
    names = [name for name in frame.columns if name.startswith(_ATTRIBUTE)]
    if not names:
        return pl.lit([], RECORD_SCHEMA["attributes"])
    pairs = [
        pl.struct(key=pl.lit(name.removeprefix(_ATTRIBUTE)), value=pl.col(name)) for name in names
    ]
    known = pl.element().filter(pl.element().struct.field("value").is_not_null())
    return pl.concat_arr(pairs).arr.to_list().list.eval(known)
