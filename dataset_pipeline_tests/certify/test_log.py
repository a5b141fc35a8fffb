"""Entering things in the ledger: whatever is killed, damaged or done at once."""

import json
import multiprocessing
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from dataset_pipeline.certify.checkpoint import read
from dataset_pipeline.certify.errors import CheckpointError, KeyFileError
from dataset_pipeline.certify.keys import load_or_create_signer
from dataset_pipeline.certify.log import Log
from dataset_pipeline.certify.log_files import LogFiles
from dataset_pipeline.certify.log_proof import leaf_of
from dataset_pipeline.certify.merkle import build, verify_consistency
from dataset_pipeline.errors import StoreError
from dataset_pipeline.store.ledger import Ledger, next_line, sha256_of

TIME = "2026-05-01T12:00:00Z"
FIELDS = {"dataset": "sample", "version": "v1", "statement_sha256": "a" * 64}
SIGNER = CryptoSigner.generate_ed25519()


def log_in(folder: Path, signer: CryptoSigner = SIGNER) -> Log:
    return Log(Ledger(folder / "ledger.jsonl"), lambda: signer)


def filled(folder: Path, count: int) -> Log:
    log = log_in(folder)
    for number in range(count):
        add(log, f"v{number}")
    return log


def add(log: Log, version: str = "new") -> dict[str, Any]:
    return log.enter("certified", TIME, **{**FIELDS, "version": version})[0]


def sound(log: Log, entries: int) -> None:
    """Lines, tree, newest checkpoint and series say the same, and nothing is left over."""
    lines = log.ledger.sound_lines()
    tree = build([leaf_of(line) for line in lines])
    newest = log.files.newest()
    assert newest is not None
    assert log.files.verified(newest).root == tree.root
    notes = [read(note) for note in log.files.all()]
    assert [note.size for note in notes] == list(range(notes[0].size, entries + 1))
    for note in notes:
        proof = tree.consistency_proof(note.size)
        assert verify_consistency(note.size, entries, proof, note.root, tree.root)
    assert len({note.origin for note in notes}) == 1
    assert newest == log.files.all()[-1]
    assert log.files.pending() is None
    assert len(lines) == entries


def test_every_entry_has_a_checkpoint(tmp_path: Path) -> None:
    log = filled(tmp_path, 20)
    sound(log, 20)
    assert [entry["index"] for entry in log.ledger.entries()] == list(range(20))


def test_what_is_entered_once_stands_for_what_would_be_entered_again(tmp_path: Path) -> None:
    log = filled(tmp_path, 2)
    once = ("version", "reason")
    fields = {**FIELDS, "reason": "wrong labels"}
    first, fresh = log.enter("withdrawn", TIME, once=once, **fields)
    again, twice = log.enter("withdrawn", "2027-01-01T00:00:00Z", once=once, **fields)
    assert (fresh, twice) == (True, False)
    assert first == again
    other, third = log.enter("withdrawn", TIME, once=once, **{**fields, "version": "v0"})
    assert third
    assert other["index"] == 3
    sound(log, 4)


def test_a_wrong_field_changes_nothing(tmp_path: Path) -> None:
    log = filled(tmp_path, 2)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(StoreError):
        log.enter("withdrawn", TIME, **FIELDS)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


class KilledError(BaseException):
    """Nobody catches it, as nobody catches a kill."""


STEPS = [
    (LogFiles, "remember_key"),
    (LogFiles, "announce"),
    (Ledger, "write"),
    (LogFiles, "publish"),
    (LogFiles, "_add_to_series"),
    (LogFiles, "save"),
]


def killed(where: tuple[type, str], *, before: bool) -> Callable[..., Any]:
    """The step, killed before it does anything or just after it."""
    step = getattr(*where)

    def dies(*args: Any) -> None:
        if not before:
            step(*args)
        raise KilledError

    return dies


@pytest.mark.parametrize("entries", [0, 1, 3])
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_a_killed_writer_is_made_good(
    tmp_path: Path, step: tuple[type, str], before: bool, entries: int
) -> None:
    log = filled(tmp_path, entries)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*step, killed(step, before=before))
        with pytest.raises(KilledError):
            add(log, "killed")
    written = log.ledger.check().entries
    assert written in (entries, entries + 1)
    # Whoever comes next need not add anything to have it made good.
    entry, fresh = log.enter("certified", TIME, once=("version",), **{**FIELDS, "version": "v0"})
    total = written + fresh
    assert entry["version"] == "v0"
    sound(log, total)
    add(log)
    sound(log, total + 1)


@pytest.mark.parametrize("length", [1, 40, -1])
def test_a_line_that_was_cut_short_is_set_aside(tmp_path: Path, length: int) -> None:
    log = filled(tmp_path, 3)
    with pytest.MonkeyPatch.context() as patch:
        cut = lambda ledger, line: killed_half_way(ledger, line[:length])  # noqa: E731
        patch.setattr(Ledger, "write", cut)
        with pytest.raises(KilledError):
            add(log, "killed")
    add(log)
    sound(log, 4)
    assert [path.name for path in tmp_path.glob("*.torn-*")] == ["ledger.jsonl.torn-1"]


def killed_half_way(ledger: Ledger, part: bytes) -> None:
    with ledger.path.open("ab") as file:
        file.write(part)
    raise KilledError


def test_a_checkpoint_that_was_cut_short_in_the_series_is_written_again(tmp_path: Path) -> None:
    log = filled(tmp_path, 3)
    with log.files.series.open("ab") as file:
        file.write(b'"dataset-pipeline/led')
    assert len(log.files.all()) == 3
    add(log)
    sound(log, 4)


@pytest.mark.parametrize("name", ["checkpoint", "edge.json", "checkpoints.jsonl", "keys.pem"])
def test_what_is_lost_beside_the_lines(tmp_path: Path, name: str) -> None:
    log = filled(tmp_path, 5)
    (tmp_path / name).unlink()
    add(log)
    sound(log, 6)


def test_damaged_shortcuts_are_not_taken(tmp_path: Path) -> None:
    log = filled(tmp_path, 5)
    edge = tmp_path / "edge.json"
    good = json.loads(edge.read_bytes())
    bad: Any
    for bad in (
        [],
        {},
        {**good, "edge": {"size": 5, "nodes": []}},
        {**good, "edge": {"size": 5, "nodes": ["00" * 32, "11" * 32]}},
        {**good, "start": 0},
        {**good, "end": good["end"] + 1},
        {**good, "more": 1},
    ):
        edge.write_text(json.dumps(bad))
        add(log)
    sound(log, 12)


def changed(line: bytes) -> bytes:
    """A line of the same length that says something else, and is a sound entry by itself."""
    entry = json.loads(line)
    own = ("index", "previous", "kind", "time", "entry_sha256")
    fields = {name: value for name, value in entry.items() if name not in own}
    fields["version"] = "x" * len(fields["version"])
    return next_line("certified", TIME, fields, index=entry["index"], previous=entry["previous"])


def rewritten(lines: list[bytes], number: int) -> list[bytes]:
    """All lines from one on written anew, so that the chain holds."""
    made = lines[:number]
    for index, line in enumerate(lines[number:], start=number):
        version = "forged" if index == number else json.loads(line)["version"]
        previous = sha256_of(made[-1]) if made else "0" * 64
        fields = {**FIELDS, "version": version}
        made.append(next_line("certified", TIME, fields, index=index, previous=previous))
    return made


Damage = Callable[[list[bytes]], list[bytes]]
DAMAGES: dict[str, Damage] = {
    "the last line is gone": lambda lines: lines[:-1],
    "all lines are gone": lambda lines: [],
    "the last line is another": lambda lines: [*lines[:-1], changed(lines[-1])],
    "all are written anew": lambda lines: rewritten(lines, 0),
    "from the middle on": lambda lines: rewritten(lines, len(lines) // 2),
    "a line more": lambda lines: rewritten([*lines, lines[-1]], len(lines)),
}


@pytest.mark.parametrize("shortcut", [True, False])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_nothing_is_signed_over_a_damaged_ledger(
    tmp_path: Path, damage: Damage, shortcut: bool
) -> None:
    log = filled(tmp_path, 6)
    log.ledger.path.write_bytes(b"".join(damage(list(log.ledger.sound_lines()))))
    if not shortcut:
        (tmp_path / "edge.json").unlink()
    signed = log.files.all()
    for _ in range(2):
        with pytest.raises(StoreError):
            add(log)
    assert log.files.all() == signed


def test_a_change_before_the_last_line_is_in_no_later_tree(tmp_path: Path) -> None:
    """The shortcut goes on from what was signed, not from what lies there now."""
    log = filled(tmp_path, 6)
    lines = list(log.ledger.sound_lines())
    log.ledger.path.write_bytes(b"".join([*lines[:2], changed(lines[2]), *lines[3:]]))
    add(log)
    newest = read(log.files.newest() or b"")
    (*_, added) = log.ledger.read().splitlines()
    assert newest.root == build([leaf_of(line) for line in [*lines, added]]).root


@pytest.mark.parametrize("signer", [SIGNER, CryptoSigner.generate_ed25519()])
def test_a_line_with_a_checkpoint_of_another_key_is_not_taken_over(
    tmp_path: Path, signer: CryptoSigner
) -> None:
    log = filled(tmp_path, 2)
    shutil.copytree(tmp_path, tmp_path / "forged")
    forger = log_in(tmp_path / "forged", signer)
    add(forger, "forged")
    log.ledger.path.write_bytes(forger.ledger.read())
    log.files.announce(forger.files.newest() or b"")
    if signer is SIGNER:
        add(log)
        sound(log, 4)
    else:
        with pytest.raises(StoreError, match="line 3 was not written here"):
            add(log)


def test_a_foreign_checkpoint_is_not_gone_on_from(tmp_path: Path) -> None:
    log = filled(tmp_path / "one", 2)
    other = log_in(tmp_path / "two", CryptoSigner.generate_ed25519())
    for _ in range(2):
        add(other)
    shutil.copy(other.files.checkpoint, log.files.checkpoint)
    with pytest.raises(StoreError, match="none of the given keys"):
        add(log)


def test_a_ledger_from_before_there_were_checkpoints_is_taken_over(tmp_path: Path) -> None:
    path, previous = tmp_path / "ledger.jsonl", "0" * 64
    for index in range(4):
        line = next_line("certified", TIME, FIELDS, index=index, previous=previous)
        previous = sha256_of(line)
        with path.open("ab") as file:
            file.write(line)
    old = path.read_bytes()
    log = log_in(tmp_path)
    add(log)
    assert path.read_bytes().startswith(old)
    sound(log, 5)
    assert [read(note).size for note in log.files.all()] == [4, 5]


def test_another_key_goes_on_where_the_first_one_ended(tmp_path: Path) -> None:
    log = filled(tmp_path, 3)
    later = log_in(tmp_path, CryptoSigner.generate_ecdsa())
    add(later)
    sound(later, 4)
    assert len(later.files.known_keys()) == 2
    shutil.copy(tmp_path / "keys.pem", tmp_path / "before")
    add(log)
    assert (tmp_path / "keys.pem").read_bytes() == (tmp_path / "before").read_bytes()


def test_a_series_that_cannot_be_read_is_no_series(tmp_path: Path) -> None:
    log = filled(tmp_path, 1)
    for bad in (b"{}\n", b"\xff\n", b"not JSON\n"):
        log.files.series.write_bytes(bad)
        with pytest.raises(CheckpointError, match="JSON string"):
            log.files.all()


def test_keys_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    log = filled(tmp_path, 1)
    log.files.keys.write_bytes(b"no key")
    with pytest.raises(KeyFileError, match=f"{log.files.keys}: no public key in it"):
        add(log)


def test_threads_do_not_lose_entries(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    threads = [threading.Thread(target=lambda: [add(log) for _ in range(5)]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sound(log, 30)


def _enter(folder: Path) -> tuple[int, int]:
    signer = load_or_create_signer(folder / "key.pem")
    log = log_in(folder, signer)
    fields = {**FIELDS, "reason": "once"}
    kept, _ = log.enter("withdrawn", TIME, once=("version", "reason"), **fields)
    return int(add(log)["index"]), int(kept["index"])


def test_processes_do_not_lose_entries_and_enter_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        indexes = pool.map(_enter, [tmp_path] * 12, chunksize=1)
    log = log_in(tmp_path, load_or_create_signer(tmp_path / "key.pem"))
    assert len({kept for _, kept in indexes}) == 1
    assert sorted({new for new, _ in indexes} | {indexes[0][1]}) == list(range(13))
    sound(log, 13)
