"""The ledger as an append-only log (RFC 6962): nothing is entered without a signed checkpoint.

A leaf is a line of the ledger without its line end. Before a line is written, the checkpoint over
it is signed and kept as pending; when the line is on the disk, the checkpoint becomes the newest.
So after a writer was killed, the next one knows whether a last line is its own: it publishes what
was signed, or takes it back. A line that no checkpoint covers is never signed for, but for those of
a ledger that was begun before there were checkpoints.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]

from dataset_pipeline.certify.checkpoint import Checkpoint, log_verifiers, read, sign, verify
from dataset_pipeline.certify.errors import CheckpointError
from dataset_pipeline.certify.keys import load_public_key, public_pem
from dataset_pipeline.certify.log_files import NOTHING, Covered, LogFiles
from dataset_pipeline.certify.log_proof import LogProof, leaf_of
from dataset_pipeline.certify.merkle import build
from dataset_pipeline.errors import StoreError
from dataset_pipeline.store.ledger import (
    Entry,
    EntryKind,
    Ledger,
    next_line,
    sha256_of,
    whole_lines,
)

_ORIGIN = "dataset-pipeline/ledger/"


class Log:
    """Enters things in a ledger. Safe for many processes and threads."""

    def __init__(self, ledger: Ledger, signer: Callable[[], CryptoSigner]) -> None:
        self.ledger = ledger
        self.files = LogFiles(ledger.path.parent)
        self._signer = signer

    def enter(
        self, kind: EntryKind, time: str, *, once: Sequence[str] = (), **fields: Any
    ) -> tuple[Entry, bool]:
        """Enter something: the entry, and whether this call entered it.

        ``time``: RFC 3339 in UTC with ``Z``. With ``once``, an earlier entry of this kind that has
        the same values in these fields stands for it. When this returns, the entry and a checkpoint
        over it are on the disk.

        Raises StoreError when a field is wrong, or the ledger is not what was signed; then nothing
        is written.
        """
        self.files.folder.mkdir(parents=True, exist_ok=True)
        with self.ledger.lock:
            covered = self._healed()
            if once and (known := self.ledger.find(kind=kind, **{n: fields[n] for n in once})):
                return known[0], False
            line = next_line(kind, time, fields, index=covered.edge.size, previous=covered.head)
            after = _with(covered, [line])
            self._announce(after, line)
            self.ledger.write(line)
            self._publish(after)
        entry: Entry = json.loads(line)
        return entry, True

    def _healed(self) -> Covered:
        """What the newest checkpoint covers, once all is done that a killed writer left undone."""
        note = self.files.newest()
        covered = NOTHING if note is None else self._covered(self._signed(note))
        rest = self.ledger.read(covered.end)
        if torn := rest[rest.rfind(b"\n") + 1 :]:
            self.ledger.set_torn_line_aside(torn)
        lines = list(whole_lines(rest))
        after = _with(covered, lines)
        if (pending := self.files.pending()) is not None:
            if self._is_own(pending, after):
                self._publish(after)
                return after
            if not lines:
                self.files.take_back()
        if lines and note is not None:
            raise StoreError(
                f"{self.ledger.path}: line {covered.edge.size + 1} was not written here: no "
                "checkpoint covers it. Find out what it is, and take it out"
            )
        if lines:  # begun before there were checkpoints
            self.ledger.sound_lines()
            self._announce(after, lines[0])
            self._publish(after)
        return after

    def _covered(self, newest: Checkpoint) -> Covered:
        """What this checkpoint covers; StoreError when it is not what lies there."""
        kept = self.files.covered(newest)
        if kept and sha256_of(self.ledger.read(kept.start)[: kept.end - kept.start]) == kept.head:
            return kept
        lines = self.ledger.sound_lines()[: newest.size]
        found = _with(NOTHING, lines)
        if (found.edge.size, found.edge.root) != (newest.size, newest.root):
            raise StoreError(
                f"{self.ledger.path}: its {found.edge.size} lines are not the {newest.size} that "
                "were signed; `dataset-pipeline ledger check` says more. Restore it from a copy"
            )
        self.files.save(found)
        return found

    def _announce(self, after: Covered, first_line: bytes) -> None:
        note, signer = self.files.newest(), self._signer()
        origin = read(note).origin if note else f"{_ORIGIN}{leaf_of(first_line).hex()[:16]}"
        self.files.remember_key(public_pem(signer))
        self.files.announce(sign(Checkpoint(origin, after.edge.size, after.edge.root), signer))

    def _publish(self, after: Covered) -> None:
        self.files.publish()
        self.files.save(after)

    def _signed(self, note: bytes) -> Checkpoint:
        try:
            return self.files.verified(note, [self._own_key()])
        except CheckpointError as error:
            raise StoreError(f"{self.files.checkpoint}: {error}. Restore it from a copy") from None

    def _is_own(self, note: bytes, after: Covered) -> bool:
        """Whether a checkpoint is over just these lines, and was signed by the key at hand."""
        try:
            found = verify(note, log_verifiers(note, [self._own_key()]))
        except CheckpointError:
            return False
        return (found.size, found.root) == (after.edge.size, after.edge.root)

    def _own_key(self) -> SSlibKey:
        return load_public_key(public_pem(self._signer()))


def prove(ledger: Ledger, index: int) -> LogProof:
    """The proof that the ledger's entry ``index`` is under its newest checkpoint.

    Raises StoreError when that is not so: the ledger is not what was signed.
    """
    files = LogFiles(ledger.path.parent)
    note = files.newest()
    signed = files.parsed(note) if note else None
    lines = ledger.sound_lines()
    size = signed.size if signed else 0
    tree = build([leaf_of(line) for line in lines[:size]])
    if not note or not signed or tree.root != signed.root or not index < size:
        raise StoreError(
            f"{ledger.path}: its lines are not under its checkpoint; "
            "`dataset-pipeline ledger check` says more"
        )
    path = tuple(tree.inclusion_proof(index))
    return LogProof(lines[index].removesuffix(b"\n"), index, path, note)


def _with(covered: Covered, lines: Sequence[bytes]) -> Covered:
    """With these lines more."""
    edge, start, end, head = covered.edge, covered.start, covered.end, covered.head
    for line in lines:
        edge, start, end, head = edge.add(leaf_of(line)), end, end + len(line), sha256_of(line)
    return Covered(edge, start, end, head)
