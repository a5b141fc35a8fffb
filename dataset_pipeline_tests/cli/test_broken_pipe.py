"""Whoever reads the answer may have read enough, as ``| head -1``; the exit code still counts."""

import os
import subprocess
import sys

import pytest

PRINTS = {
    "lines": "[show.line('x' * 99) for _ in range(2000)]",
    "table": "show.table('T', [{'a': n} for n in range(9000)], ['a'])",
    "json": "options.print_json(['x' * 99] * 9000)",
    "text": "options.print_text('x' * 999_999)",
    "errors": "[options.err.print('x' * 99) for _ in range(2000)]",
}
SCRIPT = """
import typer
from dataset_pipeline.cli import options, show
from dataset_pipeline.cli.main import app, main

@app.command()
def prints() -> None:
    with options.answered(as_json=False):
        {prints}
    {prints}
    raise typer.Exit({code})

main()
"""


@pytest.mark.parametrize("code", [0, 1, 2])
@pytest.mark.parametrize("prints", PRINTS)
def test_the_answers_own_code_is_kept(prints: str, code: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(prints=PRINTS[prints], code=code), "prints"],
        stdout=writing,
        stderr=writing if prints == "errors" else subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr or b"") == (code, b"")
