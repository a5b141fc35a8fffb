"""Contracts in whole runs: what stops, what warns, what a second night and a restart say."""

import calendar
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dataset_pipeline.assets import compute
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline_tests import small

FIELDS = {"key": "id", "prompt": "text", "event_time": {"column": "at"}}
WORDS = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "kettle"]
SECRET = "zanzibar"
Told = Mapping[str, tuple[bool, str, str]]


def rows(count: int = 40, **changes: Any) -> list[dict[str, Any]]:
    """Rows whose texts differ; ``changes``: a column's value from its number."""
    return [
        {
            "id": f"r{n}",
            "text": "asks "
            + " ".join(f"{WORDS[(n * 7 + k * (n + 3)) % 9]}{n * k}" for k in range(9)),
            "at": f"2026-04-{n % 28 + 1:02}T10:00:00Z",
            "channel": "mail",
            **{name: value(n) for name, value in changes.items()},
        }
        for n in range(count)
    ]


class Nights:
    """A dataset with a contract, collected night after night."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.configs, self.store, self._patch = root / "configs", root / "store", patch
        patch.setenv("DATASET_PIPELINE_SIGNING_KEY", str(root / "key.pem"))
        self.on(date(2026, 5, 1))

    def on(self, day: date) -> None:
        self._patch.setenv("SOURCE_DATE_EPOCH", str(calendar.timegm(day.timetuple())))

    def promise(self, contract: Mapping[str, Any] | None) -> None:
        more = {} if contract is None else {"contract": dict(contract)}
        sources = {"rows": small.source(FIELDS, **more)}
        small.write_dataset(self.configs, "small", rows(), sources=sources)

    def run(
        self, brought: Sequence[Mapping[str, Any]], instance: dg.DagsterInstance | None = None
    ) -> dg.ExecuteInProcessResult:
        small.write_jsonl(self.configs / "small" / "rows.jsonl", brought)
        return small.run(self.configs, self.store, "small", instance)

    def checks(self, brought: Sequence[Mapping[str, Any]]) -> Told:
        return told(self.run(brought))

    def predicate(self) -> dict[str, Any]:
        store = small.open_store(self.store)
        version = store.versions.all("small")[-1]
        files = VersionFiles(store.versions.folder(version), version.name)
        found: dict[str, Any] = read_envelope(files.certificate.read_bytes()).statement["predicate"]
        return found


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nights:
    return Nights(tmp_path, monkeypatch)


def told(result: dg.ExecuteInProcessResult) -> Told:
    return {
        check.check_name: (check.passed, check.severity.value, check.description or "")
        for check in result.get_asset_check_evaluations()
        if check.asset_key.path == ["small", "raw", "rows"] and check.check_name != "laws"
    }


def made(result: dg.ExecuteInProcessResult) -> set[str]:
    found = result.get_asset_materialization_events()
    return {"/".join(event.asset_key.path[1:]) for event in found if event.asset_key}


BROKEN = rows(channel=lambda n: f"{SECRET} {n}" if n < 3 else "mail")
PROMISE = {"columns": {"channel": {"allowed": ["mail", "chat"]}}}
SAID = "channel: allowed: 3 row(s) with a value that is not allowed"


def test_a_breach_stops_what_comes_after(nights: Nights) -> None:
    nights.promise(PROMISE)
    with dg.instance_for_test() as instance:
        result = nights.run(BROKEN, instance)
        assert not result.success
        assert made(result) == {"raw/rows"}
        assert told(result)["contract"] == (False, "ERROR", SAID)
        assert small.open_store(nights.store).versions.all("small") == []
        log = "".join(str(entry) for entry in instance.all_logs(result.run_id))
        assert SECRET not in log
        again = nights.run(BROKEN, instance)
        assert not again.success, "nor does a night that finds nothing new"
        assert told(again)["contract"] == (False, "ERROR", SAID)
        assert nights.run(rows(), instance).success
    assert small.open_store(nights.store).versions.all("small") != []


def test_a_breach_that_only_warns(nights: Nights) -> None:
    nights.promise({**PROMISE, "on_breach": "warn"})
    result = nights.run(BROKEN)
    assert result.success
    assert told(result)["contract"] == (False, "WARN", SAID)
    (source,) = nights.predicate()["sources"]
    assert source["contract"]["kept"] is False
    assert source["contract"]["declared"]["columns"]["channel"]["allowed"] == ["mail", "chat"]
    gaps = {gap["claim"]: gap["why"] for gap in nights.predicate()["gaps"]}
    assert gaps["source rows brings what was agreed"] == f"contract: {SAID}"


def test_a_limit_that_is_changed_is_held_against_what_is_known(nights: Nights) -> None:
    nights.promise(PROMISE)
    assert not nights.run(BROKEN).success
    nights.promise({**PROMISE, "on_breach": "warn"})
    result = nights.run(BROKEN)
    assert result.success
    assert _metadata(result)["reused"]
    nights.promise({"columns": {"channel": {"allowed": ["mail"], "matches": "m.*"}}})
    said = nights.checks(BROKEN)["contract"][2]
    assert said == f"{SAID}; channel: matches: 3 row(s) with a value that does not match"


def _metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    for event in result.get_asset_materialization_events():
        if event.asset_key and event.asset_key.path[-1] == "rows":
            found = event.step_materialization_data.materialization.metadata
            return {name: value.value for name, value in found.items()}
    raise AssertionError


def test_without_a_contract_nothing_is_checked(nights: Nights) -> None:
    nights.promise(None)
    result = nights.run(BROKEN)
    assert result.success
    assert told(result) == {}
    assert "columns" not in _metadata(result)
    (source,) = nights.predicate()["sources"]
    assert source["contract"] is None
    gaps = {gap["claim"]: gap["why"] for gap in nights.predicate()["gaps"]}
    assert gaps["source rows brings what was agreed"].startswith("no contract is declared")


def test_a_kept_contract_is_certified(nights: Nights) -> None:
    nights.promise({**PROMISE, "freshness": {"max_age_days": 5}})
    assert nights.run(rows()).success
    (source,) = nights.predicate()["sources"]
    assert source["contract"]["kept"]
    checks = {check["name"]: check["description"] for check in source["contract"]["checks"]}
    assert checks == {
        "contract": "40 rows keep what is promised of them",
        "freshness": "the newest event is 2.6 days old, of at most 5",
        "drift": "there is no batch before to compare with",
    }
    assert not [g for g in nights.predicate()["gaps"] if "was agreed" in g["claim"]]


def test_freshness_is_judged_anew_every_night(nights: Nights) -> None:
    nights.promise({"freshness": {"max_age_days": 5}})
    assert nights.checks(rows())["freshness"][0]
    nights.on(date(2026, 5, 4))
    result = nights.run(rows())
    assert _metadata(result)["reused"], "nothing is new, but what there is grows old"
    said = "the newest event is 5.6 days old, of at most 5"
    assert told(result)["freshness"] == (False, "ERROR", said)
    assert made(result) == {"raw/rows"}
    nights.promise({"freshness": {"max_age_days": 5}, "on_breach": "warn"})
    result = nights.run(rows())
    assert result.success
    assert told(result)["freshness"] == (False, "WARN", said)


def test_freshness_is_that_of_records(nights: Nights) -> None:
    """A row that becomes no record does not make a source look fresh."""
    nights.promise({"freshness": {"max_age_days": 5}})
    fresh = {"id": "r99", "text": "", "at": "2026-05-30T00:00:00Z", "channel": "mail"}
    nights.on(date(2026, 5, 31))
    assert not nights.checks([*rows(), fresh])["freshness"][0]


def test_drift_between_collections(nights: Nights) -> None:
    nights.promise({"columns": {"channel": {}}, "drift": {"categories": ["channel"]}})
    fine = (True, "WARN", "no more than allowed")
    first = nights.checks(rows())
    assert first["drift"] == (True, "WARN", "there is no batch before to compare with")
    assert nights.checks(rows())["drift"] == first["drift"], "a night without anything new"

    some = rows(channel=lambda n: "chat" if n < 4 else "mail")
    assert nights.checks(some)["drift"] == fine
    many = rows(channel=lambda n: "chat" if n < 20 else "mail")
    far = (False, "WARN", "channel: total variation of its shares is 0.400, over 0.2")
    result = nights.run(many)
    assert result.success, "drift never stops a run"
    assert told(result)["drift"] == far
    assert nights.checks(many)["drift"] == far, "compared with the same batch on the next night"

    none = rows(channel=lambda n: "chat" if n < 20 else None)
    assert nights.checks(none)["drift"][2] == (
        "channel: the share of rows without a value went from 0.0% to 50.0%; "
        "channel: total variation of its shares is 0.500, over 0.2"
    )
    gone = [{k: v for k, v in row.items() if k != "channel"} for row in rows()]
    assert "column channel vanished" in nights.checks(gone)["drift"][2]
    assert nights.checks(many)["drift"][2] == "column channel appeared", "back to one of before"


def test_drift_needs_a_profile_of_the_batch_before(nights: Nights) -> None:
    """A batch from before there was a contract is compared with nothing."""
    nights.promise({"columns": {"channel": {}}})
    nights.run(rows())
    nights.promise(None)
    nights.run(rows(39))
    nights.promise({"columns": {"channel": {}}})
    said = nights.checks([{**row, "channel": None} for row in rows(38)])["drift"][2]
    assert said == "there is no batch before to compare with"


def test_records_in_parts_are_checked_as_well(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute, "_MOST_IN_MEMORY", 0)
    nights.promise({**PROMISE, "freshness": {"max_age_days": 2}, "on_breach": "warn"})
    found = nights.checks(BROKEN)
    assert found["contract"] == (False, "WARN", SAID)
    assert found["freshness"][2] == "the newest event is 2.6 days old, of at most 2"


def test_what_is_kept_of_a_batch_holds_nothing_of_its_rows(nights: Nights) -> None:
    nights.promise(
        {
            "columns": {"channel": {"type": "integer", "unique": True}},
            "drift": {"categories": ["channel"]},
            "on_breach": "warn",
        }
    )
    result = nights.run(BROKEN)
    assert result.success
    kept = [*nights.store.glob("computations/*/*.json"), *nights.store.glob("raw/collections/**/*")]
    texts = [path.read_text("utf-8") for path in kept if path.is_file()]
    assert any("breaches" in text for text in texts)
    assert not [text for text in texts if SECRET in text or "amber" in text]
    assert SECRET not in json.dumps({k: str(v) for k, v in _metadata(result).items()})
