"""Archives of mails: the bytes of one mail at a time."""

import re
from collections.abc import Iterator
from typing import BinaryIO

# A line that begins a mail: who sent it, and the day and time as programs write them. A body may
# have lines like "From 9:00 to 17:00 we are open".
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b"
_DAY = (
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:\d\d? +)?" + _MONTH,
    rb"\d\d? " + _MONTH + rb" \d{4}",
    rb"\d{4}-\d\d-\d\d",
)
_BEGINS = re.compile(rb"From \S.*\b(?:" + b"|".join(_DAY) + rb").*\d:\d\d")
_QUOTED = re.compile(rb">+From ")
_PIECE = 1 << 20


def mails(archive: BinaryIO, max_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """The number of each mail's first line, and its bytes; None where they are over the limit.

    What stands before the first mail comes with the number 0.
    """
    begun, mail, over, blank = 0, bytearray(), False, True
    for number, line in _lines(archive):
        if blank and _BEGINS.match(line):
            if begun or mail:
                yield begun, None if over else bytes(mail)
            begun, mail, over = number, bytearray(), False
        elif not over:
            mail += line[1:] if _QUOTED.match(line) else line
            over = len(mail) > max_bytes
        blank = not line.strip()
    if begun or mail:
        yield begun, None if over else bytes(mail)


def _lines(archive: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers; one that has no end comes in pieces."""
    number, ended = 0, True
    while line := archive.readline(_PIECE):
        number += ended
        ended = line.endswith(b"\n")
        yield number, line
