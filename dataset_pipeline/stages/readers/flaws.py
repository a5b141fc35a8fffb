"""What makes a row, or a whole file, unusable: raised by readers, told as a ``BadRow``."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dataset_pipeline.stages.readers.rows import BadRow

# A quote that is not closed takes rows along; how many is told in the evidence, and counts.
UNCLOSED, BEHIND = "broken_quoting", "rows_behind"
# Of a file that was not read to its end nobody knows how many rows are lost: told, and a gate.
UNREAD, EMPTY = "rest_unread", "empty_file"


class Flaw(Exception):  # noqa: N818
    """What is wrong: the rule, the reason, and evidence that holds no text of the row."""

    def __init__(self, rule: str, reason: str, **evidence: Any):
        super().__init__(rule)
        self.rule, self.reason, self.evidence = rule, reason, evidence

    def row(self, file: str, line: int, content: str) -> BadRow:
        """The flaw as a row; ``content`` is the digest of what stands there."""
        return BadRow(file, line, self.rule, self.reason, self.evidence, content)

    def rest(self, file: str, line: int, content: str | None = None) -> BadRow:
        """The flaw as a row that stands for all that follows in a file of many rows."""
        lost = {} if self.rule == EMPTY else {UNREAD: True}
        return BadRow(file, line, self.rule, self.reason, {**self.evidence, **lost}, content)


class FileFlaw(Flaw):
    """What ends the reading of a file: nothing can be said of what comes after it."""


def content_of(text: str) -> str:
    """The SHA-256 of a text's bytes."""
    return hashlib.sha256(bytes_of(text)).hexdigest()


def bytes_of(text: str) -> bytes:
    """A text's bytes; those that were carried as lone surrogates come back as they were."""
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors="surrogatepass")


def check(values: Mapping[str, Any], max_bytes: int) -> None:
    """Raise a flaw unless every text of a row can be stored: sound Unicode, and not too large."""
    for number, (name, value) in enumerate(values.items(), start=1):
        _check_text(name, number, max_bytes)
        for text in _texts(value):
            _check_text(text, number, max_bytes)


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, however deep they stand."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            left += [*map(str, item), *item.values()]
        elif isinstance(item, list):
            left += item


def _check_text(text: str, number: int, max_bytes: int) -> None:
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        reason = "a field is not in the declared encoding, or holds half of a surrogate pair"
        raise Flaw("bad_encoding", reason, field_number=number) from None
    if "\x00" in text:
        raise Flaw("nul_bytes", "a field holds NUL bytes", field_number=number)
    if size > max_bytes:
        reason = f"a field is over {max_bytes} bytes (max_field_bytes)"
        raise Flaw("oversized_field", reason, field_number=number, bytes=size)


@contextmanager
def unreadable_unless(kind: str) -> Iterator[None]:
    """Whatever a library says of a file it cannot read becomes one flaw, without its words."""
    try:
        yield
    except Flaw:
        raise
    except BaseException as error:
        # A panic of a library that is written in Rust is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        reason = f"the file is not {kind}, or it is damaged"
        raise Flaw("unreadable_file", reason, error=type(error).__name__) from None
