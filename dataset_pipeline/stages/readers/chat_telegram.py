"""Telegram's export: ``result.json`` of one chat, or of all."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dataset_pipeline.stages.readers.chat_turns import Conversation, Turn, epoch, turn
from dataset_pipeline.stages.readers.flaws import Flaw, content_of
from dataset_pipeline.stages.readers.json_values import json_text, json_value
from dataset_pipeline.stages.readers.rows import BadRow, SourceFile


def telegram(file: SourceFile, data: bytes) -> Iterator[Conversation | BadRow]:
    """A chat is a conversation, from its first message to its last."""
    export = json_value(json_text(data))
    for number, chat in enumerate(_chats(export), start=1):
        try:
            yield _conversation(number, chat)
        except Flaw as flaw:
            yield flaw.row(file.name, number, content_of(repr(chat)))


def _chats(export: Any) -> list[Any]:
    if isinstance(export, dict) and "messages" in export:
        return [export]
    kinds = ("chats", "left_chats")
    lists = [export[kind] for kind in kinds if kind in export] if isinstance(export, dict) else []
    found = [listed.get("list") if isinstance(listed, dict) else None for listed in lists]
    if not found or not all(isinstance(chats, list) for chats in found):
        raise Flaw("wrong_shape", "expected a chat of Telegram, or its list of chats")
    return [chat for chats in found if isinstance(chats, list) for chat in chats]


def _conversation(number: int, chat: Any) -> Conversation:
    if not isinstance(chat, dict) or not isinstance(chat.get("messages"), list):
        raise Flaw("wrong_shape", "expected a chat with its messages")
    said = [_turn(message) for message in chat["messages"]]
    name, title = chat.get("id"), chat.get("name")
    return Conversation(
        number,
        str(name) if isinstance(name, str | int) else None,
        title if isinstance(title, str) else None,
        [turn for turn in said if turn],
    )


def _turn(message: Any) -> Turn | None:
    """What a message says; None for what is no message, or has no words."""
    if not isinstance(message, dict):
        raise Flaw("wrong_shape", "expected an object for each message")
    if message.get("type", "message") != "message":
        return None
    said = _text(message.get("text", ""))
    names = [message.get("from"), message.get("from_id")]
    author = next((name for name in names if isinstance(name, str) and name), "unknown")
    return turn(author, said, _time(message)) if said.strip() else None


def _text(value: Any) -> str:
    """A text, or a list of texts and of entities (links, mentions, bold words …) with a text."""
    parts = value if isinstance(value, list) else [value]
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    said = [text for text in texts if isinstance(text, str)]
    if len(said) < len(texts):
        raise Flaw("wrong_type", "expected text, or a list of texts and entities")
    return "".join(said)


def _time(message: dict[str, Any]) -> str | None:
    if "date_unixtime" in message:
        return epoch(message["date_unixtime"])
    try:
        return datetime.fromisoformat(message["date"]).isoformat()
    except (KeyError, ValueError, TypeError):
        return None
