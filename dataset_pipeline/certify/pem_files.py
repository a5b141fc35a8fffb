"""Files that trust rests on."""

from pathlib import Path

from dataset_pipeline.certify.errors import StampError, TrustUnreadable
from dataset_pipeline.certify.timestamp import certificates
from dataset_pipeline.files import read_bytes


def read_file(path: Path) -> bytes:
    """A file that trust rests on; TrustUnreadable when it cannot be read."""
    try:
        return read_bytes(path)
    except OSError as error:
        raise TrustUnreadable(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise TrustUnreadable(f"{path}: {error}") from None


def read_certificates(path: Path) -> bytes:
    """A file of an authority's certificates; TrustUnreadable when it is none."""
    data = read_file(path)
    try:
        certificates(data)
    except StampError:
        raise TrustUnreadable(f"{path}: holds no certificates in PEM form") from None
    return data
