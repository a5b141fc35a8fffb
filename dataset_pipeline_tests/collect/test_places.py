"""What a configuration may say about where a source is, found before anything is collected."""

from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.collect.secrets import public, told_apart
from dataset_pipeline.config_file import InvalidDatasetError, load_dataset
from dataset_pipeline_tests.small import source, write_dataset


def problems(configs: Path, **place: Any) -> list[str]:
    rows = source({"key": "id", "prompt": "text"}, **{"path": None, **place})
    rows = {name: value for name, value in rows.items() if value is not None}
    write_dataset(configs, "small", [{"id": "1", "text": "x"}], sources={"rows": rows})
    try:
        load_dataset(configs, "small")
    except InvalidDatasetError as error:
        return [f"{problem.where}: {problem.what}" for problem in error.problems]
    return []


SQL = {"kind": "sql", "connection": "CRM_URL", "key": "id"}


@pytest.mark.parametrize(
    "place",
    [
        {"path": "rows.jsonl"},
        {"url": "https://example.com/rows.jsonl", "environment": {"Authorization": "TOKEN"}},
        {"url": ["http://example.com/a.jsonl", "https://example.com/b.jsonl"]},
        {"url": "s3://bucket/tickets/**/*.jsonl.gz", "environment": {"key": "S3_KEY"}},
        {"url": "abfs://container@account.dfs.core.windows.net/x.jsonl"},
        {"url": "http://localhost:1/x", "environment": {"X": "TOKEN"}},
        {**SQL, "query": "-- all\n/* of\nthem */ WITH x AS (SELECT 1) SELECT * FROM x"},
        {**SQL, "query": "(SELECT 1 AS id)"},
    ],
)
def test_sound_places(tmp_path: Path, place: dict[str, Any]) -> None:
    assert problems(tmp_path, **place) == []


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({}, "sources.rows: expected path"),
        ({"path": "rows.jsonl", "url": "https://x.org/a"}, "url: expected path or url, not both"),
        ({"path": "rows.jsonl", "environment": {"X": "Y"}}, "environment: headers and storage"),
        ({"url": "example.com/a"}, "url: expected a URL like"),
        ({"url": "https:example.com"}, "url: expected a URL like"),
        ({"url": "https://[::1/a"}, "url: expected a URL like"),
        ({"url": []}, "url: expected at least one URL"),
        ({"url": "file:///etc/passwd"}, "url: files on this machine belong"),
        ({"url": ["gopher://x/y"]}, "url.0: unknown scheme 'gopher'; expected one of https, http"),
        ({"url": "s3:///x"}, "url: expected a host or bucket"),
        ({"url": "https://me:pw@x.org/a"}, "url: no user or password in a URL"),
        ({"url": ["https://x.org/a", "s3://b/c"]}, "url: expected downloads"),
        ({"url": "http://x.org/a", "environment": {"X": "Y"}}, "url: http sends headers in clear"),
        ({**SQL, "query": "DELETE FROM x"}, "query: expected a query that begins with SELECT"),
        ({**SQL, "query": "-- SELECT"}, "query: expected a query that begins with SELECT"),
        ({**SQL, "query": "SELECTED"}, "query: expected a query that begins with SELECT"),
    ],
)
def test_wrong_places(tmp_path: Path, place: dict[str, Any], told: str) -> None:
    (found,) = problems(tmp_path, **place)
    assert told in found
    assert "pw" not in found


def test_a_url_is_shown_without_secrets() -> None:
    url = "https://me:pw@x.org:8/a/b.csv?sig=abc&page=2&flag#part"
    assert public(url) == "https://x.org:8/a/b.csv?sig=***&page=***&flag=***"
    assert public("s3://bucket/a*.csv") == "s3://bucket/a*.csv"


def test_names_are_told_apart_only_where_they_must() -> None:
    names = told_apart({"u1": "a", "u2": "b", "u3": "a"})
    assert names["u2"] == "b"
    assert len(set(names.values())) == 3
    assert names["u1"].endswith("-a")
