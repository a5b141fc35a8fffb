"""What an auditor sees with standard tools alone: of the sample, and of what a forger makes of it.

The tools run in an environment of their own, without a network and without this project.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset_pipeline.certify.claims import Verification
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.ledger_check import check_ledger
from dataset_pipeline.certify.record_names import record_id_digest
from dataset_pipeline.certify.record_proof import check_proof
from dataset_pipeline.certify.verify import verify
from dataset_pipeline_tests.certify.authority import Credentials, answering, serving
from dataset_pipeline_tests.system.auditor import STEPS, Auditor, alone, auditor
from dataset_pipeline_tests.system.publisher import Publisher
from dataset_pipeline_tests.system.tampered import Case, Row
from dataset_pipeline_tests.system.tampered_proofs import TABLE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    root = tmp_path_factory.mktemp("publisher")
    tsa = Credentials(root / "tsa")
    with serving(answering(tsa.answer)) as server:
        yield Publisher(root, server.url, tsa)


@pytest.fixture(scope="module")
def their(publisher: Publisher, tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    """The auditor's machine."""
    home = tmp_path_factory.mktemp("auditor")
    return auditor(home, publisher.trust / "publisher.pem", publisher.tsa.ca)


@pytest.fixture
def case(publisher: Publisher, tmp_path: Path) -> Case:
    return publisher.case(tmp_path)


def seen_by(tools: frozenset[str], their: Auditor, publisher: Publisher, case: Case) -> set[str]:
    """Those of the tools that find something wrong."""
    wrong = set()
    if tools & set(STEPS):
        wrong |= {name for name, ok in their.steps(case.files).items() if not ok}
    if "croissant" in tools and not their.croissant(case.files, case.room / "bag"):
        wrong.add("croissant")
    if "sigstore" in tools and not their.sigstore(case.files):
        wrong.add("sigstore")
    if "model" in tools and not their.model(case.model):
        wrong.add("model")
    if "ledger" in tools and not their.ledger(case.ledger, publisher.kept):
        wrong.add("ledger")
    if "record" in tools:
        statement = case.room / "statement.json"
        statement.write_bytes(read_envelope(case.files.certificate.read_bytes()).payload)
        if not their.record(case.proof, statement, "record_id", publisher.record):
            wrong.add("record")
    return wrong & tools


def judged(about: str, publisher: Publisher, case: Case) -> Verification:
    """What this project says."""
    if about == "ledger":
        trust = publisher.trust / "publisher.pem"
        return check_ledger(case.ledger / "ledger.jsonl", kept=[publisher.kept], trust=trust)
    if about == "record":
        asked = record_id_digest(publisher.record)
        return check_proof(case.proof, case.files.certificate, trust=publisher.trust, asked=asked)
    folder = case.model if about == "model" else case.files.folder
    return verify(folder, trust=publisher.trust)


ALL = frozenset().union(*(row.tools for row in TABLE.values()))


def test_the_machine_is_the_auditors_own(their: Auditor, tmp_path: Path) -> None:
    ours = their.run("python", "-c", "import dataset_pipeline", folder=tmp_path)
    assert "No module named 'dataset_pipeline'" in ours.stderr
    assert their.run("python", "-c", "import bagit, mlcroissant", folder=tmp_path).returncode == 0
    asked = "import socket; socket.create_connection(('1.1.1.1', 53), 2)"
    assert not alone() or "unreachable" in their.run("python", "-c", asked, folder=tmp_path).stderr


def test_every_tool_passes_on_what_was_published(
    their: Auditor, publisher: Publisher, case: Case
) -> None:
    """On the untouched copy, so that it is the tampering that they find."""
    assert {*STEPS, "croissant", "sigstore", "model", "ledger", "record"} >= ALL
    assert their.steps(case.files) == dict.fromkeys(STEPS, True)
    assert seen_by(ALL, their, publisher, case) == set()
    for about in {row.about for row in TABLE.values()}:
        found = judged(about, publisher, case)
        assert found.ok, found.failed
    assert verify(case.room / "bag" / case.files.name, certificate=case.files.certificate).ok


def test_there_are_enough_tamperings() -> None:
    assert len(TABLE) >= 50


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_a_tampering_is_found(their: Auditor, publisher: Publisher, case: Case, row: Row) -> None:
    row.forge(case)
    found = judged(row.about, publisher, case)
    assert not found.ok
    told = {(claim.name, claim.file) for claim in found.failed}
    assert (row.claim, row.file.replace("{}", case.files.name)) in told, found.failed
    assert seen_by(row.tools, their, publisher, case) == row.tools


def test_a_withdrawn_version_says_so_only_with_its_ledger(
    publisher: Publisher, tmp_path: Path
) -> None:
    assert "consent was taken back" in str(verify(publisher.other.folder).failed)
    away = shutil.copytree(publisher.other.folder, tmp_path / publisher.other.name)
    assert verify(away, trust=publisher.trust).ok
