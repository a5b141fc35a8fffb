"""A file of signed statements: an in-toto bundle, one DSSE envelope a line (``.intoto.jsonl``)."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from dataset_pipeline.certify.envelope import Envelope, envelope_file, read_envelope, sign_statement
from dataset_pipeline.certify.errors import EnvelopeError
from dataset_pipeline.digests import canonical_json, sha256_hex

STATEMENTS_FORMAT = 1


def statement_lines(statements: Iterable[Mapping[str, Any]], signer: CryptoSigner) -> bytes:
    """Sign each statement; its envelope on a line of canonical JSON."""
    signed = (json.loads(sign_statement(statement, signer)) for statement in statements)
    return b"".join(canonical_json(envelope) + b"\n" for envelope in signed)


def statements_said(file: str, lines: bytes) -> dict[str, Any]:
    """What the certificate says of the file of statements, which lies beside it."""
    count = lines.count(b"\n")
    told = {"file": file, "sha256": sha256_hex(lines), "statements": count}
    return {"format": STATEMENTS_FORMAT, **told}


def read_statement_lines(data: bytes) -> list[Envelope]:
    """The envelopes of such a file; no signature is verified yet.

    Raises EnvelopeError, with the line's number, for anything that ``statement_lines`` would not
    have written.
    """
    lines = data.split(b"\n")
    if lines.pop():
        raise EnvelopeError("the last line has no end")
    return [_envelope(number, line) for number, line in enumerate(lines, 1)]


def _envelope(number: int, line: bytes) -> Envelope:
    try:
        parsed = json.loads(line)
        if canonical_json(parsed) != line:
            raise EnvelopeError("not canonical JSON")
        return read_envelope(envelope_file(parsed))
    except EnvelopeError as error:
        raise EnvelopeError(f"line {number}: {error}") from None
    except (ValueError, RecursionError):
        raise EnvelopeError(f"line {number}: not JSON") from None
