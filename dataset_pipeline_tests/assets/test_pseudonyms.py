"""One epoch of pseudonyms, one key: in the run, and where people ask."""

from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.answers.contains import contains
from dataset_pipeline.assets.pseudonyms import keyed_plan
from dataset_pipeline.config_file import Dataset, load_dataset
from dataset_pipeline.errors import PipelineError, StoreError
from dataset_pipeline_tests.small import open_store, run, stages, write_dataset

ONE, OTHER = "first key of the pseudonyms " * 2, "other key of the pseudonyms " * 2
ROWS = [
    {"id": str(n), "text": f"Question {word} about the {word}, write to anna@example.org please"}
    for n, word in enumerate(("hub", "lamp", "lock", "camera", "socket", "sensor", "gate", "bell"))
]


def dataset(root: Path, epoch: str) -> Dataset:
    policy: dict[str, Any] = {
        "entities": ["EMAIL_ADDRESS"],
        "mode": "pseudonym",
        "pseudonym": {"key_env": "KEY", "epoch": epoch},
    }
    write_dataset(root / "configs", "small", ROWS, stages=stages(redacted=policy))
    return load_dataset(root / "configs", "small")


def published(root: Path) -> set[str]:
    """What stands in the place of the address in the newest ``redacted``."""
    store = open_store(root / "store")
    newest = store.versions.all("small")[-1]
    records = store.snapshots.open(newest.snapshots["redacted"]).records.collect()
    return set(records["prompt"].str.extract(r"(\[EMAIL_k\w+\])"))


def test_another_key_needs_another_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = dataset(tmp_path, "a")
    configs, store = tmp_path / "configs", tmp_path / "store"
    monkeypatch.setenv("KEY", ONE)
    assert run(configs, store, "small").success
    first = published(tmp_path)
    assert len(first) == 1

    monkeypatch.setenv("KEY", OTHER)
    failed = run(configs, store, "small")
    assert not failed.success
    (said,) = [str(e.event_specific_data) for e in failed.all_events if e.is_step_failure]
    assert "stages.redacted.pseudonym.epoch" in said
    assert OTHER.strip() not in said
    assert published(tmp_path) == first
    with pytest.raises(StoreError, match="epoch of its own"):
        contains(open_store(store), ours, ROWS[0]["text"])
    with pytest.raises(PipelineError):
        keyed_plan(open_store(store), ours)

    dataset(tmp_path, "b")
    assert run(configs, store, "small").success
    assert not published(tmp_path) & first
