"""Each type of task runs from raw to certificate and is exported as trainers expect it."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.verify import verify
from dataset_pipeline_tests import small

WORDS = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "kettle"]


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATASET_PIPELINE_SIGNING_KEY", str(tmp_path / "keys" / "key.pem"))


def _sentence(index: int, length: int = 9) -> str:
    return " ".join(WORDS[(index * 7 + k * k * (index + 3)) % len(WORDS)] + str(index * k)
                    for k in range(length))  # fmt: skip


def _rows(count: int, **columns: str) -> list[dict[str, Any]]:
    return [
        {
            "id": f"r{index}",
            "text": f"Question {_sentence(index)}",
            **{name: f"{text} {_sentence(index + 500)}" for name, text in columns.items()},
        }
        for index in range(count)
    ]


def _certified(tmp_path: Path, rows: list[dict[str, Any]], **changes: Any) -> zipfile.ZipFile:
    configs, store = tmp_path / "configs", tmp_path / "store"
    small.write_dataset(configs, "small", rows, **changes)
    result = small.run(configs, store, "small")
    assert result.success, [event.message for event in result.all_events if event.is_failure]
    opened = small.open_store(store)
    (version,) = opened.versions.all("small")
    folder = opened.versions.folder(version)
    assert verify(folder).ok
    files = VersionFiles(folder, version.name)
    assert small.GROUP_KEY.encode() not in files.package.read_bytes()
    return zipfile.ZipFile(files.package)


def _split(package: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    (path,) = [n for n in package.namelist() if n.endswith(f"data/splits/{name}.jsonl")]
    return [json.loads(line) for line in package.read(path).decode().splitlines()]


def _parquet(package: zipfile.ZipFile, name: str) -> pl.DataFrame:
    (path,) = [n for n in package.namelist() if n.endswith(f"data/splits/{name}.parquet")]
    return pl.read_parquet(io.BytesIO(package.read(path)))


def test_text(tmp_path: Path) -> None:
    package = _certified(tmp_path, _rows(60))
    rows = _split(package, "train")
    assert len(rows) > 20
    assert all(row["text"].startswith("Question ") for row in rows)
    assert _parquet(package, "train").height == len(rows)


def test_chat(tmp_path: Path) -> None:
    turns = [
        {"id": f"t{i}", "turns": [
            {"role": "user", "content": f"First {_sentence(i)}"},
            {"role": "assistant", "content": "Tell me more."},
            {"role": "user", "content": f"Then {_sentence(i + 99)}"},
            {"role": "assistant", "content": f"Answer {_sentence(i + 300)}"},
        ]} for i in range(60)
    ]  # fmt: skip
    turns.append({"id": "open", "turns": [{"role": "user", "content": f"Open {_sentence(77)}"}]})
    fields = {"key": "id", "turns": {"column": "turns"}}
    package = _certified(
        tmp_path, turns, task=small.task("chat"), sources={"rows": small.source(fields)}
    )
    rows = _split(package, "train")
    assert [turn["role"] for turn in rows[0]["messages"]] == ["user", "assistant"] * 2
    assert rows[0]["messages"][-1]["content"].startswith("Answer ")
    everything = [row for name in ("train", "validation", "test") for row in _split(package, name)]
    assert len(everything) == 60  # the thread without an answer is out


def test_preference(tmp_path: Path) -> None:
    rows = _rows(60, good="Better", bad="Worse")
    fields = {"key": "id", "prompt": "text", "completion": "good", "rejected": "bad"}
    package = _certified(
        tmp_path, rows, task=small.task("preference"), sources={"rows": small.source(fields)}
    )
    first = _split(package, "train")[0]
    assert first["chosen"].startswith("Better ")
    assert first["rejected"].startswith("Worse ")
    assert first["prompt"].startswith("Question ")


def test_classification_with_fixed_splits(tmp_path: Path) -> None:
    rows = [{**row, "label": "yes" if i % 2 else "no"} for i, row in enumerate(_rows(40))]
    fields = {"key": "id", "prompt": "text", "label": "label"}
    held_out = [{**row, "id": f"h{i}", "text": f"Held {_sentence(i + 900)}"}
                for i, row in enumerate(rows[:10])]  # fmt: skip
    sources = {
        "rows": small.source(fields, split="train"),
        "held": small.source(fields, path="held.jsonl", split="test"),
    }
    small.write_dataset(tmp_path / "configs", "small", rows)
    small.write_jsonl(tmp_path / "configs" / "small" / "held.jsonl", held_out)
    package = _certified(
        tmp_path,
        rows,
        task=small.task("classification", labels=["yes", "no"]),
        sources=sources,
        training={"trainer": "baseline"},
    )
    assert len(_split(package, "train")) == 40
    assert len(_split(package, "test")) == 10
    assert _split(package, "validation") == []
    assert {row["label"] for row in _split(package, "test")} == {"yes", "no"}


def test_a_dataset_whose_sources_are_all_refused_is_not_certified(tmp_path: Path) -> None:
    fields = {"key": "id", "prompt": "text"}
    refused = {**small.RIGHTS, "training": "unknown"}
    sources = {"rows": {**small.source(fields), "rights": refused}}
    small.write_dataset(tmp_path / "configs", "small", _rows(10), sources=sources)
    result = small.run(tmp_path / "configs", tmp_path / "store", "small")
    assert not result.success
    assert small.open_store(tmp_path / "store").versions.all("small") == []
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert [check.check_name for check in failed] == ["rights"]
