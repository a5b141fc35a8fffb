"""Mails: ``.eml`` files and ``.mbox`` archives, one mail a record."""

import hashlib
from collections.abc import Iterator
from datetime import UTC
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from dataset_pipeline.config import EmailSource
from dataset_pipeline.digests import sha256_file
from dataset_pipeline.stages.readers.compressed import DamagedArchive, open_binary, plain_name
from dataset_pipeline.stages.readers.flaws import Flaw, check, unreadable_unless
from dataset_pipeline.stages.readers.mail_parts import addresses, body, date, header, ids
from dataset_pipeline.stages.readers.mbox import mails
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.readers.whole import whole

_LEAST = 64 << 20
_KNOWN = ("From", "To", "Cc", "Subject", "Date", "Message-ID", "Received", "Content-Type")


def read_email(source: EmailSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one mail, or an archive mail by mail; its line is that of its ``From `` line."""
    if plain_name(file).endswith((".mbox", ".mbx")) or _begins_as_archive(file):
        yield from _archive(source, file)
        return
    try:
        data = whole(file)
    except Flaw as flaw:
        yield flaw.row(file.name, 1, sha256_file(file.path))
        return
    yield _row(source, file.name, 1, data)


def _begins_as_archive(file: SourceFile) -> bool:
    try:
        with open_binary(file) as stream:
            return stream.read(5) == b"From "
    except DamagedArchive:
        return False


def _archive(source: EmailSource, file: SourceFile) -> Iterator[Row | BadRow]:
    line, told = 0, False
    limit = max(_LEAST, 4 * source.max_field_bytes)
    try:
        with open_binary(file) as stream:
            for line, data in mails(stream, limit):
                if line or data is None or data.strip():
                    told = True
                    yield _row(source, file.name, line, data)
        if not told:
            raise Flaw("empty_file", "the archive is empty")
    except DamagedArchive:
        reason = "the compressed file ends too early or is broken; what is before it was read"
        flaw = Flaw("damaged_archive", reason)
        yield flaw.rest(file.name, line + 1, sha256_file(file.path))
    except Flaw as flaw:
        yield flaw.row(file.name, 1, sha256_file(file.path))


def _row(source: EmailSource, name: str, line: int, data: bytes | None) -> Row | BadRow:
    content = hashlib.sha256(data or b"").hexdigest()
    try:
        if data is None:
            raise Flaw("oversized_field", "the mail is larger than a mail may be")
        if not line:
            raise Flaw("broken_mail", "what stands before the first mail of the archive is none")
        with unreadable_unless("a mail"):
            values = _values(data)
        check(values, source.max_field_bytes)
    except Flaw as flaw:
        return flaw.row(name, line, content)
    return Row(name, line, values, content)


def _values(data: bytes) -> dict[str, Any]:
    mail: EmailMessage = BytesParser(policy=policy.default).parsebytes(data)
    if not any(name in mail for name in _KNOWN):
        raise Flaw("broken_mail", "the mail has no header that a mail has")
    own, answered = ids(mail, "Message-ID"), ids(mail, "In-Reply-To")
    sender = addresses(mail, "From")
    sent = date(mail)
    return {
        "message_id": next(iter(own), None),
        "subject": header(mail, "Subject"),
        "sender": sender[0] if sender else None,
        "recipients": ", ".join([*addresses(mail, "To"), *addresses(mail, "Cc")]) or None,
        "date": sent and sent.astimezone(UTC),
        "in_reply_to": next(iter(answered), None),
        "thread": next(iter([*ids(mail, "References"), *answered, *own]), None),
        **body(mail),
    }
