"""Columns that a mapping names and a source does not have."""

from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.errors import ConfigError
from dataset_pipeline.stages.raw_source import raw_stream
from dataset_pipeline.stages.unseen import Unseen
from dataset_pipeline_tests.stages.readers.making import collected, source

CSV = b"id,customer,text,topic\n1,C-1,hello,billing\n2,C-2,there,other\n"
LINES = b'{"id": "1", "customer": "C-1", "text": "hello"}\n{"id": "2", "text": "there"}\n'
FIELDS = {"key": "id", "group_id": "customer", "prompt": "text"}


def read(folder: Path, kind: str, data: bytes, fields: dict[str, Any], **more: Any) -> int:
    made = source(kind, fields={**FIELDS, **fields}, **more)
    unseen = Unseen.of(made)
    stream = raw_stream("s", made, "b" * 64, collected(folder, {"a": data}), unseen)
    records = sum(part.height for part in stream.parts)
    unseen.told("s")
    return records


@pytest.mark.parametrize("field", ["key", "group_id", "prompt", "label", "language"])
def test_a_column_that_no_header_has_is_told(tmp_path: Path, field: str) -> None:
    with pytest.raises(ConfigError, match=r"sources\.s\.fields: there is no column 'custommer'"):
        read(tmp_path, "csv", CSV, {field: "custommer"})


def test_what_is_close_to_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'custommer'; did you mean 'customer'"):
        read(tmp_path, "csv", CSV, {"attributes": {"who": "custommer"}, "group_id": None})


@pytest.mark.parametrize("field", ["key", "group_id", "prompt"])
def test_what_a_record_needs_has_to_be_in_some_row(tmp_path: Path, field: str) -> None:
    with pytest.raises(ConfigError, match="no row has a value in 'custommer'"):
        read(tmp_path, "jsonl", LINES, {field: "custommer"})


def test_rows_without_a_header_may_lack_what_only_some_have(tmp_path: Path) -> None:
    assert read(tmp_path, "jsonl", LINES, {"label": "topic"}) == 2


def test_a_column_that_a_contract_does_not_require_may_be_missing(tmp_path: Path) -> None:
    contract = {"on_breach": "warn", "columns": {"tone": {"required": False}}}
    assert read(tmp_path, "csv", CSV, {"label": "tone"}, contract=contract) == 2


def test_where_no_row_can_be_read_nothing_is_said_of_columns(tmp_path: Path) -> None:
    assert read(tmp_path, "csv", b"a,b\n1\n", {}) == 0
