"""The proof of an entry: it stands by itself, and no edit of it passes."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from dataset_pipeline.certify.checkpoint import read
from dataset_pipeline.certify.errors import CheckpointError
from dataset_pipeline.certify.keys import load_public_key, public_pem
from dataset_pipeline.certify.log import prove
from dataset_pipeline.certify.log_proof import (
    CHECKPOINT,
    FORM,
    INCLUSION,
    LogProof,
    proven_entry,
    read_proof,
)
from dataset_pipeline.certify.merkle import leaf_hash, verify_inclusion
from dataset_pipeline.certify.verify import verify
from dataset_pipeline.errors import StoreError
from dataset_pipeline_tests.certify.test_log import SIGNER, add, changed, filled

KEY = load_public_key(public_pem(SIGNER))
SIZE = 7


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> list[LogProof]:
    log = filled(tmp_path_factory.mktemp("ledger"), SIZE)
    return [prove(log.ledger, index) for index in range(SIZE)]


@pytest.mark.parametrize("index", range(SIZE))
def test_every_entry_can_be_proven(proofs: list[LogProof], index: int) -> None:
    data = proofs[index].write()
    assert read_proof(data) == proofs[index]
    assert proven_entry(read_proof(data), [KEY])["version"] == f"v{index}"
    assert len(data) < 2048


def test_the_format_is_that_of_c2sp(proofs: list[LogProof]) -> None:
    """Read by hand, as c2sp.org/tlog-proof has it."""
    head, _, checkpoint = proofs[5].write().decode().partition("\n\n")
    header, extra, index, *path = head.splitlines()
    assert (header, index) == ("c2sp.org/tlog-proof@v1", "index 5")
    assert extra.startswith("extra ")
    signed = read(checkpoint.encode())
    leaf = leaf_hash(base64.b64decode(extra.removeprefix("extra ")))
    nodes = [base64.b64decode(line) for line in path]
    assert verify_inclusion(5, signed.size, leaf, nodes, signed.root)


def test_another_key_proves_nothing(proofs: list[LogProof]) -> None:
    other = load_public_key(public_pem(CryptoSigner.generate_ed25519()))
    with pytest.raises(CheckpointError, match="none of the given keys"):
        proven_entry(proofs[0], [other])


def test_another_entry_is_not_proven(proofs: list[LogProof]) -> None:
    one, two = proofs[1], proofs[2]
    for wrong in (
        LogProof(changed(one.entry + b"\n").rstrip(b"\n"), one.index, one.path, one.checkpoint),
        LogProof(one.entry, two.index, one.path, one.checkpoint),
        LogProof(one.entry, one.index, two.path, one.checkpoint),
        LogProof(one.entry, one.index, one.path[:-1], one.checkpoint),
        LogProof(one.entry, one.index, (), one.checkpoint),
        LogProof(one.entry, SIZE, one.path, one.checkpoint),
    ):
        with pytest.raises(CheckpointError, match="does not lead"):
            proven_entry(wrong, [KEY])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tlog-proof@v1", "tlog-proof@v2"),
        ("extra ", "extra  "),
        ("extra ", ""),
        ("index 1", "index 01"),
        ("index 1", "index -1"),
        ("index 1", "index"),
        ("index 1\n", ""),
        ("\n\n", "\n"),
        ("=\n", "\n"),
        ("c2sp", "\nc2sp"),
    ],
)
def test_loose_forms_are_refused(proofs: list[LogProof], old: str, new: str) -> None:
    data = proofs[1].write().decode()
    assert old in data
    with pytest.raises(CheckpointError):
        proven_entry(read_proof(data.replace(old, new, 1).encode()), [KEY])


@pytest.mark.parametrize(
    "data", [b"", b"c2sp", b"\xff\n\n", b"c2sp.org/tlog-proof@v1\n\n", b"x" * 300_000]
)
def test_no_proof(data: bytes) -> None:  # fmt: skip
    with pytest.raises(CheckpointError):
        read_proof(data)


@pytest.mark.parametrize("entry", [b"{}", b"[]", b"not JSON", b'{"kind":"certified"}'])
def test_what_is_proven_must_be_an_entry(
    proofs: list[LogProof], entry: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.tlog-proof"
    path.write_bytes(LogProof(entry, 0, (), proofs[0].checkpoint).write())
    assert [claim.name for claim in verify(path).failed] == [FORM]


@given(at=st.integers(0, 1 << 12), cut=st.integers(0, 3), new=st.binary(max_size=3))
def test_no_edit_passes(proofs: list[LogProof], at: int, cut: int, new: bytes) -> None:
    data = proofs[3].write()
    at %= len(data) + 1
    edited = data[:at] + new + data[at + cut :]
    if edited != data:
        with pytest.raises(CheckpointError):
            proven_entry(read_proof(edited), [KEY])


def test_verify_says_each_claim(proofs: list[LogProof], tmp_path: Path) -> None:
    path, trust = tmp_path / "entry.tlog-proof", tmp_path / "trust.pem"
    trust.write_bytes(public_pem(SIGNER))
    path.write_bytes(proofs[2].write())
    found = verify(path, trust=trust)
    assert found.ok
    assert {claim.status for claim in found.claims} == {"ok"}
    without = verify(path)
    assert (without.ok, without.failed) == (False, ())
    trust.write_bytes(public_pem(CryptoSigner.generate_ed25519()))
    assert [claim.name for claim in verify(path, trust=trust).failed] == [CHECKPOINT]
    path.write_bytes(proofs[2].write().replace(b"index 2", b"index 3"))
    assert [claim.name for claim in verify(path).failed] == [INCLUSION]


def test_a_checkpoint_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    log = filled(tmp_path, 2)
    for data in (b"", b"\xff"):
        log.files.checkpoint.write_bytes(data)
        with pytest.raises(StoreError if not data else CheckpointError, match=str(tmp_path)):
            prove(log.ledger, 0)


def test_nothing_is_proven_from_a_damaged_ledger(tmp_path: Path) -> None:
    log = filled(tmp_path, 4)
    lines = log.ledger.read().splitlines(keepends=True)
    log.ledger.path.write_bytes(b"".join([*lines[:3], changed(lines[3])]))
    with pytest.raises(StoreError, match="not under its checkpoint"):
        prove(log.ledger, 0)
    log.ledger.path.write_bytes(b"".join(lines))
    assert prove(log.ledger, 3)
    add(log)
    for path in (log.files.checkpoint, log.files.series):
        path.unlink()
    with pytest.raises(StoreError, match="not under its checkpoint"):
        prove(log.ledger, 0)
