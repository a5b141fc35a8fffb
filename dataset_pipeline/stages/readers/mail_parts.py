"""What a mail says, from headers and parts that may be broken or lie about their encoding."""

import re
from datetime import UTC, datetime
from email.errors import (
    InvalidBase64CharactersDefect,
    InvalidBase64LengthDefect,
    MessageError,
    MultipartInvariantViolationDefect,
    StartBoundaryNotFoundDefect,
)
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.stages.readers.encodings import declared
from dataset_pipeline.stages.readers.flaws import Flaw, bytes_of
from dataset_pipeline.stages.readers.html import html_text

_ID = re.compile(r"<([^<>\s]+)>")
_BROKEN = (
    InvalidBase64CharactersDefect,
    InvalidBase64LengthDefect,
    MultipartInvariantViolationDefect,
    StartBoundaryNotFoundDefect,
)


def raw(mail: EmailMessage, name: str) -> str:
    """A header as it was written, unfolded; bytes beyond ASCII as what they most likely say."""
    found = next((str(v) for key, v in mail.raw_items() if key.lower() == name.lower()), "")
    text = "".join(found.splitlines())
    if text.isascii():
        return text
    charsets = (str(part.get_content_charset() or "") for part in mail.walk())
    return declared(bytes_of(text), next(filter(None, charsets), "us-ascii"))


def header(mail: EmailMessage, name: str) -> str | None:
    """A header as text, with its encoded words decoded as far as they can be."""
    written = raw(mail, name)
    try:
        text = str(make_header(decode_header(written)))
    except (ValueError, LookupError, MessageError):  # a charset that is none, or that lies
        text = written
    return " ".join(text.split()) or None


def addresses(mail: EmailMessage, name: str) -> list[str]:
    """The bare addresses of a header, in lower case; its text where it has none."""
    found = [address.lower() for _, address in getaddresses([raw(mail, name)]) if "@" in address]
    text = header(mail, name)
    return found or ([text] if text else [])


def ids(mail: EmailMessage, name: str) -> list[str]:
    """The message ids of a header."""
    written = raw(mail, name)
    return _ID.findall(written) or written.split()[:1]


def date(mail: EmailMessage) -> datetime | None:
    """When the mail was sent; in UTC where it does not say its zone."""
    try:
        sent = parsedate_to_datetime(raw(mail, "Date"))
        return (sent if sent.tzinfo else sent.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def body(mail: EmailMessage) -> dict[str, Any]:
    """The ``body``, plain text before the text of HTML, and the named ``attachments``."""
    parts = _said(mail)
    if any(isinstance(defect, _BROKEN) for defect in mail.defects):
        raise Flaw("broken_mime", "the parts of the mail cannot be told apart")
    text = "\n\n".join(filter(None, map(_text, parts)))
    attached = [_attached(item) for item in mail.iter_attachments()]
    return {"body": text, "attachments": [file for file in attached if file["name"]]}


def _said(mail: EmailMessage) -> list[MIMEPart]:
    """The part that people read, and those of its kind that go on after an attachment."""
    first = mail.get_body(("plain", "html"))
    if first is None:
        return []
    kind = first.get_content_type()
    more = (part for part in mail.iter_attachments() if part.get_content_type() == kind)
    return [first, *(p for p in more if not p.is_attachment() and not p.get_filename())]


def _attached(part: MIMEPart) -> dict[str, Any]:
    """A file in a mail; without a digest where its bytes cannot be told."""
    data = part.get_payload(decode=True)
    broken = any(isinstance(defect, _BROKEN) for defect in part.defects)
    sound = data if isinstance(data, bytes) and not broken else None
    return {
        "name": part.get_filename(),
        "sha256": None if sound is None else sha256_hex(sound),
        "media_type": part.get_content_type(),
        "bytes": None if sound is None else len(sound),
    }


def _text(part: MIMEPart) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or any(isinstance(d, _BROKEN) for d in part.defects):
        raise Flaw("broken_mime", "the mail's text cannot be decoded")
    text = declared(data, str(part.get_content_charset() or "us-ascii"))
    html = part.get_content_subtype() == "html"
    return (html_text(text)["body"] or "") if html else text.replace("\r\n", "\n").strip()
