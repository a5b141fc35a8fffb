"""Runs a command as a whole process and takes the kernel's word for time and memory."""

import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """Wall seconds, peak memory (MiB, largest process) and output of a finished command."""

    seconds: float
    peak_mib: float
    output: str = ""


def run(command: list[str], environment: dict[str, str] | None = None) -> Measured:
    """Run ``command`` to its end. Raises RuntimeError with its output when it fails."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **(environment or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        told = output.read()[-4000:].decode(errors="replace")
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}\n{told}")
    return Measured(seconds, usage.ru_maxrss / 1024, told)


def machine() -> str:
    """What this was measured on, in a few words."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def executable(name: str) -> str:
    """A script of this environment."""
    return str(Path(sys.executable).with_name(name))
