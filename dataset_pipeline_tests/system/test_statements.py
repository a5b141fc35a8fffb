"""What the pipeline signs is what its schemas say, and names no field that they do not."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.certify.schema import SCHEMAS
from dataset_pipeline_tests.certify.schemas import problems, unnamed
from dataset_pipeline_tests.system.place import Place

pytestmark = pytest.mark.slow
Run = tuple[Place, dict[str, Any]]
Plain = dict[str, Any]


def statement(envelope: bytes) -> Plain:
    found: Plain = json.loads(base64.b64decode(json.loads(envelope)["payload"]))
    return found


def the(place: Place, pattern: str) -> Path:
    (path,) = place.store.glob(pattern)
    return path


def test_everything_that_is_signed_fits_its_schema(sample: Run) -> None:
    place, _ = sample
    lines = the(place, "versions/*/*/*.intoto.jsonl").read_bytes().splitlines()
    files = ("versions/*/*/*.certificate.json", "models/*/training_certificate.json")
    signed = [statement(data) for data in (*lines, *(the(place, f).read_bytes() for f in files))]
    assert [unnamed(item) for item in signed] == [[] for _ in signed]
    kinds = {item["predicateType"] for item in signed}
    assert {SCHEMAS[kind] for kind in kinds} == {*SCHEMAS.values()} - {"retrospective-v1"}


def test_the_bundle_tells_the_chain_from_sources_to_splits(sample: Run) -> None:
    """Every snapshot that a stage read is the subject of another stage's provenance."""
    place, _ = sample
    lines = the(place, "versions/*/*/*.intoto.jsonl").read_bytes().splitlines()
    made, read = {}, {}
    for told in map(statement, lines):
        (subject,) = told["subject"]
        if told["predicateType"] == "https://slsa.dev/provenance/v1":
            made[subject["name"]] = subject["digest"]["sha256"]
            for item in told["predicate"]["buildDefinition"]["resolvedDependencies"]:
                if item["name"].startswith("support_tickets/"):
                    read[item["name"]] = item["digest"]["sha256"]
    assert read.items() <= made.items()
    assert made.keys() - read.keys() == {"support_tickets/splits"}


def test_a_model_names_version_splits_certificate_and_code(sample: Run) -> None:
    place, _ = sample
    told = statement(the(place, "models/*/training_certificate.json").read_bytes())["predicate"]
    version = statement(the(place, "versions/*/*/*.certificate.json").read_bytes())["predicate"]
    splits = {stage["asset"]: stage["content_digest"] for stage in version["stages"]}
    digests = {item["name"]: item["digest"] for item in told["dependencies"]}
    name = version["version"]["name"]
    assert digests[name] == {"sha256": version["version"]["content_digest"]}
    assert digests["support_tickets/splits"] == {"sha256": splits["support_tickets/splits"]}
    assert digests[f"{name}.certificate.json#statement"]["sha256"] == told["certificate_sha256"]
    assert digests["dataset_pipeline"].keys() == {"dirHash1"}


CERTIFICATE: dict[str, Callable[[Plain], object]] = {
    "no completeness": lambda p: p.pop("completeness"),
    "a leak": lambda p: p["leakage"][0].update(shared=1),
    "no proof of leaks": lambda p: p.update(leakage=[]),
    "residue": lambda p: p["privacy"]["residue"].update(found=1),
    "a failed check": lambda p: p["checks"].update(failed=1),
    "no stages": lambda p: p.update(stages=[]),
    "a stage without inputs": lambda p: p["stages"][0].pop("inputs"),
    "a negative count": lambda p: p["stages"][0].update(records_kept=-1),
    "reconstructed": lambda p: p.update(reconstructed=True),
    "a short digest": lambda p: p["version"].update(content_digest="ab"),
    "a gap without reason": lambda p: p["gaps"][0].pop("why"),
    "no statements": lambda p: p.pop("statements"),
    "a status of its own": lambda p: p["completeness"]["sections"]["rights"].update(status="ok"),
}
TRAINING: dict[str, Callable[[Plain], object]] = {
    "no dependencies": lambda p: p.update(dependencies=[]),
    "an empty dependency": lambda p: p["dependencies"].append({"name": "x"}),
    "no model": lambda p: p.pop("model_digest"),
    "a figure in words": lambda p: p["metrics"]["test"].update(accuracy="high"),
    "a date alone": lambda p: p.update(issued="2026-05-01"),
}
FILES = {
    "versions/*/*/*.certificate.json": CERTIFICATE,
    "models/*/training_certificate.json": TRAINING,
}


@pytest.mark.parametrize(
    ("file", "change"),
    [(file, change) for file, changes in FILES.items() for change in changes.values()],
    ids=[name for changes in FILES.values() for name in changes],
)
def test_the_schemas_refuse(sample: Run, file: str, change: Callable[[Plain], object]) -> None:
    told = statement(the(sample[0], file).read_bytes())
    change(told["predicate"])
    assert problems(told)


def test_schemas_are_printed_by_name_and_by_type(sample: Run) -> None:
    place, _ = sample
    for kind, name in SCHEMAS.items():
        by_type, by_name = place.ask("schema", kind), place.ask("schema", name)
        assert by_type.out == by_name.out
        assert by_type.json["properties"]["predicateType"] == {"const": kind}
    assert place.yes("schema") == SCHEMAS
    assert place.ask("schema", "receipt-v1").code == 2
