"""What an output cannot hold is spelled out; the exit code still counts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def asked(encoding: str, *words: str | bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "dataset_pipeline.cli", *words],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("encoding", "name", "shown"),
    [
        ("utf-8:strict", b"old-\xff", "old-\\udcff"),
        ("ascii:strict", "größe 😀".encode(), "gr\\xf6\\xdfe \\U0001f600"),
    ],
)
def test_a_name_that_the_output_cannot_hold(
    tmp_path: Path, encoding: str, name: bytes, shown: str
) -> None:
    bag = tmp_path / os.fsdecode(name)
    (bag / "data").mkdir(parents=True)
    (bag / "bagit.txt").write_text("no bag\n")
    folder = os.fsencode(bag)
    told = asked(encoding, "verify", folder)
    assert (told.returncode, told.stderr) == (1, b"")
    assert told.stdout.decode().splitlines()[-1].endswith(f"/{shown}")
    answer = json.loads(asked(encoding, "verify", "--json", folder).stdout)
    assert answer["path"] == os.fsdecode(folder)
    error = asked(encoding, "verify", "--json", folder + b"/nowhere")
    assert error.returncode == 2
    assert os.fsdecode(folder) in json.loads(error.stdout)["error"]
