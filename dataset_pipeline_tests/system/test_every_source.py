"""One dataset with every kind of source at once, collected three times, from raw to certificate."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import dagster as dg
import pytest
import yaml

from dataset_pipeline.answers.trace import trace_anywhere
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.config import ChatSource
from dataset_pipeline.config.sources import Source
from dataset_pipeline.instance import open_instance
from dataset_pipeline.records import record_id
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.system.every_kind import (
    APPEARS,
    CHANGES,
    FIRST,
    LOCAL,
    NOTE,
    SECOND,
    STAYS,
    VANISHES,
    halves,
    picture,
    texts,
)
from dataset_pipeline_tests.system.every_place import (
    DATABASES,
    DATASET,
    SECRET,
    SOURCES,
    World,
    world,
)

# What changed, went and came is in files of its own, or all in the one file that changed.
EACH = {"new": 1, "changed": 1, "vanished": 1, "unchanged": 1}
WHOLE = {"new": 0, "changed": 1, "vanished": 0, "unchanged": 0}
BROKEN = {"jsonl": 1, "s3": 1}  # lines that no reader can read
SILENT = {"files": 1}  # files without a text
WHOLE_TEXT = ("text", "slack", "telegram", "whatsapp", "messages", "files")
FILES = {
    **{name: EACH if kind.each else WHOLE for name, kind in LOCAL.items()},
    **{name: {**dict.fromkeys(EACH, 0), "new": 2, "unchanged": 1} for name in DATABASES},
    "email": {**WHOLE, "unchanged": 1},
    "files": {"new": 2, "changed": 2, "vanished": 2, "unchanged": 3},
    "http": {**WHOLE, "unchanged": 1},
    "s3": EACH,
}


@dataclass(frozen=True)
class Told:
    """What one run said: its report, the metadata of its sources, what was asked of servers."""

    report: dict[str, Any]
    metadata: dict[str, dict[str, Any]]
    web: list[tuple[str, int]]
    objects: list[str]

    def counts(self, what: str) -> dict[str, dict[str, int]]:
        """How many files or rows of each source are new, changed …"""
        return {
            source: {
                label.removeprefix(f"{what}_"): value
                for label, value in told.items()
                if label.startswith(f"{what}_")
            }
            for source, told in self.metadata.items()
        }


@dataclass(frozen=True)
class Story:
    """Three runs: all is new, some of it changed, nothing changed."""

    world: World
    first: Told
    second: Told
    third: Told

    @property
    def store(self) -> Store:
        return Store(self.world.place.store)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with world(tmp_path_factory.mktemp("every")) as made:
        made.says(FIRST, 1)
        first = _run(made)
        made.says(SECOND, 2)
        second = _run(made)
        yield Story(made, first, second, _run(made))


def _run(made: World) -> Told:
    made.site.answered.clear()
    made.bucket.asked.clear()
    report = made.place.run(dataset=DATASET)
    fetched = [
        path for method, path in made.bucket.asked if method == "GET" and "/tickets/" in path
    ]
    names = [path.rpartition("/")[2] for path in fetched]
    return Told(report, _metadata(made), [*made.site.answered], sorted(names))


def _metadata(made: World) -> dict[str, dict[str, Any]]:
    """The newest of each source's node."""
    found = {}
    with open_instance(made.place.store) as instance:
        for name in SOURCES:
            key = dg.AssetKey([DATASET, "raw", name])
            (record,) = instance.fetch_materializations(key, limit=1).records
            assert record.asset_materialization
            metadata = record.asset_materialization.metadata
            found[name] = {label: value.value for label, value in metadata.items()}
    return found


def _id(source: str, key: str) -> str:
    return record_id(source, LOCAL[source].key(key) if source in LOCAL else key)


def test_every_kind_of_source_is_here(story: Story) -> None:
    models = get_args(get_args(Source)[0])
    known = {get_args(model.model_fields["kind"].annotation)[0] for model in models}
    config = yaml.safe_load((story.world.folder / "dataset.yaml").read_text("utf-8"))
    assert {source["kind"] for source in config["sources"].values()} == known
    formats = {source.get("format") for source in config["sources"].values()} - {None}
    assert formats == set(get_args(ChatSource.model_fields["format"].annotation))


def test_no_row_is_lost(story: Story) -> None:
    for told in (story.first, story.second, story.third):
        assert told.report["ok"]
        stages = {row["stage"]: row for row in told.report["stages"]}
        for name in SOURCES:
            row = stages[f"raw/{name}"]
            assert row["kept"] == 3 + SILENT.get(name, 0), name
            assert row["excluded"] == BROKEN.get(name, 0), name
            assert row["in"] == row["kept"] + row["excluded"], name
        assert stages["raw"]["in"] == sum(stages[f"raw/{name}"]["kept"] for name in SOURCES)
        assert stages["raw"]["by rule"] == {"file_without_text": 1}
        assert stages["raw"]["kept"] == 3 * len(SOURCES)


@pytest.mark.parametrize("source", SOURCES)
def test_every_text_arrives_as_it_was_mapped(story: Story, source: str) -> None:
    known = story.store.collections.entries(DATASET, source)
    for entry, keys in zip(known, (FIRST, SECOND, SECOND), strict=True):
        records = story.store.snapshots.open(entry["snapshot"]).records
        prompts = dict(records.select("record_id", "prompt").collect().iter_rows())
        for key, text in texts(source, keys).items():
            said = text if source in WHOLE_TEXT else ": ".join(halves(text))
            assert prompts[_id(source, key)] == said, (source, key)


def test_the_second_time_only_changes_are_collected(story: Story) -> None:
    files, rows = (story.second.counts(what) for what in ("files", "rows"))
    assert files == {name: FILES[name] for name in SOURCES}
    assert rows == {
        name: {
            "kept": 3 + SILENT.get(name, 0), "quarantined": BROKEN.get(name, 0),
            "new": 1, "changed": 1, "withdrawn": 1, "unchanged": 1 + SILENT.get(name, 0),
        }
        for name in SOURCES
    }  # fmt: skip
    for name, kind in LOCAL.items():
        names = story.store.collections.entries(DATASET, name)[1]["names"]
        assert {len(names[what]) == FILES[name][what] for what in names} == {True}
        if kind.each:
            told = {what: {_key(path) for path in paths} for what, paths in names.items()}
            assert told == {"new": {APPEARS}, "changed": {CHANGES}, "vanished": {VANISHES}}


def _key(path: str) -> str:
    """The key that a file of its own is named by."""
    return next(key for key in {*FIRST, *SECOND} if key in path)


def test_servers_are_asked_for_changes_alone(story: Story) -> None:
    assert sorted(story.first.web) == [("/first.tsv", 200), ("/others.tsv", 200)]
    assert sorted(story.second.web) == [("/first.tsv", 304), ("/others.tsv", 200)]
    assert sorted(story.third.web) == [("/first.tsv", 304), ("/others.tsv", 304)]
    assert story.first.objects == ["k1.jsonl", "k2.jsonl.gz", "k3.jsonl.zst"]
    assert story.second.objects == ["k2.jsonl.gz", "k4.jsonl.zst"]
    assert story.third.objects == []


def test_an_unchanged_world_brings_nothing_and_no_version(story: Story) -> None:
    for name, told in story.third.metadata.items():
        assert told["collection"].startswith("unchanged: "), name
        assert told["reused"], name
    quiet = dict.fromkeys(("new", "changed", "withdrawn"), 0)
    assert all({**counts, **quiet} == counts for counts in story.third.counts("rows").values())
    found = story.world.place.versions(DATASET)
    assert list(found) == ["1.0.0", "1.0.1"]
    assert story.third.report["version"] == story.second.report["version"]
    assert story.third.report["version"] != story.first.report["version"]
    answer = story.world.place.ask("verify", story.third.report["package"])
    assert answer.code == 0, answer.said


def test_withdrawn_records_are_told(story: Story) -> None:
    for name in SOURCES:
        _, steps = trace_anywhere(story.store, _id(name, VANISHES))
        told = [step for step in steps if step.outcome == "withdrawn"]
        assert [step.stage for step in told] == [f"raw/{name}"], name
        assert told[0].about["why"] == f"withdrawn from {name} on 2026-05-01"
        _, steps = trace_anywhere(story.store, _id(name, CHANGES))
        assert all(step.outcome != "withdrawn" for step in steps), name
    answer = story.world.place.ask("trace", _id("mariadb", VANISHES))
    assert "withdrawn from mariadb on 2026-05-01" in answer.said


def test_files_are_attached_by_digest(story: Story) -> None:
    with zipfile.ZipFile(story.third.report["package"]) as package:
        names = [name for name in package.namelist() if "/splits/" in name and "jsonl" in name]
        lines = [line for name in names for line in package.read(name).decode().splitlines()]
    found = {row["record_id"]: row["attachments"] for row in map(json.loads, lines)}

    def attached(source: str, key: str) -> dict[str, str | None]:
        return {item["name"]: item["sha256"] for item in found[_id(source, key)]}

    plain, mine = sha256(picture("plain")).hexdigest(), sha256(picture(STAYS)).hexdigest()
    changed = sha256(picture(texts("files", SECOND)[CHANGES])).hexdigest()
    assert attached("jsonl", STAYS) == {"plain.png": plain, "lost.png": None}
    assert attached("email", STAYS) == {"a.png": mine}
    assert attached("files", CHANGES) == {"sources/files/k2.png": changed}
    assert attached("sqlite", STAYS) == {}
    assert any("1 unknown" in said for said in story.third.report["warnings"])
    gaps = {gap["claim"] for gap in _predicate(story)["gaps"]}
    assert {"the attached files", "which files are attached"} <= gaps


def _predicate(story: Story) -> Mapping[str, Any]:
    envelope = read_envelope(Path(story.third.report["certificate"]).read_bytes())
    predicate: Mapping[str, Any] = envelope.statement["predicate"]
    return predicate


def test_encodings_are_found(story: Story) -> None:
    last = story.store.collections.last_counted(DATASET, "csv")
    assert last
    records = story.store.snapshots.open(last["snapshot"]).records.select("attributes").collect()
    notes = {item["value"] for items in records["attributes"].to_list() for item in items}
    assert notes == {NOTE.upper()}


def test_no_credential_is_written_anywhere(story: Story) -> None:
    root = story.world.place.root
    for path in (path for path in root.rglob("*") if path.is_file()):
        assert SECRET.encode() not in path.read_bytes(), path
