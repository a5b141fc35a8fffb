import os
import socket
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataset_pipeline.cli.main import app
from dataset_pipeline.cli.ui import serve


def test_a_port_that_is_taken_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "execv", lambda *_: None)
    store = tmp_path / "store"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answer = CliRunner().invoke(app, ["ui", "--port", str(port), "--store", str(store)])
    assert answer.exit_code == 2
    assert f"port {port} is taken" in answer.output
    assert f"--port {port + 1}" in answer.output
    assert not store.exists()


def test_nobody_is_told_to_start_it_in_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: started.append(command))
    monkeypatch.setattr(os, "environ", dict(os.environ))
    os.environ.pop("DAGSTER_HOME", None)
    serve(tmp_path / "configs", tmp_path / "store", "127.0.0.1", 0)
    (command,) = started
    asked = subprocess.run(
        command,
        env={**os.environ, "DAGSTER_HOME": "no absolute path: it ends before it serves"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "must be an absolute path" in asked.stderr
    assert "SupersessionWarning" not in asked.stderr
