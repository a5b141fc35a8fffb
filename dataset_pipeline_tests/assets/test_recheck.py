"""What is refused when store, event log or configuration were tampered with: nothing is signed.

A forger who writes a snapshot with its right digest, and puts that digest everywhere into the event
log, still meets the gates.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
import yaml

from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.statement_lines import read_statement_lines
from dataset_pipeline.certify.verify import verify
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests import small
from dataset_pipeline_tests.certify.schemas import unnamed

WORDS = ["amber", "birch", "cedar", "daisy", "elder", "ferns", "grape", "hazel", "irish", "jasper"]
ROWS = [
    {"id": f"r{i}", "text": f"{WORDS[i % 10]} grows {i * 7919} ways in {WORDS[i // 4]} fields"}
    for i in range(40)
]
NAME = "small"


@dataclass(frozen=True)
class Finished:
    """A dataset after a whole run: configurations, store, event log."""

    root: Path

    def copy(self, root: Path) -> "Finished":
        shutil.copytree(self.root, root)
        return Finished(root)

    def run(self, *assets: str) -> dg.ExecuteInProcessResult:
        """Materialize all, or only these assets."""
        with dg.DagsterInstance.local_temp(str(self.root / "home")) as instance:
            job = small.dataset_definitions(self.root / "configs", self.root / "store", NAME)
            only = [dg.AssetKey([NAME, name]) for name in assets] or None
            return job.resolve_job_def(NAME).execute_in_process(
                instance=instance, asset_selection=only, raise_on_error=False
            )

    def certify(self) -> str:
        """Pack and certify what is there; what was said when that was refused."""
        events = self.run("package", "certificate").all_events
        failed = [event.step_failure_data for event in events if event.is_step_failure]
        return "\n".join(str(data.error) for data in failed)

    def certificates(self) -> list[Path]:
        return list((self.root / "store" / "versions").glob("*/*/*.certificate.json"))

    def predicate(self) -> dict[str, Any]:
        """What the only certificate says."""
        (path,) = self.certificates()
        statement = read_envelope(path.read_bytes()).statement
        bundle = VersionFiles(path.parent, path.name.split(".certificate")[0]).statements
        lines = read_statement_lines(bundle.read_bytes())
        for signed in (statement, *(line.statement for line in lines)):
            assert not unnamed(dict(signed))
        assert lines
        assert verify(path.parent).ok
        told: dict[str, Any] = statement["predicate"]
        return told

    def configure(self, change: Callable[[dict[str, Any]], object]) -> None:
        path = self.root / "configs" / NAME / "dataset.yaml"
        config = yaml.safe_load(path.read_text("utf-8"))
        change(config)
        path.write_text(yaml.safe_dump(config), "utf-8")

    def edit_log(self, change: Callable[[str], str | None]) -> None:
        """Edit every event, as JSON text, in every database of the log; None deletes it."""
        changed = 0
        for path in (self.root / "home").rglob("*.db"):
            with closing(sqlite3.connect(path)) as database, database:
                tables = "select name from sqlite_master where name = 'event_logs'"
                if not database.execute(tables).fetchall():
                    continue
                for key, text in database.execute("select id, event from event_logs").fetchall():
                    new = change(text)
                    changed += new != text
                    if new is None:
                        database.execute("delete from event_logs where id = ?", (key,))
                    elif new != text:
                        database.execute("update event_logs set event = ? where id = ?", (new, key))
        assert changed, "the test tampered with nothing"

    def forge(self, stage: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        """Another snapshot of a stage, under its right digest, in the store and in the log."""
        store = Store(self.root / "store")
        (old,) = (
            store.snapshots.open(path.parent.name)
            for path in (self.root / "store").glob("**/manifest.json")
            if json.loads(path.read_bytes())["stage"] == stage
        )
        tables = {name: old.table(name).collect() for name in old.manifest["tables"]}
        records = change(tables["records"].drop("record_digest"))
        assert not records.equals(tables["records"].drop("record_digest"))
        new = store.snapshots.write(
            stage, old.manifest["zone"], {**tables, "records": records}
        ).digest
        self.edit_log(lambda text: text.replace(old.digest, new))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    root = tmp_path_factory.mktemp("finished") / "place"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATASET_PIPELINE_SIGNING_KEY", str(root.parent / "keys" / "key.pem"))
        small.write_dataset(root / "configs", NAME, ROWS)
        (root / "home").mkdir()
        place = Finished(root)
        assert place.run().success
        yield place


@pytest.fixture
def place(finished: Finished, tmp_path: Path) -> Finished:
    """The same, with nothing certified."""
    copied = finished.copy(tmp_path / "place")
    for folder in ("versions", "ledger"):
        shutil.rmtree(copied.root / "store" / folder)
    return copied


def test_what_was_not_tampered_with_is_certified(place: Finished) -> None:
    assert place.certify() == ""
    told = place.predicate()
    assert told["completeness"]["overall"] == "partial"
    partial = {k for k, v in told["completeness"]["sections"].items() if v["status"] == "partial"}
    assert partial == {"sources", "rights", "privacy", "package"}
    assert told["privacy"]["residue"]["scanned"] == told["privacy"]["residue"]["records"] > 0
    assert all(stage["software"] for stage in told["stages"])
    (unseen,) = (gap["why"] for gap in told["gaps"] if gap.get("section") == "privacy")
    assert unseen.startswith("not looked for by policy: ")
    assert all(kind in unseen for kind in told["privacy"]["not_covered"])
    assert not any(kind in unseen for kind in told["privacy"]["covered"])


def _of(asset: str, kind: str, text: str) -> bool:
    event = json.loads(text).get("dagster_event") or {}
    return event.get("event_type_value") == kind and f'"{asset}"' in text


def _metadata(asset: str, label: str, change: Callable[[Any], Any]) -> Callable[[Finished], None]:
    """Change a figure in the event of a materialization."""

    def edited(text: str) -> str:
        if not _of(asset, "ASSET_MATERIALIZATION", text):
            return text
        event = json.loads(text)
        made = event["dagster_event"]["event_specific_data"]["materialization"]
        if made["asset_key"]["path"][-1] != asset:  # it speaks of the asset
            return text
        for entry in made["metadata_entries"]:
            if entry["label"] == label:
                data = entry["entry_data"]
                (name,) = data.keys() - {"__class__"}
                data[name] = change(data[name])
        return json.dumps(event)

    return lambda place: place.edit_log(edited)


def _without_check(asset: str, check: str) -> Callable[[Finished], None]:
    def edited(text: str) -> str | None:
        gone = _of(asset, "ASSET_CHECK_EVALUATION", text) and f'"check_name": "{check}"' in text
        return None if gone else text

    return lambda place: place.edit_log(edited)


def _without(*path: str) -> Callable[[Any], Any]:
    def change(value: Any) -> Any:
        data = json.loads(value) if isinstance(value, str) else value
        for name in path:
            data.pop(name)
        return json.dumps(data) if isinstance(value, str) else data

    return change


def _prompt_of_another_split(records: pl.DataFrame) -> pl.DataFrame:
    train = records.filter(pl.col("split") == "train")["prompt"].sort()[0]
    held = records.filter(pl.col("split") == "test")["record_id"].sort()[0]
    return records.with_columns(
        prompt=pl.when(pl.col("record_id") == held).then(pl.lit(train)).otherwise("prompt")
    )


def _group_of_another_split(records: pl.DataFrame) -> pl.DataFrame:
    train = records.filter(pl.col("split") == "train")["group_id"].sort()[0]
    held = records.filter(pl.col("split") == "test")["record_id"].sort()[0]
    return records.with_columns(
        group_id=pl.when(pl.col("record_id") == held).then(pl.lit(train)).otherwise("group_id")
    )


def _with_address(records: pl.DataFrame) -> pl.DataFrame:
    first = pl.col("record_id") == records["record_id"].sort()[0]
    text = pl.lit("write to anna.berg@example.com about it")
    return records.with_columns(prompt=pl.when(first).then(text).otherwise("prompt"))


def _forged(
    stage: str, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> Callable[[Finished], None]:
    return lambda place: place.forge(stage, change)


def _configured(change: Callable[[dict[str, Any]], object]) -> Callable[[Finished], None]:
    return lambda place: place.configure(change)


def _edited_in_place(place: Finished) -> None:
    """A snapshot's file is changed, and keeps its name."""
    for path in (place.root / "store").glob("**/manifest.json"):
        if json.loads(path.read_bytes())["stage"] == "curated":
            (file,) = path.parent.glob("records*.parquet")
            pl.read_parquet(file).with_columns(label=pl.lit("x")).write_parquet(file)


def _forbid(config: dict[str, Any]) -> None:
    config["sources"]["rows"]["rights"] = {**small.RIGHTS, "training": "forbidden"}


REFUSED: dict[str, tuple[Callable[[Finished], None], list[str]]] = {
    "figure in the log": (
        _metadata("redacted", "dagster/row_count", lambda value: value - 1),
        ["small/redacted: the event log's records_kept is not what the snapshot holds"],
    ),
    "exclusions in the log": (
        _metadata("screened", "excluded_by_rule", lambda _: {"too_short": 2}),
        ["small/screened: the event log's excluded_by_rule is not what the snapshot holds"],
    ),
    "check taken out of the log": (
        _without_check("redacted", "no_residue"),
        ["small/redacted: the event log has no check no_residue of this materialization"],
    ),
    "input taken out of the log": (
        _metadata("splits", "inputs", _without("small/deduplicated")),
        ["small/splits: the event log has it read other inputs: small/deduplicated"],
    ),
    "record lost between stages": (
        _forged("splits", lambda records: records.sort("record_id").head(records.height - 1)),
        [
            "splits: conservation does not hold",
            "conservation from collection to splits: 1 lost",
            "small/splits: the event log's records_kept is not what the snapshot holds",
        ],
    ),
    "text in two splits": (
        _forged("splits", _prompt_of_another_split),
        ["1 of ", " text stand in two splits", "splits: the leakage proof is not what its records"],
    ),
    "group in two splits": (
        _forged("splits", _group_of_another_split),
        ["group stand in two splits", "splits: the leakage proof is not what its records"],
    ),
    "address in the splits": (_forged("splits", _with_address), ["splits: 1 of ", "personal data"]),
    "model's record among originals": (
        _forged("screened", lambda r: r.with_columns(generation=pl.lit(1, pl.UInt8))),
        ["screened: separation does not hold"],
    ),
    "file of a snapshot": (
        _edited_in_place,
        ["curated: records", "was changed after it was written"],
    ),
    "gate raised since": (
        _configured(lambda c: c.update(gates={"min_records": 1000})),
        ["splits: enough_records does not hold: ", "(at least 1000)"],
    ),
    "policy changed since": (
        _configured(lambda c: c["stages"].update(screened={"min_characters": 2})),
        ["small/screened: made by version "],
    ),
    "right lost since": (
        _configured(_forbid),
        ["source rows was let in and may not be used today", "small/raw: made by version "],
    ),
    "incomplete where that is not allowed": (
        _configured(lambda c: c["certificate"].update(partial_allowed=["sources"])),
        ["certificate.partial_allowed does not name rights", "does not name privacy"],
    ),
}


@pytest.mark.parametrize(("tamper", "told"), REFUSED.values(), ids=[*REFUSED])
def test_it_is_refused_and_all_is_told(
    place: Finished, tamper: Callable[[Finished], None], told: list[str]
) -> None:
    tamper(place)
    said = place.certify()
    for reason in told:
        assert reason in said, said[-3000:]
    assert not place.certificates()
    assert not (place.root / "store" / "ledger").exists()


def test_evidence_that_is_missing_may_be_allowed_to_be(place: Finished) -> None:
    """A check that is on no record is no failed one: the certificate says partial, and why."""
    _without_check("redacted", "no_residue")(place)
    allowed = ["sources", "rights", "privacy", "package", "checks"]
    place.configure(lambda c: c["certificate"].update(partial_allowed=allowed))
    assert place.certify() == ""
    told = place.predicate()
    assert told["completeness"]["sections"]["checks"]["status"] == "partial"
    assert any("no check no_residue" in gap["why"] for gap in told["gaps"])


def test_no_policy_allows_what_is_wrong(place: Finished) -> None:
    _without_check("redacted", "no_residue")(place)
    place.forge("splits", _with_address)
    allowed = ["sources", "rights", "privacy", "package", "checks"]
    place.configure(lambda c: c["certificate"].update(partial_allowed=allowed))
    assert "personal data" in place.certify()
