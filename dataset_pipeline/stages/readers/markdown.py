"""Markdown files with YAML front matter: one file a record."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from dataset_pipeline.config import MarkdownSource
from dataset_pipeline.stages.readers.encodings import decoded
from dataset_pipeline.stages.readers.flaws import Flaw
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.readers.whole import one_record, place
from dataset_pipeline.yaml_text import parse

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)(.*)\Z", re.DOTALL)

_MOST = 10_000


def read_markdown(source: MarkdownSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file: the front matter's keys, and the text below it as ``body``.

    ``path`` and ``name`` are the file's, where the front matter has none.
    """

    def values(data: bytes) -> dict[str, Any]:
        return {**place(file), **_values(decoded(data, source.encoding))}

    yield one_record(source, file, values)


def _values(text: str) -> dict[str, Any]:
    if "\x00" in text:
        raise Flaw("nul_bytes", "the file holds NUL bytes")
    match = _FRONT_MATTER.match(text)
    if not match:
        raise Flaw("no_front_matter", "expected YAML between two lines of ---")
    try:
        front = parse(match[1])
    except yaml.YAMLError as error:
        raise Flaw("broken_front_matter", "the front matter is not YAML", **_line(error)) from None
    if not isinstance(front, dict):
        raise Flaw("broken_front_matter", "the front matter is not a mapping")
    if _is_large(front):
        raise Flaw("broken_front_matter", f"the front matter holds more than {_MOST} values")
    return {**{str(name): value for name, value in front.items()}, "body": match[2].strip()}


def _is_large(front: dict[Any, Any]) -> bool:
    """Whether it comes to more values than anybody writes: a name for a list may stand for many."""
    left, count = [front], 0
    while left and count <= _MOST:
        item = left.pop()
        count += 1
        if isinstance(item, dict):
            left += item.values()
        elif isinstance(item, list):
            left += item
    return count > _MOST


def _line(error: yaml.YAMLError) -> dict[str, int]:
    """Where in the file it breaks: the front matter begins in the second line."""
    mark = getattr(error, "problem_mark", None)
    return {} if mark is None else {"line": mark.line + 2}
