"""``ui``: the Dagster server and daemon, with the folders that the commands use."""

import os
import sys
from pathlib import Path
from typing import NoReturn

from dataset_pipeline.instance import HOME_VARIABLE, dagster_home, open_instance


def serve(configs: Path, store: Path, host: str, port: int) -> NoReturn:
    """Become ``dagster dev``: the web server and the daemon that runs the schedules."""
    open_instance(store).dispose()  # makes the home and its databases before two processes do
    os.environ[HOME_VARIABLE] = str(dagster_home(store).absolute())
    os.environ["DATASET_PIPELINE_CONFIGS"] = str(configs)
    os.environ["DATASET_PIPELINE_STORE"] = str(store)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    command = [sys.executable, "-m", "dagster", "dev", "--module-name"]
    command += ["dataset_pipeline.definitions", "--host", host, "--port", str(port)]
    os.execv(sys.executable, command)  # noqa: S606  our own interpreter
