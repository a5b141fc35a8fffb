"""The files that lie beside the ledger's lines.

``checkpoint``: the newest signed checkpoint; ``checkpoints.jsonl``: every one ever signed, a JSON
string a line; ``keys.pem``: the public keys that signed them; ``checkpoint.pending``: one whose
line is being written; ``edge.json``: what is needed to go on without reading all lines again.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from dataset_pipeline.certify.checkpoint import MAX_BYTES, Checkpoint, log_verifiers, read, verify
from dataset_pipeline.certify.errors import CheckpointError, KeyFileError
from dataset_pipeline.certify.keys import load_public_key, load_public_keys
from dataset_pipeline.certify.merkle import Edge
from dataset_pipeline.digests import canonical_json
from dataset_pipeline.files import read_bytes, replace, sync
from dataset_pipeline.store.ledger import FIRST


@dataclass(frozen=True)
class Covered:
    """The lines that a checkpoint covers: their tree's edge, and the last of them.

    ``start``, ``end``: where in the file that line begins and ends; ``head``: its SHA-256.
    """

    edge: Edge
    start: int
    end: int
    head: str


NOTHING = Covered(Edge(), 0, 0, FIRST)


class LogFiles:
    """The files in the ledger's folder. Writers hold the ledger's lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoint = folder / "checkpoint"
        self.series = folder / "checkpoints.jsonl"
        self.keys = folder / "keys.pem"
        self._pending = folder / "checkpoint.pending"
        self._edge = folder / "edge.json"

    @property
    def read_by_checks(self) -> tuple[Path, ...]:
        """Those that are read to check a ledger."""
        return (self.checkpoint, self.series, self.keys, self._pending)

    def newest(self) -> bytes | None:
        """The newest signed checkpoint; of the series, where its own file is missing."""
        if (data := _read(self.checkpoint)) is not None:
            return data
        series = self.all()
        return series[-1] if series else None

    def parsed(self, newest: bytes) -> Checkpoint:
        """The newest one read, and not verified; CheckpointError when it is none."""
        try:
            return read(newest)
        except CheckpointError as error:
            raise CheckpointError(f"{self.checkpoint}: {error}. Restore it from a copy") from None

    def pending(self) -> bytes | None:
        """A signed checkpoint that was never handed out: its line may be written, or not."""
        return _read(self._pending)

    def all(self) -> list[bytes]:
        """Every signed checkpoint, the oldest first; one that was not wholly written is left out.

        Raises CheckpointError when a line is no JSON string.
        """
        data = _read(self.series) or b""
        try:
            notes = [json.loads(line) for line in data.split(b"\n")[:-1]]
            return [note.encode() for note in notes]
        except (ValueError, RecursionError, AttributeError):
            raise CheckpointError(f"{self.series}: is not a JSON string a line") from None

    def known_keys(self) -> list[SSlibKey]:
        """The keys that signed here; KeyFileError when the file holds none."""
        data = _read(self.keys)
        try:
            return [] if data is None else load_public_keys(data)
        except KeyFileError as error:
            raise KeyFileError(f"{self.keys}: {error}. Restore it from a copy") from None

    def verified(self, data: bytes, more: Sequence[SSlibKey] = ()) -> Checkpoint:
        """The checkpoint in ``data`` by the known keys and ``more``; CheckpointError otherwise."""
        return verify(data, log_verifiers(data, [*self.known_keys(), *more]))

    def remember_key(self, pem: bytes) -> None:
        """Add a public key to those that signed here."""
        new = load_public_key(pem)
        if new.keyid not in {key.keyid for key in self.known_keys()}:
            replace(self.folder, self.keys, (_read(self.keys) or b"") + pem)

    def announce(self, note: bytes) -> None:
        """Keep a signed checkpoint while its line is written."""
        replace(self.folder, self._pending, note)

    def take_back(self) -> None:
        """Forget what was announced: its line was not written."""
        self._pending.unlink(missing_ok=True)

    def publish(self) -> None:
        """Make the announced checkpoint the newest."""
        self._add_to_series(canonical_json(self._pending.read_text(encoding="utf-8")) + b"\n")
        self._pending.replace(self.checkpoint)
        sync(self.folder)

    def _add_to_series(self, line: bytes) -> None:
        """Add a line unless it is there; over one that was cut short."""
        descriptor = os.open(self.series, os.O_RDWR | os.O_CREAT, 0o644)
        with os.fdopen(descriptor, "r+b") as file:
            before = max(0, file.seek(0, os.SEEK_END) - 2 * MAX_BYTES)
            file.seek(before)
            tail = file.read()
            whole = tail.rfind(b"\n") + 1
            if tail[:whole].endswith(line):
                return
            file.truncate(before + whole)
            file.seek(before + whole)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def save(self, covered: Covered) -> None:
        """Keep what the newest checkpoint covers."""
        nodes = [node.hex() for node in covered.edge.nodes]
        told = {**asdict(covered), "edge": {"size": covered.edge.size, "nodes": nodes}}
        replace(self.folder, self._edge, canonical_json(told))

    def covered(self, newest: Checkpoint) -> Covered | None:
        """What was kept by ``save``, when it is of this checkpoint."""
        try:
            told = json.loads(read_bytes(self._edge))
            nodes = tuple(bytes.fromhex(node) for node in told.pop("edge")["nodes"])
            found = Covered(Edge(newest.size, nodes), **told)
            fits = len(nodes) == newest.size.bit_count() and found.edge.root == newest.root
            return found if fits else None
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None


def _read(path: Path) -> bytes | None:
    try:
        return read_bytes(path)
    except FileNotFoundError:
        return None
