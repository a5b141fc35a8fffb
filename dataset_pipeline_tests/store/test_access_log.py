import json
import stat
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest

from dataset_pipeline.errors import StoreError
from dataset_pipeline.store.access_log import AccessLog
from dataset_pipeline.store.store import Store

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DIGEST = "ab" * 32


@pytest.fixture
def log(tmp_path: Path) -> AccessLog:
    return Store(tmp_path).access_log("tickets")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access" / "tickets.jsonl"


def note(log: AccessLog, about: str = "Tickets_v1.0.0", **more: object) -> dict[str, object]:
    return log.note("export", "tickets", NOW, about=about, **more)  # type: ignore[arg-type]


def write_many(root: str) -> None:
    log = Store(Path(root)).access_log("tickets")
    for index in range(20):
        note(log, f"v{index}")


def test_an_access_is_told_with_who_when_and_what(log: AccessLog) -> None:
    note(log, digests=[DIGEST, DIGEST], counts={"bytes": 3})
    (entry,) = log.entries()
    assert (entry["at"], entry["what"], entry["dataset"]) == (
        "2026-05-01T12:00:00Z",
        "export",
        "tickets",
    )
    assert entry["about"] == "Tickets_v1.0.0"
    assert (entry["digests"], entry["counts"]) == ([DIGEST], {"bytes": 3})
    assert set(entry["who"]) == {"user", "host"}
    assert all(entry["who"].values())


def test_only_the_owner_may_read_it(log: AccessLog, path: Path) -> None:
    note(log)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_lines_are_a_chain(log: AccessLog) -> None:
    for index in range(3):
        note(log, f"v{index}")
    check = log.check()
    assert (check.intact, check.entries) == (True, 3)
    assert [entry["index"] for entry in log.entries()] == [0, 1, 2]


def test_a_log_that_was_never_used_is_whole(log: AccessLog) -> None:
    assert log.check().intact
    assert log.entries() == []


def _lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def changed(path: Path) -> None:
        path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))

    return changed


def _edited(line: bytes) -> bytes:
    return line.replace(b'"export"', b'"reading"')


def _head(data: bytes | None) -> Callable[[Path], None]:
    def changed(path: Path) -> None:
        head = path.with_name(f"{path.name}.head")
        head.write_bytes(data) if data is not None else head.unlink()

    return changed


TAMPERING = {
    "the last line is gone": _lines(lambda lines: lines[:-1]),
    "all lines are gone": _lines(lambda _: []),
    "the first line is gone": _lines(lambda lines: lines[1:]),
    "a line in the middle is gone": _lines(lambda lines: [lines[0], lines[2]]),
    "two lines changed places": _lines(lambda lines: [lines[1], lines[0], lines[2]]),
    "the first line was edited": _lines(lambda lines: [_edited(lines[0]), *lines[1:]]),
    "the last line was edited": _lines(lambda lines: [*lines[:2], _edited(lines[2])]),
    "the last line was cut": _lines(lambda lines: [*lines[:2], lines[2][:-9]]),
    "a line is no JSON": _lines(lambda lines: [lines[0], b"{\n", lines[2]]),
    "the file is gone": lambda path: path.unlink(),
    "the head is gone": _head(None),
    "the head is damaged": _head(b"{"),
    "the head is another's": _head(b'{"entries": 3, "sha256": "00"}'),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_found_and_nothing_is_added(log: AccessLog, path: Path, name: str) -> None:
    for index in range(3):
        note(log, f"v{index}")
    TAMPERING[name](path)
    check = log.check()
    assert not check.intact
    assert check.detail
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(StoreError, match="restore the log from a copy"):
        note(log)
    with pytest.raises(StoreError):
        log.entries()
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize("torn", [b"{", b'{"index":2,"previous":"', b"\xff\x00"])
def test_a_torn_line_is_repaired_by_the_next(log: AccessLog, path: Path, torn: bytes) -> None:
    note(log, "v0")
    with path.open("ab") as file:
        file.write(torn)
    assert log.check().intact
    assert log.check().torn_bytes == len(torn)
    note(log, "v1")
    assert [entry["about"] for entry in log.entries()] == ["v0", "v1"]
    assert log.check().torn_bytes == 0


def test_a_writer_that_was_killed_before_the_head_was_written(log: AccessLog, path: Path) -> None:
    note(log, "v0")
    head = path.with_name(f"{path.name}.head")
    noted = head.read_bytes()
    note(log, "v1")
    head.write_bytes(noted)
    assert log.check().intact
    note(log, "v2")
    assert [entry["about"] for entry in log.entries()] == ["v0", "v1", "v2"]
    assert json.loads(head.read_bytes())["entries"] == 3


def test_many_writers_at_once(log: AccessLog, tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        list(pool.map(write_many, [str(tmp_path)] * 3))
    assert log.check().intact
    assert log.check().entries == 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"about": "two\nlines"},
        {"about": ""},
        {"digests": ["not a digest"]},
        {"counts": {"rows": "the text of a record"}},
    ],
)
def test_only_names_digests_and_numbers_are_told(log: AccessLog, wrong: dict[str, object]) -> None:
    with pytest.raises(StoreError):
        note(log, **wrong)  # type: ignore[arg-type]
    assert log.entries() == []


def test_what_cannot_be_written_down_must_not_happen(log: AccessLog, path: Path) -> None:
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.write_text("a file in the way")
    with pytest.raises(StoreError, match="the access log cannot be written"):
        note(log)
