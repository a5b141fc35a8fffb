"""By what right: a table of decisions, and what no combination of fields may ever grant."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.config import EvidenceFile, EvidenceUrl, JsonlSource, Rights, Transfer
from dataset_pipeline.records import RECORD_SCHEMA
from dataset_pipeline.rights.declared import Purpose
from dataset_pipeline.rights.evidence import prove
from dataset_pipeline.stages.raw import raw
from dataset_pipeline.stages.rights import RIGHTS_RULES, RightsDecision, decide_rights

TODAY = date(2026, 5, 1)
NOWHERE = Path("/nowhere")
SOUND = {
    "basis": "contract",
    "training": "allowed",
    "approved_by": "legal@example.com",
    "evidence": "Terms",
}
URL = EvidenceUrl(url="https://example.com/terms", sha256="0" * 64, retrieved=date(2026, 1, 1))
LICENSED = {**SOUND, "basis": "licence"}
CC = {**LICENSED, "licence": "CC-BY-4.0"}


def decide(
    rights: dict[str, Any],
    *,
    use: str = "commercial",
    licence: str = "other",
    folder: Path = NOWHERE,
    **source: Any,
) -> RightsDecision:
    declared = Rights(**rights)
    about = {"description": "Rows.", "system": "A test", "owner": "us", "path": "x.jsonl"}
    whole = JsonlSource(kind="jsonl", rights=declared, **about, **source)
    purpose = Purpose(use, licence, ["en"], ["health"])  # type: ignore[arg-type]
    return decide_rights(whole, purpose, prove(declared, folder), TODAY)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"training": "forbidden"}, "rights_forbidden"),
        ({"training": "unknown"}, "rights_unknown"),
        ({"basis": "unknown"}, "rights_unfounded"),
        ({"evidence": None}, "rights_unfounded"),
        ({"evidence": "  "}, "rights_unfounded"),
        ({"evidence": EvidenceFile(file="gone.md")}, "rights_unfounded"),
        ({"evidence": EvidenceFile(file="../etc/passwd")}, "rights_unfounded"),
        ({"evidence": URL}, None),
        ({"approved_by": None}, "rights_unfounded"),
        ({"approved_by": " "}, "rights_unfounded"),
        ({"approved_on": TODAY}, None),
        ({"approved_on": TODAY + timedelta(days=1)}, "rights_not_yet"),
        ({"expires": TODAY - timedelta(days=1)}, "rights_expired"),
        ({"expires": TODAY}, None),
        ({"basis": "licence"}, "rights_unknown"),
        ({"basis": "licence", "licence": " "}, "rights_unknown"),
        ({"basis": "licence", "licence": "CC-BY-4.0"}, None),
        ({"basis": "licence", "licence": "Whatever"}, "rights_unknown"),
        ({"basis": "licence", "licence": "LicenseRef-Acme"}, "rights_unknown"),
        ({"basis": "licence", "licence": "LicenseRef-Acme", "evidence": URL}, None),
        ({"basis": "contract", "licence": "LicenseRef-Acme"}, None),
        ({"basis": "contract", "licence": "Whatever"}, "rights_unknown"),
        ({"licence": "CC-BY-NC-4.0"}, "rights_clash"),
        ({"licence": "CC BY NC 4.0"}, "rights_clash"),
        ({"licence": "PolyForm-Noncommercial-1.0.0"}, "rights_clash"),
        ({"licence": "CC-BY-ND-4.0"}, "rights_clash"),
        ({"licence": "LicenseRef-NoAI"}, "rights_clash"),
        ({"licence": "NCSA"}, None),
        ({"licence": "CC-BY-NC-4.0 OR CC-BY-4.0"}, None),
        ({"licence": "CC-BY-NC-4.0 AND CC-BY-4.0"}, "rights_clash"),
        ({"licence": "CC-BY-4.0 OR Whatever"}, None),
        ({"licence": "CC-BY-4.0 AND Whatever"}, "rights_unknown"),
        ({"licence": "CC-BY-SA-4.0"}, "rights_clash"),
        ({"licence": "CC-BY-NC-4.0", "training": "forbidden"}, "rights_forbidden"),
    ],
)
def test_the_declaration_decides(changes: dict[str, Any], rule: str | None) -> None:
    assert decide({**SOUND, **changes}).rule == rule


@pytest.mark.parametrize(
    ("licence", "use", "ours", "rule"),
    [
        ("CC-BY-NC-4.0", "internal", "other", None),
        ("CC-BY-NC-4.0", "research", "other", None),
        ("CC-BY-NC-4.0", "research", "CC-BY-4.0", "rights_clash"),
        ("CC-BY-NC-4.0", "research", "CC-BY-NC-4.0", None),
        ("CC-BY-ND-4.0", "research", "other", "rights_clash"),
        ("LicenseRef-research-only", "internal", "other", "rights_clash"),
        ("BUSL-1.1", "commercial", "other", "rights_clash"),
        ("BUSL-1.1", "research", "other", None),
        ("CC-BY-SA-4.0", "commercial", "CC-BY-SA-4.0", None),
        ("CC-BY-SA-3.0", "commercial", "CC-BY-SA-4.0", None),
        ("CC-BY-SA-4.0", "commercial", "CC-BY-4.0", "rights_clash"),
        ("CC-BY-SA-4.0", "commercial", "CC-BY-SA-4.0 OR MIT", "rights_clash"),
        ("CC-BY-SA-4.0 OR MIT", "commercial", "CC-BY-4.0", None),
        ("ODbL-1.0", "internal", "ODbL-1.0", None),
        ("LicenseRef-OpenRAIL-M", "commercial", "MIT", "rights_clash"),
        ("LicenseRef-OpenRAIL-M", "commercial", "other", None),
        ("CC-BY-4.0", "commercial", "CC-BY-4.0", None),
    ],
)
def test_licences_are_held_against_the_purpose(
    licence: str, use: str, ours: str, rule: str | None
) -> None:
    found = decide({**LICENSED, "licence": licence, "evidence": URL}, use=use, licence=ours)
    assert found.rule == rule


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"redistribution": "allowed"}, None),
        ({"redistribution": "forbidden"}, "rights_clash"),
        ({"redistribution": "unknown"}, "rights_clash"),
        ({"redistribution": "unknown", "basis": "public_domain"}, None),
        ({"redistribution": "unknown", "basis": "licence", "licence": "CC-BY-4.0"}, None),
        ({"redistribution": "allowed", "transfer": Transfer(regions=["EU"])}, "rights_clash"),
    ],
)
def test_what_is_given_on_needs_the_right_to(changes: dict[str, Any], rule: str | None) -> None:
    assert decide({**SOUND, **changes}, licence="CC-BY-4.0").rule == rule
    assert decide({**SOUND, **changes}, licence="other").rule is None


def test_a_clash_is_found_whatever_is_said_of_training() -> None:
    for training in ("allowed", "forbidden", "unknown"):
        found = decide({**CC, "licence": "CC-BY-NC-4.0", "training": training})
        assert "rights_clash" in found.evidence["rules"]


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ({"categories": ["support"]}, None),
        ({"categories": ["support", " Health "]}, "restricted_category"),
        ({"languages": ["en-GB", "de"]}, None),
        ({"languages": ["de", "fr"]}, "restricted_language"),
    ],
)
def test_restrictions_keep_sources_out(source: dict[str, Any], rule: str | None) -> None:
    assert decide(SOUND, **source).rule == rule


def test_the_evidence_of_a_decision(tmp_path: Path) -> None:
    (tmp_path / "terms.txt").write_text("We may.")
    found = decide(
        {**CC, "licence": "CC-BY-NC-4.0", "expires": date(2026, 4, 1),
         "evidence": EvidenceFile(file="terms.txt")},
        folder=tmp_path,
    )  # fmt: skip
    assert found.rule == "rights_expired"
    assert found.evidence["basis"] == "licence"
    assert found.evidence["licence"] == "CC-BY-NC-4.0"
    assert found.evidence["terms"] == ["attribution", "non_commercial"]
    assert found.evidence["expires"] == "2026-04-01"
    assert found.evidence["rules"] == ["rights_expired", "rights_clash"]
    assert found.evidence["evidence"]["reference"] == "terms.txt"
    assert len(found.evidence["evidence"]["sha256"]) == 64


STATED = """---
basis: consent
training: allowed
redistribution: forbidden
expires: 2026-06-30
---
I agree.
"""


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"expires": date(2026, 6, 1)}, None),
        ({"expires": date(2026, 7, 1)}, "rights_unfounded"),
        ({"expires": None}, "rights_unfounded"),
        ({"basis": "contract"}, "rights_unfounded"),
        ({"redistribution": "allowed"}, "rights_unfounded"),
        ({"redistribution": "unknown"}, None),
    ],
)
def test_no_more_is_granted_than_the_evidence_says(
    tmp_path: Path, changes: dict[str, Any], rule: str | None
) -> None:
    (tmp_path / "consent.md").write_text(STATED)
    rights = {**SOUND, "basis": "consent", "expires": date(2026, 6, 30), "redistribution":
              "forbidden", "evidence": EvidenceFile(file="consent.md")}  # fmt: skip
    assert decide({**rights, **changes}, folder=tmp_path).rule == rule


@pytest.mark.parametrize(
    "front",
    [b"---\n[\n---\n", b"---\nexpires: 1\n", b"---\n- a\n---\n", b"---\nexpires: soon\n---\n",
     b"\xff\xfe", b"", b" \n"],
)  # fmt: skip
def test_evidence_that_cannot_be_read_proves_nothing(tmp_path: Path, front: bytes) -> None:
    (tmp_path / "consent.md").write_bytes(front)
    evidence = EvidenceFile(file="consent.md")
    assert decide({**SOUND, "evidence": evidence}, folder=tmp_path).rule == "rights_unfounded"


# ------------------------------------------------------------ what no combination may ever grant

ANSWERS = st.sampled_from(["allowed", "forbidden", "unknown"])
DAYS = st.none() | st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3))
SPDX = ["CC-BY-4.0", "CC0-1.0", "MIT", "CC-BY-SA-4.0", "CC-BY-ND-4.0", "LicenseRef-X",
        "CC-BY-NC-4.0", "nonsense", "GPL-3.0-only", ""]  # fmt: skip
EXPRESSIONS = st.recursive(
    st.sampled_from(SPDX[:-1]),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
        lambda parts: f"({' '.join(parts)})"
    ),
    max_leaves=5,
)
RIGHTS = st.fixed_dictionaries(
    {
        "basis": st.sampled_from(
            ["contract", "consent", "licence", "public_domain", "own_work", "unknown"]
        ),
        "licence": st.none() | EXPRESSIONS,
        "training": ANSWERS,
        "redistribution": ANSWERS,
        "expires": DAYS,
        "approved_by": st.sampled_from([None, "", "legal@example.com"]),
        "approved_on": DAYS,
        "evidence": st.sampled_from([None, "", "Terms", URL, EvidenceFile(file="gone")]),
    }
)
PURPOSES = st.fixed_dictionaries(
    {
        "use": st.sampled_from(["commercial", "internal", "research"]),
        "licence": st.sampled_from(["other", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "odd"]),
    }
)


@given(RIGHTS, PURPOSES)
def test_nothing_is_granted_without_all_that_it_takes(
    rights: dict[str, Any], purpose: dict[str, Any]
) -> None:
    found = decide(rights, **purpose)
    assert set(found.evidence["rules"]) <= RIGHTS_RULES
    if found.granted:
        assert rights["training"] == "allowed"
        assert rights["basis"] != "unknown"
        assert rights["approved_by"]
        assert rights["evidence"] in ("Terms", URL)
        assert rights["expires"] is None or rights["expires"] >= TODAY
        assert rights["approved_on"] is None or rights["approved_on"] <= TODAY
        assert rights["basis"] != "licence" or rights["licence"]


@given(
    RIGHTS,
    PURPOSES,
    st.sampled_from(
        [{"basis": "unknown"}, {"evidence": None}, {"approved_by": None}, {"training": "unknown"}]
    ),
)
def test_taking_one_foundation_away_never_grants(
    rights: dict[str, Any], purpose: dict[str, Any], less: dict[str, Any]
) -> None:
    assert not decide({**rights, **less}, **purpose).granted


@given(RIGHTS, EXPRESSIONS, PURPOSES)
def test_a_further_condition_never_grants(
    rights: dict[str, Any], licence: str, purpose: dict[str, Any]
) -> None:
    """Adding `AND …` to a licence turns no no into a yes; with non-commercial, never for profit."""
    before = decide({**rights, "licence": licence}, **purpose).granted
    for more in ("CC-BY-NC-4.0", "CC-BY-4.0", "CC-BY-ND-4.0", "nonsense"):
        narrower = {**rights, "licence": f"{licence} AND {more}"}
        assert before or not decide(narrower, **purpose).granted
    nc = {**rights, "licence": f"({licence}) AND CC-BY-NC-4.0"}
    assert not decide(nc, **{**purpose, "use": "commercial"}).granted


# -------------------------------------------------------------------------------- the stage

IN = RightsDecision((), {"basis": "contract"})
OUT = RightsDecision((("rights_expired", "the right ended"),), {"basis": "consent"})


def records(source: str, *categories: str | None) -> pl.LazyFrame:
    rows = [
        {
            "record_id": f"{source}{number}",
            "source_id": source,
            "prompt": "text",
            "attributes": [{"key": "region", "value": "health"}]
            + ([{"key": "category", "value": category}] if category else []),
        }
        for number, category in enumerate(categories)
    ]
    return pl.LazyFrame(rows, schema=RECORD_SCHEMA)


def test_sources_without_a_right_are_out_with_the_evidence() -> None:
    result = raw({"a": records("a", None, None), "b": records("b", None)}, {"a": IN, "b": OUT})
    assert result.kept.collect()["record_id"].to_list() == ["a0", "a1"]
    (row,) = result.excluded.collect().to_dicts()
    assert row["record_id"] == "b0"
    assert row["rule"] == "rights_expired"
    assert json.loads(row["evidence"]) == {"basis": "consent"}
    decided = result.tables["rights"].select("source", "rule").rows()
    assert decided == [("a", None), ("b", "rights_expired")]
    assert result.metrics == {"sources": 2, "sources_refused": 1}


def test_records_of_a_forbidden_category_are_out_one_by_one() -> None:
    collected = {"a": records("a", None, "Health ", "support", "children")}
    result = raw(collected, {"a": IN}, ["health", "Children"])
    assert result.kept.collect()["record_id"].to_list() == ["a0", "a2"]
    excluded = result.excluded.collect()
    assert excluded["record_id"].to_list() == ["a1", "a3"]
    assert set(excluded["rule"]) == {"restricted_category"}
    assert [json.loads(shown) for shown in excluded["evidence"]] == [
        {"category": "health"},
        {"category": "children"},
    ]


def test_without_forbidden_categories_every_record_stays() -> None:
    result = raw({"a": records("a", "health")}, {"a": IN})
    assert result.kept.collect().height == 1
