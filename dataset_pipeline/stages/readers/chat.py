"""Exported chats: one conversation a record."""

from collections.abc import Callable, Iterator

from dataset_pipeline.config import ChatSource
from dataset_pipeline.digests import sha256_file
from dataset_pipeline.stages.readers.chat_messages import conversations
from dataset_pipeline.stages.readers.chat_slack import slack
from dataset_pipeline.stages.readers.chat_telegram import telegram
from dataset_pipeline.stages.readers.chat_turns import Conversation
from dataset_pipeline.stages.readers.chat_whatsapp import whatsapp
from dataset_pipeline.stages.readers.flaws import Flaw, check, content_of
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.readers.whole import whole

_FORMATS: dict[str, Callable[[SourceFile, bytes], Iterator[Conversation | BadRow]]] = {
    "messages": conversations,
    "slack": slack,
    "telegram": telegram,
    "whatsapp": whatsapp,
}


def read_chat(source: ChatSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file: ``id``, ``thread``, ``title``, ``time`` and ``turns`` of each conversation.

    What people did not say (that somebody joined, a call, a picture without words) is no turn.
    """
    line = 0
    try:
        for found in _FORMATS[source.format](file, whole(file)):
            line = max(line, found.line)
            yield found if isinstance(found, BadRow) else _row(source, file.name, found)
    except Flaw as flaw:
        told = flaw.row if source.format == "whatsapp" else flaw.rest  # a file is one conversation
        yield told(file.name, line + 1, sha256_file(file.path))


def _row(source: ChatSource, name: str, found: Conversation) -> Row | BadRow:
    values = found.values()
    content = content_of(repr(values))
    try:
        check(values, source.max_field_bytes)
    except Flaw as flaw:
        return flaw.row(name, found.line, content)
    return Row(name, found.line, values, content)
