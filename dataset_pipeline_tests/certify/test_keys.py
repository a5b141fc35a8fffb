import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify.errors import KeyFileError
from dataset_pipeline.certify.keys import (
    key_id,
    load_exact_public_key,
    load_or_create_signer,
    load_public_key,
    load_public_keys,
    load_signer,
    parse_signer,
    public_pem,
)


def private_pem(key: object, password: bytes | None = None) -> bytes:
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(  # type: ignore[attr-defined,no-any-return]
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


def write_key(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys" / "signing.pem"
    first = load_or_create_signer(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [child.name for child in path.parent.iterdir()] == [path.name]
    assert public_pem(load_or_create_signer(path)) == public_pem(first)
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")


def test_umask_cannot_open_the_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_or_create_signer(tmp_path / "keys" / "key.pem")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "keys" / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def _make(path: Path) -> str:
    return key_id(public_pem(load_or_create_signer(path)))


def test_processes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        ids = pool.map(_make, [tmp_path / "keys" / "key.pem"] * 16)
    assert len(set(ids)) == 1
    assert [child.name for child in (tmp_path / "keys").iterdir()] == ["key.pem"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    load_or_create_signer(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=r"chmod 600"):
        load_or_create_signer(path)
    path.chmod(0o400)
    load_or_create_signer(path)


def test_ecdsa_p256_keys_are_accepted(tmp_path: Path) -> None:
    path = write_key(tmp_path / "k", private_pem(ec.generate_private_key(ec.SECP256R1())))
    signer = load_or_create_signer(path)
    key = load_public_key(public_pem(signer))
    assert (key.scheme, key.keyid) == ("ecdsa-sha2-nistp256", key_id(public_pem(signer)))
    assert signer.public_key.keyid == key.keyid


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        private_pem(rsa.generate_private_key(65537, 2048)),
        private_pem(ec.generate_private_key(ec.SECP384R1())),
        private_pem(ed448.Ed448PrivateKey.generate()),
        private_pem(ec.generate_private_key(ec.SECP256R1()), b"password"),
        public_pem(CryptoSigner.generate_ed25519()),
    ],
)
def test_unusable_private_keys_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(KeyFileError):
        load_or_create_signer(write_key(tmp_path / "key.pem", data))


def test_a_password_opens_an_encrypted_key(tmp_path: Path) -> None:
    pem = private_pem(ec.generate_private_key(ec.SECP256R1()), b"correct horse")
    path = write_key(tmp_path / "key.pem", pem)
    ours = public_pem(load_signer(path, "correct horse"))
    assert public_pem(parse_signer(pem, "the environment", "correct horse")) == ours
    for password in (None, "wrong"):
        with pytest.raises(KeyFileError, match="password") as caught:
            load_signer(path, password)
        assert "horse" not in str(caught.value)
    bare = write_key(tmp_path / "bare.pem", private_pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(KeyFileError, match="needs none"):
        load_signer(bare, "correct horse")


def test_a_key_that_is_made_with_a_password_is_encrypted(tmp_path: Path) -> None:
    made = public_pem(load_or_create_signer(tmp_path / "key.pem", "correct horse"))
    assert (tmp_path / "key.pem").read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert public_pem(load_signer(tmp_path / "key.pem", "correct horse")) == made


def test_only_the_pipelines_own_key_is_made(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_signer(tmp_path / "key.pem")
    assert not (tmp_path / "key.pem").exists()


def test_a_folder_in_the_keys_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key.pem").mkdir()
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_or_create_signer(tmp_path / "key.pem")


def test_no_error_shows_the_key(tmp_path: Path) -> None:
    secret = private_pem(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(KeyFileError) as caught:
        load_or_create_signer(write_key(tmp_path / "key.pem", secret))
    assert secret.decode().splitlines()[1] not in str(caught.value)


def test_public_keys_are_read_one_or_many() -> None:
    one, two = (public_pem(CryptoSigner.generate_ed25519()) for _ in range(2))
    ids = [key.keyid for key in load_public_keys(b"first:\n" + one + b"\nsecond:\n" + two)]
    assert ids == [key_id(one), key_id(two)]
    assert load_exact_public_key(one).keyid == key_id(one)
    for data in (b"x" + one, one + b"\n", one + two, one.replace(b"\n", b"\r\n")):
        with pytest.raises(KeyFileError):
            load_exact_public_key(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"-----BEGIN PUBLIC KEY-----", b"-----BEGIN PUBLIC KEY-----\nAA\n"],
)
def test_unusable_public_keys_are_refused(data: bytes) -> None:
    with pytest.raises(KeyFileError):
        load_public_key(data)
    with pytest.raises(KeyFileError):
        load_public_keys(data)


# The points of order 1, 2, 4 and 8, the first three in their other spelling too; each y is tried
# with both signs of x.
FIELD, ORDER_8 = 2**255 - 19, 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
SMALL_ORDER = [0, 1, FIELD - 1, FIELD, FIELD + 1, ORDER_8, FIELD - ORDER_8]


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("y", SMALL_ORDER)
def test_a_key_by_which_anybody_can_sign_is_none(y: int, sign: int) -> None:
    public = ed25519.Ed25519PublicKey.from_public_bytes((y | sign).to_bytes(32, "little"))
    if y == 1:
        public.verify((1).to_bytes(32, "little") + bytes(32), b"any text at all")
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(KeyFileError, match="small order"):
        load_public_key(pem)


def test_a_good_key_does_not_excuse_a_bad_one() -> None:
    good = public_pem(CryptoSigner.generate_ed25519())
    with pytest.raises(KeyFileError):
        load_public_keys(good + b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
