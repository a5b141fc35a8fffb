"""A pipe in the place of a file: where nobody writes to it, nobody waits for it."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataset_pipeline.certify.keys import load_signer
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.ledger_check import check_ledger
from dataset_pipeline.certify.record_proof import check_proof
from dataset_pipeline.certify.standing import STANDING
from dataset_pipeline.certify.verify import verify
from dataset_pipeline.cli.prove import asked_text
from dataset_pipeline.errors import PipelineError
from dataset_pipeline.retrospective.about import About, read_about
from dataset_pipeline_tests.certify.test_log import add, filled

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes that have names")


@pytest.fixture(autouse=True)
def _not_for_ever() -> Iterator[None]:
    def late(*_: object) -> None:
        pytest.fail("it waits for whoever writes to the pipe")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_one_that_was_given(version: VersionFiles, pipe: Path, tmp_path: Path) -> None:
    ledger = filled(tmp_path / "ledger", 1).ledger.path
    answers: list[Callable[[], object]] = [
        lambda: verify(version.folder, trust=pipe),
        lambda: check_ledger(ledger, trust=pipe),
        lambda: check_ledger(ledger, kept=[pipe]),
        lambda: check_proof(pipe, version.certificate),
        lambda: load_signer(pipe),
        lambda: asked_text(None, pipe, None, as_json=True),
    ]
    for answer in answers:
        with pytest.raises(PipelineError):
            answer()
    assert STANDING in {c.name for c in verify(version.folder, notices=[pipe]).failed}
    assert verify(version.folder, removed=pipe).ok
    assert read_about(pipe) == About()


@pytest.mark.parametrize("name", ["ledger.jsonl", "checkpoint", "keys.pem", "edge.json"])
def test_one_in_the_ledger(tmp_path: Path, name: str) -> None:
    log = filled(tmp_path, 2)
    path = tmp_path / name
    path.unlink()
    os.mkfifo(path)
    if name == "edge.json":  # a shortcut; it is made anew
        add(log)
        return
    with pytest.raises(PipelineError):
        add(log)


def test_one_in_the_ledger_of_whoever_sent_a_store(version: VersionFiles, tmp_path: Path) -> None:
    placed = tmp_path / "store" / "versions" / "sample" / version.name
    placed.parent.mkdir(parents=True)
    version.folder.rename(placed)
    ledger = tmp_path / "store" / "ledger" / "ledger.jsonl"
    ledger.parent.mkdir()
    os.mkfifo(ledger)
    (claim,) = (claim for claim in verify(placed).claims if claim.name == STANDING)
    assert (claim.status, "not a regular file" in claim.detail) == ("not_provable", True)


def test_one_that_somebody_writes_to_is_read(version: VersionFiles) -> None:
    """As bash does it: ``--trust <(curl …)``."""
    reader, writer = os.pipe()
    os.write(writer, version.public_key.read_bytes())
    os.close(writer)
    assert verify(version.folder, trust=Path(f"/dev/fd/{reader}")).ok
    os.close(reader)
