"""The real server and daemon on a free port, asked over GraphQL as the UI asks them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

from dataset_pipeline_tests.system.place import COMMAND, DATASET, Place

T = TypeVar("T")
LOCATION = "dataset_pipeline"
SELECTOR = {"repositoryLocationName": LOCATION, "repositoryName": "__repository__"}
START, RUN = 120, 240  # seconds: slow machines are machines too

_LAUNCH = """
mutation($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}"""
_STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


@dataclass(frozen=True)
class Server:
    """A running server, and the place that it serves."""

    place: Place
    address: str

    def ask(self, query: str, **variables: Any) -> Any:
        """The data that a GraphQL query gives."""
        body = {"query": query, "variables": variables}
        answer = requests.post(f"{self.address}/graphql", json=body, timeout=60).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def assets(self, dataset: str = DATASET) -> list[list[str]]:
        """The keys of a dataset's assets."""
        nodes = self.ask("{ assetNodes { assetKey { path } } }")["assetNodes"]
        paths = [node["assetKey"]["path"] for node in nodes]
        return [path for path in paths if path[0] == dataset]

    def launch(self, keys: Sequence[Sequence[str]], job: str = "__ASSET_JOB") -> str:
        """Start a run of assets, as *Materialize all* does; its id."""
        selection = [{"path": list(key)} for key in keys]
        selector = {**SELECTOR, "pipelineName": job, "assetSelection": selection}
        params = {"selector": selector, "mode": "default", "runConfigData": {}}
        launched = self.ask(_LAUNCH, params=params)["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def ended(self, run_id: str) -> str:
        """How a run ended."""

        def look() -> str | None:
            status = str(self.ask(_STATUS, id=run_id)["runOrError"]["status"])
            return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None

        return until(look, RUN)


def until(look: Callable[[], T | None], seconds: float) -> T:
    """What ``look`` finds at last."""
    end = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < end, f"nothing after {seconds} s"
        time.sleep(0.5)
    return found


@contextmanager
def serving(place: Place) -> Iterator[Server]:
    """Start ``dataset-pipeline ui``; end it and all that it started, whatever happens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    log = place.root / "server.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [*COMMAND, "ui", "--port", str(port)],
            cwd=place.root,
            env=place.env(),
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(place, f"http://127.0.0.1:{port}")
    try:
        until(lambda: _up(server, process), START)
        yield server
    except BaseException:
        sys.stderr.write(log.read_text("utf-8", "replace")[-4000:])
        raise
    finally:
        _end(process)


def _up(server: Server, process: subprocess.Popen[bytes]) -> bool | None:
    assert process.poll() is None, "the server ended"
    try:
        return bool(server.assets()) or None
    except requests.RequestException:
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, then end its whole process group: it is the group's leader."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
