"""Holds statements against the schemas that ship, and against what the schemas name."""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from dataset_pipeline.certify.schema import schema


def problems(statement: dict[str, Any]) -> list[str]:
    """What is wrong with a statement by the schema of its type."""
    return _told(Draft202012Validator(schema(statement["predicateType"])), statement)


def unnamed(statement: dict[str, Any]) -> list[str]:
    """The same, and fields that the schema does not name: whoever adds one tells of it there."""
    return _told(_closed(statement["predicateType"]), statement)


def _told(validator: Draft202012Validator, statement: dict[str, Any]) -> list[str]:
    return [
        f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(statement)
    ]


@cache
def _closed(kind: str) -> Draft202012Validator:
    closed = copy.deepcopy(schema(kind))
    for part in _objects(closed):
        if "properties" in part and part.get("type") == "object":
            part.setdefault("additionalProperties", False)
    return Draft202012Validator(closed)


def _objects(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from _objects(value)
    elif isinstance(part, list):
        for value in part:
            yield from _objects(value)
