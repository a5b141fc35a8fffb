"""The proof that something was entered in the ledger: a small file that stands by itself.

Its format is C2SP's tlog-proof, which other tools of transparency logs read: the entry (base64, as
the extra data), its index, the hashes that lead from its leaf to the root, and the log's signed
checkpoint::

    c2sp.org/tlog-proof@v1
    extra eyJkYXRhc2V0Ijoic3VwcG9ydF90aWNrZXRzIiwiZW50cnlfc2hhMjU2Ij…
    index 2
    5OGOCN8vUQ4jYL2FJyV3VYlEUw30LCsDyhqKuFfdmq8=

    dataset-pipeline/ledger/8c413344a14fe5d7
    3
    gr+mlcnFv2IBGuE5O4b2cscyMJlE+WtnPc1xN84PGlg=

    — dataset-pipeline/ledger/8c413344a14fe5d7 cxkYgpQTadYPMzsUyqyBMiCnlqDvOpaTNr5YN7I0Vo3RV9nJdH…
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from dataset_pipeline.certify.checkpoint import (
    MAX_BYTES,
    from_base64,
    log_verifiers,
    read,
    to_base64,
    verify,
)
from dataset_pipeline.certify.claims import Findings, Verification
from dataset_pipeline.certify.errors import CheckpointError, NotAPackage
from dataset_pipeline.certify.merkle import leaf_hash, verify_inclusion
from dataset_pipeline.certify.trust import Trust
from dataset_pipeline.files import opened

SUFFIX = ".tlog-proof"
HEADER = "c2sp.org/tlog-proof@v1"
FORM, CHECKPOINT = "proof-form", "ledger-checkpoint"
INCLUSION, ENTRY = "entry-inclusion", "ledger-entry"
_MOST_BYTES = 4 * MAX_BYTES
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_EXTRA = "extra "


@dataclass(frozen=True)
class LogProof:
    """``entry``: the ledger's line without its end; ``path``: from its leaf's sibling upwards;
    ``checkpoint``: signed, as it was read; nothing is verified yet.
    """

    entry: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def write(self) -> bytes:
        """The file's bytes."""
        lines = [HEADER, f"{_EXTRA}{to_base64(self.entry)}", f"index {self.index}"]
        lines += [to_base64(node) for node in self.path]
        return "".join(f"{line}\n" for line in (*lines, "")).encode() + self.checkpoint


def leaf_of(line: bytes) -> bytes:
    """The leaf hash of a ledger's line, with or without its line end."""
    return leaf_hash(line.removesuffix(b"\n"))


def log_keys(trust: Trust) -> list[SSlibKey]:
    """The keys whose checkpoints count: the publisher's that are not revoked."""
    return [key.key for key in trust.keys.values() if key.role is None and key.revoked is None]


def read_proof(data: bytes) -> LogProof:
    """Read a proof strictly; CheckpointError when it is none."""
    if len(data) > _MOST_BYTES:
        raise CheckpointError(f"is longer than {_MOST_BYTES} bytes")
    head, gap, checkpoint = data.partition(b"\n\n")
    try:
        header, extra, index, *path = head.decode().split("\n")
    except ValueError:
        raise CheckpointError("is not a proof that an entry is in a log") from None
    found = _INDEX.fullmatch(index)
    if header != HEADER or not extra.startswith(_EXTRA) or not found or not gap:
        raise CheckpointError("is not a proof that an entry is in a log")
    entry = from_base64(extra.removeprefix(_EXTRA))
    return LogProof(entry, int(found[1]), tuple(map(from_base64, path)), checkpoint)


def proven_entry(proof: LogProof, keys: Sequence[SSlibKey]) -> dict[str, Any]:
    """The entry, when it is in the log that one of the keys signed; CheckpointError otherwise."""
    signed = verify(proof.checkpoint, log_verifiers(proof.checkpoint, keys))
    if not _included(proof):
        raise CheckpointError(f"does not lead from the entry to the root of {signed.origin}")
    return _entry(proof)


def read_small(path: Path) -> bytes:
    """The file's bytes, as far as a proof could go. NotAPackage when it cannot be read."""
    try:
        with opened(path) as file:
            return file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise NotAPackage(f"{path}: cannot be read: {error.strerror}") from None


def verify_log_proof(path: Path, trust: Trust | None) -> Verification:
    """Check a proof's file. Whose log it is nobody knows without ``trust``, so it is not ok then.

    Raises NotAPackage when the file cannot be read.
    """
    findings, data = Findings(), read_small(path)
    try:
        proof = read_proof(data)
        signed = read(proof.checkpoint)
        entry = _entry(proof)
    except CheckpointError as error:
        findings.fail(FORM, path.name, str(error))
        return Verification(path, "proof", tuple(findings.claims), needs=CHECKPOINT)
    findings.close(FORM, HEADER)
    if trust is None:
        why = "whose log it is: give the public key of whoever runs it (--trust)"
        findings.not_provable(CHECKPOINT, why)
    else:
        try:
            verify(proof.checkpoint, log_verifiers(proof.checkpoint, log_keys(trust)))
        except CheckpointError as error:
            findings.fail(CHECKPOINT, path.name, str(error))
        findings.close(CHECKPOINT, f"{signed.origin}: {signed.size} entries, signed")
    if not _included(proof):
        findings.fail(INCLUSION, path.name, "does not lead from the entry to the log's root")
    findings.close(INCLUSION, f"entry {proof.index + 1} of {signed.size}")
    if not findings.any_failed:
        findings.close(ENTRY, told(entry))
    return Verification(path, "proof", tuple(findings.claims), needs=CHECKPOINT)


def told(entry: Mapping[str, Any]) -> str:
    """What an entry says, in one line."""
    own = ("index", "previous", "entry_sha256", "time", "kind")
    fields = ", ".join(f"{name} {value}" for name, value in entry.items() if name not in own)
    return f"{entry['kind']} on {entry['time']}: {fields}"


def _included(proof: LogProof) -> bool:
    signed = read(proof.checkpoint)
    leaf = leaf_of(proof.entry)
    return verify_inclusion(proof.index, signed.size, leaf, proof.path, signed.root)


def _entry(proof: LogProof) -> dict[str, Any]:
    try:
        entry = json.loads(proof.entry)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict) or not {"kind", "time", "dataset"} <= entry.keys():
        raise CheckpointError("holds no entry of a ledger")
    return entry
