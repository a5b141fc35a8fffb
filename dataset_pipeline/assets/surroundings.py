"""The clock and the environment, read here and nowhere else in the graph."""

import os
from datetime import UTC, datetime
from pathlib import Path

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from dataset_pipeline.certify.errors import KeyFileError
from dataset_pipeline.certify.keys import load_or_create_signer, load_signer, parse_signer

TIME_VARIABLE = "SOURCE_DATE_EPOCH"
KEY_VARIABLE = "DATASET_PIPELINE_SIGNING_KEY"
PEM_VARIABLE = "DATASET_PIPELINE_SIGNING_KEY_PEM"
PASSWORD_VARIABLE = "DATASET_PIPELINE_SIGNING_KEY_PASSWORD"  # noqa: S105 - the variable's name


def now() -> datetime:
    """The time, to the second; SOURCE_DATE_EPOCH (seconds) stands in for it where it is set."""
    fixed = os.environ.get(TIME_VARIABLE)
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)
    return moment.replace(microsecond=0)


def whose_time() -> str:
    """Where ``now`` has its time from, for a certificate to say."""
    if os.environ.get(TIME_VARIABLE):
        return f"no clock's: set by whoever ran it ({TIME_VARIABLE})"
    return "the signing machine's own"


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock() -> datetime:
    """The machine's time, whatever stands in for ``now``: what a time stamp is held against."""
    return datetime.now(UTC)


def signer() -> CryptoSigner:
    """The pipeline's key: the PEM in the environment, or the file at ``signing_key_path``.

    The file is made on first use. Raises KeyFileError when the key cannot be used.
    """
    pem, password = os.environ.get(PEM_VARIABLE), os.environ.get(PASSWORD_VARIABLE)
    if not pem:
        return load_or_create_signer(signing_key_path(), password)
    if os.environ.get(KEY_VARIABLE):
        raise KeyFileError(f"both {PEM_VARIABLE} and {KEY_VARIABLE} are set; which key is meant?")
    return parse_signer(pem.encode(), PEM_VARIABLE, password)


def approver(path: Path | None) -> CryptoSigner:
    """A person's key: from a file where one is given, else as for ``signer``; never made here."""
    password = os.environ.get(PASSWORD_VARIABLE)
    if path is None and os.environ.get(PEM_VARIABLE):
        return signer()
    return load_signer(path or signing_key_path(), password)


def signing_key_path() -> Path:
    """Where the private key is: never in the store, and never in the repository."""
    if given := os.environ.get(KEY_VARIABLE):
        return Path(given)
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "dataset-pipeline" / "signing-key.pem"
