"""A version's packages: what is in them, that their bytes follow from content, who reads them."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from dataset_pipeline.certify import tables
from dataset_pipeline.certify.bag import Measured, measured
from dataset_pipeline.certify.errors import BagError
from dataset_pipeline.certify.exports import write_splits
from dataset_pipeline.certify.facts import measure
from dataset_pipeline.certify.inspect import inspect_packages
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.package import Packages, write_packages
from dataset_pipeline.records import exclusions, row_digests
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.made import made_records, made_version
from dataset_pipeline_tests.small import RIGHTS, source, task

READERS = Path(__file__).with_name("readers.py")
PINNED = (
    "mlcroissant==1.1.1", "pyarrow==26.0.1", "rocrate==0.16.0", "roc-validator==0.13.0",
    "huggingface_hub==2.4.0",
)  # fmt: skip
LABELS = task("classification", labels=["yes", "no"])
EXCLUDED = pl.DataFrame({"record_id": ["b", "a", "c"], "text": ["x", 'with "quotes"', "é, и\\"]})


def texts(count: int = 230) -> pl.DataFrame:
    """Texts that a careless reader takes for something else: numbers, dates, quotes, line ends."""
    odd = [
        "007",
        "1.50",
        "2026-05-01",
        "true",
        "null",
        'say "no"\nand go',
        "a\tb,c;d",
        "Қазақша",
        "NaN",
    ]
    return pl.DataFrame(
        {
            "id": [str(n) for n in range(count)],
            "text": [f"{odd[n % len(odd)]}" if n % 3 else f"text {n}" for n in range(count)],
            "answer": [f"answer {n}" for n in range(count)],
            "intent": [("yes", "no")[n % 2] for n in range(count)],
        }
    )


def taken_out() -> pl.DataFrame:
    shown = exclusions(
        EXCLUDED.lazy(),
        rule=pl.lit("too_short"),
        reason=pl.col("text"),
        length=pl.col("text").str.len_chars(),
    )
    return shown.collect()


def packed(root: Path, **changes: Any) -> tuple[VersionFiles, Packages]:
    screened = {"excluded": taken_out()}
    records = made_records(texts())
    content, version = made_version(
        root, records, {"screened": screened}, **{"task": LABELS, **changes}
    )
    room = root / "room"
    room.mkdir()
    packages = write_packages(content, version, root / "out", room)
    files = VersionFiles(root / "out", version.name)
    assert inspect_packages(files, content.config.package) == (packages, [])
    return files, packages


def unpacked(package: Path, folder: Path) -> Path:
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder / package.name.removesuffix(".zip")


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("package")
    return unpacked(packed(root)[0].package, root / "bag")


@pytest.fixture
def shards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files of a few rows, as large data has files of many."""
    monkeypatch.setattr(tables, "SHARD", 50)
    return


# ------------------------------------------------------------------------------------- what is in


def test_data_lies_by_kind_in_separate_folders(bag: Path) -> None:
    kinds = {path.name for path in (bag / "data").iterdir()}
    assert kinds == {
        "annotated", "approvals", "clean", "configs", "distilled", "documentation", "evidence",
        "exclusions", "logs", "original", "policies", "ro-crate-metadata.json", "splits",
    }  # fmt: skip
    assert {path.name for path in bag.iterdir()} == {
        "README.md", "VERIFY.md", "bag-info.txt", "bagit.txt", "croissant.json", "data",
        "manifest-sha256.txt", "tagmanifest-sha256.txt",
    }  # fmt: skip


def test_exclusions_are_json_lines_in_order_with_their_evidence(bag: Path) -> None:
    lines = (bag / "data/exclusions/screened.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "stage": "screened",
            "record_id": row["record_id"],
            "rule": "too_short",
            "reason": row["text"],
            "evidence": {"length": len(row["text"])},
        }
        for row in EXCLUDED.sort("record_id").to_dicts()
    ]


def test_the_key_of_groups_is_in_none_of_the_files(bag: Path) -> None:
    config = yaml.safe_load((bag / "data/configs/dataset.yaml").read_text("utf-8"))
    assert config["stages"]["normalized"]["group_key"].startswith("sha256:")
    assert not [
        path
        for path in bag.rglob("*")
        if path.is_file() and b"key of the small" in path.read_bytes()
    ]


def test_collected_files_are_included_where_the_policy_says_so(tmp_path: Path) -> None:
    files, _ = packed(tmp_path, package={"raw": "included"})
    bag = unpacked(files.package, tmp_path / "bag")
    (batch,) = json.loads((bag / "data/original/batches.json").read_text("utf-8")).values()
    (file,) = batch["files"]
    found = (bag / "data/original/files" / file["sha256"]).read_bytes()
    assert hashlib.sha256(found).hexdigest() == file["sha256"]
    assert "before redaction" in (bag / "README.md").read_text("utf-8")


def test_a_collected_file_that_is_gone_is_told(tmp_path: Path) -> None:
    content, version = made_version(tmp_path, made_records(texts()), package={"raw": "included"})
    for sha in content.collected:
        content.copies(sha).unlink()
    (tmp_path / "room").mkdir()
    with pytest.raises(BagError, match=r"set package\.raw: referenced"):
        write_packages(content, version, tmp_path / "out", tmp_path / "room")
    assert not (tmp_path / "out").exists()


def test_large_data_has_its_documentation_apart_and_without_records(tmp_path: Path) -> None:
    files, packages = packed(tmp_path, package={"documentation_apart_mib": 0})
    assert packages.documentation
    subjects = packages.subjects(files.name)
    sha = hashlib.sha256(files.documentation.read_bytes()).hexdigest()
    assert subjects[files.documentation.name] == sha
    assert len(subjects) == 4
    apart = unpacked(files.documentation, tmp_path / "apart")
    data = unpacked(files.package, tmp_path / "data")
    kept = {str(path.relative_to(apart)) for path in apart.rglob("*") if path.is_file()}
    assert "data/evidence/splits-leakage.parquet" in kept
    grown = ("clean", "annotated", "distilled", "splits", "exclusions", "attachments")
    assert not [path for path in kept if path.startswith(tuple(f"data/{kind}/" for kind in grown))]
    listed = (apart / "data/package/manifest-sha256.txt").read_bytes()
    assert listed == (data / "manifest-sha256.txt").read_bytes()
    assert "configs" not in front_matter(apart)
    assert files.documentation.name in (data / "VERIFY.md").read_text("utf-8")


# ------------------------------------------------------------------------------------- same bytes


@pytest.mark.parametrize(
    "environment", [{}, {"POLARS_MAX_THREADS": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"}]
)
def test_bytes_follow_from_content_whatever_the_machine(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """Several threads or one, parts or one file, other orders of rows: the same digests."""
    script = f"import sys; from {__name__} import digests; digests(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    here = digests_of(tmp_path / "here", parts=True)
    assert done.stdout.split() == here


def digests(root: str) -> None:
    print("\n".join(digests_of(Path(root) / "there", parts=False)))


def digests_of(root: Path, *, parts: bool) -> list[str]:
    """Digests of the tables of 230 records in shards of 50, from snapshots written so or so."""
    tables.SHARD = 50
    try:
        records, store = made_records(texts()), Store(root)
        shuffled = records.sample(fraction=1, shuffle=True, seed=3)
        if parts:
            given = (part.with_columns(row_digests(part)) for part in shuffled.iter_slices(33))
            snapshot = store.snapshots.write_parts("splits", "open", given, dict)
        else:
            snapshot = store.snapshots.write("splits", "open", {"records": shuffled})
        (root / "room").mkdir()
        files = write_splits(snapshot, "classification", ["jsonl", "parquet"], root / "room")
        files |= tables.write_records(snapshot, "clean/records", root / "room")
        found = measured(files)
        return [found[path].facts.sha256 for path in sorted(found)]
    finally:
        tables.SHARD = 50_000


def test_what_is_measured_while_it_is_written_is_what_lies_there(
    tmp_path: Path, shards: None
) -> None:
    snapshot = Store(tmp_path).snapshots.write("splits", "open", {"records": made_records(texts())})
    (tmp_path / "room").mkdir()
    written = write_splits(snapshot, "classification", ["jsonl", "parquet"], tmp_path / "room")
    found = [file for file in written.values() if isinstance(file, Measured)]
    assert len(found) == 6
    for file in found:
        assert isinstance(file.source, Path)
        assert file.facts == measure([file.source.read_bytes()])
        assert file.facts.size


def test_shards_hold_all_rows_once(tmp_path: Path, shards: None) -> None:
    files, _ = packed(tmp_path)
    bag = unpacked(files.package, tmp_path / "bag")
    names = sorted(path.name for path in (bag / "data/splits").glob("train*.parquet"))
    assert names == [f"train-0000{n}-of-00004.parquet" for n in range(4)]
    read = pl.concat(pl.read_parquet(bag / "data/splits" / name) for name in names)
    lines = (bag / "data/splits/train.jsonl").read_text("utf-8").splitlines()
    assert read.to_dicts() == [json.loads(line) for line in lines]
    assert read["record_id"].to_list() == (bag / "data/splits/train.ids.txt").read_text().split()
    assert read["record_id"].is_sorted()


# ---------------------------------------------------------------------------------- other readers


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Asks ``readers.py`` in an environment that has other people's tools and none of ours."""
    uv, place = Path(sys.executable).with_name("uv"), tmp_path_factory.mktemp("readers") / "venv"
    python = place / "bin" / "python"
    commands = (
        ["venv", "-p", sys.executable, str(place)],
        ["pip", "install", "-p", str(python), *PINNED],
    )
    for command in commands:
        if not uv.is_file() or subprocess.run([uv, "-q", *command], check=False).returncode:
            pytest.skip(f"cannot install {', '.join(PINNED)}")

    def asked(what: str, path: Path, code: int = 0) -> Any:
        offline = {"PATH": os.environ["PATH"], "HF_HUB_OFFLINE": "1", "HOME": str(place)}
        command = [str(python), "-I", str(READERS), what, str(path)]
        done = subprocess.run(command, env=offline, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1]) if code == 0 else done.stderr

    return asked


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classification", "chat", "preference", "text"])
def test_mlcroissant_loads_every_row_as_it_was_written(
    ask: Callable[..., Any], tmp_path: Path, kind: str
) -> None:
    files, _ = packed(tmp_path, task=LABELS if kind == "classification" else task(kind))
    bag = unpacked(files.package, tmp_path / "bag")
    told = ask("croissant", bag)
    assert (told["version"], told["issues"].strip()) == ("http://mlcommons.org/croissant/1.1", "")
    assert set(told["rows"]) == {"train", "validation", "test"}
    for split, rows in told["rows"].items():
        lines = (bag / "data/splits" / f"{split}.jsonl").read_text("utf-8").splitlines()
        assert rows == [json.loads(line) for line in lines]


@pytest.mark.slow
def test_mlcroissant_loads_shards_and_lines(
    ask: Callable[..., Any], tmp_path: Path, shards: None
) -> None:
    files, _ = packed(tmp_path)
    bag = unpacked(files.package, tmp_path / "bag")
    assert len(ask("croissant", bag)["rows"]["train"]) == 184


@pytest.mark.slow
def test_mlcroissant_refuses_a_file_that_was_changed(
    ask: Callable[..., Any], tmp_path: Path
) -> None:
    bag = unpacked(packed(tmp_path)[0].package, tmp_path / "bag")
    path = bag / "data/splits/train.parquet"
    path.write_bytes(path.read_bytes().replace(b"PAR1", b"PAR2", 1))
    assert "Hash of downloaded file" in ask("croissant", bag, code=1)


@pytest.mark.slow
def test_ro_crate_readers_find_every_file(ask: Callable[..., Any], bag: Path) -> None:
    told = ask("crate", bag / "data")
    assert (told["passed"], told["issues"]) == (True, [])
    here = {
        str(path.relative_to(bag / "data")) for path in (bag / "data").rglob("*") if path.is_file()
    }
    assert set(told["files"]) == here - {"ro-crate-metadata.json"}
    crate = json.loads((bag / "data/ro-crate-metadata.json").read_text("utf-8"))
    for entity in crate["@graph"]:
        if entity["@type"] == "File":
            content = (bag / "data" / entity["@id"]).read_bytes()
            assert entity["sha256"] == hashlib.sha256(content).hexdigest()
            assert entity["contentSize"] == str(len(content))


@pytest.mark.slow
def test_hugging_face_reads_the_card(ask: Callable[..., Any], bag: Path) -> None:
    assert ask("card", bag / "README.md") == front_matter(bag)


def front_matter(bag: Path) -> dict[str, Any]:
    head: dict[str, Any] = yaml.safe_load((bag / "README.md").read_text("utf-8").split("---\n")[1])
    return head


def test_the_front_matter_uses_the_hubs_words(bag: Path) -> None:
    head = front_matter(bag)
    assert head["task_categories"] == ["text-classification"]
    assert head["size_categories"] == ["n<1K"]
    assert (head["license"], head["license_name"]) == ("other", "other")
    (config,) = head["configs"]
    for part in config["data_files"]:
        assert pl.read_parquet(bag / part["path"]).height


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("ODbL-1.0", {"license": "odbl"}),
        ("CC-BY-4.0 OR MIT", {"license": "other", "license_name": "cc-by-4.0-or-mit"}),
        (
            "0BSD",
            {
                "license": "other",
                "license_name": "0bsd",
                "license_link": "https://spdx.org/licenses/0BSD",
            },
        ),
    ],
)
def test_licences_are_told_in_the_hubs_words(
    tmp_path: Path, stated: str, told: dict[str, str]
) -> None:
    certificate = {"licence": stated, "contact": "ml@example.com", "intended_use": "Tests"}
    rows = source({"key": "id", "prompt": "text"}, rights={**RIGHTS, "redistribution": "allowed"})
    files, _ = packed(tmp_path, certificate=certificate, sources={"rows": rows})
    bag = unpacked(files.package, tmp_path / "bag")
    assert {key: value for key, value in front_matter(bag).items() if "license" in key} == told


def test_languages_are_told_by_their_codes(tmp_path: Path) -> None:
    restrictions = {**LABELS["restrictions"], "languages": ["en-GB", "yue", "EN"]}
    files, _ = packed(tmp_path, task={**LABELS, "restrictions": restrictions})
    assert front_matter(unpacked(files.package, tmp_path / "bag"))["language"] == ["en", "yue"]


def test_rows_are_the_same_bytes_wherever_they_lie_in_memory(tmp_path: Path) -> None:
    """Polars estimates pages by whole buffers, so a slice of a large frame has other ones."""
    turns = pl.concat_list(pl.struct(role=pl.lit("user"), content=pl.col("text")))
    large = pl.DataFrame({"text": [f"a turn, number {n}" for n in range(120_000)]}).select(
        turns.alias("context")
    )
    apart = pl.DataFrame(large.head(40_000).to_dicts(), schema=large.schema)
    for frame, name in ((large.head(40_000), "slice"), (apart, "apart")):
        tables.write_shard(frame, tmp_path / name)
    assert (tmp_path / "slice").read_bytes() == (tmp_path / "apart").read_bytes()
