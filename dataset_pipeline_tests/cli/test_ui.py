import os
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataset_pipeline.cli.main import app


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
