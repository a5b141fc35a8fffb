"""Raw data that is gone: what still verifies, what is told of it, and what is made anew."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dataset_pipeline.definitions import build_definitions
from dataset_pipeline.records import record_id
from dataset_pipeline_tests.small import stages, write_dataset, write_jsonl
from dataset_pipeline_tests.system.place import MAY_2026, Place, files

pytestmark = pytest.mark.slow
NAME = "notes"
DAY = 24 * 3600
GONE = "was removed on 2026-06-10 by the retention policy (30 days after its last collection"


def rows(*names: str) -> list[dict[str, str]]:
    return [{"id": name, "text": f"The {name} hub keeps a steady green light."} for name in names]


FIRST = [*rows(*(f"first{n}" for n in range(12))), {"id": "empty", "text": "ok"}]
SECOND = rows(*(f"second{n}" for n in range(12)))


def at(place: Place, day: int) -> Place:
    """The same place, so many days later."""
    return Place(place.root, {"SOURCE_DATE_EPOCH": str(int(MAY_2026) + day * DAY)})


@dataclass(frozen=True)
class History:
    """1.0.0 of 1 May was superseded by 1.0.1 of 11 May, which is renewed on 10 June."""

    place: Place
    removed: dict[str, Any]

    @property
    def today(self) -> Place:
        return at(self.place, 40)

    def version(self, number: str) -> Path:
        (folder,) = self.place.store.glob(f"versions/{NAME}/Small_v{number}_*")
        return folder


def begun(root: Path) -> Place:
    place = Place(root)
    screened = stages(screened={"min_characters": 5})
    write_dataset(place.configs, NAME, FIRST, retention={"raw_days": 30}, stages=screened)
    place.run(dataset=NAME)
    source = place.configs / NAME / "rows.jsonl"
    write_jsonl(source, SECOND)
    at(place, 10).run(dataset=NAME)
    at(place, 40).run(dataset=NAME)
    return place


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Both versions, and nothing removed yet. Read only."""
    return begun(tmp_path_factory.mktemp("retention") / "place")


@pytest.fixture(scope="module")
def history(before: Place, tmp_path_factory: pytest.TempPathFactory) -> History:
    place = before.copy(tmp_path_factory.mktemp("removed") / "place")
    removed = at(place, 40).yes("retention", NAME)
    return History(place, removed)


@pytest.fixture
def copy(history: History, tmp_path: Path) -> History:
    return History(history.place.copy(tmp_path / "place"), history.removed)


def raw_text(place: Place) -> bytes:
    found = [p for part in ("files", "snapshots") for p in (place.store / "raw" / part).rglob("*")]
    return b"".join(path.read_bytes() for path in found if path.is_file())


def test_only_what_is_over_was_removed(history: History, before: Place) -> None:
    kinds = [stone["kind"] for stone in history.removed["removed"]]
    # raw/rows, raw, normalized, screened
    assert (kinds.count("batch"), kinds.count("snapshot")) == (1, 4)
    (batch,) = (s for s in history.removed["removed"] if s["kind"] == "batch")
    assert (batch["source"], batch["rows"]) == ("rows", len(FIRST))
    assert b"first3" in raw_text(before)
    assert b"first3" not in raw_text(history.place)
    assert b"second3" in raw_text(history.place)
    kept = ("versions/", "snapshots/", "ledger/", "models/")
    for part in kept:
        assert files(history.place.store / part).keys() == files(before.store / part).keys()


def test_a_dry_run_says_so_and_removes_nothing(before: Place) -> None:
    stored = files(before.store)
    told = at(before, 40).yes("retention", NAME, "--dry-run")
    assert (told["dry_run"], told["batches"], told["snapshots"]) == (True, 1, 4)
    said = at(before, 40).ask("retention", NAME, "--dry-run").said
    assert "Would be removed" in said
    assert files(before.store) == stored


def test_a_second_job_does_nothing(copy: History) -> None:
    quiet = ("locks/", "dagster/")
    stored = files(copy.place.store, without=quiet)
    told = copy.today.yes("retention", NAME)
    assert (told["removed"], told["items"]) == ([], 0)
    assert files(copy.place.store, without=quiet) == stored


def test_the_older_version_verifies_and_names_what_was_removed(history: History) -> None:
    found = history.today.yes("verify", str(history.version("1.0.0")))
    told = [claim["detail"] for claim in found["claims"] if claim["name"] == "raw data"]
    assert len(told) == 1
    assert "raw data of batch" in told[0]
    assert "of rows was removed on 2026-06-10 by the retention policy (30 days" in told[0]
    newer = history.today.yes("verify", str(history.version("1.0.1")))
    assert not [claim for claim in newer["claims"] if claim["name"] == "raw data"]


def test_a_package_elsewhere_verifies_with_and_without_the_list(
    history: History, tmp_path: Path
) -> None:
    folder = tmp_path / history.version("1.0.0").name
    shutil.copytree(history.version("1.0.0"), folder)
    without = history.today.yes("verify", str(folder))
    assert "raw data" not in {claim["name"] for claim in without["claims"]}
    stones = shutil.copy(history.place.store / "removed" / f"{NAME}.jsonl", tmp_path)
    head = history.place.store / "removed" / f"{NAME}.jsonl.head"
    shutil.copy(head, tmp_path)
    told = history.today.ask("verify", str(folder), "--removed", str(stones))
    assert (told.code, GONE in told.said) == (0, True)
    Path(stones).write_bytes(b"{}\n")
    doubted = history.today.ask("verify", str(folder), "--removed", str(stones))
    assert doubted.code == 0, "the package is what was certified, whatever the list says"
    assert "restore the log from a copy" in doubted.said


def test_trace_says_that_the_raw_text_is_gone(history: History) -> None:
    key = record_id("rows", "first3")
    told = history.today.yes("trace", key, "--version", "1.0.0")
    *way, last = told["steps"]
    assert last["outcome"] == "withdrawn", "that the source has it no longer is told beside it"
    outcomes = {step["stage"]: step["outcome"] for step in way}
    assert [outcomes[s] for s in ("raw/rows", "raw", "normalized", "screened")] == ["removed"] * 4
    assert outcomes["redacted"] == "kept"
    assert GONE in told["steps"][0]["about"]["why"]
    assert GONE in history.today.ask("trace", key, "--version", "1.0.0").said
    assert history.today.ask("trace", "0" * 32).code == 2


def test_a_record_that_a_removed_stage_took_out_is_still_explained(history: History) -> None:
    versions = [history.today.yes("exclusions", number) for number in ("1.0.0", "1.0.1")]
    (out,) = (item for item in versions[0] if item["stage"] == "screened")
    assert out["rule"] == "too_short"
    told = history.today.yes("trace", out["record_id"])["steps"]
    assert [step["outcome"] for step in told] == ["removed", "removed", "excluded", "withdrawn"]
    assert told[2]["about"]["rule"] == "too_short"
    assert not [item for item in versions[1] if item["stage"] == "screened"]


def test_exclusions_are_those_from_before(history: History, before: Place) -> None:
    assert history.today.yes("exclusions", "1.0.0") == before.yes("exclusions", "1.0.0")


def test_diff_compares_what_is_there_and_says_what_is_not(history: History, before: Place) -> None:
    told, full = (place.yes("diff", "1.0.0", "1.0.1") for place in (history.today, before))
    assert sorted(told["removed"]) == ["normalized", "raw", "raw/rows", "screened"]
    assert full["removed"] == {}
    gone = told["removed"].keys()
    assert told["records"] == [c for c in full["records"] if c["stage"] not in gone]
    assert told["exclusions"] == full["exclusions"]
    assert (
        "normalized cannot be compared: snapshot"
        in history.today.ask("diff", "1.0.0", "1.0.1").said
    )


def test_contains_searches_what_was_published_and_says_so(history: History) -> None:
    found = history.today.ask("contains", NAME, "--text", FIRST[3]["text"], "--json")
    assert [item["version"][:12] for item in found.json] == ["Small_v1.0.0"]
    assert "only the published records were searched" in found.err
    assert "Small_v1.0.1" not in found.err
    lost = history.today.ask("contains", NAME, "--text", "ok", "--json")
    assert (lost.code, lost.json) == (1, [])
    assert GONE in lost.err


def test_every_access_is_logged(copy: History) -> None:
    copy.today.yes("trace", record_id("rows", "second3"))
    assert copy.today.ask("contains", NAME, "--text", "a very private question").code == 1
    entries = copy.today.yes("access-log", NAME)
    whats = [entry["what"] for entry in entries]
    assert whats[:3] == ["export", "export", "removal"]
    assert whats[-2:] == ["reading", "reading"]
    assert [e["about"][:12] for e in entries[:2]] == ["Small_v1.0.0", "Small_v1.0.1"]
    log = copy.place.store / "access" / f"{NAME}.jsonl"
    assert b"private" not in log.read_bytes()
    assert "removal" in copy.today.ask("access-log", NAME).said
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    answer = copy.today.ask("access-log", NAME, "--json")
    assert answer.code == 1
    assert "lines were taken away" in answer.json["error"]


def test_a_run_after_a_removal_makes_what_it_needs(copy: History) -> None:
    write_jsonl(copy.place.configs / NAME / "rows.jsonl", FIRST)
    report = copy.today.run(dataset=NAME)
    assert report["version"].startswith("Small_v1.0.0_")
    assert b"first3" in raw_text(copy.place)
    found = copy.today.yes("verify", str(copy.version("1.0.0")))
    assert not [claim for claim in found["claims"] if claim["name"] == "raw data"]
    told = copy.today.yes("trace", record_id("rows", "first3"), "--version", "1.0.0")
    assert "removed" not in {step["outcome"] for step in told["steps"]}


def test_a_stage_whose_input_is_gone_says_when_and_why(copy: History) -> None:
    later = at(copy.place, 90)
    assert later.yes("retention", NAME)["batches"] == 1
    report = later.run("redacted", dataset=NAME, code=1)
    assert "snapshot" in report["failures"][0]
    assert "by the retention policy" in report["failures"][0]
    refused = later.run("package", "certificate", dataset=NAME, code=1)
    assert "by the retention policy" in refused["failures"][0]


def test_the_job_and_its_schedule_do_the_same(
    before: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = before.copy(tmp_path / "place")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(MAY_2026) + 40 * DAY))
    definitions = build_definitions(place.configs, place.store)
    schedule = definitions.resolve_schedule_def(f"{NAME}__retention_daily")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    job = definitions.resolve_job_def(schedule.job_name)
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance)
        assert result.success
    assert b"first3" not in raw_text(place)
    stones = (place.store / "removed" / f"{NAME}.jsonl").read_text("utf-8").splitlines()
    assert len([json.loads(stone) for stone in stones]) == 5


def test_a_dataset_that_keeps_everything_has_no_job(tmp_path: Path) -> None:
    write_dataset(tmp_path, NAME, FIRST)
    assert [job.name for job in build_definitions(tmp_path, tmp_path / "s").jobs or []] == [NAME]
