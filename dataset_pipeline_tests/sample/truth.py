"""Turns the planters' notes into `truth.json`: `Record` objects become native keys and fields.

The file holds `schema`, `seed`, `counts`, `kappa`, `languages` (keys of the Russian and Kazakh
records of helpdesk, crm and closed_cases; what is not listed there is English) and `planted`:
kind -> entries. An entry names its record by `source` and `key`, two records by `pair`, several by
`members`, and an unreadable row by `source`, `file` and `line` (from 1, `row` in the Parquet file).
`values` or `value` are exact strings, standing in `native_field`; `field` is what the pipeline
calls that place: prompt, context, completion, attribute, or output (of a distillate).
"""

import json
from collections import Counter
from typing import Any

from dataset_pipeline_tests.sample.dice import SEED
from dataset_pipeline_tests.sample.ordinary import CLOSED, CRM, HELPDESK
from dataset_pipeline_tests.sample.record import AGENT, Record

Truth = dict[str, list[dict[str, Any]]]


def resolved(notes: Truth) -> Truth:
    """The notes in a fixed order, fit for JSON."""
    return {kind: [_entry(note) for note in notes[kind]] for kind in sorted(notes)}


def _entry(note: dict[str, Any]) -> dict[str, Any]:
    """Key first; a `turn` becomes the field as the pipeline names it and as the source does."""
    note = dict(note)
    record, turn = note.pop("record", None), note.pop("turn", None)
    attribute = note.pop("attribute", None)
    out: dict[str, Any] = _reference(record) if record else {}
    for name, value in note.items():
        out[name] = _plain(value)
    if attribute:
        out |= {"field": "attribute", "native_field": attribute}
    elif turn is not None:
        out |= {"field": _field(record, turn), "native_field": _native_field(record, turn)}
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return _reference(value)
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _reference(record: Record) -> dict[str, str]:
    return {"source": record.source, "key": record.key}


def _field(record: Record, turn: int) -> str:
    if turn == record.prompt_turn:
        return "prompt"
    answers = turn == record.prompt_turn + 1 and record.turns[turn].author == AGENT
    return "completion" if answers else "context"


def _native_field(record: Record, turn: int) -> str:
    forms = {
        HELPDESK: f"turns[{turn}].text",
        CRM: "text",
        CLOSED: ("question", "resolution")[turn % 2],
    }
    return forms[record.source]


def languages(records: list[Record]) -> dict[str, dict[str, list[str]]]:
    """language -> source -> keys of readable records; all that is not listed is English."""
    out: dict[str, dict[str, list[str]]] = {"kk": {}, "ru": {}}
    for record in records:
        if record.language in out:
            out[record.language].setdefault(record.source, []).append(record.key)
    return out


def summary(records: list[Record], planted: Truth) -> dict[str, Any]:
    """Counts for people, and for a first check of a reader."""
    return {
        "records": dict(sorted(Counter(record.source for record in records).items())),
        "languages": dict(sorted(Counter(record.language for record in records).items())),
        "intents": dict(sorted(Counter(record.intent for record in records).items())),
        "planted": {kind: len(entries) for kind, entries in planted.items()},
        "entities": dict(sorted(Counter(e["entity"] for e in planted["personal_data"]).items())),
    }


def document(records: list[Record], planted: Truth, agreement: dict[str, float]) -> bytes:
    """The file: one planted entry on a line, so that a change shows in review."""
    head = {
        "schema": 1,
        "seed": SEED,
        "counts": summary(records, planted),
        "kappa": agreement,
        "languages": languages(records),
    }
    lines = [f"{_json(name)}:{_json(value)}," for name, value in head.items()]
    kinds = [
        f"{_json(kind)}:[\n" + ",\n".join(_json(entry) for entry in entries) + "\n]"
        for kind, entries in planted.items()
    ]
    return ("{\n" + "\n".join(lines) + '\n"planted":{\n' + ",\n".join(kinds) + "\n}\n}\n").encode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
