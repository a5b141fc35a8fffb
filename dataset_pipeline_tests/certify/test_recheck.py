"""Each gate over the event log refuses what it is there for, and all reasons are told at once."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

import pytest

from dataset_pipeline.certify.completeness import completeness, gap, not_allowed
from dataset_pipeline.certify.predicate import SECTIONS
from dataset_pipeline.certify.recheck import CertificationRefusedError, Planned, Reason, of_events
from dataset_pipeline.config.certified import Section

A, B = "a" * 64, "b" * 64
Stages = dict[str, dict[str, Any]]


def stage(asset: str, **more: Any) -> dict[str, Any]:
    """A materialization as the certificate tells it."""
    check = {"name": "laws", "passed": True, "blocking": True, "description": "all laws hold"}
    told = {
        "asset": asset,
        "code_version": "1-abc",
        "policy": A,
        "configuration": B,
        "software": {"version": "1.0", "source": A},
        "content_digest": A,
        "inputs": {},
        "external": {},
        "run_id": "run",
        "started_at": "2026-05-01T00:00:00Z",
        "materialized_at": "2026-05-01T00:00:01Z",
        "reused": False,
        "checks": [check],
    }
    return {**told, **more}


def planned(*inputs: str, checks: tuple[str, ...] = ("laws",)) -> Planned:
    return Planned("1-abc", frozenset(inputs), frozenset(checks))


PLAN: Mapping[str, Planned] = {"d/raw": planned(), "d/clean": planned("d/raw")}


def sound() -> Stages:
    return {"d/raw": stage("d/raw"), "d/clean": stage("d/clean", inputs={"d/raw": A})}


def test_what_fits_gives_no_reason() -> None:
    assert of_events(list(sound().values()), PLAN) == []


def _set(asset: str, **values: Any) -> Callable[[Stages], object]:
    return lambda stages: stages[asset].update(values)


TAMPERINGS: Mapping[str, tuple[Callable[[Stages], object], str, str | None]] = {
    "stage left out": (lambda s: s.pop("d/raw"), "d/raw: not among what led to the splits", None),
    "stage of another graph": (
        lambda s: s.update({"d/extra": stage("d/extra")}),
        "d/extra: the graph has no such stage any more",
        None,
    ),
    "other code": (
        _set("d/clean", code_version="1-abd"),
        "d/clean: made by version 1-abd, and is 1-abc now",
        None,
    ),
    "no code version": (_set("d/clean", code_version=""), "made by version unknown", None),
    "code not recorded": (
        _set("d/clean", software=None),
        "d/clean: the digest of the code that made it was not recorded",
        "transformations",
    ),
    "input left out": (
        _set("d/clean", inputs={}),
        "d/clean: the event log has it read other",
        None,
    ),
    "input added": (
        _set("d/clean", inputs={"d/raw": A, "d/x": A}),
        "d/clean: the event log has it read other inputs: d/x",
        None,
    ),
    "input is not the output": (
        _set("d/clean", inputs={"d/raw": B}),
        "d/clean: made from another d/raw than the rest",
        None,
    ),
    "output is not the input": (
        _set("d/raw", content_digest=B),
        "d/clean: made from another d/raw than the rest",
        None,
    ),
    "check not recorded": (
        _set("d/clean", checks=[]),
        "d/clean: the event log has no check laws of this materialization",
        "checks",
    ),
    "check failed": (
        lambda s: s["d/clean"]["checks"][0].update(passed=False),
        "d/clean: check laws did not pass",
        None,
    ),
}


@pytest.mark.parametrize(("tamper", "told", "section"), TAMPERINGS.values(), ids=[*TAMPERINGS])
def test_what_does_not_fit_is_told(
    tamper: Callable[[Stages], object], told: str, section: str | None
) -> None:
    stages = sound()
    tamper(stages)
    (found,) = of_events(list(stages.values()), PLAN)
    assert told in found.why
    assert found.section == section, "only missing evidence may ever be allowed"


def test_a_check_that_only_warns_stops_nothing() -> None:
    stages = sound()
    stages["d/clean"]["checks"][0].update(passed=False, blocking=False)
    assert of_events(list(stages.values()), PLAN) == []


def test_all_reasons_are_told_at_once() -> None:
    stages = sound()
    for tamper, _, _ in list(TAMPERINGS.values())[1:3]:
        tamper(stages)
    found = of_events(list(stages.values()), PLAN)
    said = str(CertificationRefusedError("v1", [reason.why for reason in [*found, *found]]))
    assert said.count("\n  - ") == 2, "each once"


def test_a_reason_is_a_no_unless_it_says_what_is_missing() -> None:
    assert Reason("wrong").section is None


def test_gaps_make_their_section_partial_and_the_whole() -> None:
    sections = {"rights": ("declared",), "splits": ("observed",), "extras": ("observed",)}
    limit = gap(None, "nobody lies", "nobody can prove it")
    told = completeness(sections, [limit], {"extras": "there are none"})
    assert told["overall"] == "complete"
    assert {name: part["status"] for name, part in told["sections"].items()} == {
        "rights": "complete",
        "splits": "complete",
        "extras": "none",
    }
    missing = gap("rights", "the right to a", "no evidence was declared")
    told = completeness(sections, [limit, missing, missing], {"extras": "there are none"})
    assert told["overall"] == "partial"
    assert told["sections"]["rights"] == {
        "status": "partial",
        "why": ["the right to a"],
        "recorded": "contemporaneous",
        "basis": ["declared"],
    }


def test_a_policy_can_name_no_section_that_a_certificate_has_not() -> None:
    assert {*get_args(Section)} <= SECTIONS.keys()


def test_what_may_be_partial_is_the_policys_to_say() -> None:
    gaps = [gap(None, "a", "b"), gap("rights", "c", "d"), gap("checks", "e", "f")]
    assert not_allowed(gaps, ["rights", "checks"]) == []
    (reason,) = not_allowed(gaps, ["rights"])
    assert reason.startswith("certificate.partial_allowed does not name checks")
    assert reason.endswith("e: f")
