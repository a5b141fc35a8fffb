"""What a picture, a recording or a document is, from its first bytes."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

_MAGIC = {
    b"%PDF-": "application/pdf",
    b"\x1a\x45\xdf\xa3": "video/x-matroska",
    b"PK\x03\x04": "application/zip",
    b"{\\rtf": "application/rtf",
}
# What a zip archive is beyond that, and which streams a container holds, only the name says.
_SAID_BY_NAME = {
    "application/zip": ("application/",),
    "audio/mp4": ("audio/", "video/"),
    "application/ogg": ("audio/", "video/"),
    "video/x-matroska": ("audio/", "video/"),
}


@dataclass(frozen=True)
class Media:
    """The media type, and what is known of the size."""

    type: str
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


def media(path: Path, by_name: str | None) -> Media | None:
    """What the content says; None where it says nothing that is known here."""
    for look in (_picture, _document, _recording):
        with path.open("rb") as stream:
            found = _carefully(look, stream)
        if found:
            named = (by_name or "").startswith(_SAID_BY_NAME.get(found.type, ("\x00",)))
            kind = by_name if named and by_name else found.type
            return Media(kind, found.width, found.height, found.seconds)
    return None


def _carefully(look: Callable[[BinaryIO], Media | None], stream: BinaryIO) -> Media | None:
    """Broken media makes these libraries raise anything at all."""
    with suppress(Exception):
        return look(stream)
    return None


def _picture(stream: BinaryIO) -> Media | None:
    """By the header alone: no pixel is decoded, however many the header promises."""
    from PIL import Image

    Image.init()
    prefix = stream.read(16)
    for name in Image.ID:
        opens, accepts = Image.OPEN[name]
        if name in Image.MIME and accepts and accepts(prefix) is True:
            stream.seek(0)
            with suppress(Exception):
                picture = opens(stream, "")
                return Media(Image.MIME[name], *picture.size)
    return None


def _document(stream: BinaryIO) -> Media | None:
    head = stream.read(16)
    return next((Media(kind) for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def _recording(stream: BinaryIO) -> Media | None:
    import mutagen

    found: Any = mutagen.File(stream)
    if found is None:
        return None
    seconds = getattr(found.info, "length", None)
    return Media(found.mime[0], seconds=round(float(seconds), 3) if seconds else None)
