"""Attachments in whole runs: carried by digest into the package, or left out and told."""

import json
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.verify import verify
from dataset_pipeline_tests import small
from dataset_pipeline_tests.assets.test_rights_gate import rows, unpassed

FIELDS = {"key": "id", "prompt": "text", "attachments": "files"}
PICTURES = {"a.png": b"first", "b.png": b"second", "anna@example.org.png": b"third"}


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATASET_PIPELINE_SIGNING_KEY", str(tmp_path / "keys" / "key.pem"))


def run(tmp_path: Path, *named: str, **rights: Any) -> dg.ExecuteInProcessResult:
    """A run of a dataset whose first record names these files."""
    pictures = {**small.source({}, path="shots/*"), "kind": "files", "split": "test"}
    pictures["rights"] = {**small.RIGHTS, **rights}
    said = rows("r", 40)
    said[0]["files"] = list(named)
    folder = small.write_dataset(
        tmp_path / "configs", "small", said,
        sources={"rows": small.source(FIELDS), "pictures": pictures},
        stages=small.stages(redacted={"entities": ["EMAIL_ADDRESS"]}),
        gates={"go_on_without": ["pictures"]},
    )  # fmt: skip
    for name, data in PICTURES.items():
        (folder / "shots").mkdir(exist_ok=True)
        (folder / "shots" / name).write_bytes(data)
    result = small.run(tmp_path / "configs", tmp_path / "store", "small")
    assert result.success, [event.message for event in result.all_events if event.is_failure]
    return result


class Package:
    """What the version's package says."""

    def __init__(self, store: Path) -> None:
        opened = small.open_store(store)
        (version,) = opened.versions.all("small")
        folder = opened.versions.folder(version)
        assert verify(folder).ok
        files = VersionFiles(folder, version.name)
        self.said = read_envelope(files.certificate.read_bytes()).statement["predicate"]
        self.gaps = {gap["claim"]: gap["why"] for gap in self.said["gaps"]}
        with zipfile.ZipFile(files.package) as package:
            self.bytes = b"".join(map(package.read, package.namelist()))
            names = {name.rpartition("/data/")[2]: name for name in package.namelist()}
            lines = [
                line
                for split in ("train", "validation", "test")
                for line in package.read(names[f"splits/{split}.jsonl"]).decode().splitlines()
            ]
            (card,) = [name for name in names.values() if name.endswith("README.md")]
            self.card = " ".join(package.read(card).decode().split())
        self.rows = [json.loads(line) for line in lines]

    @property
    def attached(self) -> list[dict[str, Any]]:
        return [item for row in self.rows for item in row.get("attachments", [])]


def test_a_file_is_carried_by_its_digest(tmp_path: Path) -> None:
    result = run(tmp_path, "a.png", "lost.png")
    package = Package(tmp_path / "store")
    assert package.attached == [
        {"name": "a.png", "sha256": sha256(b"first").hexdigest(), "media_type": "image/png",
         "bytes": 5},
        {"name": "lost.png", "sha256": None, "media_type": None, "bytes": None},
    ]  # fmt: skip
    assert len(package.rows) == 40
    assert all(row["attachments"] is not None for row in package.rows)
    severity, said = unpassed(result)["attachments"]
    assert (severity, "1 unknown" in said) == ("WARN", True)
    assert "the attached files" in package.gaps
    assert package.gaps["which files are attached"].startswith("1 attachments")
    assert "2 attachments" in package.card
    assert "1 have a digest" in package.card


def test_without_a_right_to_its_source_a_file_is_not_carried(tmp_path: Path) -> None:
    result = run(tmp_path, "a.png", training="forbidden")
    package = Package(tmp_path / "store")
    assert package.attached == []
    assert len(package.rows) == 40
    assert "1 withheld" in unpassed(result)["attachments"][1]
    assert not {"the attached files", "which files are attached"} & set(package.gaps)
    assert "attachments" not in package.rows[0]


def test_a_name_is_masked_like_any_text(tmp_path: Path) -> None:
    run(tmp_path, "anna@example.org.png")
    package = Package(tmp_path / "store")
    (item,) = package.attached
    assert item["name"] == "[FILE].png"
    assert item["sha256"] == sha256(b"third").hexdigest()
    collected = {source["id"]: source["batch"]["files"] for source in package.said["sources"]}
    names = {file["sha256"]: file["name"] for file in collected["pictures"]}
    assert names[item["sha256"]] == "shots/[FILE].png"
    assert {"shots/a.png", "shots/b.png"} < set(names.values())
    assert b"anna" not in package.bytes


def test_all_is_well_where_all_is_found(tmp_path: Path) -> None:
    assert "attachments" not in unpassed(run(tmp_path, "a.png", "b.png"))
