"""The gate over rights in whole runs: it stops, goes on by name, warns, and is looked at again."""

import calendar
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dataset_pipeline.assets.raw_union import expiry_gate
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.config_file import load_dataset
from dataset_pipeline.definitions import dataset_definitions
from dataset_pipeline_tests import small

FIELDS = {"key": "id", "prompt": "text", "attributes": {"category": "category"}}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
WORDS = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "kettle"]


@pytest.fixture(autouse=True)
def _key_and_day(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATASET_PIPELINE_SIGNING_KEY", str(tmp_path / "keys" / "key.pem"))
    on_day(monkeypatch, date(2026, 5, 1))


def on_day(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(calendar.timegm(day.timetuple())))


def rows(prefix: str, count: int, category: str = "support") -> list[dict[str, Any]]:
    return [
        {
            "id": f"{prefix}{index}",
            "category": category,
            "text": f"{prefix} asks "
            + " ".join(WORDS[(index * 7 + k * (index + 3)) % 9] + str(index * k) for k in range(9)),
        }
        for index in range(count)
    ]


def write(tmp_path: Path, *, rights: dict[str, Any], **changes: Any) -> Path:
    """A dataset of two sources; the second, ``other``, has the rights given."""
    other = small.source(FIELDS, path="other.jsonl")
    other["rights"] = {**small.RIGHTS, **rights}
    sources = {"rows": small.source(FIELDS), "other": other}
    configs = tmp_path / "configs"
    folder = small.write_dataset(configs, "small", rows("r", 40), sources=sources, **changes)
    small.write_jsonl(folder / "other.jsonl", rows("o", 15))
    return folder


def run(tmp_path: Path, instance: dg.DagsterInstance, *assets: str) -> dg.ExecuteInProcessResult:
    """Run some assets of the dataset, or all of them."""
    definitions = dataset_definitions(tmp_path / "configs", tmp_path / "store", "small")
    selected = [dg.AssetKey(["small", *name.split("/")]) for name in assets] or None
    return definitions.resolve_job_def("small").execute_in_process(
        run_config=QUIET, instance=instance, raise_on_error=False, asset_selection=selected
    )


def unpassed(result: dg.ExecuteInProcessResult) -> dict[str, tuple[str, str]]:
    return {
        check.check_name: (check.severity.value, check.description or "")
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }


def version(tmp_path: Path) -> VersionFiles:
    store = small.open_store(tmp_path / "store")
    (found,) = store.versions.all("small")
    return VersionFiles(store.versions.folder(found), found.name)


def predicate(files: VersionFiles) -> dict[str, Any]:
    statement = read_envelope(files.certificate.read_bytes()).statement
    found: dict[str, Any] = statement["predicate"]
    return found


def entry(files: VersionFiles, name: str) -> str:
    with zipfile.ZipFile(files.package) as package:
        (path,) = [path for path in package.namelist() if path.endswith(name)]
        return package.read(path).decode()


EXPIRED = {"expires": date(2026, 3, 31)}


def test_a_source_without_a_right_stops_the_run(tmp_path: Path) -> None:
    write(tmp_path, rights=EXPIRED)
    with dg.instance_for_test() as instance:
        result = run(tmp_path, instance)
    assert not result.success
    ((name, (severity, said)),) = unpassed(result).items()
    assert (name, severity) == ("rights", "ERROR")
    assert "sources.other: rights_expired: the right ended on 2026-03-31" in said
    assert "gates.go_on_without" in said
    assert small.open_store(tmp_path / "store").versions.all("small") == []


def test_a_restricted_source_stops_the_run_as_well(tmp_path: Path) -> None:
    restrictions = {"use": "internal", "languages": ["en"], "forbidden_categories": ["health"]}
    write(tmp_path, rights={}, task=small.task("text", restrictions=restrictions))
    path = tmp_path / "configs" / "small" / "dataset.yaml"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("path: other.jsonl", "path: other.jsonl\n    categories: [health]")
    )
    with dg.instance_for_test() as instance:
        result = run(tmp_path, instance)
    assert not result.success
    assert "sources.other: restricted_category" in unpassed(result)["rights"][1]


def test_a_named_source_is_left_out_with_the_evidence(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        rights={**EXPIRED, "evidence": {"file": "consent.txt"}, "licence": "CC-BY-NC-4.0"},
        gates={"go_on_without": ["other"]},
    )
    (folder / "consent.txt").write_text("I agree.")
    with dg.instance_for_test() as instance:
        result = run(tmp_path, instance)
    assert result.success, unpassed(result)
    files = version(tmp_path)

    excluded = [json.loads(line) for line in entry(files, "exclusions/raw.jsonl").splitlines()]
    assert len(excluded) == 15
    assert {row["rule"] for row in excluded} == {"rights_expired"}
    shown = excluded[0]["evidence"]
    assert (shown["basis"], shown["licence"], shown["expires"]) == (
        "own_work", "CC-BY-NC-4.0", "2026-03-31",
    )  # fmt: skip
    assert shown["terms"] == ["attribution", "non_commercial"]
    assert shown["evidence"]["reference"] == "consent.txt"
    assert len(shown["evidence"]["sha256"]) == 64

    told = predicate(files)
    sources = {source["id"]: source for source in told["sources"]}
    decision = sources["other"]["decision"]
    assert (decision["granted"], decision["rule"]) == (False, "rights_expired")
    assert decision["decided_by"] == shown
    counts = [decision[f"records_{name}"] for name in ("in", "kept", "excluded")]
    assert counts == [15, 0, 15]
    assert sources["rows"]["decision"]["granted"]
    assert sources["rows"]["decision"]["records_kept"] == 40
    card = entry(files, "README.md")
    assert "| other | rights_expired | the right ended on 2026-03-31 | consent.txt |" in card
    assert "| rows | in | training is allowed |" in card


def test_the_registry_has_the_standards_fields_and_names_what_is_missing(tmp_path: Path) -> None:
    rights = {"transfer": {"regions": ["KZ"]}, "licence": "CC-BY-NC-4.0", "retention_days": 90}
    write(tmp_path, rights=rights)
    path = tmp_path / "configs" / "small" / "dataset.yaml"
    said = """path: other.jsonl
    rank: licensed
    period: {start: 2025-01-01, end: 2025-12-31}
    risks: [old]
    provenance:
      issuer: A partner
      origin_geography: [KZ]
      method: Written by hand
      storage_excluded: [US]
      copyright: A partner"""
    path.write_text(path.read_text("utf-8").replace("path: other.jsonl", said))
    with dg.instance_for_test() as instance:
        assert run(tmp_path, instance).success
    told = predicate(version(tmp_path))
    registry = told["registry"]
    assert registry["standard_version"] == "1.0.0"
    other = registry["sources"]["other"]
    assert other["source"]["Dataset issuer"] == "A partner"
    assert other["source"]["Dataset title/name"] == "other"
    assert other["provenance"]["Data origin geography"] == ["KZ"]
    assert other["provenance"]["Method"] == "Written by hand"
    assert other["provenance"]["Data format"] == "jsonl"
    period = {"start": "2025-01-01", "end": "2025-12-31"}
    assert other["provenance"]["Range of dates for data generation"] == period
    storage = other["use"]["Data storage geography inclusion/exclusion"]
    assert storage == {"exclusion": ["US"]}
    assert other["use"]["Proprietary data presence: copyright"] == "A partner"
    assert other["use"]["License to use"] == "CC-BY-NC-4.0"
    assert other["beyond_the_standard"]["rank"] == "licensed"
    assert other["beyond_the_standard"]["transfer: regions"] == ["KZ"]
    assert "Proprietary data presence: patent" in other["not_declared"]
    assert "transfer: cloud" in other["not_declared"]
    assert "Dataset issuer" not in other["not_declared"]

    gaps = {(gap["claim"], gap["why"]) for gap in told["gaps"]}
    claims = {claim for claim, _ in gaps}
    assert "all that is to be known of source rows" in claims
    assert "raw data of other is kept no longer than allowed" in claims
    unproven = {why.split(",")[0] for claim, why in gaps if claim == "the right to source other"}
    assert unproven == {
        "its evidence is a reference in plain text",
        "that this internal use is no commercial one is declared",
    }


def test_a_right_that_ends_soon_is_warned_of(tmp_path: Path) -> None:
    ends = {"expires": date(2026, 5, 20)}
    write(tmp_path, rights=ends, gates={"warn_before_expiry_days": 19})
    with dg.instance_for_test() as instance:
        result = run(tmp_path, instance)
    assert result.success
    said = "the right to other ends after 2026-05-20"
    assert unpassed(result) == {"rights_expiry": ("WARN", said)}
    assert version(tmp_path).certificate.is_file(), "a warning stops nothing"


@pytest.mark.parametrize(
    ("day", "days", "warned"),
    [(1, 19, True), (1, 18, False), (20, 0, True), (19, 0, False), (21, 30, False)],
)
def test_when_the_warning_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: int, days: int, *, warned: bool
) -> None:
    ends = {"expires": date(2026, 5, 20)}
    write(tmp_path, rights=ends, gates={"warn_before_expiry_days": days})
    on_day(monkeypatch, date(2026, 5, day))
    gate = expiry_gate(load_dataset(tmp_path / "configs", "small"))
    assert gate({}, {}).holds is not warned


UP_TO_THE_PACKAGE = ("raw/rows", "raw/other", "raw", "normalized", "screened", "redacted",
                     "deduplicated", "clean", "annotated", "distilled", "curated", "splits",
                     "package")  # fmt: skip


def test_a_right_that_ended_before_the_certificate_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, rights={"expires": date(2026, 5, 1)})
    with dg.instance_for_test() as instance:
        assert run(tmp_path, instance, *UP_TO_THE_PACKAGE).success
        on_day(monkeypatch, date(2026, 5, 2))
        result = run(tmp_path, instance, "certificate")
        assert not result.success
        said = " ".join(str(event.event_specific_data) for event in result.all_events
                        if event.is_failure)  # fmt: skip
        assert "source other was let in and may not be used today: rights_expired" in said
        assert not version(tmp_path).certificate.is_file()
        on_day(monkeypatch, date(2026, 5, 1))
        assert run(tmp_path, instance, "certificate").success


def test_evidence_that_was_changed_before_the_certificate_is_made(tmp_path: Path) -> None:
    folder = write(tmp_path, rights={"evidence": {"file": "consent.txt"}})
    (folder / "consent.txt").write_text("I agree.")
    with dg.instance_for_test() as instance:
        assert run(tmp_path, instance, *UP_TO_THE_PACKAGE).success
        (folder / "consent.txt").write_text("I do not agree.")
        result = run(tmp_path, instance, "certificate")
        assert not result.success
        assert not version(tmp_path).certificate.is_file()
        assert run(tmp_path, instance).success, "a whole run takes the evidence's new digest"
    assert len(small.open_store(tmp_path / "store").versions.all("small")) == 2


def test_evidence_that_is_gone_stops_the_run(tmp_path: Path) -> None:
    """Also where the configuration was read while the evidence was still there."""
    folder = write(tmp_path, rights={"evidence": {"file": "consent.txt"}})
    (folder / "consent.txt").write_text("I agree.")
    definitions = dataset_definitions(tmp_path / "configs", tmp_path / "store", "small")
    (folder / "consent.txt").unlink()
    job = definitions.resolve_job_def("small")
    result = job.execute_in_process(run_config=QUIET, raise_on_error=False)
    assert (
        "sources.other: rights_unfounded: consent.txt cannot be read"
        in unpassed(result)["rights"][1]
    )


def test_records_of_a_forbidden_category_are_out(tmp_path: Path) -> None:
    restrictions = {"use": "internal", "languages": ["en"], "forbidden_categories": ["Health"]}
    folder = write(tmp_path, rights={}, task=small.task("text", restrictions=restrictions))
    small.write_jsonl(folder / "other.jsonl", rows("o", 10) + rows("h", 5, "health"))
    with dg.instance_for_test() as instance:
        assert run(tmp_path, instance).success
    files = version(tmp_path)
    excluded = [json.loads(line) for line in entry(files, "exclusions/raw.jsonl").splitlines()]
    assert [row["rule"] for row in excluded] == ["restricted_category"] * 5
    sources = {source["id"]: source for source in predicate(files)["sources"]}
    assert sources["other"]["decision"]["records_kept"] == 10
