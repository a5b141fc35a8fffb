"""Signed checkpoints of an append-only log, in C2SP's formats tlog-checkpoint and signed-note.

A checkpoint says which log it is of, how many entries that had, and the root of the Merkle tree
over them. It is a text that other tools of transparency logs read::

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5…

Signatures are by Ed25519 (type 1) or ECDSA with SHA-256 (type 2); others are left alone.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import (  # type: ignore[attr-defined]
    CryptoSigner,
    Signature,
    SSlibKey,
)

from dataset_pipeline.certify.errors import CheckpointError, KeyFileError
from dataset_pipeline.certify.keys import load_public_key, public_pem
from dataset_pipeline.certify.merkle import SIZE

MAX_BYTES = 1 << 16
_ED25519, _ECDSA = b"\x01", b"\x02"
_DASH = "\N{EM DASH} "
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_ID_SIZE = 4
_LEAST_LINES = 3
_MOST_SIGNATURES = 16


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log: its name, the number of its entries, the root of its tree (32 bytes)."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is signed, with its last line end."""
        lines = (self.origin, str(self.size), to_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True)
class Verifier:
    """A public key under the name that it signs with.

    ``id``: the four bytes by which its signatures are found, as signed-note has them.
    """

    name: str
    key: SSlibKey

    @property
    def id(self) -> bytes:
        """Of an Ed25519 key by name, type and key; of an ECDSA key by its DER form alone."""
        kind, data = _encoded(self.key)
        hashed = data if kind == _ECDSA else self.name.encode() + b"\n" + kind + data
        return hashlib.sha256(hashed).digest()[:_ID_SIZE]

    @property
    def vkey(self) -> str:
        """The key on one line: name, id and key, as other tools take it."""
        kind, data = _encoded(self.key)
        return f"{self.name}+{self.id.hex()}+{to_base64(kind + data)}"


@dataclass(frozen=True)
class Note:
    """A signed text as it was read; nothing is verified yet. ``signatures``: name, id, bytes."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


def sign(checkpoint: Checkpoint, signer: CryptoSigner) -> bytes:
    """The signed checkpoint. The key signs under the log's name.

    Raises CheckpointError when a line of it cannot be one.
    """
    _check_text(checkpoint.text)
    if read_text(checkpoint.text) != checkpoint:
        raise CheckpointError("a line of the checkpoint is empty or holds a line end")
    verifier = Verifier(_name(checkpoint.origin), load_public_key(public_pem(signer)))
    signature = bytes.fromhex(signer.sign(checkpoint.text.encode()).signature)
    line = f"{_DASH}{verifier.name} {to_base64(verifier.id + signature)}\n"
    return f"{checkpoint.text}\n{line}".encode()


def read_note(data: bytes) -> Note:
    """Read a signed note strictly; CheckpointError when it is none."""
    if len(data) > MAX_BYTES:
        raise CheckpointError(f"is longer than {MAX_BYTES} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise CheckpointError("is not UTF-8") from None
    _check_text(whole)
    text, gap, signatures = whole.rpartition("\n\n")
    if not gap or not text.strip("\n") or not signatures.endswith("\n"):
        raise CheckpointError("is not a text, an empty line and signatures")
    lines = signatures.removesuffix("\n").split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise CheckpointError(f"has more than {_MOST_SIGNATURES} signatures")
    return Note(f"{text}\n", tuple(_signature(line) for line in lines))


def read(data: bytes) -> Checkpoint:
    """The checkpoint in a signed note, unverified. CheckpointError when there is none."""
    return read_text(read_note(data).text)


def read_text(text: str) -> Checkpoint:
    """Read a checkpoint's text strictly; CheckpointError when it is none."""
    lines = text.split("\n")
    if len(lines) < _LEAST_LINES + 1 or lines.pop():
        raise CheckpointError("has fewer than three whole lines")
    if not all(lines):
        raise CheckpointError("has an empty line")
    origin, size, root, *extensions = lines
    if not _NUMBER.fullmatch(size):
        raise CheckpointError("has a size that is no plain number")
    digest = from_base64(root)
    if len(digest) != SIZE:
        raise CheckpointError(f"has a root that is not {SIZE} bytes long")
    return Checkpoint(origin, int(size), digest, tuple(extensions))


def verify(data: bytes, verifiers: Iterable[Verifier]) -> Checkpoint:
    """The checkpoint in ``data``, when at least one of the keys signed it.

    Raises CheckpointError when none did, or when a signature that is said to be by one of them does
    not hold. Signatures by other keys are not looked at.
    """
    note = read_note(data)
    checkpoint = read_text(note.text)
    if not verified_by(note, list(verifiers)):
        raise CheckpointError("none of the given keys signed it")
    return checkpoint


def verified_by(note: Note, verifiers: Sequence[Verifier]) -> list[Verifier]:
    """Those whose signature holds. CheckpointError when one of them does not."""
    found = []
    for name, key_id, signature in note.signatures:
        for verifier in verifiers:
            if (verifier.name, verifier.id) == (name, key_id):
                _check(verifier, signature, note.text.encode())
                found.append(verifier)
    return found


def log_verifiers(data: bytes, keys: Iterable[SSlibKey]) -> list[Verifier]:
    """The keys under the name of the log that the note in ``data`` is of."""
    name = _name(read(data).origin)
    return [Verifier(name, key) for key in keys]


def read_vkey(text: str) -> Verifier:
    """A key on one line, as ``Verifier.vkey`` writes it. CheckpointError when it is none."""
    name, plus, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    data = from_base64(encoded)
    if not plus or not _is_name(name):
        raise CheckpointError("is not a key's line (name+id+key)")
    verifier = Verifier(name, _decoded(data[:1], data[1:]))
    if verifier.id.hex() != key_id:
        raise CheckpointError("is a key's line whose id does not fit its key")
    return verifier


def to_base64(data: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Standard base64 in its one form; CheckpointError when it is not."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        data = b""
    if not data or to_base64(data) != text:
        raise CheckpointError("holds something that is not standard base64")
    return data


def _check_text(text: str) -> None:
    if any(character < " " and character != "\n" for character in text):
        raise CheckpointError("holds a control character")


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _is_name(name):
        raise CheckpointError("has a line where a signature should stand")
    data = from_base64(encoded)
    if len(data) <= _ID_SIZE:
        raise CheckpointError("has a signature that is too short")
    return name, data[:_ID_SIZE], data[_ID_SIZE:]


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def _name(origin: str) -> str:
    if not _is_name(origin):
        raise CheckpointError(f"{origin!r} cannot be a key's name: it holds a space or a plus")
    return origin


def _check(verifier: Verifier, signature: bytes, signed: bytes) -> None:
    key = verifier.key
    try:
        key.verify_signature(Signature(key.keyid, signature.hex()), signed)
    except UnverifiedSignatureError:
        raise CheckpointError(f"the signature by key {key.keyid} does not hold") from None


def _encoded(key: SSlibKey) -> tuple[bytes, bytes]:
    """The type of a key's signatures, and the key as signed-note writes it."""
    public = str(key.keyval["public"])
    if key.keytype == "ed25519":
        return _ED25519, bytes.fromhex(public)
    der = serialization.Encoding.DER
    parsed = serialization.load_pem_public_key(public.encode())
    return _ECDSA, parsed.public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo)


def _decoded(kind: bytes, data: bytes) -> SSlibKey:
    pem, info = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    try:
        if kind == _ED25519:
            return load_public_key(Ed25519PublicKey.from_public_bytes(data).public_bytes(pem, info))
        if kind == _ECDSA:
            return load_public_key(serialization.load_der_public_key(data).public_bytes(pem, info))
    except (ValueError, UnsupportedAlgorithm, KeyFileError):
        pass
    raise CheckpointError("is not an Ed25519 or ECDSA P-256 key")
