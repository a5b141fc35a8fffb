"""Finds what is wrong with a source's contract while a configuration is read.

Works on the parsed YAML, as ``references.py`` does.
"""

import re
from collections.abc import Iterator
from typing import Any

from dataset_pipeline.config.keys import Location
from dataset_pipeline.config_problems.found import Found, mapping

_HEADERS = ("csv", "tsv", "excel", "parquet", "sql")
_TEXTS = ("key", "group_id", "prompt", "completion", "rejected", "label", "language")
_ANY_VALUE = {"required", "nullable"}  # what can be promised of a list or a conversation
_SCRIPT = re.compile(r"\\[pP](?:\{\^?\w+\}|\w)")  # \p{Cyrillic}: known to Polars, not to Python
_UNKNOWN = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?:<?[=!]|>|\(|P=)|\\[1-9Z])")


def contract_problems(loc: Location, source: Any) -> Iterator[Found]:
    """What is wrong with a source's contract, as (location, what is expected)."""
    contract = mapping(source, "contract")
    if not contract:
        return
    columns, fields = mapping(contract, "columns"), mapping(source, "fields")
    here = (*loc, "contract")
    for name, promise in columns.items():
        if isinstance(promise, dict):
            yield from _promise((*here, "columns", name), promise)
            if name in _lists(fields):
                yield from _of_list((*here, "columns", name), promise)
    yield from _only_these(here, contract, source, columns, fields)
    yield from _categories(here, contract, columns, fields)
    if contract.get("freshness") and not mapping(fields, "event_time"):
        what = "freshness is the age of the newest event; name fields.event_time"
        yield (*here, "freshness"), what


def _promise(loc: Location, promise: dict[str, Any]) -> Iterator[Found]:
    low, high, allowed = (promise.get(name) for name in ("minimum", "maximum", "allowed"))
    bounds = [name for name in ("minimum", "maximum") if promise.get(name) is not None]
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        yield (*loc, "minimum"), "minimum must not be over maximum"
    if bounds and allowed is not None:
        yield (*loc, "allowed"), f"expected allowed or {bounds[0]}, not both"
    elif bounds and promise.get("type") not in ("integer", "number"):
        yield (*loc, bounds[0]), f"{bounds[0]} speaks of numbers; say type: integer or number"
    if isinstance(allowed, list) and not all(str(value).strip() for value in allowed):
        yield (*loc, "allowed"), "a blank value is none at all; nullable says whether it may be"
    if isinstance(promise.get("matches"), str):
        yield from _pattern((*loc, "matches"), promise["matches"])


def _pattern(loc: Location, pattern: str) -> Iterator[Found]:
    if _UNKNOWN.search(pattern):
        yield loc, "looking around and references back are not known here"
        return
    try:
        re.compile(_SCRIPT.sub(r"\\w", pattern))
    except (re.error, RecursionError, OverflowError) as error:
        yield loc, f"not a regular expression: {error}"


def _of_list(loc: Location, promise: dict[str, Any]) -> Iterator[Found]:
    for name in promise.keys() - _ANY_VALUE:
        if promise[name] not in (None, False):
            yield (*loc, name), "of a list only required and nullable can be promised"


def _only_these(
    loc: Location,
    contract: dict[str, Any],
    source: dict[str, Any],
    columns: dict[str, Any],
    fields: dict[str, Any],
) -> Iterator[Found]:
    if contract.get("only_these_columns") is not True:
        return
    here = (*loc, "only_these_columns")
    if source.get("kind") not in _HEADERS:
        told = ", ".join(_HEADERS)
        yield here, f"rows of this kind have no header to hold it against (but {told} have)"
        return
    missing = sorted({*_mapped(fields), *_lists(fields)} - columns.keys())
    if missing:
        yield here, f"fields reads {', '.join(missing)}, which contract.columns does not name"


def _categories(
    loc: Location, contract: dict[str, Any], columns: dict[str, Any], fields: dict[str, Any]
) -> Iterator[Found]:
    named = mapping(contract, "drift").get("categories")
    for index, name in enumerate(named if isinstance(named, list) else []):
        here = (*loc, "drift", "categories", index)
        if not isinstance(name, str):
            continue  # told as a wrong type
        if name in _lists(fields):
            yield here, "a list is no category; expected a column with few values"
        elif name not in columns and name not in _mapped(fields):
            yield here, f"neither fields nor contract.columns names {name!r}"


def _mapped(fields: dict[str, Any]) -> set[str]:
    """The columns that the mapping names; those in expressions are known only when it is read."""
    values = [fields.get(name) for name in _TEXTS]
    values += [
        *mapping(fields, "attributes").values(),
        mapping(fields, "event_time").get("column"),
    ]
    return {value for value in values if isinstance(value, str)}


def _lists(fields: dict[str, Any]) -> set[str]:
    named = (fields.get("attachments"), mapping(fields, "turns").get("column"))
    return {name for name in named if isinstance(name, str)}
