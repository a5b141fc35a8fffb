"""The sample's package, as those who get it see it: standard tools, tampering, rebuilding."""

import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.verify import verify
from dataset_pipeline_tests.certify.test_standard_tools import PATH, SCRIPTS, TOOLS
from dataset_pipeline_tests.system.place import Place, small_place

pytestmark = pytest.mark.slow
SPLITS = ("train", "validation", "test")
OFFSETS = {"package": 24, "certificate": 6, "public_key": 4}

needs_tools = pytest.mark.skipif(
    any(shutil.which(tool, path=PATH) is None for tool in TOOLS), reason=f"needs {TOOLS}"
)


@pytest.fixture(scope="module")
def version(sample: tuple[Place, dict[str, Any]]) -> VersionFiles:
    package = Path(sample[1]["package"])
    return VersionFiles(package.parent, package.parent.name)


@pytest.fixture(scope="module")
def bag(version: VersionFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bag")
    with zipfile.ZipFile(version.package) as archive:
        archive.extractall(folder)
    return folder / version.name


def shell(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": PATH, "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


# -------------------------------------------------------------------------------- standard tools


@needs_tools
def test_standard_tools_find_the_package_whole(version: VersionFiles, bag: Path) -> None:
    for command, folder in (
        (["unzip", "-t", str(version.package)], bag),
        ([sys.executable, str(SCRIPTS / "bagit.py"), "--validate", str(bag)], bag),
        (["sha256sum", "--strict", "-c", "manifest-sha256.txt"], bag),
        (["sha256sum", "--strict", "-c", "tagmanifest-sha256.txt"], bag),
    ):
        done = shell(command, folder)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning" not in (done.stdout + done.stderr).lower()


@needs_tools
def test_its_own_instructions_work(version: VersionFiles, bag: Path) -> None:
    blocks = re.findall(
        r"^```bash\n(.*?)^```$", (bag / "VERIFY.md").read_text("utf-8"), re.M | re.S
    )
    script = "".join(f"{block}\necho '-- end'\n" for block in blocks)
    done = shell(["bash", "-c", script], version.folder)
    last = [part.strip().splitlines()[-1:] for part in done.stdout.split("-- end\n")[:-1]]
    assert last[:-1] == [["ok"]] * (len(blocks) - 1), done.stdout + done.stderr
    assert len(blocks) >= 7


def test_verify_accepts_every_form_of_it(
    sample: tuple[Place, dict[str, Any]], version: VersionFiles, bag: Path
) -> None:
    place = sample[0]
    assert place.ask("verify", str(version.folder)).code == 0
    assert place.ask("verify", str(version.package)).code == 0
    unpacked = ["verify", str(bag), "--certificate", str(version.certificate)]
    assert place.ask(*unpacked, "--trust", str(version.public_key)).code == 0
    assert place.ask(*unpacked, "--trust", str(place.root / "missing.pem")).code == 2


# -------------------------------------------------------------------------------------- tampering


def flips(files: VersionFiles) -> list[tuple[str, int]]:
    """Seeded places, some in the ZIP's last kilobytes, where its directory is."""
    dice = random.Random(20260501)
    found = []
    for name, count in OFFSETS.items():
        size = getattr(files, name).stat().st_size
        found += [(name, dice.randrange(size)) for _ in range(count)]
    size = files.package.stat().st_size
    return found + [("package", size - 1 - dice.randrange(4000)) for _ in range(6)]


def test_no_flipped_byte_goes_unnoticed(
    sample: tuple[Place, dict[str, Any]], version: VersionFiles, tmp_path: Path
) -> None:
    shutil.copytree(version.folder, tmp_path / version.name)
    copy = VersionFiles(tmp_path / version.name, version.name)
    places = flips(copy)
    assert len(places) >= 30
    for index, (name, offset) in enumerate(places):
        path: Path = getattr(copy, name)
        intact = path.read_bytes()
        path.write_bytes(intact[:offset] + bytes([intact[offset] ^ 1]) + intact[offset + 1 :])
        found = verify(copy.folder)
        where = f"{path.name} at {offset}"
        assert not found.ok, where
        assert found.failed, where
        assert all(claim.file for claim in found.failed), where
        if index % 10 == 0:
            answer = sample[0].ask("verify", str(copy.folder), "--json")
            assert answer.code == 1, where
            failed = [claim for claim in answer.json["claims"] if claim["status"] == "failed"]
            assert any(claim["file"] for claim in failed)
        path.write_bytes(intact)
    assert verify(copy.folder).ok


# ---------------------------------------------------------------------------------------- content


def test_the_card_has_front_matter_that_hugging_face_reads(bag: Path) -> None:
    _, front, text = (bag / "README.md").read_text("utf-8").split("---\n", 2)
    card = yaml.safe_load(front)
    assert card["license"]
    assert card["language"] == ["en", "ru", "kk"]
    (config,) = card["configs"]
    assert [part["split"] for part in config["data_files"]] == list(SPLITS)
    for part in config["data_files"]:
        assert pl.read_parquet(bag / part["path"]).height
    assert text.strip().startswith("# Customer Support AI Dataset 1.0.0")


def test_the_splits_agree_in_every_form_and_share_no_record(bag: Path) -> None:
    ids: dict[str, list[str]] = {}
    for split in SPLITS:
        table = pl.read_parquet(bag / "data/splits" / f"{split}.parquet").to_dicts()
        lines = (bag / "data/splits" / f"{split}.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line) for line in lines] == table
        ids[split] = (bag / "data/splits" / f"{split}.ids.txt").read_text().split()
        assert len(ids[split]) == len(table)
    together = [key for split in SPLITS for key in ids[split]]
    assert len(set(together)) == len(together)


# -------------------------------------------------------------------------------------- rebuilding


def test_the_same_content_gives_the_same_bytes_anywhere(
    small_run: tuple[Place, dict[str, Any]], tmp_path: Path
) -> None:
    elsewhere = Place(
        small_place(tmp_path / "another" / "checkout of it").root,
        {"TZ": "Pacific/Kiritimati", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "4242",
         "POLARS_MAX_THREADS": "1"},
    )  # fmt: skip
    for name in sorted(elsewhere.configs.rglob("*"), reverse=True):
        if name.is_file():
            name.touch()
    built = [Path(small_run[1]["package"]), Path(elsewhere.run()["package"])]
    assert built[0].name == built[1].name
    assert len({hashlib.sha256(path.read_bytes()).hexdigest() for path in built}) == 1
