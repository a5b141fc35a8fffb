"""The frame of what is signed: an in-toto Statement v1 about files and their SHA-256.

The predicate is the caller's. Numbers in it: JSON knows no difference between 1.0 and 1, so a
float without a fraction is written, and read back, as an integer (and -0.0 as 0); other floats keep
their exact value (RFC 8785 writes the shortest digits that read back the same). NaN, infinities,
integers beyond 2**53 - 1 and floats that would be written as such are refused. Whoever needs a
number's type or digits to stay as they are writes it as a string.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from dataset_pipeline.certify.errors import StatementError
from dataset_pipeline.digests import canonical_json

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
CERTIFICATE_TYPE = "https://dataset-pipeline.dev/certificate/v1"
TRAINING_TYPE = "https://dataset-pipeline.dev/training/v1"
RETROSPECTIVE_TYPE = "https://dataset-pipeline.dev/retrospective/v1"
PROVENANCE_TYPE = "https://slsa.dev/provenance/v1"
TEST_RESULT_TYPE = "https://in-toto.io/attestation/test-result/v0.1"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEYS = {"_type", "subject", "predicateType", "predicate"}


def dataset_statement(subjects: Mapping[str, str], predicate: Mapping[str, Any]) -> dict[str, Any]:
    """The statement about a version. ``subjects``: file name -> SHA-256 (64 hex).

    Raises StatementError when there is no subject, a digest is not one, or the predicate is not
    JSON. What is returned is what a reader of the certificate will parse.
    """
    return _statement(CERTIFICATE_TYPE, subjects, predicate)


def training_statement(subjects: Mapping[str, str], predicate: Mapping[str, Any]) -> dict[str, Any]:
    """The statement about a model. ``subjects``: path in the model's folder -> SHA-256 (64 hex).

    Raises StatementError as ``dataset_statement`` does.
    """
    return _statement(TRAINING_TYPE, subjects, predicate)


def retrospective_statement(
    subjects: Mapping[str, str], predicate: Mapping[str, Any]
) -> dict[str, Any]:
    """The statement about an old folder: its inventory and description, file name -> SHA-256.

    Each of the predicate's ``claims`` has a ``basis``: ``observed`` (read from the files when it
    was signed), ``reconstructed`` (inferred from them) or ``declared`` (somebody said so). Raises
    StatementError as ``dataset_statement`` does.
    """
    return _statement(RETROSPECTIVE_TYPE, subjects, predicate)


def stage_statement(
    predicate_type: str, subjects: Mapping[str, str], predicate: Mapping[str, Any]
) -> dict[str, Any]:
    """A statement about a stage's snapshot: asset -> the snapshot's digest (64 hex).

    ``predicate_type``: PROVENANCE_TYPE or TEST_RESULT_TYPE. Raises StatementError as
    ``dataset_statement`` does.
    """
    return _statement(predicate_type, subjects, predicate)


def read_subjects(statement: Mapping[str, Any], predicate_type: str) -> dict[str, str]:
    """The subjects (name -> SHA-256) of a parsed statement of the given type.

    Raises StatementError for anything that the functions above would not have written.
    """
    if statement.keys() != _KEYS or statement["_type"] != STATEMENT_TYPE:
        raise StatementError("not an in-toto Statement v1")
    if statement["predicateType"] != predicate_type:
        raise StatementError(f"predicateType is not {predicate_type}")
    if not isinstance(statement["predicate"], dict):
        raise StatementError("predicate is not a JSON object")
    listed = statement["subject"]
    if not isinstance(listed, list):
        raise StatementError("subject is not a list")
    subjects = dict(_subject(item) for item in listed)
    if listed != _listed(subjects):
        raise StatementError("the subjects are not sorted by name, or one is there twice")
    return subjects


def _statement(
    predicate_type: str, subjects: Mapping[str, str], predicate: Mapping[str, Any]
) -> dict[str, Any]:
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": _listed(subjects),
        "predicateType": predicate_type,
        "predicate": dict(predicate),
    }
    try:
        written = canonical_json(statement)
        parsed: dict[str, Any] = json.loads(written)
        if canonical_json(parsed) != written:
            raise ValueError("it does not read back as it was written")
    except (ValueError, RecursionError) as error:
        raise StatementError(f"the predicate cannot be written as JSON: {error}") from None
    if not subjects:
        raise StatementError("a statement needs at least one subject")
    read_subjects(parsed, predicate_type)
    return parsed


def _listed(subjects: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "digest": {"sha256": subjects[name]}} for name in sorted(subjects)]


def _subject(item: object) -> tuple[str, str]:
    if not isinstance(item, dict) or item.keys() != {"name", "digest"}:
        raise StatementError("a subject is not {name, digest}")
    name, digest = item["name"], item["digest"]
    if not isinstance(digest, dict) or digest.keys() != {"sha256"}:
        raise StatementError("a subject's digest is not {sha256}")
    sha256 = digest["sha256"]
    if not isinstance(name, str) or not name:
        raise StatementError("a subject has no name")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise StatementError("a subject's sha256 is not 64 lower-case hex digits")
    return name, sha256
