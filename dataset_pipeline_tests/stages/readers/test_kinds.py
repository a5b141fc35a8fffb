"""Every kind has its reader, and what it needs is asked for before anything is read."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from dataset_pipeline.config import Source
from dataset_pipeline.config_problems.references import _sources
from dataset_pipeline.stages.readers.kinds import (
    ROW_READERS,
    MissingLibraryError,
    read_rows,
    reader_of,
)
from dataset_pipeline_tests.stages.readers.making import read, source, values

KINDS = {
    get_args(model.model_fields["kind"].annotation)[0] for model in get_args(get_args(Source)[0])
}


def test_every_kind_has_a_reader() -> None:
    assert set(ROW_READERS) | {"files", "parquet", "sql"} == KINDS
    assert all(reader_of(kind).__doc__ for kind in ROW_READERS)


def test_all_files_are_read_in_their_order(tmp_path: Path) -> None:
    files = {"b.csv": b"id\n1\n", "a.csv": b"id\n2\n3\n"}
    assert [row["id"] for row in values(read(tmp_path, source("csv"), files))] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("kind", "library"),
    [
        ("docx", "docx"),
        ("email", "selectolax"),
        ("excel", "fastexcel"),
        ("files", "mutagen"),
        ("html", "selectolax"),
        ("pdf", "pypdf"),
    ],
)
def test_a_missing_library_is_named(
    monkeypatch: pytest.MonkeyPatch, kind: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingLibraryError) as error:
        list(read_rows(source(kind), []))
    assert f"{kind} need {library}" in str(error.value)
    assert "pip install 'dataset-pipeline[documents]'" in str(error.value)


def test_readers_are_imported_when_they_are_used() -> None:
    code = (
        "import sys, dataset_pipeline.stages.readers.kinds;"
        "names = ('fastexcel', 'selectolax', 'pypdf', 'docx', 'PIL', 'mutagen', 'polars');"
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("kind", "encoding", "told"),
    [
        ("csv", "detect", False),
        ("text", "detect", False),
        ("csv", "cp1251", False),
        ("csv", "no-such", True),
        ("csv", "base64", True),
        ("jsonl", "detect", True),
    ],
)
def test_an_encoding_that_is_none_is_told_when_the_configuration_is_read(
    tmp_path: Path, kind: str, encoding: str, told: bool
) -> None:
    (tmp_path / "a").write_bytes(b"")
    said = {"kind": kind, "path": "a", "encoding": encoding}
    found = [message for _, message in _sources({"sources": {"s": said}}, tmp_path)]
    assert [message for message in found if "encoding" in message] == (
        [f"unknown encoding {encoding!r}"] if told else []
    )
