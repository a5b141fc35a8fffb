"""What the server tells the UI, and what a run that the UI starts leaves behind."""

from typing import Any

import pytest
import requests
import yaml

from dataset_pipeline.assets.clean import clean_specs
from dataset_pipeline.assets.curated import curated_specs
from dataset_pipeline.assets.raw import raw_specs
from dataset_pipeline_tests.sample_run import sample_dataset
from dataset_pipeline_tests.system.place import DATASET
from dataset_pipeline_tests.ui.conftest import BROKEN, FREQUENT
from dataset_pipeline_tests.ui.server import SELECTOR, Server, until

pytestmark = pytest.mark.slow

ENDS = {"package", "certificate", "training_run", "training_certificate"}
_NODES = """{ assetNodes {
  assetKey { path } groupName kinds description opVersion isExecutable pools jobNames
  owners { ... on TeamAssetOwner { team } ... on UserAssetOwner { email } }
  assetChecksOrError { ... on AssetChecks { checks { name description blocking } } }
} }"""
_SCHEDULES = """query($selector: RepositorySelector!) {
  schedulesOrError(repositorySelector: $selector) { ... on Schedules { results {
    id name cronSchedule scheduleState { id status selectorId }
  } } }
}"""
_TICKED = """query($tags: [ExecutionTag!]) {
  runsOrError(filter: {tags: $tags}) { ... on Runs { results { runId jobName status } } }
}"""
_TIMES = "query($id: ID!) { runOrError(runId: $id) { ... on Run { startTime endTime } } }"
_MADE = """query($path: [String!]!) { assetNodeOrError(assetKey: {path: $path}) { ... on AssetNode {
  assetMaterializations(limit: 1) { runId metadataEntries { __typename label
    ... on MarkdownMetadataEntry { mdStr }
    ... on TableMetadataEntry { table { records schema { columns { name } } } }
    ... on TextMetadataEntry { text } ... on BoolMetadataEntry { boolValue } } } } } }"""


@pytest.fixture(scope="module")
def nodes(server: Server) -> dict[str, dict[str, Any]]:
    return {"/".join(node["assetKey"]["path"]): node for node in server.ask(_NODES)["assetNodes"]}


def shown(server: Server, asset: str) -> dict[str, Any]:
    """An asset's newest metadata by label."""
    found = server.ask(_MADE, path=[DATASET, *asset.split("/")])["assetNodeOrError"]
    return {entry["label"]: entry for entry in found["assetMaterializations"][0]["metadataEntries"]}


def test_every_asset_of_the_sample_is_a_node(nodes: dict[str, dict[str, Any]]) -> None:
    dataset = sample_dataset()
    stages = [*raw_specs(dataset), *clean_specs(dataset), *curated_specs(dataset)]
    expected = {spec.name for spec in stages} | ENDS
    mine = {name: node for name, node in nodes.items() if node["assetKey"]["path"][0] == DATASET}
    assert set(mine) == {f"{DATASET}/{name}" for name in expected}
    for name, node in mine.items():
        assert node["groupName"] == DATASET, name
        assert node["pools"] == [DATASET], name
        assert DATASET in node["jobNames"], name
        assert node["kinds"], name
        assert node["description"], name
        assert node["opVersion"], name
        owners = [owner.get("team") or owner.get("email") for owner in node["owners"]]
        assert sorted(owners) == ["compliance@example.com", "support-ml"], name
    assert mine[f"{DATASET}/splits"]["opVersion"].startswith(
        {spec.name: spec.version for spec in stages}["splits"] + "-"
    )


def test_descriptions_say_by_what_right_and_what_is_not_covered(
    nodes: dict[str, dict[str, Any]],
) -> None:
    forum = nodes[f"{DATASET}/raw/partner_forum"]["description"]
    assert "CC-BY-NC-4.0" in forum
    assert "**Training:** forbidden" in forum
    assert "until 2026-03-31" in nodes[f"{DATASET}/raw/beta_survey"]["description"]
    _, missed = nodes[f"{DATASET}/redacted"]["description"].split("**Not looked for:**")
    assert "LOCATION, DEBT" in missed


def test_every_check_is_listed_and_says_what_it_means(nodes: dict[str, dict[str, Any]]) -> None:
    found = {
        (name.removeprefix(f"{DATASET}/"), check["name"]): check
        for name, node in nodes.items()
        for check in node["assetChecksOrError"].get("checks", [])
    }
    dataset = sample_dataset()
    for spec in [*raw_specs(dataset), *clean_specs(dataset), *curated_specs(dataset)]:
        for name in ("laws", *spec.gates):
            assert found[spec.name, name]["blocking"], (spec.name, name)
    assert found["certificate", "certified"]["blocking"]
    assert not found["training_run", "success_criteria"]["blocking"]
    assert [key for key, check in found.items() if not check["description"]] == []


def test_the_broken_dataset_says_what_is_wrong(nodes: dict[str, dict[str, Any]]) -> None:
    (name,) = [name for name in nodes if name.startswith(f"{BROKEN}/")]
    told = nodes[name]["description"].replace("\\", "")
    line = told.split("dataset.yaml:")[1].split(":")[0]
    assert f"configs/{BROKEN}/dataset.yaml:" in told
    assert int(line) > 0
    assert "titel: unknown key; did you mean 'title'?" in told
    assert not nodes[name]["isExecutable"]


def test_nothing_is_sent_anywhere(server: Server) -> None:
    settings = yaml.safe_load(server.ask("{ instance { info } }")["instance"]["info"])
    assert settings["telemetry"] == {"enabled": False}
    page = requests.get(server.address, timeout=60).text
    assert '"telemetryEnabled": false' in page.replace("&quot;", '"')
    assert server.ask("{ shouldShowNux }") == {"shouldShowNux": False}


def test_materialize_all_makes_a_certified_version(server: Server, materialized: str) -> None:
    """The command line, another process, sees the same store and the same event log."""
    place = server.place
    (version,) = place.yes("versions", DATASET)
    assert version["certified"]
    assert place.yes("verify", version["package"])["ok"]
    report = place.run()
    assert [row["stage"] for row in report["stages"] if not row["reused"]] == []
    assert report["run_id"] != materialized
    assert place.yes("versions", DATASET) == [version]
    splits = server.ask(_MADE, path=[DATASET, "splits"])["assetNodeOrError"]
    assert splits["assetMaterializations"][0]["runId"] == report["run_id"]


@pytest.mark.usefixtures("materialized")
def test_people_see_tables_of_counts(server: Server) -> None:
    columns = shown(server, "deduplicated")["exclusions"]["table"]["schema"]["columns"]
    assert [column["name"] for column in columns][:2] == ["rule", "records"]
    splits = shown(server, "splits")
    assert splits["plot"]["mdStr"].startswith("![by label, by source](data:image/png;base64,")
    for label in ("kept_by_label", "kept_by_source", "kept_by_language"):
        assert "|train|validation|test|" in splits[label]["mdStr"]
    leaks = splits["leakage"]["table"]["records"]
    assert len(leaks) == 5
    certificate = shown(server, "certificate")
    assert "LOCATION" in str(certificate["not_covered"]["table"]["records"])
    assert "dataset-pipeline verify" in certificate["verify"]["mdStr"]
    assert "macro_f1" in str(shown(server, "training_run")["scores"]["table"])
    assert "EMAIL_ADDRESS" in str(shown(server, "redacted")["masked"]["table"]["records"])


def test_runs_of_one_dataset_wait_for_each_other(server: Server) -> None:
    """Whichever way they were launched: the dataset's assets are one pool.

    Dagster knows a pool, and so its limit, from its first use on.
    """
    keys = server.assets(FREQUENT)
    assert server.ended(server.launch(keys)) == "SUCCESS"
    runs = [server.launch(keys), server.launch(keys, job=FREQUENT)]
    assert [server.ended(run) for run in runs] == ["SUCCESS", "SUCCESS"]
    times = [server.ask(_TIMES, id=run)["runOrError"] for run in runs]
    first, second = sorted(times, key=lambda run: float(run["startTime"]))
    assert first["endTime"] <= second["startTime"]


def test_the_nightly_schedules_are_on_by_themselves(server: Server) -> None:
    found = server.ask(_SCHEDULES, selector=SELECTOR)["schedulesOrError"]["results"]
    states = {schedule["name"]: schedule for schedule in found}
    assert set(states) == {f"{DATASET}_nightly", f"{FREQUENT}_nightly"}
    assert {one["scheduleState"]["status"] for one in found} == {"RUNNING"}
    assert states[f"{DATASET}_nightly"]["cronSchedule"] == "0 2 * * *"


def test_the_daemon_runs_what_is_due(server: Server) -> None:
    """A schedule that is due each minute makes a version, and no second one later."""
    name = f"{FREQUENT}_nightly"
    tags = [{"key": "dagster/schedule_name", "value": name}]

    def succeeded() -> list[Any] | None:
        runs = server.ask(_TICKED, tags=tags)["runsOrError"]["results"]
        assert {run["jobName"] for run in runs} <= {FREQUENT}
        assert "FAILURE" not in {run["status"] for run in runs}
        return [run for run in runs if run["status"] == "SUCCESS"] or None

    until(succeeded, 240)
    (version,) = server.place.yes("versions", FREQUENT)
    assert version["certified"]
    report = server.place.run(dataset=FREQUENT)
    assert [row["stage"] for row in report["stages"] if not row["reused"]] == []
