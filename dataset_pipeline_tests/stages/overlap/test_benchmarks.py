import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.config.clean import Benchmark
from dataset_pipeline.errors import CollectError
from dataset_pipeline.stages.overlap.benchmarks import benchmark_files, read_benchmarks

SECRET = "nobody may read this"


def write(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def read(folder: Path, **told: Any) -> list[tuple[str, str]]:
    frame = read_benchmarks(folder, {"b": Benchmark(**{"path": "b", **told})})
    assert set(frame["benchmark"]) == {"b"}
    return list(frame.select("item_id", "text").iter_rows())


def test_items_are_named_by_file_and_line(tmp_path: Path) -> None:
    write(tmp_path / "b/two.jsonl.gz", {"text": "three"})
    write(tmp_path / "b/one.jsonl", {"text": "one"}, "\n", {"text": "two"})
    write(tmp_path / "b/notes.txt", "no item")
    assert read(tmp_path) == [
        ("b/one.jsonl#1", "one"),
        ("b/one.jsonl#3", "two"),
        ("b/two.jsonl.gz#1", "three"),
    ]


@pytest.mark.parametrize("path", ["b", "b/one.jsonl", "b/*.jsonl", "**/one.jsonl"])
def test_a_path_is_a_folder_a_file_or_a_glob(tmp_path: Path, path: str) -> None:
    file = write(tmp_path / "b/one.jsonl", {"text": "one"})
    assert benchmark_files(tmp_path, Benchmark(path=path)) == [file]


def test_fields_are_joined_and_an_id_may_name_items(tmp_path: Path) -> None:
    row = {"key": 7, "question": "Which?", "choices": ["this", "that"]}
    write(tmp_path / "b/one.jsonl", row)
    assert read(tmp_path, fields=["question", "choices"], id="key") == [("7", "Which?\nthis\nthat")]


@pytest.mark.parametrize(
    ("row", "told", "said"),
    [
        (f'{{"text": "{SECRET}"\n', {}, "b/one.jsonl:2: the line is not JSON"),
        ([SECRET], {}, "b/one.jsonl:2: expected a JSON object"),
        ({"texts": SECRET}, {}, "b/one.jsonl:2: there is no field 'text'"),
        ({"text": 3}, {}, "b/one.jsonl:2: expected text, or a list of texts, in 'text'"),
        ({"text": [SECRET, 3]}, {}, "b/one.jsonl:2: expected text, or a list of texts, in 'text'"),
        ('{"text": "\\ud800"}', {}, "b/one.jsonl:2: half of a surrogate pair in 'text'"),
        ({"text": SECRET}, {"id": "key"}, "b/one.jsonl:2: expected a text or a whole number"),
        ({"text": SECRET, "key": "1"}, {"id": "key"}, "1 items have the id of another one"),
    ],
)
def test_half_a_benchmark_is_none(tmp_path: Path, row: Any, told: Any, said: str) -> None:
    write(tmp_path / "b/one.jsonl", {"text": "sound", "key": "1"}, row)
    with pytest.raises(CollectError, match="benchmark b: ") as caught:
        read(tmp_path, **told)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


def test_files_that_are_missing_empty_or_broken(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="no file matches 'b'"):
        read(tmp_path)
    write(tmp_path / "b/one.jsonl", "\n")
    with pytest.raises(CollectError, match="its 1 files hold no item"):
        read(tmp_path)
    whole = write(tmp_path / "b/one.jsonl.gz", *[{"text": str(n)} for n in range(999)])
    whole.write_bytes(whole.read_bytes()[:-50])
    with pytest.raises(CollectError, match="ends too early"):
        read(tmp_path)
    (tmp_path / "b/one.jsonl.gz").unlink()
    (tmp_path / "b/one.jsonl").write_bytes(b'{"text": "\xff"}\n')
    with pytest.raises(CollectError, match="not UTF-8"):
        read(tmp_path)
