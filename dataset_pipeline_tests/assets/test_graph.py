"""The sample's lineage graph, held against a committed picture, so that a change shows in review.

To renew it after a change that was meant: ``RENEW_GOLDEN=1 pytest dataset_pipeline_tests/assets``.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dataset_pipeline.config_file import load_dataset
from dataset_pipeline.definitions import build_definitions, dataset_assets, dataset_definitions
from dataset_pipeline_tests import small

CONFIGS = Path(__file__).parents[2] / "configs"
GOLDEN = Path(__file__).with_name("graph.json")
SAMPLE = "support_tickets"


def _picture(assets: list[dg.AssetsDefinition]) -> dict[str, Any]:
    return {asset.key.to_user_string(): _node(asset) for asset in assets}


def _node(asset: dg.AssetsDefinition) -> dict[str, Any]:
    spec = asset.get_asset_spec()
    return {
        "from": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
        "group": spec.group_name,
        "kinds": sorted(spec.kinds),
        "owners": list(spec.owners),
        "stage_version": (spec.code_version or "").split("-")[0],
        "description": spec.description,
        "checks": {c.name: "blocking" if c.blocking else "warning" for c in asset.check_specs},
    }


def test_the_graph_is_the_one_in_the_picture() -> None:
    found = _picture(dataset_assets(load_dataset(CONFIGS, SAMPLE)))
    if os.environ.get("RENEW_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_every_node_says_what_it_is() -> None:
    for asset in dataset_assets(load_dataset(CONFIGS, SAMPLE)):
        spec = asset.get_asset_spec()
        assert spec.description, spec.key
        assert spec.kinds, spec.key
        assert spec.owners, spec.key
        assert spec.code_version, spec.key


def test_a_changed_policy_changes_the_code_version_of_its_stage_alone(tmp_path: Path) -> None:
    text = (CONFIGS / SAMPLE / "dataset.yaml").read_text(encoding="utf-8")
    before = _versions(CONFIGS)
    changed = tmp_path / SAMPLE
    shutil.copytree(CONFIGS / SAMPLE, changed)
    (changed / "dataset.yaml").write_text(
        text.replace("min_characters: 12", "min_characters: 13"), encoding="utf-8"
    )
    after = _versions(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {f"{SAMPLE}/screened"}


def _versions(configs: Path) -> dict[str, str | None]:
    assets = dataset_assets(load_dataset(configs, SAMPLE))
    return {a.key.to_user_string(): a.get_asset_spec().code_version for a in assets}


def test_a_broken_dataset_does_not_hide_the_sound_ones(tmp_path: Path) -> None:
    (tmp_path / SAMPLE).symlink_to(CONFIGS / SAMPLE)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "dataset.yaml").write_text("format: 1\ntitel: Oops\n", encoding="utf-8")
    definitions = build_definitions(tmp_path, tmp_path / "store")
    keys = {key.to_user_string() for key in definitions.resolve_all_asset_keys()}
    assert f"{SAMPLE}/certificate" in keys
    assert "broken/invalid_configuration" in keys
    node = definitions.resolve_assets_def(dg.AssetKey(["broken", "invalid_configuration"]))
    description = node.get_asset_spec().description or ""
    assert "broken/dataset.yaml:2" in description
    assert "did you mean 'title'" in description


def test_a_dataset_without_annotations_and_training_is_a_graph_too(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "notes.jsonl").write_text('{"text": "hello there"}\n', encoding="utf-8")
    examples = [{"id": f"e{i}", "prompt": f"example number {i}"} for i in range(5)]
    lines = "".join(json.dumps(example) + "\n" for example in examples)
    (folder / "examples.jsonl").write_text(lines, encoding="utf-8")
    (folder / "dataset.yaml").write_text(PLAIN, encoding="utf-8")
    names = [a.key.to_user_string() for a in dataset_assets(load_dataset(tmp_path, "plain"))]
    assert "plain/annotated" in names
    assert "plain/distilled" in names
    assert "plain/training_run" not in names


PLAIN = """\
format: 1
title: Plain
version: "0.1"
description: As little as a dataset can say.
owners: ["team:ml"]
task:
  behaviour: Continue the text as its author would.
  type: text
  examples: examples.jsonl
  restrictions: {use: internal, languages: [en]}
sources:
  notes:
    kind: jsonl
    description: Notes.
    system: A folder
    owner: us
    path: "*.jsonl"
    fields: {prompt: text}
    rights: {basis: own_work, training: allowed, approved_by: us, evidence: We wrote them}
stages:
  normalized: {group_key: plain-notes, split: {by: group, validation: 0, test: 0}}
certificate: {licence: other, contact: ml@example.com, intended_use: Tests}
"""


def test_schedules_run_by_default() -> None:
    definitions = build_definitions(CONFIGS, Path("store"))
    schedule = definitions.resolve_schedule_def(f"{SAMPLE}_nightly")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.execution_timezone == "Asia/Almaty"


@pytest.mark.parametrize("name", [SAMPLE])
def test_the_job_refreshes_the_whole_graph(name: str) -> None:
    job = build_definitions(CONFIGS, Path("store")).resolve_job_def(name)
    expected = {asset.key for asset in dataset_assets(load_dataset(CONFIGS, name))}
    assert set(job.asset_layer.executable_asset_keys) == expected


def _schedules(root: Path, name: str, **changes: Any) -> dict[str, str]:
    small.write_dataset(root, name, [{"id": "a", "text": "one"}], title=name, **changes)
    definitions = dataset_definitions(root, root / "store", name)
    return {
        one.name: f"{one.cron_schedule} {one.execution_timezone}"
        for one in definitions.schedules or []
        if isinstance(one, dg.ScheduleDefinition)
    }


def test_without_a_schedule_a_dataset_is_refreshed_at_two_and_off_means_never(
    tmp_path: Path,
) -> None:
    assert _schedules(tmp_path, "silent") == {"silent_nightly": "0 2 * * * UTC"}
    for number, off in enumerate((False, "off", {"cron": None})):
        assert _schedules(tmp_path, f"off{number}", schedule=off) == {}
    kept = {"schedule": False, "retention": {"raw_days": 30}}
    assert list(_schedules(tmp_path, "kept", **kept)) == ["kept__retention_daily"]


def test_off_in_yaml_is_off_and_versions_are_the_same_by_it(tmp_path: Path) -> None:
    folder = small.write_dataset(tmp_path, "off", [{"id": "a", "text": "one"}])
    before = load_dataset(tmp_path, "off").config
    with (folder / "dataset.yaml").open("a", encoding="utf-8") as file:
        file.write("schedule: off\n")
    after = load_dataset(tmp_path, "off").config
    assert after.schedule.cron is None
    assert after.content_part() == before.content_part()
