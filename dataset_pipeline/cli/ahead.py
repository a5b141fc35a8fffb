"""Whether a run has work ahead of it: a guess, before anything heavy is imported."""

import os
from collections.abc import Iterator
from pathlib import Path

# Of a larger folder nothing is guessed: to look at all of it would take time as well.
_MOST = 10_000


def much_is_new(folder: Path, store: Path) -> bool:
    """Whether a file below the dataset's folder came, went or was written since the last run.

    Without a store everything is new. A source that is elsewhere may have news all the same.
    """
    if not store.exists():
        return True
    home = Path(os.environ.get("DAGSTER_HOME") or store / "dagster")
    try:
        last = (home / "history" / "runs.db").stat().st_mtime
        for number, changed in enumerate(_changed(folder)):
            if changed > last or number == _MOST:
                return changed > last
    except OSError:
        pass
    return False


def _changed(folder: Path) -> Iterator[float]:
    """When the folder, and all below it, was last changed; also by a move or a new name."""
    yield folder.stat().st_ctime
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _changed(Path(entry.path))
        else:
            yield entry.stat().st_ctime
