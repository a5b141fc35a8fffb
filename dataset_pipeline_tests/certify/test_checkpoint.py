"""Checkpoints and signed notes, against the examples that C2SP and Go's ``sumdb/note`` publish."""

import base64
import dataclasses
import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from dataset_pipeline.certify.checkpoint import (
    Checkpoint,
    Verifier,
    log_verifiers,
    read,
    read_note,
    read_vkey,
    sign,
    verified_by,
    verify,
)
from dataset_pipeline.certify.errors import CheckpointError
from dataset_pipeline.certify.keys import load_public_key, parse_signer, public_pem

ROOT = hashlib.sha256(b"root").digest()
CHECKPOINT = Checkpoint("example.com/log", 42, ROOT)

# golang.org/x/mod/sumdb/note (BSD-3-Clause): the example's keys and note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
SIGNED = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)
NOTE = f"{TEXT}\n— PeterNeumann {SIGNED}\n".encode()
# transparency-dev/formats (Apache-2.0): the key of a log that signs by ECDSA.
PIXEL = (
    "pixel6_transparency_log+91c16e30+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN+4x0Jk1yTwvLFI9A4NDdGZ"
    "cX0aiWVdWM5XJVy0M4VWD3AvyW5Q6Hs9A0mcDkpUoYgn+KKPNzFC0H3nN3q6JQ8="
)
# c2sp.org/tlog-checkpoint.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5"
    "/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
).encode()


def ed25519() -> CryptoSigner:
    return CryptoSigner.generate_ed25519()


def ecdsa() -> CryptoSigner:
    return CryptoSigner.generate_ecdsa()


def verifier(signer: CryptoSigner, name: str = CHECKPOINT.origin) -> Verifier:
    return Verifier(name, load_public_key(public_pem(signer)))


@pytest.mark.parametrize("vkey", [PETER, PIXEL])
def test_the_published_keys(vkey: str) -> None:
    assert read_vkey(vkey).vkey == vkey


def test_the_published_note() -> None:
    note = read_note(NOTE)
    assert note.text == TEXT
    assert verified_by(note, [read_vkey(PETER)]) == [read_vkey(PETER)]
    with pytest.raises(CheckpointError, match="does not hold"):
        verified_by(read_note(NOTE.replace(b"your", b"my", 1)), [read_vkey(PETER)])


def test_a_key_signs_as_the_published_one_did() -> None:
    """Ed25519 is deterministic, so the very bytes can be held against each other."""
    private = Ed25519PrivateKey.from_private_bytes(PETER_SEED)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signature = bytes.fromhex(parse_signer(pem, "Peter's key").sign(TEXT.encode()).signature)
    assert base64.b64encode(read_vkey(PETER).id + signature).decode() == SIGNED


def test_the_published_checkpoint() -> None:
    found = read(EXAMPLE)
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20852163)
    assert found.root.hex().startswith("0ac5186a91863e8e1d90c808014aa89b")
    assert EXAMPLE.startswith(found.text.encode() + b"\n")


@pytest.mark.parametrize("make", [ed25519, ecdsa])
@pytest.mark.parametrize("extensions", [(), ("one", "two — three")])
def test_what_was_signed_is_verified(make: "type[object]", extensions: tuple[str, ...]) -> None:
    signer = make()
    assert isinstance(signer, CryptoSigner)
    checkpoint = dataclasses.replace(CHECKPOINT, extensions=extensions)
    data = sign(checkpoint, signer)
    assert verify(data, [verifier(ed25519()), verifier(signer)]) == checkpoint
    assert verify(data, log_verifiers(data, [verifier(signer).key])) == checkpoint
    again = read_vkey(verifier(signer).vkey)
    assert verify(data, [again]) == checkpoint
    for other in (verifier(make()), verifier(signer, "example.com/other")):  # type: ignore[arg-type]
        with pytest.raises(CheckpointError, match="none of the given keys"):
            verify(data, [other])


def test_several_signatures_and_unknown_ones() -> None:
    one, two = ed25519(), ed25519()
    data = sign(CHECKPOINT, one) + sign(CHECKPOINT, two).rpartition(b"\n\n")[2]
    witness = "— witness.example/w1 " + base64.b64encode(b"\4\3\2\1 something else").decode()
    data += f"{witness}\n".encode()
    note = read_note(data)
    assert verified_by(note, [verifier(one), verifier(two)]) == [verifier(one), verifier(two)]
    assert verify(data, [verifier(two)]) == CHECKPOINT


def test_openssl_verifies_it(tmp_path: Path) -> None:
    signer = ed25519()
    note = read_note(sign(CHECKPOINT, signer))
    (tmp_path / "text").write_bytes(note.text.encode())
    (tmp_path / "signature").write_bytes(note.signatures[0][2])
    (tmp_path / "key").write_bytes(public_pem(signer))
    command = "openssl pkeyutl -verify -pubin -inkey key -rawin -in text -sigfile signature"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "text").write_bytes(note.text.replace("42", "43").encode())
    done = subprocess.run(command.split(), cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode != 0


@pytest.mark.parametrize(
    "checkpoint",
    [
        dataclasses.replace(CHECKPOINT, origin=""),
        dataclasses.replace(CHECKPOINT, origin="two words"),
        dataclasses.replace(CHECKPOINT, origin="a+b"),
        dataclasses.replace(CHECKPOINT, origin="a\nb"),
        dataclasses.replace(CHECKPOINT, size=-1),
        dataclasses.replace(CHECKPOINT, root=ROOT[1:]),
        dataclasses.replace(CHECKPOINT, extensions=("",)),
        dataclasses.replace(CHECKPOINT, extensions=("a\nb",)),
        dataclasses.replace(CHECKPOINT, extensions=("\t",)),
    ],
)
def test_nothing_is_signed_that_cannot_be_read(checkpoint: Checkpoint) -> None:
    with pytest.raises(CheckpointError):
        sign(checkpoint, ed25519())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("example.com/log\n42", "\n42"),
        ("\n42\n", "\n042\n"),
        ("\n42\n", "\n+42\n"),
        ("\n42\n", "\n٤٢\n"),
        ("\n42\n", "\n42 \n"),
        ("\n42\n", "\n42\r\n"),
        ("\n42\n", "\n"),
        ("=\n\n", "\n\n"),
        ("=\n\n", "=\n"),
        ("=\n\n", "=\n\n\n"),
        ("=\n\n", "=\nmore\n\nmore\n\n"),
        ("— ", "- "),
        ("— example.com/log ", "— example.com/log"),
        ("— example.com/log ", "— example.com/l+g "),
        ("— example.com/log ", "— example.com/log AAAA "),
        ("=\n", "="),
    ],
)
def test_loose_forms_are_refused(old: str, new: str) -> None:
    data = sign(CHECKPOINT, ed25519()).decode()
    changed = new.join(data.rsplit(old, 1))
    assert changed != data
    with pytest.raises(CheckpointError):
        read(changed.encode())


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff\n\n", b"a" * (1 << 17), NOTE, EXAMPLE[:-1]])
def test_no_checkpoint(data: bytes) -> None:
    with pytest.raises(CheckpointError):
        read(data)


def test_a_control_character_is_refused_even_when_it_is_signed() -> None:
    text = f"{CHECKPOINT.text}\x1b[2Jmore\n"
    signature = bytes.fromhex(SIGNER.sign(text.encode()).signature)
    line = base64.b64encode(verifier(SIGNER).id + signature).decode()
    with pytest.raises(CheckpointError, match="control character"):
        verify(f"{text}\n— {CHECKPOINT.origin} {line}\n".encode(), [verifier(SIGNER)])


def test_not_more_signatures_than_anybody_needs() -> None:
    text, _, line = sign(CHECKPOINT, ed25519()).rpartition(b"\n\n")
    assert len(read_note(text + b"\n\n" + line * 16).signatures) == 16
    with pytest.raises(CheckpointError, match="more than 16"):
        read_note(text + b"\n\n" + line * 17)


def test_mangled_keys_are_refused() -> None:
    """As Go's own test: any part of the line, or any character of it changed."""
    for start in range(len(PETER)):
        for end in range(start, len(PETER) + (start > 0)):
            with pytest.raises(CheckpointError):
                read_vkey(PETER[start:end])
    for at, character in enumerate(PETER):
        with pytest.raises(CheckpointError):
            read_vkey(PETER[:at] + chr(ord(character) + 1) + PETER[at + 1 :])


SIGNER = ed25519()
DATA = sign(CHECKPOINT, SIGNER)


@given(at=st.integers(0, len(DATA)), cut=st.integers(0, 3), new=st.binary(max_size=3))
def test_no_edit_passes(at: int, cut: int, new: bytes) -> None:
    edited = DATA[:at] + new + DATA[at + cut :]
    if edited == DATA:
        return
    with pytest.raises(CheckpointError):
        verify(edited, [verifier(SIGNER)])
