"""``ui``: the Dagster server and daemon, with the folders that the commands use."""

import errno
import os
import socket
import sys
from pathlib import Path
from typing import NoReturn

from dataset_pipeline.errors import PipelineError
from dataset_pipeline.instance import (
    HOME_VARIABLE,
    close_runs_of_dead_servers,
    dagster_home,
    open_instance,
)

# As workspace.yaml in the repository: the location has one name, whichever way it is loaded.
WORKSPACE = """\
# What `dagster dev` and `dagster-webserver` load.
load_from:
  - python_module:
      module_name: dataset_pipeline.definitions
      location_name: dataset_pipeline
"""

# The first line would tell people of another tool, which this project does not have.
_NO_WORD_OF = "ignore:Function `dev_command` is superseded"


class PortTakenError(PipelineError):
    """Another program listens there; Dagster would say that it serves, and stay without."""


def serve(configs: Path, store: Path, host: str, port: int) -> NoReturn:
    """Become ``dagster dev``: the web server and the daemon that runs the schedules."""
    _check_port(host, port)
    home = dagster_home(store).absolute()
    with open_instance(store) as instance:  # makes the databases before two processes do
        close_runs_of_dead_servers(instance)
    workspace = home / "workspace.yaml"
    workspace.write_text(WORKSPACE, encoding="utf-8")
    os.environ[HOME_VARIABLE] = str(home)
    os.environ["DATASET_PIPELINE_CONFIGS"] = str(configs)
    os.environ["DATASET_PIPELINE_STORE"] = str(store)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    command = [sys.executable, "-W", _NO_WORD_OF, "-m", "dagster"]
    command += ["dev", "--workspace", str(workspace)]
    command += ["--host", host, "--port", str(port)]
    os.execv(sys.executable, command)  # noqa: S606  our own interpreter


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        command = f"dataset-pipeline ui --port {port + 1}"
        raise PortTakenError(f"port {port} is taken; give another one: {command}") from None
