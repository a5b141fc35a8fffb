"""Markdown files with YAML front matter: one file a record."""

import re
from collections.abc import Iterator

import yaml

from dataset_pipeline.config import MarkdownSource
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.yaml_text import parse

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)(.*)\Z", re.DOTALL)


def read_markdown(source: MarkdownSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file: the front matter's keys, and the text below it as ``body``."""
    data = file.path.read_bytes()
    if not data.strip():
        yield BadRow(file.name, 1, "empty_file", "the file is empty")
        return
    if b"\x00" in data:
        yield BadRow(file.name, 1, "nul_bytes", "the file holds NUL bytes")
        return
    try:
        text = data.decode(source.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        reason = f"the file is not {source.encoding}"
        yield BadRow(file.name, 1, "bad_encoding", reason, {"byte": error.start})
        return
    yield _row(file.name, text)


def _row(name: str, text: str) -> Row | BadRow:
    match = _FRONT_MATTER.match(text)
    if not match:
        return BadRow(name, 1, "no_front_matter", "expected YAML between two lines of ---")
    try:
        front = parse(match[1])
    except yaml.YAMLError:
        return BadRow(name, 1, "broken_front_matter", "the front matter is not YAML")
    if not isinstance(front, dict):
        return BadRow(name, 1, "broken_front_matter", "the front matter is not a mapping")
    return Row(name, 1, {**front, "body": match[2].strip()})
