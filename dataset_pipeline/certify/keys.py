"""Signing keys: Ed25519 (RFC 8032), or ECDSA on P-256 with SHA-256, as PEM.

A key's id is the SHA-256 of its DER SubjectPublicKeyInfo (RFC 5280, RFC 8410), so that anyone can
compute it: ``openssl pkey -pubin -in KEY.pub.pem -outform DER | sha256sum``.
"""

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]

from dataset_pipeline.certify.errors import KeyFileError
from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.files import PRIVATE_FILE, opened, write_once

_KINDS = "an Ed25519 or ECDSA P-256 key"
PUBLIC_KEY = b"-----BEGIN PUBLIC KEY-----"
_END = b"-----END PUBLIC KEY-----"

# The y coordinates of Ed25519's points of order 1, 2, 4 and 8.
_FIELD = 2**255 - 19
_ORDER_8 = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_SMALL_ORDER = {0, 1, _FIELD - 1, _ORDER_8, _FIELD - _ORDER_8}


def load_or_create_signer(path: Path, password: str | None = None) -> CryptoSigner:
    """The signer whose private key (PKCS8 PEM) is at ``path``; ``password`` opens an encrypted one.

    On first use an Ed25519 key is made there, mode 0600, in a folder of mode 0700, encrypted where
    there is a password. Of several processes that do so at once, one makes the key and all return
    it.

    Raises KeyFileError when the file is readable by others, or holds no usable key.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():  # when another process is faster, its key counts
        write_once(path.parent, path, _new_key(password), mode=PRIVATE_FILE)
    return load_signer(path, password)


def load_signer(path: Path, password: str | None = None) -> CryptoSigner:
    """As ``load_or_create_signer``, of a key that is there."""
    return parse_signer(_read_private(path), str(path), password)


def parse_signer(pem: bytes, where: str, password: str | None = None) -> CryptoSigner:
    """The signer of a private key in PEM form (PKCS8); ``where`` it came from, for errors.

    Raises KeyFileError when it is no usable key, or the password does not open it.
    """
    try:
        private = _parse_private(pem, password)
    except TypeError:
        asked = "is encrypted, and no password was given" if password is None else "needs none"
        raise KeyFileError(f"{where}: the key {asked}") from None
    except (ValueError, UnsupportedAlgorithm):
        wrong = "" if password is None else ", or the password is wrong"
        raise KeyFileError(f"{where}: not a private key in PEM form (PKCS8){wrong}") from None
    if not isinstance(private, Ed25519PrivateKey | EllipticCurvePrivateKey):
        raise KeyFileError(f"{where}: not {_KINDS}")
    public = _supported_public(private.public_key())
    return CryptoSigner(private, SSlibKey.from_crypto(public, keyid=_id(public)))


def public_pem(signer: CryptoSigner) -> bytes:
    """The signer's public key as PEM (SubjectPublicKeyInfo)."""
    private = serialization.load_pem_private_key(signer.private_bytes, password=None)
    return _pem(_supported_public(private.public_key()))


def key_id(pem: bytes) -> str:
    """SHA-256 (64 hex) of the DER form of the public key in ``pem``.

    Raises KeyFileError when ``pem`` holds no usable public key.
    """
    return _id(_parse_public(pem))


def load_public_key(pem: bytes) -> SSlibKey:
    """The one public key in ``pem``, with ``key_id`` as its id; text around it is ignored.

    Raises KeyFileError when there is none, or it is of another kind.
    """
    public = _parse_public(pem)
    return SSlibKey.from_crypto(public, keyid=_id(public))


def load_exact_public_key(pem: bytes) -> SSlibKey:
    """As ``load_public_key``, but ``pem`` must be the key's one PEM form, byte for byte."""
    public = _parse_public(pem)
    if _pem(public) != pem:
        raise KeyFileError("the file holds more than a public key, or in another form")
    return SSlibKey.from_crypto(public, keyid=_id(public))


def load_public_keys(data: bytes) -> list[SSlibKey]:
    """All public keys of a file of concatenated PEMs; text between them is ignored.

    Raises KeyFileError when there is none, or one of them is unusable.
    """
    blocks = data.split(PUBLIC_KEY)[1:]
    if not blocks:
        raise KeyFileError(f"no public key in it (expected {PUBLIC_KEY.decode()})")
    return [load_public_key(PUBLIC_KEY + block.split(_END)[0] + _END + b"\n") for block in blocks]


def _read_private(path: Path) -> bytes:
    try:
        with opened(path) as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise KeyFileError(
                    f"{path}: the private key is open to others (mode {mode:04o}). "
                    f"If nobody can have read it: chmod 600 '{path}'. Otherwise make a new key."
                )
            return file.read()
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from None


def _parse_private(pem: bytes, password: str | None) -> object:
    secret = None if password is None else password.encode()
    return serialization.load_pem_private_key(pem, password=secret)


def _new_key(password: str | None) -> bytes:
    encryption = (
        serialization.NoEncryption()
        if password is None
        else serialization.BestAvailableEncryption(password.encode())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return Ed25519PrivateKey.generate().private_bytes(pem, pkcs8, encryption)


def _parse_public(pem: bytes) -> Ed25519PublicKey | EllipticCurvePublicKey:
    try:
        return _supported_public(serialization.load_pem_public_key(pem))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileError("not a public key in PEM form (SubjectPublicKeyInfo)") from None


def _supported_public(public: object) -> Ed25519PublicKey | EllipticCurvePublicKey:
    if isinstance(public, Ed25519PublicKey):
        # RFC 8032 lets them verify; a signature by one fits many texts, and anybody can make it.
        y = int.from_bytes(public.public_bytes_raw(), "little") % 2**255
        if y % _FIELD in _SMALL_ORDER:
            raise KeyFileError("an Ed25519 key of small order: anybody can sign by it")
        return public
    if isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1):
        return public
    raise KeyFileError(f"not {_KINDS}")


def _id(public: Ed25519PublicKey | EllipticCurvePublicKey) -> str:
    der = serialization.Encoding.DER
    return sha256_hex(public.public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo))


def _pem(public: Ed25519PublicKey | EllipticCurvePublicKey) -> bytes:
    pem = serialization.Encoding.PEM
    return public.public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
