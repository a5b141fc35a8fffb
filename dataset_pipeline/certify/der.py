"""Where the parts of DER bytes begin and end (X.690), for what no library lets us reach."""

from dataclasses import dataclass

_LONG = 0x80


@dataclass(frozen=True)
class Element:
    """One element: its tag, where it starts, where its content does, and where both end."""

    tag: int
    start: int
    content: int
    end: int


def element(data: bytes, start: int) -> Element:
    """The element at ``start``. Raises ValueError when it does not lie within ``data``."""
    head = data[start : start + 2]
    if len(head) < 2:
        raise ValueError("cut short")
    tag, length = head
    content = start + 2
    if length >= _LONG:
        size = length - _LONG
        length = int.from_bytes(data[content : content + size])
        content += size
    if content + length > len(data):
        raise ValueError("cut short")
    return Element(tag, start, content, content + length)


def parts(data: bytes, whole: Element) -> list[Element]:
    """The elements that follow each other in a constructed one; ValueError when they do not fit."""
    found, at = [], whole.content
    while at < whole.end:
        found.append(element(data, at))
        at = found[-1].end
    if at != whole.end:
        raise ValueError("its parts are longer than it is")
    return found
