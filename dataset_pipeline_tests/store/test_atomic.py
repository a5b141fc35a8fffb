import stat
from pathlib import Path

import pytest

from dataset_pipeline.store.atomic import replace, staged_folder, write_once


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
