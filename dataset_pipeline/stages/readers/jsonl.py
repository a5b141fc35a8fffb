"""JSON Lines: one JSON object a line."""

import json
from collections.abc import Iterator
from typing import Any

from dataset_pipeline.config import JsonlForm
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile

_BOM = b"\xef\xbb\xbf"


def read_jsonl(form: JsonlForm, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file line by line; a broken line never takes its neighbours with it."""
    line_number = 0
    with file.path.open("rb") as lines:
        for line_number, line in enumerate(lines, start=1):
            data = line.removeprefix(_BOM) if line_number == 1 else line
            if data.strip():
                yield _row(form, file.name, line_number, data)
    if line_number == 0:
        yield BadRow(file.name, 1, "empty_file", "the file is empty")


def _row(form: JsonlForm, name: str, number: int, data: bytes) -> Row | BadRow:
    if b"\x00" in data:
        return BadRow(name, number, "nul_bytes", "the line holds NUL bytes")
    try:
        value = json.loads(
            data.decode(form.encoding), parse_constant=_no_number, object_pairs_hook=_unique
        )
    except UnicodeDecodeError as error:
        reason = f"the line is not {form.encoding}"
        return BadRow(name, number, "bad_encoding", reason, {"byte": error.start})
    except (ValueError, RecursionError) as error:
        at = {"column": error.colno} if isinstance(error, json.JSONDecodeError) else {}
        return BadRow(name, number, "broken_json", "the line is not JSON", at)
    if not isinstance(value, dict):
        reason = "expected a JSON object"
        return BadRow(name, number, "not_an_object", reason, {"found": type(value).__name__})
    return Row(name, number, value)


def _no_number(_name: str) -> None:
    """NaN and Infinity are not JSON, though Python reads them."""
    raise ValueError


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names stand once each: of two values nobody can say which one counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found
