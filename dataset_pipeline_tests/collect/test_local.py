import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dataset_pipeline import files
from dataset_pipeline.collect import local
from dataset_pipeline.collect.local import collect_local
from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.errors import CollectError
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.collect.occasions import (
    collected,
    counts,
    names,
    nothing_half_written,
    source,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    (folder / "sources").mkdir(parents=True)
    for name in ("b.csv", "a.csv", "a.txt"):
        (folder / "sources" / name).write_text(name)
    return folder


FILES = source("csv", path="sources/*.csv")


def test_the_second_time_only_changes_are_told(store: Store, folder: Path) -> None:
    first = collected(store, FILES, folder)
    assert names(first) == ["sources/a.csv", "sources/b.csv"]
    assert counts(first) == {"new": 2}
    assert not first.unchanged
    again = collected(store, FILES, folder)
    assert again.unchanged
    assert counts(again) == {"unchanged": 2}
    (folder / "sources" / "a.csv").write_text("other")
    (folder / "sources" / "b.csv").rename(folder / "sources" / "c.csv")
    changed = collected(store, FILES, folder)
    assert counts(changed) == {"new": 1, "changed": 1, "vanished": 1}
    assert changed.entry["names"] == {
        "new": ["sources/c.csv"], "changed": ["sources/a.csv"], "vanished": ["sources/b.csv"],
    }  # fmt: skip
    assert changed.entry["previous"] == first.batch.digest


def test_copies_are_private_and_say_where_they_came_from(store: Store, folder: Path) -> None:
    batch = collected(store, FILES, folder).batch
    for file in batch.files:
        assert stat.S_IMODE(file.copy.stat().st_mode) == 0o600
        assert sha256_hex(file.copy.read_bytes()) == file.sha256 == file.copy.name
    facts = store.batches.facts(batch.digest)
    assert facts["origins"]["sources/a.csv"] == {"path": "sources/a.csv"}
    assert facts["code"] == {"package": "1", "stage": "2"}
    assert facts["rights"]["basis"] == "own_work"


def test_a_known_file_is_not_written_again(store: Store, folder: Path) -> None:
    before = collected(store, FILES, folder).batch.files[0].copy.stat()
    after = collected(store, FILES, folder).batch.files[0].copy.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def _while_read(
    monkeypatch: pytest.MonkeyPatch,
    action: Callable[[Path], None],
    times: int,
) -> None:
    """Do something to each file after its first piece was copied, so many times."""
    real, done = files._copied, []

    def copied(source, target, most):  # type: ignore[no-untyped-def]
        size = real(source, target, most)
        if size and len(done) < times and source not in done:
            done.append(source)
            action(Path(source.name))
        return size

    monkeypatch.setattr(files, "_copied", copied)


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _replace(path: Path) -> None:
    """Another file takes its name, as long and as old as the one before."""
    found, other = path.stat(), path.with_suffix(".new")
    other.write_bytes(_turned(path))
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(path)


def _rewrite(path: Path) -> None:
    """It gets another content of the same length."""
    later = path.stat().st_mtime_ns + 1
    path.write_bytes(_turned(path))
    os.utime(path, ns=(later, later))


def _turned(path: Path) -> bytes:
    data = path.read_bytes()
    return data[1:] + data[:1]


@pytest.mark.parametrize("action", [_append, _replace, _rewrite])
def test_a_file_that_changes_while_it_is_read_is_read_again(
    store: Store,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    action: Callable[[Path], None],
) -> None:
    _while_read(monkeypatch, action, times=2)
    batch = collected(store, FILES, folder).batch
    for file in batch.files:
        assert file.copy.read_bytes() == (folder / file.name).read_bytes()


def test_a_file_that_never_holds_still_is_an_error(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _while_read(monkeypatch, _append, times=100)
    with pytest.raises(CollectError, match=r"^sources/a\.csv changed each of the 4 times"):
        collected(store, FILES, folder)
    nothing_half_written(store)
    assert store.collections.last("small", "rows") is None


def test_a_copy_that_is_too_short_is_none(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that says that it copied all, and did not."""
    monkeypatch.setattr(local, "WAIT", 0)
    monkeypatch.setattr(files, "_copied", lambda *_: 0)
    with pytest.raises(CollectError, match=r"^sources/a\.csv changed each of the 4 times"):
        collected(store, FILES, folder)
    nothing_half_written(store)


_WRITER = """
import sys
with open(sys.argv[1], "ab", buffering=0) as file:
    print("begun", flush=True)
    while True:
        file.write(b"more")
"""


def test_a_writer_at_work_is_noticed(store: Store, folder: Path) -> None:
    """No stand-in: another process appends all the time."""
    path = folder / "sources" / "a.csv"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    command = [sys.executable, "-c", _WRITER, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        writer.stdout.readline()
        try:
            with pytest.raises(CollectError, match=r"a\.csv changed"):
                collect_local(store.batches, folder, "sources/a.csv")
        finally:
            writer.kill()


def test_a_file_that_vanishes_after_the_listing_is_an_error(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = local.matching

    def matching(*args: object) -> list[Path]:
        found = real(*args)  # type: ignore[arg-type]
        (folder / "sources" / "b.csv").unlink()
        return found

    monkeypatch.setattr(local, "matching", matching)
    with pytest.raises(CollectError, match=r"sources/b\.csv changed .* or is gone"):
        collected(store, FILES, folder)


def test_links_that_lead_out_are_refused(store: Store, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret")
    (folder / "sources" / "link.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(CollectError, match=r"sources/link\.csv leads out of the dataset's folder"):
        collected(store, FILES, folder)
    (folder / "sources" / "link.csv").unlink()
    (folder / "sources" / "link.csv").symlink_to("a.csv")
    assert counts(collected(store, FILES, folder)) == {"new": 3}


def test_a_folder_of_links_that_leads_out_is_refused(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "x.csv").write_text("x")
    (folder / "linked").symlink_to(tmp_path / "else")
    with pytest.raises(CollectError, match=r"linked/x\.csv leads out"):
        collected(store, source("csv", path="*/*.csv"), folder)


def test_a_dangling_link_is_told(store: Store, folder: Path) -> None:
    (folder / "sources" / "z.csv").symlink_to("nowhere.csv")
    with pytest.raises(CollectError, match=r"sources/z\.csv is a link to a file that is not there"):
        collected(store, FILES, folder)


_AS_NOBODY = """
import os, sys
from pathlib import Path
from dataset_pipeline.collect.local import collect_local
from dataset_pipeline.errors import CollectError
from dataset_pipeline.store.store import Store
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    collect_local(Store(Path(sys.argv[1])).batches, Path(sys.argv[2]), sys.argv[3])
except CollectError as error:
    print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize(
    ("shut", "pattern"),
    [("sources/b.csv", "sources/*.csv"), ("sources", "*/*.csv"), ("sources", "**/*.csv")],
)
def test_what_may_not_be_read_is_told(shut: str, pattern: str) -> None:
    with TemporaryDirectory() as place:  # others may not look into pytest's own folders
        Path(place).chmod(0o755)
        folder, store = Path(place, "dataset"), Path(place, "store")
        (folder / "sources").mkdir(parents=True)
        (folder / "sources" / "b.csv").write_text("b")
        store.mkdir()
        os.chown(store, 65534, 65534)
        (folder / shut).chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, store, folder, pattern],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert shut in done.stdout, done.stderr
    assert "give this user the right to it" in done.stdout


def test_a_full_disk_leaves_nothing(store: Store, folder: Path) -> None:
    (folder / "sources" / "b.csv").write_bytes(b"x" * (4 << 20))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        with pytest.raises(CollectError, match=r"sources/b\.csv cannot be collected: .*limit"):
            collected(store, FILES, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    nothing_half_written(store)
    assert store.collections.last("small", "rows") is None
    assert counts(collected(store, FILES, folder)) == {"new": 2}
