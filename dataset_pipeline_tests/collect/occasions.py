"""Collecting as an asset does it, on a store of its own."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from dataset_pipeline.collect.collector import Collection, Occasion, collect
from dataset_pipeline.config import Source
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.small import RIGHTS

CODE = {"package": "1", "stage": "2"}
_SOURCE: TypeAdapter[Source] = TypeAdapter(Source)


def source(kind: str, **more: Any) -> Source:
    """A source of a kind, with full rights."""
    about = {"description": "Rows.", "system": "A test", "owner": "us", "rights": RIGHTS}
    return _SOURCE.validate_python({"kind": kind, **about, **more})


def collected(
    store: Store, found: Source, folder: Path | None = None, *, at: str = "2026-05-01T00:00:00Z",
    rights: Mapping[str, Any] = RIGHTS,
) -> Collection:  # fmt: skip
    """Collect a source called ``rows`` of a dataset called ``small``."""
    occasion = Occasion("small", "rows", at, rights, CODE)
    return collect(store, occasion, folder or store.root, found)


def names(collection: Collection) -> list[str]:
    return [file.name for file in collection.batch.files]


def counts(collection: Collection) -> dict[str, int]:
    """How many files are new, changed, vanished and unchanged; only what is not nothing."""
    return {kind: count for kind, count in collection.entry["files"].items() if count}


def nothing_half_written(store: Store) -> None:
    """Every copy has its own content, and nothing is left over."""
    from dataset_pipeline.digests import sha256_file

    assert list(store.temporary.iterdir()) == []
    for copy in (store.root / "raw" / "files").rglob("*"):
        assert copy.is_dir() or sha256_file(copy) == copy.name


def written(store: Store) -> bytes:
    """All bytes below the store."""
    return b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())


def missing(why: str) -> None:
    """Skip aloud; a build server has all that the tests need, so there it is a failure."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
