"""How many names and addresses are found without a model, on sentences no rule was written for."""

import polars as pl
import pytest

from dataset_pipeline.stages.personal import addresses, names
from dataset_pipeline.stages.personal.gazetteers import words
from dataset_pipeline_tests.stages.personal import held_out
from dataset_pipeline_tests.stages.personal.held_out import NEGATIVES, TEMPLATES, Case, cases
from dataset_pipeline_tests.stages.personal.measure import Score, score

AT_LEAST = 0.8
(PERSON,) = names.KINDS
(ADDRESS,) = addresses.KINDS
ALL = {language: cases(language) for language in TEMPLATES}


@pytest.mark.parametrize("kind", [PERSON, ADDRESS], ids=lambda kind: kind.entity)
def test_recall_and_precision(kind: names.Kind) -> None:
    scores = {language: score(ALL[language], kind.entity, kind.find) for language in ALL}
    scores["all"] = sum(scores.values(), Score())
    for language, found in scores.items():
        print(
            f"{kind.entity:15} {language:4} {found.there:4} recall {found.recall:.3f} "
            f"precision {found.precision:.3f} characters {found.coverage:.3f}"
        )
    assert {k: v for k, v in scores.items() if min(v.recall, v.precision) < AT_LEAST} == {}


def test_a_score_can_be_bad() -> None:
    assert score(ALL["en"], "PERSON", lambda text: []).recall == 0
    everything = score(ALL["en"], "PERSON", lambda text: [names.Finding(0, len(text), "PERSON", 1)])
    assert everything.recall == 1
    assert everything.precision < 0.1


def test_the_set_is_as_large_and_as_foreign_as_it_should_be() -> None:
    assert [len(set(held)) for held in TEMPLATES.values()] == [50, 45, 25]
    assert sum(map(len, NEGATIVES.values())) >= 60
    given = words("given_en") | words("given_ru") | words("given_kk")
    given |= words("given_common_en") | words("given_common_ru") | words("given_common_kk")
    held_given = {
        *held_out.EN_GIVEN, *held_out.KK_MEN, *held_out.KK_WOMEN,
        *(forms[0] for forms in (*held_out.RU_MEN, *held_out.RU_WOMEN)),
    }  # fmt: skip
    surnames = {*held_out.EN_SURNAMES, *held_out.RU_SURNAMES, *held_out.KK_SURNAMES}
    known = words("surnames_en") | words("surnames_common_en")
    assert len({name for name in held_given if name.lower() in given}) <= len(held_given) * 2 / 3
    assert len({name for name in surnames if name.lower() in known}) <= len(surnames) / 2


@pytest.mark.parametrize("kind", [PERSON, ADDRESS], ids=lambda kind: kind.entity)
def test_what_is_found_passes_the_gate(kind: names.Kind) -> None:
    texts = [case.text for held in ALL.values() for case in held]
    opened = pl.Series(texts).str.contains(kind.gate)
    assert [
        text for text, open_ in zip(texts, opened, strict=True) if kind.find(text) and not open_
    ] == []


def test_order_and_neighbours_change_nothing() -> None:
    texts = [case.text for case in ALL["ru"]]
    first = {text: names.KINDS[0].find(text) for text in texts}
    assert {text: names.KINDS[0].find(text) for text in reversed(texts)} == first
    assert all(finding.entity == "PERSON" for found in first.values() for finding in found)


def test_cases_hold_what_they_say() -> None:
    case = Case("en", "I am Ann", ((5, 8, "PERSON"),))
    assert score([case], "PERSON", PERSON.find).recall == 1
