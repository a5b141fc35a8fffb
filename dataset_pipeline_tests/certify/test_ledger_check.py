"""What is done to a ledger is found: by what lies beside it, or by what an auditor kept."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from dataset_pipeline.certify.claims import OWNER, Verification
from dataset_pipeline.certify.errors import CannotVerify
from dataset_pipeline.certify.keys import public_pem
from dataset_pipeline.certify.ledger_check import (
    KEPT,
    LINES,
    SERIES,
    check_ledger,
)
from dataset_pipeline.certify.log import Log
from dataset_pipeline.certify.log_proof import CHECKPOINT
from dataset_pipeline_tests.certify.test_log import (
    DAMAGES,
    FIELDS,
    SIGNER,
    TIME,
    Damage,
    add,
    changed,
    filled,
    log_in,
    rewritten,
)

SIZE = 8


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Eight entries; beside them the key, and the checkpoints that an auditor kept of 3 and 5."""
    made = log_in(tmp_path / "ledger")
    for number in range(1, SIZE + 1):
        add(made, f"v{number}")
        shutil.copy(made.files.checkpoint, tmp_path / f"kept-{number}")
    (tmp_path / "trust.pem").write_bytes(public_pem(SIGNER))
    return made


def look(log: Log, *kept: int, trust: bool = True) -> Verification:
    above = log.files.folder.parent
    files = [above / f"kept-{number}" for number in kept]
    return check_ledger(log.ledger.path, kept=files, trust=above / "trust.pem" if trust else None)


def statuses(result: Verification) -> dict[str, str]:
    return {claim.name: claim.status for claim in result.claims}


def test_an_intact_ledger(log: Log) -> None:
    result = look(log, 1, 3, SIZE)
    assert result.ok
    assert statuses(result) == {LINES: "ok", CHECKPOINT: "ok", SERIES: "ok", KEPT: "ok"}
    assert [claim.file for claim in result.claims if claim.name == KEPT] == [
        "kept-1", "kept-3", "kept-8",
    ]  # fmt: skip
    without = look(log, trust=False)
    assert without.ok
    assert statuses(without)[OWNER] == "not_provable"


def test_checking_changes_nothing(log: Log) -> None:
    before = {path: path.read_bytes() for path in log.files.folder.iterdir()}
    look(log, 3)
    assert {path: path.read_bytes() for path in log.files.folder.iterdir()} == before


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_changed_lines_are_found_by_what_lies_beside_them(log: Log, damage: Damage) -> None:
    log.ledger.path.write_bytes(b"".join(damage(list(log.ledger.sound_lines()))))
    result = look(log)
    assert not result.ok
    assert statuses(result)[CHECKPOINT] == "failed"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("the last line is gone", "1 of 8 lines are gone at the end"),
        ("all lines are gone", "8 of 8 lines are gone"),
        ("the last line is another", "not those that were signed: line 8"),
        ("all are written anew", "not those that were signed: line 1"),
        ("from the middle on", "not those that were signed: line 5"),
        ("a line more", "line 9 is not covered"),
    ],
)
def test_it_is_said_where(log: Log, damage: str, said: str) -> None:
    log.ledger.path.write_bytes(b"".join(DAMAGES[damage](list(log.ledger.sound_lines()))))
    found = [claim.detail for claim in look(log).failed if claim.name == CHECKPOINT]
    assert said in found[0]


@pytest.mark.parametrize("number", range(SIZE))
def test_any_line_that_is_not_what_it_was(log: Log, number: int) -> None:
    """The line alone is edited: the chain says so; and the tree says which line."""
    lines = list(log.ledger.sound_lines())
    log.ledger.path.write_bytes(
        b"".join([*lines[:number], changed(lines[number]), *lines[number + 1 :]])
    )
    result = look(log)
    details = {claim.name: claim.detail for claim in result.failed}
    assert f"line {number + 1}" in details[CHECKPOINT]
    assert LINES in details or number == SIZE - 1


Forgery = Callable[[list[bytes]], list[bytes]]
FORGERIES: dict[str, tuple[int, Forgery]] = {
    "cut": (4, lambda lines: lines[:4]),
    "begun anew": (0, lambda lines: rewritten(lines, 0)),
    "written anew from line 5": (4, lambda lines: rewritten(lines, 4)),
    "two changed places": (1, lambda lines: rewritten([lines[0], *lines[2:0:-1], *lines[3:]], 1)),
    "a line less": (2, lambda lines: rewritten([*lines[:2], *lines[3:]], 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_whoever_has_the_key_is_found_out_by_any_older_checkpoint(log: Log, name: str) -> None:
    """The whole folder is made anew with the true key, so that all beside the lines agrees."""
    same, forge = FORGERIES[name]
    forged = forge(list(log.ledger.sound_lines()))
    shutil.rmtree(log.files.folder)
    again = log_in(log.files.folder)
    for line in forged:
        entry = json.loads(line)
        again.enter("certified", TIME, **{**FIELDS, "version": entry["version"]})
    assert look(again).ok
    for kept in range(1, SIZE + 1):
        result = look(again, kept)
        assert result.ok == (kept <= same)
        assert statuses(result)[KEPT] == ("ok" if kept <= same else "failed")
        told = [claim.detail for claim in result.failed]
        assert all("signed anew" in detail or "gone at the end" in detail for detail in told)


def test_a_ledger_of_another_key_is_another_ledger(log: Log, tmp_path: Path) -> None:
    shutil.rmtree(log.files.folder)
    other = log_in(log.files.folder, CryptoSigner.generate_ed25519())
    for number in range(1, SIZE + 1):
        add(other, f"v{number}")
    assert look(other, trust=False).ok
    assert not look(other).ok
    assert not look(other, 3, trust=False).ok


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints.jsonl", "keys.pem", "ledger.jsonl"])
def test_what_is_missing_beside_the_lines(log: Log, name: str) -> None:
    (log.files.folder / name).unlink()
    result = look(log, trust=False)
    assert result.ok == (name == "checkpoint")  # the series has it too


def test_everything_beside_the_lines_is_missing(log: Log) -> None:
    for path in log.files.folder.iterdir():
        if path != log.ledger.path:
            path.unlink()
    result = look(log)
    assert (result.ok, result.failed) == (False, ())
    assert statuses(result)[CHECKPOINT] == "not_provable"
    assert not look(log, 3).failed


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints.jsonl"])
def test_stale_files_beside_the_lines(log: Log, name: str) -> None:
    stale = (log.files.folder / name).read_bytes()
    add(log)
    (log.files.folder / name).write_bytes(stale)
    assert not look(log).ok


def test_an_older_checkpoint_of_the_series_that_was_edited(log: Log) -> None:
    lines = log.files.series.read_bytes().splitlines(keepends=True)
    for bad in (
        lines[2].replace(b"\\n3\\n", b"\\n4\\n"),
        lines[2].replace(b"ledger/", b"ledger/x"),
    ):
        assert bad != lines[2]
        log.files.series.write_bytes(b"".join([*lines[:2], bad, *lines[3:]]))
        result = look(log)
        assert [claim.name for claim in result.failed] == [SERIES]


def test_a_line_that_is_being_written_is_no_fault(log: Log, tmp_path: Path) -> None:
    shutil.copytree(log.files.folder, tmp_path / "later")
    later = log_in(tmp_path / "later")
    add(later)
    log.files.announce(later.files.newest() or b"")
    assert look(log).ok
    log.ledger.path.write_bytes(later.ledger.read())
    assert look(log).ok
    log.files.announce(log.files.all()[-1])
    assert not look(log).ok


def test_a_forged_announcement_covers_nothing(log: Log, tmp_path: Path) -> None:
    shutil.copytree(log.files.folder, tmp_path / "forged")
    forger = log_in(tmp_path / "forged", CryptoSigner.generate_ed25519())
    add(forger, "forged")
    log.ledger.path.write_bytes(forger.ledger.read())
    log.files.announce(forger.files.newest() or b"")
    for trust in (True, False):
        (failed,) = look(log, trust=trust).failed
        assert "line 9 is not covered" in failed.detail


def test_a_line_that_was_cut_short_is_told(log: Log) -> None:
    with log.ledger.path.open("ab") as file:
        file.write(b"{")
    result = look(log)
    assert result.ok
    assert "cut short" in next(c.detail for c in result.claims if c.status == "not_provable")


def test_what_cannot_be_answered(tmp_path: Path, log: Log) -> None:
    with pytest.raises(CannotVerify, match="no ledger"):
        check_ledger(tmp_path / "nowhere" / "ledger.jsonl")
    with pytest.raises(CannotVerify, match="cannot be read"):
        look(log, 99)
    (tmp_path / "kept-1").write_text("not a checkpoint")
    with pytest.raises(CannotVerify, match="no signed checkpoint"):
        look(log, 1)


def test_an_empty_folder_is_held_against_a_kept_checkpoint(log: Log) -> None:
    shutil.rmtree(log.files.folder)
    result = look(log, 5)
    assert [claim.detail for claim in result.failed] == ["5 of 5 lines are gone at the end"]


def test_a_kept_checkpoint_of_another_ledger(log: Log, tmp_path: Path) -> None:
    other = filled(tmp_path / "other", 3)
    shutil.copy(other.files.checkpoint, tmp_path / "kept-1")
    assert not look(log, 1).ok


@pytest.mark.parametrize("name", ["ledger.jsonl", "checkpoint", "checkpoints.jsonl", "keys.pem"])
def test_a_pipe_is_not_waited_for(log: Log, name: str) -> None:
    path = log.files.folder / name
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(CannotVerify, match=f"{name}: not a regular file"):
        look(log, 3)
