"""Where the signing key and the time come from."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dataset_pipeline.assets.sealing import time_said
from dataset_pipeline.assets.surroundings import (
    KEY_VARIABLE,
    PASSWORD_VARIABLE,
    PEM_VARIABLE,
    TIME_VARIABLE,
    approver,
    now,
    signer,
)
from dataset_pipeline.certify.errors import KeyFileError
from dataset_pipeline.certify.keys import load_or_create_signer, public_pem
from dataset_pipeline.config_file import load_dataset
from dataset_pipeline_tests.small import write_dataset


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (KEY_VARIABLE, PEM_VARIABLE, PASSWORD_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def encrypted(password: str) -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password.encode()),
        )
        .decode()
    )


def test_without_a_word_the_key_is_in_the_users_configuration(home: Path) -> None:
    made = public_pem(signer())
    path = home / "dataset-pipeline" / "signing-key.pem"
    assert public_pem(load_or_create_signer(path)) == made
    assert public_pem(approver(None)) == made


def test_a_path_in_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "ours.pem"))
    assert public_pem(signer()) == public_pem(load_or_create_signer(tmp_path / "ours.pem"))


def test_a_key_in_the_environment_touches_no_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PEM_VARIABLE, encrypted("open sesame"))
    monkeypatch.setenv(PASSWORD_VARIABLE, "open sesame")
    assert public_pem(signer()) == public_pem(approver(None))
    assert not home.exists()
    monkeypatch.setenv(PASSWORD_VARIABLE, "wrong")
    with pytest.raises(KeyFileError, match=PEM_VARIABLE) as caught:
        signer()
    assert "BEGIN" not in str(caught.value)


def test_two_keys_in_the_environment_are_one_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PEM_VARIABLE, encrypted("x"))
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "key.pem"))
    with pytest.raises(KeyFileError, match="which key is meant"):
        signer()


def test_nobody_approves_with_a_key_made_for_the_occasion(tmp_path: Path, home: Path) -> None:
    for path in (None, tmp_path / "mine.pem"):
        with pytest.raises(KeyFileError):
            approver(path)
    assert not home.exists()


def test_a_time_that_no_clock_gave_is_said_to_be_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rights are valid on the day of the certificate, whoever chose the day."""
    write_dataset(tmp_path / "configs", "small", [{"id": "1", "text": "one"}])
    dataset = load_dataset(tmp_path / "configs", "small")
    monkeypatch.delenv(TIME_VARIABLE, raising=False)
    assert time_said(dataset)["clock"].startswith("the signing machine's own;")
    monkeypatch.setenv(TIME_VARIABLE, "1777593600")
    assert now().year == 2026
    assert time_said(dataset)["clock"].startswith("no clock's: set by whoever ran it")
