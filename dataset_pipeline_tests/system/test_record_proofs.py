"""Somebody asks whether a record is in a version, and checks the proof elsewhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.store.store import open_store
from dataset_pipeline_tests.system.place import COMMAND, DATASET, Place

pytestmark = pytest.mark.slow
NEVER = "Is there life on Europa?"
MASKED = "is there life on europa write to me email"


@pytest.fixture(scope="module")
def place(small_run: tuple[Place, dict[str, Any]]) -> Place:
    return small_run[0]


@pytest.fixture(scope="module")
def records(place: Place) -> pl.DataFrame:
    """The records in the splits."""
    store = open_store(place.store)
    version = store.versions.all(DATASET)[-1]
    return store.snapshots.open(version.snapshots["splits"]).records.collect()


@pytest.fixture
def elsewhere(place: Place, tmp_path: Path) -> Path:
    """A folder with the certificate and the key, and nothing else of the place."""
    (folder,) = (
        path for path in (place.store / "versions" / DATASET).iterdir() if list(path.glob("*.zip"))
    )
    for path in folder.glob("*"):
        if path.suffix != ".zip":
            shutil.copy(path, tmp_path)
    return tmp_path


def check(folder: Path, proof: Path, *asked: str) -> int:
    """The exit code of ``verify-proof`` in an environment that knows no store."""
    (certificate,) = folder.glob("*.certificate.json")
    (key,) = folder.glob("*.pub.pem")
    command = [*COMMAND, "verify-proof", str(proof), "--certificate", certificate.name, *asked]
    env = {name: value for name, value in os.environ.items() if "DATASET" not in name}
    codes = {
        subprocess.run(
            [*command, *more], cwd=folder, env=env, capture_output=True, check=False
        ).returncode
        for more in ([], ["--trust", key.name])
    }
    (code,) = codes
    return code


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_text_is_proven_to_be_in_its_split(
    place: Place, records: pl.DataFrame, elsewhere: Path, split: str
) -> None:
    row = records.filter(pl.col("split") == split).row(0, named=True)
    proof, text = elsewhere / "proof.json", elsewhere / "text.txt"
    text.write_text(row["prompt"].upper(), "utf-8")
    told = place.yes("contains", DATASET, "--file", str(text), "--prove", str(proof))
    assert (told["says"], told["splits"]) == ("present", [split])
    assert proof.stat().st_size == told["bytes"] <= 2048
    assert check(elsewhere, proof, "--file", str(text)) == 0
    assert check(elsewhere, proof) == 0
    assert check(elsewhere, proof, "--text", NEVER) == 1
    there = f'"tree":"{split}"'.encode()
    assert there in proof.read_bytes()
    proof.write_bytes(proof.read_bytes().replace(there, b'"tree":"validation"'))
    assert check(elsewhere, proof, "--file", str(text)) == 1


def test_a_record_is_proven_by_its_id(place: Place, records: pl.DataFrame, elsewhere: Path) -> None:
    proof, key = elsewhere / "proof.json", records["record_id"][0]
    told = place.yes("contains", DATASET, "--record-id", key, "--prove", str(proof))
    assert told["splits"] == [records["split"][0]]
    assert check(elsewhere, proof, "--record-id", key) == 0
    assert check(elsewhere, proof, "--record-id", "0" * 32) == 1
    assert check(elsewhere, proof, "--text", key) == 1
    found = place.yes("contains", DATASET, "--record-id", key)
    assert [item["split"] for item in found] == told["splits"]


def test_a_text_is_proven_to_be_in_no_split(place: Place, elsewhere: Path) -> None:
    """In the form in which it was given, and in the one in which it would be published."""
    text, proof = f"{NEVER} Write to me: jane.doe@example.org", elsewhere / "proof.json"
    answer = place.ask("contains", DATASET, "--text", text, "--prove", str(proof), "--json")
    assert answer.code == 1
    assert (answer.json["says"], answer.json["other_forms"]) == ("absent", [MASKED])
    for asked in (text, MASKED):
        assert check(elsewhere, proof, "--text", asked) == 0
    assert check(elsewhere, proof, "--text", NEVER) == 1
    said = place.ask("contains", DATASET, "--text", text, "--prove", str(proof)).out
    assert "proven: this is not in Customer_Support" in said


def test_an_excluded_record_is_absent(place: Place, elsewhere: Path) -> None:
    out = place.yes("exclusions", "1.0.0", "--rule", "near_duplicate")[0]["record_id"]
    proof = elsewhere / "proof.json"
    answer = place.ask("contains", DATASET, "--record-id", out, "--prove", str(proof), "--json")
    assert (answer.code, answer.json["says"]) == (1, "absent")
    assert check(elsewhere, proof, "--record-id", out) == 0


def test_what_cannot_be_answered(place: Place, elsewhere: Path, tmp_path: Path) -> None:
    proof = str(tmp_path / "proof.json")
    for asked in (
        ("--prove", proof),
        ("--text", "a", "--record-id", "0" * 32),
        ("--record-id", "nobody's", "--prove", proof),
        ("--text", " ", "--prove", proof),
        ("--text", NEVER, "--version", "9.9.9", "--prove", proof),
    ):
        assert place.ask("contains", DATASET, *asked).code == 2, asked
    assert not Path(proof).exists()
    assert check(elsewhere, tmp_path / "missing.json") == 2
    (tmp_path / "junk.json").write_bytes(b"\xff")
    assert check(elsewhere, tmp_path / "junk.json") == 1


def test_a_proof_takes_the_place_of_no_device_and_no_link(place: Place, tmp_path: Path) -> None:
    """As root, ``--prove /dev/null`` made a file of the device."""
    pipe, link, kept = (tmp_path / name for name in ("pipe", "link", "kept"))
    os.mkfifo(pipe)
    kept.write_bytes(b"kept")
    link.symlink_to(kept)
    for target in (pipe, link, tmp_path):
        before = target.lstat()
        asked = ("contains", DATASET, "--text", NEVER, "--prove", str(target))
        answer = place.ask(*asked)
        assert (answer.code, "no regular file" in answer.said) == (2, True), answer.said
        assert target.lstat().st_ino == before.st_ino
    assert kept.read_bytes() == b"kept"


def test_the_trees_are_the_owners_and_their_loss_is_told(small: Place, tmp_path: Path) -> None:
    kept = small.store / "records"
    assert kept.stat().st_mode & 0o077 == 0
    for path in (path for path in kept.iterdir() if path.is_dir()):
        shutil.rmtree(path)
    asked = ("contains", DATASET, "--text", NEVER, "--prove", str(tmp_path / "proof.json"))
    answer = small.ask(*asked)
    assert answer.code == 2
    assert "trees of this version" in answer.said


def test_checking_a_proof_loads_neither_dagster_nor_polars() -> None:
    code = (
        "import sys, dataset_pipeline.certify.record_proof, dataset_pipeline.certify.record_names;"
        "heavy = {'dagster', 'polars', 'numpy', 'pydantic', 'dataset_pipeline.store'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
