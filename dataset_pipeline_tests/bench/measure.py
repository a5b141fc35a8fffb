"""Runs a command as a whole process and takes the kernel's word for time and memory."""

import contextlib
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_LOOK_EVERY = 1.0  # seconds: to add up a large process's memory stops it for a moment


@dataclass(frozen=True)
class Measured:
    """Wall seconds, peak memory (MiB, with its child processes) and output of a command."""

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
        watch = _Watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        watch.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        told = output.read()[-4000:].decode(errors="replace")
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}\n{told}")
    return Measured(seconds, max(usage.ru_maxrss / 1024, watch.peak_mib), told)


class _Watch:
    """Looks at a process and its descendants from time to time: the most memory they had at once.

    What several of them share counts once (Linux's proportional set size); elsewhere it sees 0.
    """

    def __init__(self, pid: int) -> None:
        self.peak_mib = 0.0
        self._pid, self._over = pid, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_EVERY):
            kib = sum(_proportional_kib(pid) for pid in _family(self._pid))
            self.peak_mib = max(self.peak_mib, kib / 1024)


def _family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for member in found:
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, children.read_text().split())
    return found


def _proportional_kib(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:")), 0)


def machine() -> str:
    """What this was measured on, in a few words."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def executable(name: str) -> str:
    """A script of this environment."""
    return str(Path(sys.executable).with_name(name))
