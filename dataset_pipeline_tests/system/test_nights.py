"""Night after night in one store gives what one night with all of it gives."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.verify import verify
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests import small

pytestmark = pytest.mark.slow
NAME = "nights"
# What tells one version from another: its name, and what is said of collections.
OWN = ("README.md", "VERIFY.md", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt")
TOLD = ("original/", "lineage.json", "croissant.json", "ro-crate-metadata.json")


def rows(first: int, last: int) -> list[dict[str, Any]]:
    """Tickets, of which each ninth is nearly the one before it and each seventh names somebody."""
    found = []
    for n in range(first, last):
        about = n - 1 if n % 9 == 0 else n
        text = f"Order {about * 7919} has not arrived and the tracking page shows nothing new since"
        who = f" Please call Ann Miller at +44 20 7946 {n:04}." if n % 7 == 0 else ""
        found.append({"id": str(n), "text": f"{text} day {about % 31}.{who}", "group": str(n // 3)})
    return found


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    fields = {"key": "id", "prompt": "text", "group_id": "group"}
    sources = {"rows": {**small.source(fields), "path": "data/*.jsonl"}}
    stages = small.stages(redacted={"phone_regions": ["GB"]})
    folder = small.write_dataset(tmp_path / "configs", NAME, [], sources=sources, stages=stages)
    (folder / "data").mkdir()
    return tmp_path / "configs"


def night(configs: Path, store: Path, **files: list[dict[str, Any]]) -> None:
    for name, told in files.items():
        small.write_jsonl(configs / NAME / "data" / f"{name}.jsonl", told)
    assert small.run(configs, store, NAME).success


def payload(store: Path) -> dict[str, bytes]:
    """The newest version's files by name, but for those that name the version or collections."""
    opened = Store(store)
    version = opened.versions.all(NAME)[-1]
    files = VersionFiles(opened.versions.folder(version), version.name)
    assert not verify(files.folder).failed
    with zipfile.ZipFile(files.package) as package:
        named = {name.removeprefix(f"{version.name}/"): name for name in package.namelist()}
        inside = {name.removeprefix("data/"): package.read(whole) for name, whole in named.items()}
    return {
        name: data for name, data in inside.items() if name not in OWN and not name.startswith(TOLD)
    }


def test_nights_one_after_the_other_give_what_one_night_gives(
    configs: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    night(configs, store, a=rows(0, 300))
    night(configs, store, b=rows(300, 320))
    changed = [{**row, "text": row["text"] + " Thank you"} for row in rows(320, 330)]
    night(configs, store, c=rows(320, 340))
    night(configs, store, c=[*changed, *rows(330, 338)])

    night(configs, tmp_path / "anew")

    assert len(Store(store).versions.all(NAME)) == 4
    after, anew = payload(store), payload(tmp_path / "anew")
    assert after.keys() == anew.keys()
    assert [name for name in after if after[name] != anew[name]] == []
    assert "clean/records.parquet" in after
