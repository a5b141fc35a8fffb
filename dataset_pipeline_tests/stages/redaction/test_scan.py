"""What is found behind gates, in workers' way, is what the recognizers find in every text."""

from functools import partial
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataset_pipeline.config import Pattern, Redacted
from dataset_pipeline.stages.evidence import Detector, found_here
from dataset_pipeline.stages.personal.recognizers import recognizers
from dataset_pipeline.stages.redaction.phones import phones_in
from dataset_pipeline.stages.redaction.reading import as_read
from dataset_pipeline.stages.redaction.scan import detector, remembering
from dataset_pipeline_tests.bench.corpus import corpus

REGIONS = ["KZ", "RU", "GB", "US", "DE"]
ACTIVE = recognizers(
    Redacted(phone_regions=REGIONS, patterns={"OWN": Pattern(regex=r"[A-Z]{2}-\d+")})
)
PHONE = next(recognizer for recognizer in ACTIVE if recognizer.entity == "PHONE_NUMBER")
pieces = st.one_of(
    st.sampled_from(
        [
            "+7 701 555 12 34", "8 (701) 555-12-34", "+44 7700 900123", "020 7946 0958", "00 44 ",
            "030 23125", "+49 (0)30 23125-001", "(650) 253-0000", "+", "＋", "++7", "+0 1", "+999",
            " ext. 12", " x 5", "#7", " доб. 33", "4242 4242 4242 4242", "2026-05-01 12:30",
            "04.04.2026",
            "1 234 567", "211-227 (2003)", "12/10/2011", "٧٠١٥٥٥١٢٣٤", "７０１", "(", ")",
            "/", " / x",
            "-", "–", ". ", " ", "a", "$", "%", "DE89370400440532013000",
            "GB82 WEST 1234 5698 7654 32", "gb82ſest12345698765432", "anna@example.org",
            "anna (at) example.org", "anna at example dot org", "at home", "192.0.2.1",
            "2001:db8::1",
            "850101300124", "AB-12", "1234 ext. 567", "+49 3012 ext. 45", "+290 2345",
        ]
    ),
    st.text("0123456789+-() x/.", max_size=12),
    st.text(max_size=2),
)  # fmt: skip
texts = st.lists(pieces, max_size=6).map("".join)


def plainly(text: str) -> list[tuple[int, int, str, float]]:
    """What every recognizer finds, asked one by one, in the text and in how people read it."""
    read = as_read(pl.Series([text]))[0]
    found = (item for one in (text, read) for recognizer in ACTIVE for item in recognizer.find(one))
    return sorted({(item.start, item.end, item.entity, item.score) for item in found})


def behind_gates(asked: list[str]) -> list[list[tuple[int, int, str, float]]]:
    found = found_here(detector(ACTIVE), pl.Series(asked, dtype=pl.String))["findings"].to_list()
    return [[tuple(span.values()) for span in spans] for spans in found]


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, max_size=5))
@example(["+49 3012 ext. 45", "anna (AT) example.org", "gb82ſest12345698765432"])
def test_gates_hide_nothing(asked: list[str]) -> None:
    assert behind_gates(asked) == [plainly(text) for text in asked]


@settings(max_examples=600, deadline=None)
@given(texts)
def test_phones_are_found_as_the_recognizer_finds_them(text: str) -> None:
    found = sorted((item.start, item.end, item.entity, item.score) for item in PHONE.find(text))
    assert sorted(phones_in(text, tuple(REGIONS))) == found


def test_tickets_are_scanned_as_the_recognizers_would() -> None:
    asked = corpus(400)["text"].to_list()
    found = behind_gates(asked)
    assert found == [plainly(text) for text in asked]
    assert sum(map(bool, found)) > 60


def test_no_number_dialled_abroad_is_shorter_than_thought() -> None:
    """Digits of a prefix, a country code and the shortest number behind it."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions:
            metadata: Any = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
            assert 2 + len(str(code)) + min(metadata.general_desc.possible_length) >= 7, region


def test_a_text_is_looked_at_once() -> None:
    seen: list[str] = []

    def counting(detector: Detector, texts: pl.Series) -> pl.DataFrame:
        seen.extend(texts.to_list())
        return found_here(detector, texts)

    ask = remembering(counting)
    looks = detector(ACTIVE)
    first = ask(looks, pl.Series(["a", "b@x.org", "a"]))
    second = ask(looks, pl.Series(["c", "b@x.org", "a"]))
    assert sorted(seen) == ["a", "b@x.org", "c"]
    assert first["findings"].to_list()[1] == second["findings"].to_list()[1] != []
    assert second["findings"].list.len().to_list() == [0, 1, 0]


def test_what_suffices_is_no_part_of_what_is_looked_for() -> None:
    one, other = (
        detector(recognizers(Redacted(min_score=score, mode=mode))).key  # type: ignore[arg-type]
        for score, mode in ((0.4, "mask"), (0.9, "number"))
    )
    assert one == other
    assert detector(recognizers(Redacted(phone_regions=["KZ"]))).key != one


@pytest.mark.parametrize("size", [1, 3, 50])
def test_parts_in_which_work_is_spread_have_no_say(size: int) -> None:
    asked = pl.Series(corpus(50)["text"].to_list())

    def in_parts(function, items):  # type: ignore[no-untyped-def]
        starts = range(0, len(items), size)
        return [found for start in starts for found in function(items[start : start + size])]

    whole = found_here(detector(ACTIVE), asked)
    assert partial(found_here, spread=in_parts)(detector(ACTIVE), asked).equals(whole)
