"""Statements about each stage of a version: how it was made, and which checks it passed.

One SLSA provenance v1 (https://slsa.dev/spec/v1.1/provenance) and one in-toto test result v0.1
(https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md) a stage, both
about the stage's snapshot. They say what the certificate's ``stages`` say, in words that other
tools know; ``schemas/README.md`` tells each field.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dataset_pipeline.certify.statement import PROVENANCE_TYPE, TEST_RESULT_TYPE, stage_statement

BUILD_TYPE = "https://dataset-pipeline.dev/stage/v1"
BUILDER = "https://dataset-pipeline.dev/builder/v1"
_SHA256 = re.compile(r"[0-9a-f]{64}")
Stage = Mapping[str, Any]
Plain = dict[str, Any]


def stage_statements(stages: Sequence[Stage]) -> list[Plain]:
    """Two statements for each of the certificate's ``stages``, in their order."""
    return [statement for stage in stages for statement in _statements(stage)]


def _statements(stage: Stage) -> Iterator[Plain]:
    subject = {stage["asset"]: stage["content_digest"]}
    yield stage_statement(PROVENANCE_TYPE, subject, provenance(stage))
    if stage["checks"]:
        yield stage_statement(TEST_RESULT_TYPE, subject, outcome(stage))


def provenance(stage: Stage) -> Plain:
    """How the snapshot came about: SLSA's predicate."""
    software = stage["software"]
    told = {name: stage[name] for name in ("configuration", "policy") if stage[name]}
    keys = {k: v for k, v in stage["external"].items() if not _SHA256.fullmatch(v)}
    version = {"version": {"dataset_pipeline": software["version"]}} if software else {}
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"asset": stage["asset"], **told},
            "internalParameters": {
                "code_version": stage["code_version"],
                "reused": stage["reused"],
                **({"key_checks": keys} if keys else {}),
            },
            "resolvedDependencies": list(_dependencies(stage)),
        },
        "runDetails": {
            "builder": {"id": BUILDER, **version},
            "metadata": {
                "invocationId": stage["run_id"],
                "startedOn": stage["started_at"],
                "finishedOn": stage["materialized_at"],
            },
        },
    }


def outcome(stage: Stage) -> Plain:
    """Which checks the materialization passed: in-toto's test result.

    ``configuration``: what the checks went by; the code version is always known, the digests are
    not for what was materialized before they were recorded.
    """
    passed = [check["name"] for check in stage["checks"] if check["passed"]]
    missed = [check for check in stage["checks"] if not check["passed"]]
    failed = [check["name"] for check in missed if check["blocking"]]
    warned = [check["name"] for check in missed if not check["blocking"]]
    version = base64.b64encode(stage["code_version"].encode()).decode()
    digests = [(name, stage[name]) for name in ("configuration", "policy") if stage[name]]
    return {
        "result": "FAILED" if failed else "WARNED" if warned else "PASSED",
        "configuration": [
            {"name": "code_version", "content": version},
            *({"name": name, "digest": {"sha256": digest}} for name, digest in digests),
        ],
        "passedTests": passed,
        "warnedTests": warned,
        "failedTests": failed,
    }


def _dependencies(stage: Stage) -> Iterator[Plain]:
    """What went in: snapshots by asset, what came from outside, and the code."""
    for name, digest in sorted(stage["inputs"].items()):
        yield {"name": name, "digest": {"sha256": digest}}
    for name, digest in sorted(stage["external"].items()):
        if _SHA256.fullmatch(digest):
            yield {"name": f"external:{name}", "digest": {"sha256": digest}}
    if software := stage["software"]:
        yield {
            "name": "dataset_pipeline",
            "uri": f"pkg:generic/dataset-pipeline@{software['version']}",
            "digest": {"dirHash1": software["source"]},
        }
