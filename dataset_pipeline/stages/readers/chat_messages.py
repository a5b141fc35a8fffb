"""Conversations as lists of messages with role and content, as trainers and APIs write them."""

from collections.abc import Iterator
from typing import Any

from dataset_pipeline.stages.readers.chat_turns import Conversation, Turn, turn
from dataset_pipeline.stages.readers.compressed import plain_name
from dataset_pipeline.stages.readers.flaws import Flaw, content_of
from dataset_pipeline.stages.readers.json_values import Found, json_rows, json_text, json_value
from dataset_pipeline.stages.readers.rows import BadRow, SourceFile

_LINES = (".jsonl", ".ndjson")
_NAMES = ("id", "conversation_id", "chat_id")


def conversations(file: SourceFile, data: bytes) -> Iterator[Conversation | BadRow]:
    """A file of conversations, or of one: each a list of messages, or an object with them."""
    text = json_text(data)
    found = _lines(text) if plain_name(file).endswith(_LINES) else _document(text)
    for row in found:
        try:
            yield _conversation(row)
        except Flaw as flaw:
            yield flaw.row(file.name, row.number, row.content)


def _lines(text: str) -> Iterator[Found]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                value = json_value(line)
            except Flaw as flaw:
                value = flaw
            yield Found(number, value, content_of(line))


def _document(text: str) -> Iterator[Found]:
    """A list of messages by itself is one conversation; any other list holds conversations."""
    rows = json_rows(text)
    first = next(rows, None)
    if first is None:
        return
    if isinstance(first.value, dict) and "role" in first.value:
        values = [first.value, *(row.value for row in rows)]
        wrong = next((value for value in values if isinstance(value, Flaw)), None)
        yield Found(1, wrong or values, content_of(text))
        return
    yield first
    yield from rows


def _conversation(row: Found) -> Conversation:
    value = row.value
    if isinstance(value, Flaw):
        raise value
    named = value if isinstance(value, dict) else {}
    messages = named.get("messages") if isinstance(value, dict) else value
    if not isinstance(messages, list):
        raise Flaw("wrong_shape", "expected a list of messages")
    said = [_turn(message) for message in messages]
    name = next((named[key] for key in _NAMES if named.get(key) is not None), None)
    title = named.get("title")
    return Conversation(
        row.number,
        str(name) if isinstance(name, str | int) else None,
        title if isinstance(title, str) else None,
        said,
    )


def _turn(message: Any) -> Turn:
    if not isinstance(message, dict):
        raise Flaw("wrong_shape", "expected an object for each message")
    role, content, time = message.get("role"), message.get("content"), message.get("time")
    said = _joined(content) if isinstance(content, list) else content
    if not isinstance(role, str) or not isinstance(said, str | None):
        raise Flaw("wrong_type", "expected text for a message's role and content")
    return turn(role, said, time if isinstance(time, str) else None)


def _joined(parts: list[Any]) -> str:
    """Content in parts: those that are text."""
    if not all(isinstance(part, dict | str) for part in parts):
        raise Flaw("wrong_type", "expected text or objects as the parts of a message")
    texts = [part if isinstance(part, str) else part.get("text") for part in parts]
    return "\n".join(text for text in texts if isinstance(text, str))
