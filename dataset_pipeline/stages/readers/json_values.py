"""The rows of a JSON document, one by one: a row that is broken does not take the others along."""

import json
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dataset_pipeline.stages.readers.flaws import FileFlaw, Flaw, content_of

_SPACE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True)
class Found:
    """A row: its number from 1, its value or what is wrong with it, and the digest of its text."""

    number: int
    value: Any
    content: str


def json_text(data: bytes) -> str:
    """JSON as text: in UTF-8, or in UTF-16 or UTF-32 as its first bytes say."""
    name = json.detect_encoding(data)
    try:
        text = data.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise Flaw("bad_encoding", f"the file is not {name}", byte=error.start) from None
    if "\x00" in text:
        raise Flaw("nul_bytes", "the file holds NUL bytes")
    return text


def json_value(text: str) -> Any:
    """A whole document as one value."""
    try:
        return _STRICT.decode(text)
    except (ValueError, RecursionError) as error:
        at = {"at_line": error.lineno} if isinstance(error, json.JSONDecodeError) else {}
        raise Flaw("broken_json", "the text is not JSON", **at) from None


def json_rows(text: str, path: Sequence[str] = ()) -> Iterator[Found]:
    """The rows of the list at a path of names; without a path a single object is a row as well.

    Raises a ``FileFlaw`` where the document itself is broken, after the rows before that place.
    """
    try:
        end = yield from _rows(text, _blank(text, 0), path, not path)
        if _blank(text, end) < len(text):
            raise json.JSONDecodeError("more", text, end)
    except (ValueError, RecursionError) as error:
        raise _broken(error) from None


def _rows(text: str, at: int, path: Sequence[str], alone: bool) -> Generator[Found, None, int]:
    if path:
        return (yield from _members(text, at, path))
    if text.startswith("[", at):
        return (yield from _elements(text, at))
    if alone and text.startswith("{", at):
        found, end = _found(text, at, 1)
        yield found
        return end
    _LENIENT.raw_decode(text, at)  # broken, or of another shape?
    raise FileFlaw("wrong_shape", "expected a list of rows")


def _elements(text: str, at: int) -> Generator[Found, None, int]:
    at = _blank(text, at + 1)
    if text.startswith("]", at):
        return at + 1
    number = 0
    while True:
        number += 1
        found, at = _found(text, at, number)
        yield found
        at = _blank(text, at)
        if text.startswith("]", at):
            return at + 1
        at = _expect(text, at, ",")


def _members(text: str, at: int, path: Sequence[str]) -> Generator[Found, None, int]:
    """Walk an object to the one member that leads on, and to its end."""
    if not text.startswith("{", at):
        _LENIENT.raw_decode(text, at)
        raise FileFlaw("wrong_shape", "expected an object on the way to the records")
    seen = False
    at = _blank(text, at + 1)
    while not text.startswith("}", at):
        if not text.startswith('"', at):
            raise json.JSONDecodeError("no name", text, at)
        name, at = _LENIENT.raw_decode(text, at)
        at = _expect(text, _blank(text, at), ":")
        if name != path[0]:
            _, at = _LENIENT.raw_decode(text, at)
        elif seen:
            raise json.JSONDecodeError("twice", text, at)
        else:
            seen = True
            at = yield from _rows(text, at, path[1:], False)
        at = _blank(text, at)
        if not text.startswith("}", at):
            at = _expect(text, at, ",")
    if not seen:
        raise FileFlaw("wrong_shape", "the file has no records where the config says")
    return at + 1


def _found(text: str, at: int, number: int) -> tuple[Found, int]:
    """The value that begins at a place, and where it ends."""
    try:
        value, end = _STRICT.raw_decode(text, at)
    except json.JSONDecodeError:
        raise
    except ValueError:
        value = Flaw("broken_json", "the row is not JSON: a number is none, or a name stands twice")
        _, end = _LENIENT.raw_decode(text, at)
    return Found(number, value, content_of(text[at:end])), end


def _broken(error: Exception) -> FileFlaw:
    at = {"at_line": error.lineno} if isinstance(error, json.JSONDecodeError) else {}
    return FileFlaw("broken_json", "the file is not JSON from here on", **at)


def _blank(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _expect(text: str, at: int, mark: str) -> int:
    if not text.startswith(mark, at):
        raise json.JSONDecodeError("unexpected", text, at)
    return _blank(text, at + 1)


def _no_number(_name: str) -> None:
    """NaN and Infinity are not JSON, though Python reads them."""
    raise ValueError


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names stand once each: of two values nobody can say which one counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


_STRICT = json.JSONDecoder(parse_constant=_no_number, object_pairs_hook=_unique)
_LENIENT = json.JSONDecoder(parse_int=len)
