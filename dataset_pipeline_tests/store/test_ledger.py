import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.errors import StoreError
from dataset_pipeline.store.ledger import FIRST, Ledger, next_line

TIME = "2026-05-01T12:00:00Z"
FIELDS = {"dataset": "sample", "version": "v1", "statement_sha256": "a" * 64}


def add(ledger: Ledger, kind: Any = "certified", time: str = TIME, **fields: Any) -> Any:
    ledger.path.parent.mkdir(parents=True, exist_ok=True)
    check = ledger.check()
    line = next_line(kind, time, fields or FIELDS, index=check.entries, previous=check.head)
    ledger.write(line)
    return json.loads(line)


def filled(folder: Path, count: int = 5) -> Ledger:
    ledger = Ledger(folder / "ledger.jsonl")
    for number in range(count):
        add(ledger, **{**FIELDS, "version": f"v{number}"})
    return ledger


def test_an_entry_is_one_canonical_line_chained_to_the_one_before(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "deep" / "ledger.jsonl")
    first = add(ledger)
    second = add(ledger, "linked", "2026-05-01T12:00:00.25Z", **FIELDS, model="m")
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    assert [json.loads(line) for line in lines] == [first, second] == list(ledger.entries())
    assert first["previous"] == FIRST
    assert second["previous"] == hashlib.sha256(lines[0]).hexdigest()
    assert (first["index"], second["index"]) == (0, 1)
    assert second["model"] == "m"
    assert b" " not in lines[1]
    check = ledger.check()
    assert (check.intact, check.entries) == (True, 2)
    assert check.head == hashlib.sha256(lines[1]).hexdigest()


def test_an_empty_ledger_is_intact(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    assert list(ledger.entries()) == []
    assert ledger.check().intact
    assert ledger.check().head == FIRST
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "time", "fields"),
    [
        ("made", TIME, FIELDS),
        ("certified", "2026-05-01", FIELDS),
        ("certified", "2026-05-01T12:00:00+00:00", FIELDS),
        ("certified", TIME, {**FIELDS, "index": 3}),
        ("certified", TIME, {**FIELDS, "previous": FIRST}),
        ("certified", TIME, {**FIELDS, "entry_sha256": FIRST}),
        ("certified", TIME, {"dataset": "x", "version": "v"}),
        ("certified", TIME, {**FIELDS, "version": 1}),
        ("certified", TIME, {**FIELDS, "statement_sha256": "short"}),
        ("certified", TIME, {**FIELDS, "x": float("nan")}),
        ("certified", TIME, {**FIELDS, "x": object()}),
        ("certified", TIME, {**FIELDS, "x": 2.0**53}),
        ("certified", TIME, {**FIELDS, "x": "\ud800"}),
    ],
)
def test_bad_entries_are_refused(tmp_path: Path, kind: Any, time: str, fields: Any) -> None:
    ledger = filled(tmp_path, 1)
    before = ledger.path.read_bytes()
    with pytest.raises(StoreError):
        add(ledger, kind, time, **fields)
    assert ledger.path.read_bytes() == before


def test_a_torn_last_line_is_set_aside(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 2)
    whole = ledger.path.read_bytes()
    for number, torn in enumerate((b'{"dataset":', whole.splitlines()[1], b"\xff\0"), start=1):
        before = ledger.path.read_bytes()
        ledger.path.write_bytes(before + torn)
        assert (ledger.check().intact, ledger.check().torn_bytes) == (True, len(torn))
        assert len(list(ledger.entries())) == 1 + number
        ledger.set_torn_line_aside(torn)
        add(ledger)
        assert (tmp_path / f"ledger.jsonl.torn-{number}").read_bytes() == torn
        assert ledger.path.read_bytes().startswith(before)
    check = ledger.check()
    assert (check.intact, check.entries, check.torn_bytes) == (True, 5, 0)
    assert check.set_aside == tuple(f"ledger.jsonl.torn-{n}" for n in (1, 2, 3))


def test_a_broken_chain_is_not_read(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    broken = b"".join([lines[0], lines[2], *lines[3:]])
    ledger.path.write_bytes(broken)
    with pytest.raises(StoreError, match="line 2"):
        list(ledger.entries())
    check = ledger.check()
    assert (check.intact, check.line, check.entries) == (False, 2, 1)
    assert ledger.path.read_bytes() == broken


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("approval", FIELDS),
        ("withdrawn", FIELDS),
        ("withdrawn", {**FIELDS, "reason": " "}),
        ("superseded", {**FIELDS, "reason": "new"}),
        ("superseded", {**FIELDS, "by": "v2"}),
        ("erasure", {"dataset": "sample", "reason": "retention"}),
        ("erasure", {"dataset": "sample", "reason": "x", "tombstones_sha256": "A" * 64}),
        ("test_look", {"dataset": "sample", "version": "v1"}),
    ],
)
def test_each_kind_says_what_it_must(tmp_path: Path, kind: Any, fields: Any) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    with pytest.raises(StoreError, match=r"needs|hex digits"):
        add(ledger, kind, **fields)
    more = {"reason": "wrong", "by": "v2", "role": "lead", "model": "m"}
    whole = {**FIELDS, **more, "tombstones_sha256": "b" * 64}
    assert add(ledger, kind, **whole)["kind"] == kind
    assert ledger.check().intact


def test_entries_are_found_by_their_values(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 3)
    add(ledger, "withdrawn", **{**FIELDS, "version": "v1", "reason": 'not "version":"v2"'})
    assert [entry["index"] for entry in ledger.find(version="v1")] == [1, 3]
    assert [entry["index"] for entry in ledger.find(version="v1", kind="withdrawn")] == [3]
    assert [entry["index"] for entry in ledger.find(version="v2")] == [2]
    assert ledger.find(version="v") == []


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    ledger = filled(tmp_path_factory.mktemp("ledger"))
    return ledger.path.read_bytes().splitlines(keepends=True)


def detected(folder: Path, data: bytes) -> bool:
    ledger = Ledger(folder / "ledger.jsonl")
    ledger.path.write_bytes(data)
    check = ledger.check()
    if not check.intact:
        assert check.line == check.entries + 1
        with pytest.raises(StoreError, match=f"line {check.line} "):
            list(ledger.entries())
    return not check.intact or check.torn_bytes > 0


@given(place=st.integers(0, 1 << 16), new=st.binary(max_size=6), length=st.integers(0, 6))
def test_any_edit_is_detected(
    lines: list[bytes],
    tmp_path_factory: pytest.TempPathFactory,
    place: int,
    new: bytes,
    length: int,
) -> None:
    data = b"".join(lines)
    at = place % (len(data) + 1)
    edited = data[:at] + new + data[at + length :]
    tails = {b"".join(lines[:count]) for count in range(len(lines) + 1)}
    folder = tmp_path_factory.mktemp("edited")
    assert detected(folder, edited) == (edited not in tails)


@given(order=st.lists(st.integers(0, 4), max_size=8))
def test_any_choice_of_lines_but_a_beginning_is_detected(
    lines: list[bytes], tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    data = b"".join(lines[number] for number in order)
    folder = tmp_path_factory.mktemp("ordered")
    assert detected(folder, data) == (order != list(range(len(order))))


@given(field=st.sampled_from(sorted(FIELDS)), line=st.integers(0, 4))
def test_a_field_changed_in_a_well_formed_line_is_detected(
    lines: list[bytes], tmp_path_factory: pytest.TempPathFactory, field: str, line: int
) -> None:
    entry = json.loads(lines[line])
    entry[field] = "b" * 64
    changed = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    folder = tmp_path_factory.mktemp("changed")
    assert detected(folder, b"".join([*lines[:line], changed, *lines[line + 1 :]]))
