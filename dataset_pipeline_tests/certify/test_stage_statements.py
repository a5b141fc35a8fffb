"""Statements about stages: what they say, and what ``verify`` makes of a file of them."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify.claims import COMPLETENESS, STATEMENTS
from dataset_pipeline.certify.envelope import sign_statement
from dataset_pipeline.certify.errors import EnvelopeError
from dataset_pipeline.certify.keys import parse_signer
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.stage_statements import outcome, provenance, stage_statements
from dataset_pipeline.certify.statement import dataset_statement
from dataset_pipeline.certify.statement_lines import (
    read_statement_lines,
    statement_lines,
    statements_said,
)
from dataset_pipeline.certify.verify import verify
from dataset_pipeline_tests.certify.conftest import NAME, Sample, fixed_key_pem, predicate, publish
from dataset_pipeline_tests.certify.schemas import problems, unnamed
from dataset_pipeline_tests.certify.tampering import other_signer
from dataset_pipeline_tests.certify.test_recheck import A, B, stage

STAGES = [
    stage("d/raw", external={"batch": B, "pseudonym_key": "0123abcd"}),
    stage("d/clean", inputs={"d/raw": A}, content_digest=B),
]
FILE = f"{NAME}.intoto.jsonl"
Lines = list[bytes]
FIXED = parse_signer(fixed_key_pem(), "the test's key")


def test_provenance_is_slsas() -> None:
    told = provenance(STAGES[0])
    assert told["buildDefinition"] == {
        "buildType": "https://dataset-pipeline.dev/stage/v1",
        "externalParameters": {"asset": "d/raw", "configuration": B, "policy": A},
        "internalParameters": {
            "code_version": "1-abc",
            "reused": False,
            "key_checks": {"pseudonym_key": "0123abcd"},
        },
        "resolvedDependencies": [
            {"name": "external:batch", "digest": {"sha256": B}},
            {
                "name": "dataset_pipeline",
                "uri": "pkg:generic/dataset-pipeline@1.0",
                "digest": {"dirHash1": A},
            },
        ],
    }
    assert told["runDetails"] == {
        "builder": {
            "id": "https://dataset-pipeline.dev/builder/v1",
            "version": {"dataset_pipeline": "1.0"},
        },
        "metadata": {
            "invocationId": "run",
            "startedOn": "2026-05-01T00:00:00Z",
            "finishedOn": "2026-05-01T00:00:01Z",
        },
    }
    dependencies = provenance(STAGES[1])["buildDefinition"]["resolvedDependencies"]
    assert dependencies[0] == {"name": "d/raw", "digest": {"sha256": A}}


@pytest.mark.parametrize(
    ("passed", "blocking", "result", "where"),
    [
        (True, True, "PASSED", "passedTests"),
        (False, False, "WARNED", "warnedTests"),
        (False, True, "FAILED", "failedTests"),
    ],
)
def test_checks_are_in_totos_test_results(
    passed: bool, blocking: bool, result: str, where: str
) -> None:
    check = {"name": "laws", "passed": passed, "blocking": blocking, "description": "x"}
    told = outcome(stage("d/raw", checks=[check]))
    assert told["result"] == result
    assert {name for name in ("passedTests", "warnedTests", "failedTests") if told[name]} == {where}
    assert told[where] == ["laws"]


def test_what_was_not_recorded_is_left_out_and_the_schemas_still_hold() -> None:
    old = stage("d/raw", policy=None, configuration=None, software=None)
    for made in (*STAGES, old):
        for statement in stage_statements([made]):
            assert problems(statement) == unnamed(statement) == []
    assert "policy" not in provenance(old)["buildDefinition"]["externalParameters"]
    assert len(stage_statements([stage("d/raw", checks=[])])) == 1, "no checks, no result"


def _of(kind: int) -> dict[str, Any]:
    statement: dict[str, Any] = json.loads(json.dumps(stage_statements(STAGES)[kind]))
    return statement


BROKEN: dict[str, tuple[int, Callable[[dict[str, Any]], object]]] = {
    "other type": (0, lambda s: s.update(_type="https://in-toto.io/Statement/v0.1")),
    "two subjects": (0, lambda s: s["subject"].append(s["subject"][0])),
    "no build type": (0, lambda s: s["predicate"]["buildDefinition"].pop("buildType")),
    "other parameter": (
        0,
        lambda s: s["predicate"]["buildDefinition"]["externalParameters"].update(x=1),
    ),
    "dependency without digest": (
        0,
        lambda s: s["predicate"]["buildDefinition"]["resolvedDependencies"][0].pop("digest"),
    ),
    "no builder": (0, lambda s: s["predicate"]["runDetails"].pop("builder")),
    "local time": (
        0,
        lambda s: s["predicate"]["runDetails"]["metadata"].update(startedOn="2026-05-01 00:00"),
    ),
    "other result": (1, lambda s: s["predicate"].update(result="passed")),
    "result that its tests deny": (1, lambda s: s["predicate"].update(failedTests=["laws"])),
    "no configuration": (1, lambda s: s["predicate"].update(configuration=[])),
    "empty descriptor": (1, lambda s: s["predicate"].update(configuration=[{"name": "x"}])),
    "short digest": (1, lambda s: s["subject"][0]["digest"].update(sha256="ab")),
}


@pytest.mark.parametrize(("kind", "change"), BROKEN.values(), ids=[*BROKEN])
def test_the_schemas_refuse(kind: int, change: Callable[[dict[str, Any]], object]) -> None:
    statement = _of(kind)
    assert not problems(statement)
    change(statement)
    assert problems(statement)


def published(parent: Path, signer: CryptoSigner, lines: bytes) -> VersionFiles:
    said = {"stages": STAGES, "statements": statements_said(FILE, lines)}
    files, _ = publish(parent, signer, more=said)
    files.statements.write_bytes(lines)
    return files


def failures(files: VersionFiles) -> list[str]:
    """What ``verify`` says of the statements; it must not be content."""
    found = verify(files.folder)
    told = [c.detail for c in found.failed if (c.name, c.file) == (STATEMENTS, FILE)]
    assert not found.ok
    assert len(told) == len(found.failed)
    return told


@pytest.fixture
def files(tmp_path: Path, signer: CryptoSigner) -> VersionFiles:
    return published(tmp_path, signer, statement_lines(stage_statements(STAGES), signer))


def test_statements_of_every_stage_verify(files: VersionFiles) -> None:
    found = verify(files.folder)
    assert found.ok
    (claim,) = (claim for claim in found.claims if claim.name == STATEMENTS)
    assert (claim.status, claim.detail[:12]) == ("ok", "4 statements")
    assert verify(files.folder, trust=files.public_key).ok


def test_a_file_that_is_missing_or_not_named_is_found(
    files: VersionFiles, sample: Sample, tmp_path: Path
) -> None:
    older = sample.copy(tmp_path / "older")
    older.statements.write_bytes(files.statements.read_bytes())
    assert "names no such file" in failures(older)[0]
    files.statements.unlink()
    assert "is missing" in failures(files)[0]


def _resigned(lines: Lines, number: int, change: Callable[[dict[str, Any]], object]) -> bytes:
    """A line that says something else, by the right key."""
    statement = json.loads(base64.b64decode(json.loads(lines[number])["payload"]))
    change(statement)
    return statement_lines([statement], _KEYS[0]).strip()


_KEYS: list[CryptoSigner] = []
TAMPERINGS: dict[str, tuple[Callable[[Lines], object], str]] = {
    "taken out": (lambda x: x.pop(1), "no statement is what the certificate says of d/raw (test"),
    "twice": (lambda x: x.append(x[0]), "line 5: stands there twice"),
    "other order of keys": (
        lambda x: x.insert(0, json.dumps(json.loads(x.pop(0))).encode()),
        "line 1: not canonical JSON",
    ),
    "not JSON": (lambda x: x.append(b"{"), "line 5: not JSON"),
    "empty line": (lambda x: x.append(b""), "line 5: not JSON"),
    "other subject": (
        lambda x: x.append(_resigned(x, 0, lambda s: s["subject"][0].update(name="d/other"))),
        "line 5: not what the certificate says of any stage",
    ),
    "other digest": (
        lambda x: x.append(_resigned(x, 0, lambda s: s["subject"][0]["digest"].update(sha256=B))),
        "line 5: not what the certificate says of any stage",
    ),
    "check that passed after all": (
        lambda x: x.append(
            _resigned(x, 1, lambda s: s["predicate"]["passedTests"].append("no_residue"))
        ),
        "line 5: not what the certificate says of any stage",
    ),
    "other key": (
        lambda x: x.insert(0, statement_lines([_payload(x.pop(0))], other_signer()).strip()),
        "line 1: not signed by the certificate's key alone",
    ),
}


def _payload(line: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(json.loads(line)["payload"]))
    return found


@pytest.mark.parametrize(("tamper", "told"), TAMPERINGS.values(), ids=[*TAMPERINGS])
def test_tampering_is_found_even_by_whoever_signs(
    tamper: Callable[[Lines], object], told: str, tmp_path: Path, signer: CryptoSigner
) -> None:
    """The certificate names the tampered file: its own stages still tell."""
    _KEYS[:] = [signer]
    lines = statement_lines(stage_statements(STAGES), signer).split(b"\n")[:-1]
    tamper(lines)
    files = published(tmp_path, signer, b"".join(line + b"\n" for line in lines))
    assert any(told in failure for failure in failures(files)), failures(files)


def test_a_file_exchanged_since_is_found(files: VersionFiles, signer: CryptoSigner) -> None:
    other = [stage("d/raw"), *STAGES[1:]]
    files.statements.write_bytes(statement_lines(stage_statements(other), signer))
    assert any("SHA-256 is not the one" in failure for failure in failures(files))


@pytest.mark.parametrize(
    ("said", "gaps", "status"),
    [
        ({"overall": "complete"}, [], "ok"),
        ({"overall": "partial"}, [{"section": "rights", "claim": "a", "why": "b"}], "not_provable"),
        ({"overall": "complete"}, [{"section": "rights", "claim": "a", "why": "b"}], "failed"),
        ({"overall": "partial"}, [{"claim": "a", "why": "b"}], "failed"),
        ("complete", [], "failed"),
    ],
)
def test_completeness_is_told_and_must_fit_the_gaps(
    said: Any, gaps: Any, status: str, tmp_path: Path, signer: CryptoSigner
) -> None:
    files, _ = publish(tmp_path, signer, more={"completeness": said, "gaps": gaps})
    (claim,) = (c for c in verify(files.folder).claims if c.name == COMPLETENESS)
    assert claim.status == status


def test_another_format_is_not_called_good(tmp_path: Path, signer: CryptoSigner) -> None:
    lines = statement_lines(stage_statements(STAGES), signer)
    said = {**statements_said(FILE, lines), "format": 2}
    files, _ = publish(tmp_path, signer, more={"stages": STAGES, "statements": said})
    files.statements.write_bytes(lines)
    (claim,) = (c for c in verify(files.folder).claims if c.name == STATEMENTS)
    assert claim.status == "not_provable"


@pytest.mark.parametrize("stages", [None, [], [1], [{}], {"a": 1}, [{**STAGES[0], "checks": 5}]])
def test_stages_of_any_form_give_an_answer(
    stages: Any, tmp_path: Path, signer: CryptoSigner
) -> None:
    lines = statement_lines(stage_statements(STAGES), signer)
    said = {"stages": stages, "statements": statements_said(FILE, lines)}
    files, _ = publish(tmp_path, signer, more=said)
    files.statements.write_bytes(lines)
    assert failures(files)


@pytest.mark.parametrize("said", [1, [], "x", {}, {"format": 1}])
def test_what_is_said_of_them_may_be_anything(
    said: Any, tmp_path: Path, signer: CryptoSigner
) -> None:
    files, _ = publish(tmp_path, signer, more={"stages": STAGES, "statements": said})
    files.statements.write_bytes(statement_lines(stage_statements(STAGES), signer))
    found = verify(files.folder)
    assert not any(c.name == STATEMENTS and c.status == "ok" for c in found.claims)


def test_every_flipped_bit_is_found(files: VersionFiles) -> None:
    intact = files.statements.read_bytes()
    for offset in range(0, len(intact), 97):
        data = bytearray(intact)
        data[offset] ^= 1 << (offset % 8)
        files.statements.write_bytes(data)
        assert failures(files), offset


@settings(max_examples=200)
@given(st.integers(0, 4000), st.integers(0, 20), st.binary(max_size=20))
def test_a_file_is_read_in_one_form_alone(place: int, cut: int, data: bytes) -> None:
    """Whatever is put in the place of a few bytes: it reads as what would be written, or not."""
    intact = statement_lines(stage_statements(STAGES), FIXED)
    changed = intact[:place] + data + intact[place + cut :]
    try:
        found = read_statement_lines(changed)
    except EnvelopeError:
        return
    lines = changed.split(b"\n")[:-1]
    assert [json.loads(line)["payload"] for line in lines] == [
        base64.b64encode(envelope.payload).decode() for envelope in found
    ]


def test_an_envelope_and_a_line_are_the_same_envelope(signer: CryptoSigner) -> None:
    statement = dataset_statement({"a": A}, predicate(NAME))
    (line,) = read_statement_lines(statement_lines([statement], signer))
    assert (
        json.loads(sign_statement(statement, signer))["payload"]
        == base64.b64encode(line.payload).decode()
    )
