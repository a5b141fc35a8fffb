"""Traps that libraries set, and that no other test of ours would notice falling into again."""

import re
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

import dataset_pipeline
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.definitions import build_definitions
from dataset_pipeline.errors import NotFoundError
from dataset_pipeline.provenance.events import EventLog
from dataset_pipeline_tests.small import open_store, run, write_dataset

PACKAGE = Path(dataset_pipeline.__file__).parent
TAG = 63  # characters that a tag's value may have
ROWS = [
    {"id": str(n), "text": f"A question about the {word}, and how it is mounted on the wall"}
    for n, word in enumerate(("hub", "lamp", "lock", "camera", "socket", "sensor", "gate", "bell"))
]


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, instance: dg.DagsterInstance) -> Path:
    """A small dataset, certified."""
    root = tmp_path_factory.mktemp("traps")
    write_dataset(root / "configs", "small", ROWS)
    assert run(root / "configs", root / "store", "small", instance).success
    return root


def materializations(instance: dg.DagsterInstance) -> dict[str, dg.AssetMaterialization]:
    found = {}
    for key in instance.all_asset_keys():
        for record in instance.fetch_materializations(key, limit=1).records:
            if made := record.asset_materialization:
                found["/".join(key.path)] = made
    return found


def tags_of(made: dg.AssetMaterialization) -> dict[str, str]:
    return dict(made.tags or {})


def test_a_data_version_is_the_digest_of_content(place: Path, instance: dg.DagsterInstance) -> None:
    """Dagster's own hashes code and inputs: what did not change would look changed."""
    store = open_store(place / "store")
    version = store.versions.all("small")[-1]
    told = materializations(instance)
    for stage, digest in version.snapshots.items():
        assert tags_of(told[f"small/{stage}"])["dagster/data_version"] == digest, stage
    assert tags_of(told["small/package"])["dagster/data_version"] == version.content


def test_the_newest_materialization_is_of_no_deleted_run() -> None:
    """``get_latest_materialization_event`` still returns it; ``fetch_…`` does not."""

    @dg.asset
    def made() -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(metadata={"content_digest": "a" * 64})

    with dg.instance_for_test() as instance:
        run_id = dg.materialize([made], instance=instance).run_id
        assert EventLog(instance).current(made.key, None).run_id == run_id
        instance.delete_run(run_id)
        with pytest.raises(NotFoundError):
            EventLog(instance).current(made.key, None)


def test_digests_are_metadata_and_no_tags_of_ours(
    place: Path, instance: dg.DagsterInstance
) -> None:
    for name, made in materializations(instance).items():
        ours = {k: v for k, v in tags_of(made).items() if not k.startswith("dagster/")}
        assert all(len(value) <= TAG for value in ours.values()), name
        assert "content_digest" in made.metadata, name


def test_a_certificate_cites_no_event_of_its_own(place: Path) -> None:
    store = open_store(place / "store")
    folder = store.versions.folder(store.versions.all("small")[-1])
    (path,) = folder.glob("*.certificate.json")
    stages = read_envelope(path.read_bytes()).statement["predicate"]["stages"]
    assert {stage["asset"].split("/")[-1] for stage in stages} >= {"clean", "splits"}
    assert not any("certificate" in stage["asset"] for stage in stages)


def test_all_steps_run_in_one_process(place: Path) -> None:
    """Where no executor is named, Dagster starts a process with all its imports for each step."""
    definitions = build_definitions(place / "configs", place / "store")
    job = definitions.resolve_job_def("small")
    assert job.executor_def is dg.in_process_executor


def test_what_shows_rows_in_the_event_log_is_used_nowhere() -> None:
    told = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    told += (PACKAGE.parent / "requirements.lock").read_text("utf-8")
    assert not re.search(r"dagster[-_](polars|pandera)\b", told)
