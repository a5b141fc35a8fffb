"""How much is found in what a third hand wrote, and never tuned on; ``-s`` prints the figures."""

from collections import defaultdict
from typing import get_args

import polars as pl
import pytest

from dataset_pipeline.config.redacted import Entity, Redacted
from dataset_pipeline.stages.personal import addresses, names
from dataset_pipeline.stages.personal.finding import Kind
from dataset_pipeline.stages.personal.recognizers import recognizers
from dataset_pipeline_tests.stages.personal.measure import score
from dataset_pipeline_tests.stages.personal.third_hand import LANGUAGES, cases, numbers, templates

AT_LEAST = 0.8
KINDS = [*names.KINDS, *addresses.KINDS]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.entity)
def test_recall_and_precision(kind: Kind, language: str) -> None:
    found = score(cases(language), kind.entity, kind.find)
    print(
        f"{kind.entity:15} {language} {found.there:3} recall {found.recall:.3f} "
        f"precision {found.precision:.3f} characters {found.coverage:.3f}"
    )
    assert min(found.recall, found.precision) >= AT_LEAST


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.entity)
def test_what_is_found_passes_the_gate(kind: Kind) -> None:
    texts = [case.text for language in LANGUAGES for case in cases(language)]
    opened = pl.Series(texts).str.contains(kind.gate)
    assert [t for t, o in zip(texts, opened, strict=True) if kind.find(t) and not o] == []


def test_numbers_amounts_and_dates_are_found_as_what_they_are() -> None:
    entities = [entity for entity in get_args(Entity) if entity != "LOCATION"]
    regions = ["US", "GB", "KZ", "RU", "DE"]
    by_entity = {
        found.entity: found
        for found in recognizers(Redacted(entities=entities, phone_regions=regions))
    }
    there, caught = defaultdict(int), defaultdict(int)
    for entity, value, text in numbers():
        start = text.index(value)
        there[entity] += 1
        caught[entity] += any(
            f.start <= start and start + len(value) <= f.end and f.score >= 0.4
            for f in by_entity[entity].find(text)
        )
    shares = {entity: caught[entity] / count for entity, count in there.items()}
    assert {entity: share for entity, share in shares.items() if share < AT_LEAST} == {}
    assert len(shares) >= 15


def test_the_set_is_large_and_has_decoys() -> None:
    for language in LANGUAGES:
        every = templates(language)
        assert len(set(every)) == len(every)
        assert sum("{" in template for template in every) >= 40
        assert sum("{" not in template for template in every) >= 10
