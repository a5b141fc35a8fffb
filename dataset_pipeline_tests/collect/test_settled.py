"""What a collection changed among records: through the graph, as a night after another sees it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dataset_pipeline.answers.trace import trace_anywhere
from dataset_pipeline.errors import NotFoundError
from dataset_pipeline.records import record_id
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.small import run, write_dataset, write_jsonl

WORDS = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "kettle"]


def _text(number: int) -> str:
    picked = [WORDS[(number * 7 + k * k * (number + 3)) % len(WORDS)] for k in range(9)]
    return "Question " + " ".join(f"{word}{number * k}" for k, word in enumerate(picked))


ROWS = [{"id": f"{number}", "text": _text(number)} for number in range(30)]


class Night:
    """A dataset whose ``raw/rows`` is materialized again and again."""

    def __init__(self, root: Path) -> None:
        self.configs, self.root = root / "configs", root / "store"
        self.folder = write_dataset(self.configs, "small", ROWS)
        self.last: dg.ExecuteInProcessResult | None = None

    @property
    def store(self) -> Store:
        return Store(self.root)

    def run(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        write_jsonl(self.folder / "rows.jsonl", rows)
        self.last = run(self.configs, self.root, "small")
        key = dg.AssetKey(["small", "raw", "rows"])
        for event in self.last.get_asset_materialization_events():
            if event.asset_key == key:
                found = event.step_materialization_data.materialization
                told = {name: value.value for name, value in found.metadata.items()}
                return {**told, "tags": found.tags}
        raise AssertionError(key)


def _counts(metadata: dict[str, Any], what: str) -> dict[str, int]:
    return {
        name.removeprefix(what): count
        for name, count in metadata.items()
        if name.startswith(what) and count
    }


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setenv("DATASET_PIPELINE_SIGNING_KEY", str(tmp_path / "key.pem"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1777593600")
    return Night(tmp_path)


def test_new_changed_and_withdrawn_records(night: Night) -> None:
    first = night.run(ROWS)
    assert _counts(first, "rows_") == {"kept": 30, "new": 30}
    assert _counts(first, "files_") == {"new": 1}
    again = night.run(ROWS)
    assert again["collection"].startswith("unchanged: ")
    assert _counts(again, "rows_") == {"kept": 30, "unchanged": 30}
    assert again["content_digest"] == first["content_digest"]
    assert again["reused"]

    os.environ["SOURCE_DATE_EPOCH"] = "1777680000"
    changed = [*ROWS[1:], {"id": "new", "text": "words that are new here"}]
    changed[0] = {**changed[0], "text": "words that changed"}
    second = night.run(changed)
    assert second["collection"] == "collected 2026-05-02T00:00:00Z"
    assert _counts(second, "rows_") == {
        "kept": 30, "new": 1, "changed": 1, "withdrawn": 1, "unchanged": 28,
    }  # fmt: skip
    entry = night.store.collections.last("small", "rows")
    assert entry
    assert entry["rows"]["withdrawn"] == 1
    assert night.store.batches.facts(entry["batch"])["rows"] == {"kept": 30, "quarantined": 0}
    gone = record_id("rows", "0")
    (told,) = night.store.collections.withdrawals("small", gone)
    assert told["at"] == "2026-05-02T00:00:00Z"
    assert told["last_batch"] == first["batch"]
    assert night.store.collections.withdrawals("small", record_id("rows", "1")) == []


def test_where_a_withdrawn_record_went_is_told(night: Night) -> None:
    night.run(ROWS)
    assert night.last
    assert night.last.success
    os.environ["SOURCE_DATE_EPOCH"] = "1777680000"
    night.run([*ROWS[1:], {"id": "short", "text": "Never in a version."}])
    night.run(ROWS[1:])
    gone = record_id("rows", "0")
    _, steps = trace_anywhere(night.store, gone)
    assert (steps[-1].stage, steps[-1].outcome) == ("raw/rows", "withdrawn")
    assert steps[-1].about["why"] == "withdrawn from rows on 2026-05-02"
    assert "came_back" not in steps[-1].about
    night.run(ROWS)
    _, steps = trace_anywhere(night.store, gone)
    assert steps[-1].about["came_back"]
    _, steps = trace_anywhere(night.store, record_id("rows", "1"))
    assert "withdrawn" not in {step.outcome for step in steps}


def test_where_a_record_that_no_version_has_went_is_told(night: Night) -> None:
    rows = [{"id": f"{number}", "text": "nearly nothing"} for number in range(2)]
    night.run(rows)  # too little: nothing is certified
    night.run(rows[:1])
    gone = record_id("rows", "1")
    with pytest.raises(NotFoundError, match=f"{gone}; it was withdrawn from rows on 2026-05-01"):
        trace_anywhere(night.store, gone)
    with pytest.raises(NotFoundError, match=r"0$"):
        trace_anywhere(night.store, "0" * 32)


def test_the_record_of_collections_enters_no_snapshot(night: Night, tmp_path: Path) -> None:
    """Whatever was collected before: the same rows are the same content."""
    night.run(ROWS[:5])
    late = night.run(ROWS)
    other = Night(tmp_path / "other")
    assert other.run(ROWS)["content_digest"] == late["content_digest"]


def test_other_fields_are_no_withdrawal(night: Night) -> None:
    night.run(ROWS)
    config = night.folder / "dataset.yaml"
    config.write_text(config.read_text().replace("key: id", "key: text"))
    told = night.run(ROWS)
    assert _counts(told, "rows_") == {"kept": 30}
    assert night.store.collections.withdrawals("small", record_id("rows", "0")) == []


def test_where_the_snapshot_of_before_is_damaged_nobody_can_tell(night: Night) -> None:
    night.run(ROWS)
    before = night.store.collections.last("small", "rows")
    assert before
    for part in night.store.snapshots.open(before["snapshot"]).parts("records"):
        part.path.write_bytes(part.path.read_bytes()[:-1])
    assert _counts(night.run(ROWS[1:]), "rows_") == {"kept": 29}
    assert night.last is not None
    assert night.last.success


_SLOW = """
import sys, time
from pathlib import Path
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.collect.occasions import collected, source
from dataset_pipeline import files
real = files._copied
def slow(source, target, most):
    size = real(source, target, most)
    if source.name.endswith("b.csv"):
        print("half", flush=True)
        time.sleep(60)
    return size
files._copied = slow
collected(Store(Path(sys.argv[1])), source("csv", path="*.csv"), Path(sys.argv[2]))
"""


def test_a_killed_collection_leaves_nothing_half_written(tmp_path: Path) -> None:
    from dataset_pipeline.digests import sha256_file
    from dataset_pipeline_tests.collect.occasions import collected, counts, source

    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(name * 1000)
    command = [sys.executable, "-c", _SLOW, tmp_path / "store", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    store = Store(tmp_path / "store")
    for copy in (store.root / "raw" / "files").rglob("*/*"):
        assert sha256_file(copy) == copy.name
    assert not (store.root / "raw" / "batches").exists()
    assert store.collections.entries("small", "rows") == []
    # The lock went with the process.
    assert counts(collected(store, source("csv", path="*.csv"), folder)) == {"new": 2}


def test_an_unchanged_night_is_cheap(night: Night) -> None:
    from dataset_pipeline.collect.settled import settle
    from dataset_pipeline_tests.collect.occasions import collected, source

    night.run(ROWS)
    store, rows = night.store, source("jsonl", path="rows.jsonl")
    entry = store.collections.last("small", "rows")
    assert entry
    snapshot = store.snapshots.open(entry["snapshot"])
    started = time.monotonic()
    for _ in range(20):
        collection = collected(store, rows, night.folder)
        assert collection.unchanged
        settle(store, collection, snapshot, entry["reading"])
    assert (time.monotonic() - started) / 20 < 0.1
    last = store.collections.last("small", "rows")
    assert last
    assert last["rows"]["unchanged"] == 30
