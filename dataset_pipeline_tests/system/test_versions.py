"""When a new version appears, what it is called, and what is told about it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.records import record_id
from dataset_pipeline_tests.system.place import (
    DATASET,
    DAY,
    Place,
    files,
    jsonl,
    lines,
    write_lines,
)

pytestmark = pytest.mark.slow
TITLE = "Customer_Support_AI_Dataset"
# What may differ after a run that changed nothing: the event log, locks, pointers, the key.
MOVING = ("dagster/", "locks/", "tmp/", "raw/collections/")  # each collection is logged
Rows = list[dict[str, Any]]


def threads(place: Place) -> Path:
    (path,) = place.source("helpdesk").glob("*.jsonl")
    return path


def rewrite(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    write_lines(path, change(lines(path)))


def kept_key(place: Place) -> str:
    """A helpdesk thread that reached the splits."""
    kept = place.yes("contains", DATASET, "--text", text_of(jsonl(threads(place))[5]))
    assert kept[0]["split"]
    return str(jsonl(threads(place))[5]["ticket_id"])


def text_of(row: dict[str, Any]) -> str:
    return str([turn["text"] for turn in row["turns"] if turn["from"] == "customer"][-1])


def edit_thread(place: Place, key: str) -> None:
    """Change the last question of one thread."""

    def change(rows: list[str]) -> list[str]:
        return [edited(row) if f'"{key}"' in row else row for row in rows]

    def edited(line: str) -> str:
        row = json.loads(line)
        last = [turn for turn in row["turns"] if turn["from"] == "customer"][-1]
        last["text"] += " The blue lamp on the hub keeps blinking all evening."
        return json.dumps(row, ensure_ascii=False)

    rewrite(threads(place), change)


def reordered(rows: list[str]) -> list[str]:
    """The readable rows the other way round; a broken row has no name but its line."""
    places = [index for index, row in enumerate(rows) if readable(row)]
    after = list(rows)
    for place, other in zip(places, reversed(places), strict=True):
        after[place] = rows[other]
    assert after != rows
    return after


def readable(row: str) -> bool:
    try:
        row.encode()
        return bool(json.loads(row).get("ticket_id"))
    except (ValueError, UnicodeEncodeError):
        return False


def test_the_first_run_certifies_1_0_0(small_run: tuple[Place, dict[str, Any]]) -> None:
    place, report = small_run
    assert report["ok"]
    assert report["failures"] == []
    assert report["version"] == f"{TITLE}_v1.0.0_{DAY}"
    assert not any(stage["reused"] for stage in report["stages"])
    (row,) = place.yes("versions", DATASET)
    assert row["version"] == report["version"]
    assert row["certified"]
    assert place.ask("verify", str(Path(report["package"]).parent)).code == 0


def test_a_second_run_reuses_everything_and_touches_no_file(small: Place) -> None:
    before = files(small.store, without=MOVING)
    report = small.run()
    assert all(stage["reused"] for stage in report["stages"])
    assert files(small.store, without=MOVING) == before
    assert list(small.versions()) == ["1.0.0"]


def test_one_changed_record_makes_one_version_and_diff_names_it(small: Place) -> None:
    original = threads(small).read_bytes()
    key = kept_key(small)
    first = files(small.store / "versions")
    edit_thread(small, key)
    changed = small.run()
    assert changed["version"] == f"{TITLE}_v1.0.1_{DAY}"
    assert list(small.versions()) == ["1.0.0", "1.0.1"]
    after = files(small.store / "versions")
    assert {name: after[name] for name in first} == first, "the older version was touched"

    wanted = record_id("helpdesk", key)
    told = small.yes("diff", "1.0.0", "1.0.1")
    assert [(c["record_id"], c["kind"], c["stage"]) for c in told["collected"]] == [
        (wanted, "changed", "raw/helpdesk")
    ]
    assert told["stages"]["splits"] == {"added": 0, "removed": 0, "changed": 1}
    said = small.ask("diff", "v1.0.0", changed["version"]).said
    assert wanted in said
    assert said.count("raw/helpdesk") == 2, "once as the record's source, once among the stages"

    threads(small).write_bytes(original)
    reverted = small.run()
    assert reverted["version"] == f"{TITLE}_v1.0.0_{DAY}"
    assert list(small.versions()) == ["1.0.0", "1.0.1"]
    assert files(small.store / "versions") == after
    assert small.yes("diff", "1.0.0", "1.0.0")["records"] == []


def test_neither_comments_nor_the_schedule_nor_the_order_of_rows_make_a_version(
    small: Place,
) -> None:
    small.configure(lambda c: c["schedule"].update(cron="0 3 * * *"))
    small.yaml.write_text("# A remark.\n" + small.yaml.read_text("utf-8"), "utf-8")
    rewrite(threads(small), reordered)
    report = small.run()
    assert report["version"] == f"{TITLE}_v1.0.0_{DAY}"
    assert list(small.versions()) == ["1.0.0"]


def test_added_and_deleted_records(small: Place) -> None:
    key = kept_key(small)
    added = next(row for row in jsonl(threads(small)) if row.get("ticket_id") == key)
    added["ticket_id"] = "HD-999999"
    added["turns"] = [{"from": "customer", "text": "Where can I see which hub firmware I have?"}]
    rewrite(threads(small), lambda rows: [*rows, json.dumps(added)])
    assert small.run()["version"].startswith(f"{TITLE}_v1.0.1_")
    rewrite(threads(small), lambda rows: [row for row in rows[:-1] if f'"{key}"' not in row])
    assert small.run()["version"].startswith(f"{TITLE}_v1.0.2_")

    def collected(old: str, new: str) -> set[tuple[str, str]]:
        found = small.yes("diff", old, new)["collected"]
        return {(change["kind"], change["record_id"]) for change in found}

    mine, gone = record_id("helpdesk", "HD-999999"), record_id("helpdesk", key)
    assert collected("1.0.0", "1.0.1") == {("added", mine)}
    assert collected("1.0.1", "1.0.2") == {("removed", mine), ("removed", gone)}
    assert collected("1.0.0", "1.0.2") == {("removed", gone)}


def test_a_changed_threshold_is_a_new_version_even_when_no_record_changes(small: Place) -> None:
    """The policy is part of what a version certifies: "at most 8000 characters" is a promise.

    No record is changed, and ``diff`` says so.
    """
    small.configure(lambda c: c["stages"]["screened"].update(max_characters=7999))
    assert small.run()["version"].startswith(f"{TITLE}_v1.0.1_")
    told = small.yes("diff", "1.0.0", "1.0.1")
    assert told["records"] == told["exclusions"] == []


def test_the_major_and_minor_number_are_the_owners(small: Place) -> None:
    """``version`` in dataset.yaml is certified too: another one is another version, 1.1.0.

    It is what the owners ask for when they raise it, whether or not a record changed.
    """
    small.configure(lambda c: c.update(version="1.1"))
    assert small.run()["version"].startswith(f"{TITLE}_v1.1.0_")
    edit_thread(small, kept_key(small))
    assert small.run()["version"].startswith(f"{TITLE}_v1.1.1_")
    assert list(small.versions()) == ["1.0.0", "1.1.0", "1.1.1"]
