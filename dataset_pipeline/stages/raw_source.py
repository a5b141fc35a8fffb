"""``raw/<source>``: what a batch brought, as records; what cannot be read goes to quarantine."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from dataset_pipeline.config import EventTime, Fields, Source, Turns
from dataset_pipeline.digests import digest_of
from dataset_pipeline.records import RECORD_SCHEMA, record_id
from dataset_pipeline.stages.quarantine import quarantine
from dataset_pipeline.stages.readers.csv import read_csv
from dataset_pipeline.stages.readers.jsonl import read_jsonl
from dataset_pipeline.stages.readers.markdown import read_markdown
from dataset_pipeline.stages.readers.parquet import read_parquet
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.result import StageResult

VERSION = "1"
Record = dict[str, Any]
ROLES = ("user", "assistant", "system")
READERS: dict[str, Callable[[Any, SourceFile], Iterator[Row | BadRow]]] = {
    "jsonl": read_jsonl,
    "csv": read_csv,
    "markdown": read_markdown,
    "parquet": read_parquet,
}


class _Unusable(Exception):  # noqa: N818
    """A row that is readable and still no record."""

    def __init__(self, rule: str, reason: str, **evidence: Any):
        super().__init__(rule)
        self.rule, self.reason, self.evidence = rule, reason, evidence


def raw_source(
    source_id: str, source: Source, batch_id: str, files: Sequence[SourceFile]
) -> StageResult:
    """Read a batch: rows in = records kept + rows quarantined.

    Quarantined rows are named by their key where it can be read, else by their place.
    """
    records: dict[str, Record] = {}
    quarantined: list[BadRow] = []
    rows = 0
    for row in _read(source, files):
        rows += 1
        found = row if isinstance(row, BadRow) else _record(source_id, source, batch_id, row)
        bad = found if isinstance(found, BadRow) else _repeated(records, found, row)
        if bad:
            quarantined.append(bad)
        elif not isinstance(found, BadRow):
            records[found["record_id"]] = found
    return StageResult(
        kept=pl.LazyFrame(list(records.values()), schema=RECORD_SCHEMA),
        excluded=quarantine(source_id, quarantined),
        metrics={"rows": float(rows), "quarantined_share": len(quarantined) / max(rows, 1)},
    )


def _read(source: Source, files: Iterable[SourceFile]) -> Iterator[Row | BadRow]:
    reader = READERS[source.kind]
    for file in files:
        yield from reader(source, file)


def _repeated(records: dict[str, Record], found: Record, row: Row | BadRow) -> BadRow | None:
    first = records.get(found["record_id"])
    if first is None:
        return None
    same = _content(first) == _content(found)
    rule = "repeated_row" if same else "duplicate_key"
    reason = "the key stands already" + (", with the same content" if same else " on another row")
    return BadRow(row.file, row.line, rule, reason, {"first": first["source_ref"]})


def _content(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "source_ref"}


def _record(source_id: str, source: Source, batch_id: str, row: Row) -> Record | BadRow:
    try:
        return _mapped(source_id, source, batch_id, row)
    except _Unusable as error:
        return BadRow(row.file, row.line, error.rule, error.reason, error.evidence)


def _mapped(source_id: str, source: Source, batch_id: str, row: Row) -> Record:
    fields = source.fields
    key = _text(row, fields.key)
    if fields.key and not key:
        raise _Unusable("missing_key", "the row has no key", field=fields.key)
    record = {
        "record_id": record_id(source_id, key or ""),
        "source_id": source_id,
        "batch_id": batch_id,
        "source_ref": row.ref,
        "origin": "original",
        "parents": [],
        "generation": 0,
        "group_id": _text(row, fields.group_id),
        "event_time": _event_time(row, fields.event_time),
        "label": _text(row, fields.label),
        "language": _text(row, fields.language),
        "rejected": _text(row, fields.rejected),
        "attributes": _attributes(row, fields),
        "split": source.split,
        **_conversation(row, fields),
    }
    if not (record["prompt"] or "").strip():
        raise _Unusable("missing_text", "the row has no prompt")
    return record if key else {**record, "record_id": _named_by_content(source_id, record)}


def _named_by_content(source_id: str, record: Record) -> str:
    said = [record[name] for name in ("context", "prompt", "completion", "rejected", "label")]
    return record_id(source_id, f"content:{digest_of(said)}")


def _conversation(row: Row, fields: Fields) -> dict[str, Any]:
    if fields.turns:
        return _turns(row, fields.turns)
    return {
        "prompt": _text(row, fields.prompt),
        "context": [],
        "completion": _text(row, fields.completion),
    }


def _turns(row: Row, turns: Turns) -> dict[str, Any]:
    """The last user turn is the prompt, what follows it the completion, what is before context."""
    value = row.values.get(turns.column)
    if value is None:
        raise _Unusable("missing_text", "the row has no conversation", field=turns.column)
    if not isinstance(value, list):
        found = type(value).__name__
        raise _Unusable("wrong_type", "expected a list of turns", field=turns.column, found=found)
    said = [_turn(turn, turns) for turn in value]
    asked = [index for index, turn in enumerate(said) if turn["role"] == "user"]
    if not asked:
        raise _Unusable("missing_text", "the conversation has no customer turn")
    last = asked[-1]
    answer = next((turn["content"] for turn in said[last + 1 :]), None)
    return {"prompt": said[last]["content"], "context": said[:last], "completion": answer}


def _turn(turn: Any, turns: Turns) -> dict[str, str]:
    if not isinstance(turn, dict):
        raise _Unusable("wrong_type", "expected an object for each turn", field=turns.column)
    role, content = turn.get(turns.role), turn.get(turns.content)
    if content is None:
        raise _Unusable("missing_text", "a turn has no text", field=turns.column)
    if not isinstance(role, str) or not isinstance(content, str):
        reason = "expected text for a turn's role and content"
        raise _Unusable("wrong_type", reason, field=turns.column)
    named = turns.roles.get(role, role)
    if named not in ROLES:
        raise _Unusable("unknown_role", "the config names no such role", field=turns.column)
    return {"role": named, "content": _sound(content, turns.column)}


def _text(row: Row, column: str | None) -> str | None:
    """A field as text; None where it is missing or blank."""
    value = row.values.get(column) if column else None
    if column is None or value is None:
        return None
    if isinstance(value, str):
        return _sound(value, column) if value.strip() else None
    if isinstance(value, int | date) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(value)
    found = type(value).__name__
    raise _Unusable("wrong_type", "expected text", field=column, found=found)


def _sound(text: str, column: str) -> str:
    if "\x00" in text:
        raise _Unusable("nul_bytes", "the field holds NUL bytes", field=column)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _Unusable("bad_encoding", "half of a surrogate pair", field=column) from None
    return text


def _attributes(row: Row, fields: Fields) -> list[dict[str, str]]:
    named = {name: _text(row, column) for name, column in sorted(fields.attributes.items())}
    return [{"key": name, "value": value} for name, value in named.items() if value]


def _event_time(row: Row, spec: EventTime | None) -> datetime | None:
    if spec is None:
        return None
    value = row.values.get(spec.column)
    if value is None or value == "":
        if spec.required:
            raise _Unusable("missing_time", "the row has no time", field=spec.column)
        return None
    parsed = _parsed_time(value, spec)
    if parsed is None:
        reason = f"expected a time{f' written as {spec.format}' if spec.format else ''}"
        raise _Unusable("bad_time", reason, field=spec.column)
    return parsed


def _parsed_time(value: Any, spec: EventTime) -> datetime | None:
    try:
        if isinstance(value, str):
            value = (
                datetime.strptime(value, spec.format)  # noqa: DTZ007  the zone comes below
                if spec.format
                else datetime.fromisoformat(value)
            )
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)  # noqa: DTZ001
        if not isinstance(value, datetime):
            return None
        zoned = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(spec.timezone))
        return zoned.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def source_policy(source_id: str, source: Source) -> str:
    """The digest of what decides how a batch is read: all of the source but its rights."""
    plain = {k: v for k, v in source.plain().items() if k != "rights"}
    return digest_of({"id": source_id, "source": plain})
