from typing import Any

import pytest

from dataset_pipeline.certify.errors import BagError, StatementError
from dataset_pipeline.certify.statement import (
    CERTIFICATE_TYPE,
    TRAINING_TYPE,
    dataset_statement,
    read_subjects,
    training_statement,
)
from dataset_pipeline.certify.verify_md import verify_instructions

A, B = "a" * 64, "b" * 64


def test_the_frame_is_in_totos() -> None:
    assert dataset_statement({"z.zip": A, "b.txt": B}, {"version": {"name": "z"}}) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": "b.txt", "digest": {"sha256": B}},
            {"name": "z.zip", "digest": {"sha256": A}},
        ],
        "predicateType": "https://dataset-pipeline.dev/certificate/v1",
        "predicate": {"version": {"name": "z"}},
    }
    assert training_statement({"m": A}, {})["predicateType"] == (
        "https://dataset-pipeline.dev/training/v1"
    )


def test_numbers_are_returned_as_they_will_be_read() -> None:
    predicate = dataset_statement({"a": A}, {"one": 1.0, "zero": -0.0, "tenth": 0.1})["predicate"]
    assert predicate == {"one": 1, "zero": 0, "tenth": 0.1}
    assert isinstance(predicate["one"], int)


@pytest.mark.parametrize(
    ("subjects", "predicate"),
    [
        ({}, {}),
        ({"": A}, {}),
        ({"a": "x"}, {}),
        ({"a": A.upper()}, {}),
        ({"a": A}, {"x": float("nan")}),
        ({"a": A}, {"x": 2**53}),
        ({"a": A}, {"x": 2.0**53}),
        ({"a": A}, {"x": object()}),
        ({"a": A}, {"x": "\ud800"}),
    ],
)
def test_bad_statements_are_refused(subjects: dict[str, str], predicate: dict[str, Any]) -> None:
    with pytest.raises(StatementError):
        dataset_statement(subjects, predicate)


def _subject(name: object = "a", digest: object = None) -> dict[str, object]:
    return {"name": name, "digest": {"sha256": A} if digest is None else digest}


@pytest.mark.parametrize(
    "change",
    [
        {"_type": "x"},
        {"extra": 1},
        {"predicateType": TRAINING_TYPE},
        {"predicate": []},
        {"subject": {}},
        {"subject": ["a"]},
        {"subject": [{"name": "a"}]},
        {"subject": [{**_subject(), "uri": "x"}]},
        {"subject": [_subject(digest={})]},
        {"subject": [_subject(digest={"sha256": A, "md5": "x"})]},
        {"subject": [_subject(digest={"sha256": 1})]},
        {"subject": [_subject(digest="x")]},
        {"subject": [_subject(name=1)]},
        {"subject": [_subject(), _subject()]},
        {"subject": [_subject("b"), _subject("a")]},
    ],
)
def test_a_foreign_statement_is_refused(change: dict[str, Any]) -> None:
    statement = dataset_statement({"a": A}, {})
    assert read_subjects(statement, CERTIFICATE_TYPE) == {"a": A}
    with pytest.raises(StatementError):
        read_subjects({**statement, **change}, CERTIFICATE_TYPE)


def test_instructions_are_not_written_for_a_name_that_a_shell_would_run() -> None:
    for name in ("$(reboot)", "a b", "a;b", "../x"):
        with pytest.raises(BagError):
            verify_instructions(name)
