"""Which processes a killed run leaves behind."""

import os
import time
from pathlib import Path

GRACE = 10  # seconds


def gone(leader: int, store: Path) -> list[str]:
    """Wait until nothing of a session lives or knows the store; what still does after a while."""
    end = time.monotonic() + GRACE
    while (found := living(leader, store)) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def living(leader: int, store: Path) -> list[str]:
    """Processes in the session or group of ``leader``, or with the store's path in what they got.

    From /proc; elsewhere only the group can be asked for.
    """
    if not Path("/proc/self/stat").exists():
        return [f"group {leader}"] if _group_lives(leader) else []
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        state, _, group, session = (_read(folder / "stat").rpartition(b")")[2].split() + [b""] * 4)[
            :4
        ]
        given = _read(folder / "cmdline") + _read(folder / "environ")
        mine = str(leader).encode() in (group, session) or os.fsencode(store) in given
        if mine and state not in (b"", b"Z", b"X"):  # a zombie has ended
            found.append(
                f"{folder.name}: {_read(folder / 'cmdline').replace(bytes(1), b' ').decode()}"
            )
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended, or is another user's
        return b""


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
