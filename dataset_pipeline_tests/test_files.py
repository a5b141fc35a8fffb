"""Files appear whole or not at all, and what has a name keeps it."""

import errno
import hashlib
import os
import stat
from pathlib import Path

import pytest

from dataset_pipeline import files
from dataset_pipeline.files import publish, published, replace, staged_folder, write_once


class Interrupted(Exception):  # noqa: N818
    pass


def test_a_folder_appears_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "a" / "target"
    with staged_folder(tmp_path / "tmp", target, mode=0o750) as staging:
        (staging / "inner").mkdir()
        (staging / "inner" / "file").write_text("text")
        assert not target.exists()
    assert (target / "inner" / "file").read_text() == "text"
    assert stat.S_IMODE(target.stat().st_mode) == 0o750
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "target"

    def interrupted() -> None:
        with staged_folder(tmp_path / "tmp", target) as staging:
            (staging / "file").write_text("half")
            raise Interrupted

    with pytest.raises(Interrupted):
        interrupted()
    assert not target.exists()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    for text in ("first", "second"):
        with staged_folder(tmp_path / "tmp", target) as staging:
            (staging / "file").write_text(text)
    assert (target / "file").read_text() == "first"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_no_silent_success(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("a file")
    with pytest.raises(OSError, match="target"), staged_folder(tmp_path / "tmp", target) as staging:
        (staging / "file").write_text("text")
    assert target.read_text() == "a file"


def test_write_once_writes_once(tmp_path: Path) -> None:
    target = tmp_path / "a" / "file"
    assert write_once(tmp_path / "tmp", target, b"first", mode=0o600)
    assert not write_once(tmp_path / "tmp", target, b"second")
    assert target.read_bytes() == b"first"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list((tmp_path / "tmp").iterdir()) == []


def test_write_once_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        write_once(tmp_path / "tmp", tmp_path / "file" / "below", b"text")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_replace_replaces(tmp_path: Path) -> None:
    for text in (b"first", b"second"):
        replace(tmp_path / "tmp", tmp_path / "a" / "file", text)
    assert (tmp_path / "a" / "file").read_bytes() == b"second"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_published_file_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with published(target, mode=0o600) as file:
        file.write(b"first")
        file.flush()
        assert not target.exists()
        assert all(path.name.startswith(".") for path in tmp_path.iterdir())
    assert target.read_bytes() == b"first"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_a_published_file_is_never_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "file"

    def overtaken() -> None:
        with published(target) as file:
            file.write(b"second")
            target.write_bytes(b"first")

    for _ in range(2):  # named by another meanwhile, and named before
        with pytest.raises(FileExistsError):
            overtaken()
    assert target.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [target]


def test_a_publisher_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with published(tmp_path / "file") as file:
            file.write(b"half")
            raise Interrupted

    with pytest.raises(Interrupted):
        interrupted()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("links", [True, False])
def test_a_finished_file_gets_its_name_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    """Also where the file system has no hard links."""
    if not links:

        def link(*_: object) -> None:
            raise OSError(errno.EPERM, "no hard links here")

        monkeypatch.setattr(os, "link", link)
    target = tmp_path / "a" / "file"
    for number, expected in enumerate([True, False]):
        staging = tmp_path / f"staging{number}"
        staging.write_text(str(number))
        assert publish(staging, target) == expected
    assert target.read_text() == "0"


def test_an_error_of_the_system_is_no_name_that_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EIO, "broken disk")

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(OSError, match="broken disk"):
        write_once(tmp_path / "tmp", tmp_path / "file", b"text")
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("system_copies", [True, False])
@pytest.mark.parametrize("size", [0, 1, (1 << 20) + 1, (65 << 20) + 7])
def test_a_copy_is_hashed_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, system_copies: bool
) -> None:
    """Also where the system cannot copy between the two by itself."""
    if not system_copies:

        def refused(*_: object) -> int:
            raise OSError(errno.EXDEV, "another file system")

        monkeypatch.setattr(os, "copy_file_range", refused)
    data = bytes(range(251)) * (size // 251 + 1)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(data[:size])
    target.touch()
    with source.open("rb", buffering=0) as file:
        digest = files.copy_hashed(file, target)
    assert target.read_bytes() == data[:size]
    assert digest == hashlib.sha256(data[:size]).hexdigest()
