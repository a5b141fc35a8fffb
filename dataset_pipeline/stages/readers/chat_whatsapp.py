"""WhatsApp's export: a text file a chat, in the date style of the phone that wrote it."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import PurePosixPath

from dataset_pipeline.stages.readers.chat_turns import Conversation, Turn, turn
from dataset_pipeline.stages.readers.encodings import decoded
from dataset_pipeline.stages.readers.flaws import Flaw, content_of
from dataset_pipeline.stages.readers.rows import BadRow, SourceFile

# "31.12.23, 21:15 - Anna: hello" (Android) or "[12/31/23, 9:15:03 PM] Anna: hello" (iPhone).
_BEGINS = re.compile(
    r"\u200e?\[?(\d{1,4})([./-])(\d{1,2})\2(\d{1,4}),?\s+"
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s?([AaPp])?\.?(?:\s?[Mm]\.?)?(?:\]\s?| - )"
)
_SAID = re.compile(r"([^\u200e:][^:]{0,80}?): (.*)", re.DOTALL)
_NO_WORDS = re.compile(r"\u200e|<[^<>]{3,40}>\s*\Z")
_EXPORT = re.compile(r"^WhatsApp Chat (?:with|-) |^Чат WhatsApp с ", re.IGNORECASE)
_ORDERS = ("dmy", "mdy", "ymd")


def whatsapp(file: SourceFile, data: bytes) -> Iterator[Conversation | BadRow]:
    """The chat is one conversation; lines without a date go on with the message before them."""
    lines = [line.removesuffix("\r") for line in decoded(data, "utf-8").split("\n")]
    begins = [
        (number, match) for number, line in enumerate(lines) if (match := _BEGINS.match(line))
    ]
    if not begins:
        raise Flaw("wrong_shape", "no line begins as a message of WhatsApp does")
    first = begins[0][0]
    before = "\n".join(lines[:first])
    if before.strip():
        flaw = Flaw("wrong_shape", "what stands before the first message is none")
        yield flaw.row(file.name, 1, content_of(before))
    times = _times([match for _, match in begins])
    ends = [number for number, _ in begins[1:]] + [len(lines)]
    turns = [
        _turn("\n".join([lines[at][match.end() :], *lines[at + 1 : end]]), time)
        for (at, match), end, time in zip(begins, ends, times, strict=True)
    ]
    title = _EXPORT.sub("", PurePosixPath(file.name).stem)
    yield Conversation(first + 1, file.name, title, [turn for turn in turns if turn])


def _turn(text: str, time: str | None) -> Turn | None:
    """What somebody wrote; None for what the program says, and for media without words."""
    match = _SAID.match(text)
    if not match or _NO_WORDS.match(match[2]) or not match[2].strip():
        return None
    return turn(match[1].strip("\u200e\u202a\u202c "), match[2].strip(), time)


def _times(begins: Sequence[re.Match[str]]) -> list[str | None]:
    """The times, in the order of day and month in which all are dates and none goes back.

    Where both orders do, a clock of twelve hours speaks for the month first.
    """
    twelve = any(match[8] for match in begins)
    orders = [order for order in _ORDERS if all(_time(match, order) for match in begins)]
    orders.sort(key=lambda order: (not _forward(begins, order), (order == "mdy") != twelve))
    order = orders[0] if orders else "dmy"
    found = [_time(match, order) for match in begins]
    return [time.isoformat() if time else None for time in found]


def _forward(begins: Sequence[re.Match[str]], order: str) -> bool:
    times = [time for match in begins if (time := _time(match, order))]
    return all(earlier <= later for earlier, later in pairwise(times))


def _time(match: re.Match[str], order: str) -> datetime | None:
    """The local time; no zone is written."""
    told = dict(zip(order, (match[1], match[3], match[4]), strict=True))
    if order == "ymd" and len(told["y"]) != 4:
        return None
    year = int(told["y"]) + (2000 if len(told["y"]) == 2 else 0)
    hour, half = int(match[5]), (match[8] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    clock = (hour, int(match[6]), int(match[7] or 0))
    try:
        return datetime(year, int(told["m"]), int(told["d"]), *clock)  # noqa: DTZ001
    except ValueError:
        return None
