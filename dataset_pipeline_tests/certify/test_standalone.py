"""Verifying needs neither Dagster, nor the store, nor the network."""

import socket
import subprocess
import sys

import pytest

from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.verify import verify

SCRIPT = """
import sys
from pathlib import Path
from dataset_pipeline.certify.verify import verify
assert verify(Path(sys.argv[1])).ok
heavy = {"dagster", "polars", "pydantic", "dataset_pipeline.store", "dataset_pipeline.config"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def test_verifying_imports_no_more_than_it_needs(version: VersionFiles) -> None:
    subprocess.run([sys.executable, "-c", SCRIPT, str(version.folder)], check=True)


def test_verifying_opens_no_connection(
    version: VersionFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert verify(version.folder).ok
