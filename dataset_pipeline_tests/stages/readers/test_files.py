"""Any file is catalogued; what it promises to hold takes no memory."""

import hashlib
import io
import struct
import tracemalloc
import wave
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dataset_pipeline_tests.stages.readers.making import docx, pdf, read, rules, source, values

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def picture(form: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (40, 30)).save(data, form)
    return data.getvalue()


def recording() -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(bytes(2 * 12_000))
    return data.getvalue()


def bomb() -> bytes:
    """A PNG of ten thousand million pixels in sixty bytes."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)), (b"IDAT", b"x")]
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def one(folder: Path, name: str, data: bytes) -> dict[str, Any]:
    (found,) = values(read(folder, source("files"), {name: data}))
    return found


@pytest.mark.parametrize(
    ("name", "data", "kind", "size", "seconds"),
    [
        ("a.png", picture("PNG"), "image/png", (40, 30), None),
        ("a.dat", picture("JPEG"), "image/jpeg", (40, 30), None),
        ("a.webp", picture("WEBP"), "image/webp", (40, 30), None),
        ("a.tif", picture("TIFF"), "image/tiff", (40, 30), None),
        ("a.png", bomb(), "image/png", (100_000, 100_000), None),
        ("a.png", b"\x89PNG\r\n\x1a\nbroken", "image/png", (None, None), None),
        ("a.jpg", b"", "image/jpeg", (None, None), None),
        ("a.wav", recording(), "audio/wav", (None, None), 1.5),
        ("a.mp3", b"\xff\xfbbroken", "audio/mpeg", (None, None), None),
        ("a.bin", pdf("x"), "application/pdf", (None, None), None),
        ("a.docx", docx("x"), WORD, (None, None), None),
        ("a.md", b"# x", "text/markdown", (None, None), None),
        ("a", b"\x00\xff", "application/octet-stream", (None, None), None),
    ],
)  # fmt: skip
def test_what_a_file_is(
    tmp_path: Path, name: str, data: bytes, kind: str, size: Any, seconds: float | None
) -> None:
    told = {
        "media_type": kind,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    path = f"scans/{name}"
    assert one(tmp_path, path, data) == {
        **told,
        "path": path,
        "name": name,
        "attachments": [{"name": path, **told}],
        "width": size[0],
        "height": size[1],
        "seconds": seconds,
        "text": None,
    }


def test_a_picture_is_never_decoded(tmp_path: Path) -> None:
    one(tmp_path, "first.png", picture("PNG"))  # what is imported once does not count
    tracemalloc.start()
    one(tmp_path, "a.png", bomb())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 << 20


def test_the_text_beside_a_file_is_its_text(tmp_path: Path) -> None:
    files = {
        "a/1.txt": "Чек".encode(),
        "a/1.png": picture("PNG"),
        "a/1.jpg": picture("JPEG"),
        "b/1.png": picture("PNG"),
        "b/2.TXT": b"alone",
    }
    found = values(read(tmp_path, source("files"), files))
    assert [(row["path"], row["text"]) for row in found] == [
        ("a/1.png", "Чек"),
        ("a/1.jpg", "Чек"),
        ("b/1.png", None),
        ("b/2.TXT", "alone"),
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [(b"\xff", "bad_encoding"), (b"", "empty_file"), (b"x" * 101, "oversized_field")],
)
def test_a_text_that_cannot_be_read_is_told(tmp_path: Path, text: bytes, rule: str) -> None:
    files = {"a.png": picture("PNG"), "a.txt": text, "b.png": picture("PNG")}
    found = read(tmp_path, source("files", max_field_bytes=100), files)
    assert rules(found) == [(rule, 1)]
    assert [row.file for row in found] == ["a.png", "b.png"]
