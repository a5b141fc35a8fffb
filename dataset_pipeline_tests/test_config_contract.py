"""What is wrong with a contract is told while the configuration is read, with its place."""

from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.config_file import InvalidDatasetError, load_dataset
from dataset_pipeline_tests import small

FIELDS = {"key": "id", "prompt": "text", "attributes": {"topic": "topic"}, "attachments": "files"}


def problems(tmp_path: Path, contract: dict[str, Any], **more: Any) -> list[str]:
    source = small.source({**FIELDS, **more.pop("fields", {})}, contract=contract, **more)
    small.write_dataset(tmp_path, "small", [{"id": "1", "text": "a"}], sources={"rows": source})
    try:
        load_dataset(tmp_path, "small")
    except InvalidDatasetError as error:
        prefix = "sources.rows.contract."
        return [f"{p.where.removeprefix(prefix)}: {p.what}" for p in error.problems]
    return []


@pytest.mark.parametrize(
    ("promise", "said"),
    [
        ({"matches": "("}, "matches: not a regular expression"),
        ({"matches": "(?=a)b"}, "matches: looking around"),
        ({"matches": r"(a)\1"}, "matches: looking around"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "minimum: minimum must not be over"),
        ({"minimum": 2}, "minimum: minimum speaks of numbers"),
        ({"type": "date", "maximum": 2}, "maximum: maximum speaks of numbers"),
        ({"type": "number", "maximum": float("inf")}, "maximum: "),
        ({"allowed": ["1"], "type": "integer", "maximum": 2}, "allowed: expected allowed or max"),
        ({"allowed": []}, "allowed: "),
        ({"allowed": ["a", " "]}, "allowed: a blank value"),
        ({"max_characters": 0}, "max_characters: "),
        ({"typ": "text"}, "typ: unknown key; did you mean 'type'?"),
    ],
)
def test_promises(tmp_path: Path, promise: dict[str, Any], said: str) -> None:
    (found,) = problems(tmp_path, {"columns": {"topic": promise}})
    assert found.startswith(f"columns.topic.{said}")


@pytest.mark.parametrize(
    "promise",
    [
        {"matches": r"\p{Cyrillic}+\d\\1"},
        {"matches": "(?i)a(?:b)?(?P<name>c)"},
        {"type": "integer", "minimum": 1, "maximum": 1},
        {"allowed": ["a"], "nullable": False, "unique": True, "max_characters": 1},
        {},
    ],
)
def test_sound_promises(tmp_path: Path, promise: dict[str, Any]) -> None:
    assert problems(tmp_path, {"columns": {"topic": promise, "files": {"nullable": False}}}) == []


def test_lists_have_no_values(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, {"columns": {"files": {"unique": True, "nullable": False}}})
    assert found.startswith("columns.files.unique: of a list only")
    (found,) = problems(tmp_path, {"drift": {"categories": ["files"]}})
    assert found.startswith("drift.categories.0: a list is no category")


def test_categories_are_columns_that_somebody_reads(tmp_path: Path) -> None:
    assert problems(tmp_path, {"drift": {"categories": ["topic"]}}) == []
    assert problems(tmp_path, {"drift": {"categories": ["x"]}, "columns": {"x": {}}}) == []
    (found,) = problems(tmp_path, {"drift": {"categories": ["x"]}})
    assert found == "drift.categories.0: neither fields nor contract.columns names 'x'"


def test_shares_and_days(tmp_path: Path) -> None:
    drift = {"null_share": 1.5, "category_share": -0.1}
    assert len(problems(tmp_path, {"drift": drift})) == 2
    at = {"event_time": {"column": "at"}}
    for days in (0, -1, float("nan"), float("inf")):
        assert len(problems(tmp_path, {"freshness": {"max_age_days": days}}, fields=at)) == 1
    assert problems(tmp_path, {"freshness": {"max_age_days": 1}}, fields=at) == []
    (found,) = problems(tmp_path, {"freshness": {"max_age_days": 1}})
    assert found.startswith("freshness: freshness is the age of the newest event")


def test_only_these_columns(tmp_path: Path) -> None:
    contract = {"only_these_columns": True, "columns": {"id": {}, "text": {}, "topic": {}}}
    (found,) = problems(tmp_path, contract)
    assert found.startswith("only_these_columns: rows of this kind have no header")
    (found,) = problems(tmp_path, contract, kind="csv")
    assert found == "only_these_columns: fields reads files, which contract.columns does not name"
    contract["columns"]["files"] = {}  # type: ignore[index]
    assert problems(tmp_path, contract, kind="csv") == []
