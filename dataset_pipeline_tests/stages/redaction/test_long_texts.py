"""One text of a megabyte, full of numbers: it takes no more than many short texts would."""

import resource
from time import process_time
from typing import Any, get_args

import polars as pl
import pytest

from dataset_pipeline.config.redacted import Entity, Mode, Redacted
from dataset_pipeline.stages.personal.recognizers import recognizers
from dataset_pipeline.stages.personal.secrets import KINDS
from dataset_pipeline.stages.redacted import redacted
from dataset_pipeline.stages.redaction.choose import chosen
from dataset_pipeline.stages.redaction.phones import phones_in
from dataset_pipeline_tests.stages.frames import records

SECRETS = next(kind for kind in KINDS if kind.entity == "SECRET")
EMAIL = recognizers(Redacted(entities=["EMAIL_ADDRESS"]))[0]
SLOWEST = 10.0  # seconds; what compares each span with each other takes minutes


def spent(work: Any) -> float:
    start = process_time()
    work()
    return process_time() - start


@pytest.mark.parametrize("mode", ["mask", "remove"])
def test_a_text_is_not_copied_for_each_value_in_it(mode: Mode) -> None:
    entities = [entity for entity in get_args(Entity) if entity != "LOCATION"]
    text = ", ".join(f"account KZ86125KZT{n:010} order 12345{n}" for n in range(5000))
    policy = Redacted(entities=entities, mode=mode)
    redacted(records({"prompt": text[:1000]}).lazy(), policy)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = redacted(records({"prompt": text}).lazy(), policy)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert result.metrics["residue"] == 0
    assert "12345" not in result.kept.collect()["prompt"][0]
    assert grown < 400 * 1024  # KiB


def test_a_phone_is_found_behind_any_number_of_numbers_that_are_none() -> None:
    text = " ".join(f"{n};" for n in range(100, 70_000)) + " call +7 701 123 45 67"
    found = phones_in(text, ("KZ",))
    assert {text[start:end] for start, end, *_ in found} == {"+7 701 123 45 67"}


def test_secrets_beside_many_words_for_them() -> None:
    text = "\n".join(f"token=abcDEF0123456789xyz{n}" for n in range(40_000))
    assert spent(lambda: SECRETS.find(text)) < SLOWEST


def test_many_phones_in_one_text() -> None:
    text = "\n".join(f"+7 701 123 {n // 100 % 100:02} {n % 100:02}" for n in range(20_000))
    assert spent(lambda: phones_in(text, ("KZ", "RU"))) < SLOWEST


def test_many_spans_that_overlap() -> None:
    spans = [
        {"start": 3 * n + more, "end": 3 * n + 2 + more, "entity": "EMAIL_ADDRESS", "score": 1.0}
        for n in range(20_000)
        for more in (0, 1)
    ]
    texts, found = pl.Series(["abc" * 20_000]), pl.Series([spans])
    taken: list[pl.DataFrame] = []
    took = spent(lambda: taken.append(chosen(texts, found, [EMAIL], 0.4, r"\[EMAIL\]")))
    assert taken[0]["start"].to_list() == [3 * n for n in range(20_000)]
    assert took < SLOWEST
