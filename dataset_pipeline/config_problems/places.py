"""Finds what is wrong with where a source says that its data is: path, URL or query.

Works on the parsed YAML, as ``references.py`` does. Environment variables are looked at
only when something is collected.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

from dataset_pipeline.config.keys import Location
from dataset_pipeline.config_problems.found import Found

_WEB = ("http", "https")
_OBJECTS = (
    "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss", "hdfs", "webhdfs",
    "sftp", "ssh", "ftp",
)  # fmt: skip
_HERE = ("localhost", "127.0.0.1", "::1")
_COMMENTS = re.compile(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
_READS = re.compile(r"(?:select|with)\b|\(", re.IGNORECASE)


def source_place_problems(loc: Location, source: Any) -> Iterator[Found]:
    """What is wrong with a source's path, URL or query, as (location, what is expected)."""
    if not isinstance(source, dict):
        return
    if source.get("kind") == "sql":
        query = source.get("query")
        if isinstance(query, str) and not is_reading(query):
            yield (*loc, "query"), "expected a query that begins with SELECT or WITH"
        return
    path, url = source.get("path"), source.get("url")
    if path is None and url is None:
        yield loc, "expected path (files in the dataset's folder) or url (elsewhere)"
    elif path is not None and url is not None:
        yield (*loc, "url"), "expected path or url, not both; make two sources of it"
    if url is not None:
        yield from _urls(loc, url, has_headers=bool(source.get("environment")))
    elif source.get("environment"):
        what = "headers and storage options belong to a url; files in the folder need none"
        yield (*loc, "environment"), what


def is_reading(query: str) -> bool:
    """Whether a query begins with SELECT or WITH, after comments."""
    return _READS.match(_COMMENTS.sub("", query)) is not None


def _urls(loc: Location, given: Any, *, has_headers: bool) -> Iterator[Found]:
    urls = given if isinstance(given, list) else [given]
    if not urls:
        yield (*loc, "url"), "expected at least one URL"
    sorts = set()
    for index, url in enumerate(urls):
        where = (*loc, "url", index) if isinstance(given, list) else (*loc, "url")
        parts = _split(url)
        if parts is None:
            yield where, "expected a URL like https://… or s3://bucket/folder/*.jsonl"
            continue
        sorts.add(parts.scheme in _WEB)
        yield from _url(where, parts, has_headers=has_headers)
    if len(sorts) > 1:
        yield (*loc, "url"), "expected downloads (https) or objects (s3 …), not both in one source"


def _split(url: Any) -> SplitResult | None:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        return parts if parts and parts.scheme and "://" in url else None
    except ValueError:
        return None


def _url(where: Location, parts: SplitResult, *, has_headers: bool) -> Iterator[Found]:
    if parts.scheme in ("file", "local"):
        yield where, "files on this machine belong in the dataset's folder; name them by path"
    elif parts.scheme not in (*_WEB, *_OBJECTS):
        yield where, f"unknown scheme {parts.scheme!r}; expected one of {_told()}"
    elif not parts.netloc:
        yield where, "expected a host or bucket after ://"
    elif "@" in parts.netloc and (parts.scheme in _WEB or ":" in parts.netloc.split("@")[0]):
        yield where, "no user or password in a URL; name variables under environment"
    elif parts.scheme == "http" and has_headers and parts.hostname not in _HERE:
        yield where, "http sends headers in clear; use https"


def _told() -> str:
    return ", ".join((*reversed(_WEB), *_OBJECTS))
