"""Slack's export: a channel's folder with a JSON file a day."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import PurePosixPath
from typing import Any

from dataset_pipeline.stages.readers.chat_turns import Conversation, Turn, epoch, turn
from dataset_pipeline.stages.readers.compressed import plain_name
from dataset_pipeline.stages.readers.flaws import FileFlaw, Flaw
from dataset_pipeline.stages.readers.json_values import Found, json_rows, json_text
from dataset_pipeline.stages.readers.rows import BadRow, SourceFile

# Messages that somebody wrote; the others say that somebody joined, changed the topic …
_SAID = (None, "bot_message", "thread_broadcast", "me_message", "file_share", "file_comment")
_PERSON, _LINK = re.compile(r"<@(\w+)(?:\|[^>]*)?>"), re.compile(r"<([^|>@#!]+)(?:\|([^>]*))?>")


def slack(file: SourceFile, data: bytes) -> Iterator[Conversation | BadRow]:
    """A thread is a conversation, and so is what was said in a day outside of threads.

    A thread that goes on another day is another row, of the same ``thread``. A message that
    cannot be read is left out and told.
    """
    messages: dict[int, dict[str, Any]] = {}
    broken: FileFlaw | None = None
    rows = json_rows(json_text(data))
    while True:
        try:
            found = next(rows, None)
        except FileFlaw as flaw:
            broken, found = flaw, None
        if found is None:
            break
        try:
            messages[found.number] = _message(found)
        except Flaw as flaw:
            yield flaw.row(file.name, found.number, found.content)
    yield from _conversations(file, messages)
    if broken:
        raise broken


def _message(found: Found) -> dict[str, Any]:
    message = found.value
    if isinstance(message, Flaw):
        raise message
    if not isinstance(message, dict) or not isinstance(message.get("ts"), str):
        raise Flaw("wrong_shape", "expected a message of Slack, with its time")
    if epoch(message["ts"]) is None or not isinstance(message.get("text"), str | None):
        raise Flaw("wrong_type", "expected a time and a text")
    return message


def _conversations(file: SourceFile, messages: dict[int, dict[str, Any]]) -> Iterator[Conversation]:
    path = PurePosixPath(plain_name(file))
    channel, day = PurePosixPath(file.name).parent.name, path.stem
    names = {message["user"]: _name(message) for message in messages.values() if _named(message)}
    threads: dict[str, dict[int, Turn]] = {}
    begun: set[str] = set()
    for number, message in messages.items():
        if message.get("subtype") in _SAID and (message.get("text") or "").strip():
            thread = str(message.get("thread_ts") or day)
            threads.setdefault(thread, {})[number] = _turn(message, names)
            if thread in (message["ts"], day):
                begun.add(thread)
    for thread, turns in threads.items():
        whole = f"{channel}/{thread}"
        name = whole if thread in begun else f"{whole}/{day}"
        yield Conversation(min(turns), name, channel or None, list(turns.values()), whole)


def _turn(message: dict[str, Any], names: dict[str, str]) -> Turn:
    user = message.get("user")
    author = (names.get(user) if isinstance(user, str) else None) or _name(message)
    text = _PERSON.sub(lambda match: f"@{names.get(match[1], match[1])}", message["text"])
    said = unescape(_LINK.sub(lambda match: match[2] or match[1], text))
    return turn(author, said, epoch(message["ts"]))


def _named(message: dict[str, Any]) -> bool:
    return isinstance(message.get("user"), str) and isinstance(message.get("user_profile"), dict)


def _name(message: dict[str, Any]) -> str:
    profile = message.get("user_profile")
    told = profile if isinstance(profile, dict) else {}
    names = [told.get("display_name"), told.get("real_name"), told.get("name")]
    names += [message.get("username"), message.get("user"), message.get("bot_id")]
    return next((name for name in names if name and isinstance(name, str)), "unknown")
