"""What licences and expressions of them come to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.rights import licences
from dataset_pipeline.rights.licences import compatible, read_licence, suggestion

BY, SA, NC, ND = "attribution", "share_alike", "non_commercial", "no_derivatives"
KNOWN = {
    "CC0-1.0": set(),
    "PDDL-1.0": set(),
    "Unlicense": set(),
    "CC-PDM-1.0": set(),
    "CC-BY-1.0": {BY},
    "CC-BY-2.5": {BY},
    "CC-BY-3.0-DE": {BY},
    "CC-BY-4.0": {BY},
    "cc-by-4.0": {BY},
    "CC-BY-SA-3.0": {BY, SA},
    "CC-BY-NC-2.0": {BY, NC},
    "CC-BY-NC-SA-4.0": {BY, NC, SA},
    "CC-BY-NC-ND-4.0": {BY, NC, ND},
    "CC-BY-ND-4.0": {BY, ND},
    "ODbL-1.0": {BY, SA},
    "ODC-By-1.0": {BY},
    "CDLA-Permissive-2.0": {BY},
    "CDLA-Sharing-1.0": {BY, SA},
    "C-UDA-1.0": {BY, "use_restrictions"},
    "OGL-UK-3.0": {BY},
    "etalab-2.0": {BY},
    "MIT": {BY},
    "Apache-2.0": {BY},
    "NCSA": {BY},
    "GPL-3.0-only": {BY, SA},
    "GPL-3.0": {BY, SA},
    "GPL-2.0+": {BY, SA},
    "LGPL-2.1-or-later": {BY, SA},
    "AGPL-3.0-only": {BY, SA},
    "GFDL-1.3-or-later": {BY, SA},
    "PolyForm-Noncommercial-1.0.0": {BY, NC},
    "PolyForm-Small-Business-1.0.0": {"own_terms"},
    "BUSL-1.1": {BY, "non_production"},
    "SSPL-1.0": {BY, SA},
    "LicenseRef-OpenRAIL-M": {BY, "use_restrictions"},
    "LicenseRef-Acme-News": {"own_terms"},
    "LicenseRef-Acme-NC": {"own_terms", NC},
    "LicenseRef-NoAI": {"own_terms", "no_training"},
    "LicenseRef-no-ai-training": {"own_terms", "no_training"},
    "LicenseRef-research-only": {"own_terms", "research_only"},
    "GPL-2.0-only WITH Classpath-exception-2.0": {BY, SA},
}


@pytest.mark.parametrize(("expression", "terms"), KNOWN.items())
def test_known_licences_carry_their_terms(expression: str, terms: set[str]) -> None:
    (branch,) = read_licence(expression)
    assert branch.terms == terms
    assert not branch.unknown


UNKNOWN = ["CC-BY-NC-4", "CC BY 4.0", "GPLv3", "Proprietary", "other", "NONE", "", "  ", "(MIT",
           "MIT OR", "MIT/Apache-2.0", "MIT WITH Foo", "MIT WITH MIT", "Classpath-exception-2.0",
           "MIT AND Foo", "CC-BY-9.0", "LicenseRef-", "MIT " * 200]  # fmt: skip


@pytest.mark.parametrize("expression", UNKNOWN)
def test_what_spdx_does_not_know_is_not_understood(expression: str) -> None:
    assert all(branch.unknown for branch in read_licence(expression))
    assert not any(branch.known for branch in read_licence(expression))


@pytest.mark.parametrize(
    "name", ["CC BY NC 4.0", "cc-by-nc", "Free for non-commercial use", "Noncommercial"]
)
def test_words_of_an_unknown_licence_only_restrict(name: str) -> None:
    (branch,) = read_licence(name)
    assert NC in branch.terms
    assert branch.unknown


def test_or_gives_a_choice_and_and_gives_none() -> None:
    mixed = "MIT AND (CC-BY-NC-4.0 OR CC0-1.0)"
    assert [sorted(branch.licences) for branch in read_licence(mixed)] == [
        ["CC-BY-NC-4.0", "MIT"],
        ["CC0-1.0", "MIT"],
    ]
    assert [NC in branch.terms for branch in read_licence(mixed)] == [True, False]
    assert [NC in branch.terms for branch in read_licence("CC-BY-NC-4.0 AND CC0-1.0")] == [True]


def test_an_expression_with_too_many_ways_still_demands_every_part() -> None:
    many = " AND ".join(["(MIT OR Apache-2.0 OR Zlib)"] * 9 + ["CC-BY-NC-4.0"])
    assert all(NC in branch.terms for branch in read_licence(many))


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert read_licence(text)


@given(st.lists(st.sampled_from(["MIT", "OR", "AND", "WITH", "(", ")", "CC-BY-4.0", "x"])))
def test_no_expression_breaks_the_reading(parts: list[str]) -> None:
    found = read_licence(" ".join(parts))
    assert found
    assert "x" not in parts or any(branch.unknown for branch in found)


@given(st.integers(1, 600))
def test_no_nesting_breaks_the_reading(deep: int) -> None:
    assert read_licence("(" * deep + "MIT" + ")" * deep)


@pytest.mark.parametrize(
    ("theirs", "ours", "fits"),
    [
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0", True),
        ("CC-BY-SA-3.0", "CC-BY-SA-4.0", True),
        ("CC-BY-SA-4.0", "CC-BY-SA-3.0", False),
        ("CC-BY-SA-1.0", "CC-BY-SA-4.0", False),
        ("CC-BY-SA-4.0", "CC-BY-4.0", False),
        ("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", False),
        ("CC-BY-SA-4.0", "GPL-3.0-only", True),
        ("GPL-3.0-only", "CC-BY-SA-4.0", False),
        ("GPL-2.0-or-later", "GPL-3.0-only", True),
        ("GPL-2.0-only", "GPL-3.0-only", False),
        ("ODbL-1.0", "CC-BY-SA-4.0", False),
    ],
)
def test_where_share_alike_works_may_go(theirs: str, ours: str, *, fits: bool) -> None:
    assert compatible(theirs, ours) is fits


def test_a_misspelt_licence_is_suggested() -> None:
    assert "CC-BY-NC-4.0" in suggestion("CC BY NC 4.0")
    assert "Apache-2.0" in suggestion("apache 2")
    assert suggestion("whatever we agreed on") == ""


def test_permissive_licences_carry_no_restricting_word() -> None:
    """Words restrict also known licences; none of the permissive ones may be hit by chance."""
    permissive = {k for k, c in licences._index().values() if c in ("Permissive", "Public Domain")}
    hit = {k for k in permissive if licences._by_words(k) & {NC, ND, "no_training"}}
    assert hit == set()
