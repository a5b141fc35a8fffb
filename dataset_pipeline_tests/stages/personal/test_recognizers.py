"""What is personal data and what is not, at the borders; and that nothing reaches the network."""

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.config import Pattern, Redacted
from dataset_pipeline.stages.evidence import found_here
from dataset_pipeline.stages.personal.recognizers import Recognizer, is_iin, recognizers
from dataset_pipeline.stages.redaction.apply import redact, residue
from dataset_pipeline.stages.redaction.plan import Plan
from dataset_pipeline_tests.sample.personal import iin_digit
from dataset_pipeline_tests.sample_run import sample_dataset

POLICY = sample_dataset().config.stages.redacted
ACTIVE = recognizers(POLICY)
LONG = {"record_id": pl.String, "field": pl.String, "position": pl.UInt32, "text": pl.String}


def long(*texts: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "record_id": [str(number) for number in range(len(texts))],
            "field": ["prompt"] * len(texts),
            "position": [0] * len(texts),
            "text": list(texts),
        },
        schema=LONG,
    )


def masked(
    texts: pl.DataFrame, active: Sequence[Recognizer], min_score: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The texts with every finding masked, and the count of findings."""
    done = redact(texts, Plan(active, min_score), found_here)
    return done.texts, done.gone


def residue_of(texts: pl.DataFrame, active: Sequence[Recognizer], min_score: float) -> pl.DataFrame:
    return residue(texts, Plan(active, min_score), found_here)


def mask(text: str, policy: Redacted = POLICY) -> str:
    texts, _ = masked(long(text), recognizers(policy), policy.min_score)
    return str(texts["text"][0])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("write to anna.b@example.org.", "write to [EMAIL]."),
        ("anna.b(at)example.org, please", "[EMAIL], please"),
        ("anna.b [at] example [dot] org", "[EMAIL]"),
        ("it is anna.b at example dot org", "it is [EMAIL]"),
        ("call +44 7700 900123 now", "call [PHONE] now"),
        ("8 (701) 555-12-34", "[PHONE]"),
        ("8 7 0 1 5 5 5 1 2 3 4", "[PHONE]"),
        ("+49 (0)30 23125-001", "[PHONE]"),
        ("card 4242 4242 4242 4242", "card [CARD]"),
        ("card 2223000048400011", "card [CARD]"),
        ("GB82 WEST 1234 5698 7654 32", "[IBAN]"),
        ("from 192.0.2.17 and 2001:db8:1ab:2cd::7", "from [IP] and [IP]"),
        ("see /unsubscribe?to=anna.b%40example.org&id=5", "see /unsubscribe?to=[EMAIL]&id=5"),
        ("IIN 850101300124.", "IIN [IIN]."),
        ("850101 300124, 850101-300-124", "[IIN], [IIN]"),
        ("ИИН 850 101 300 124 2026 жылы", "ИИН 850 101 300 124 2026 жылы"),
        ("ИИН 850 101 300 124.", "ИИН [IIN]."),
        ("ИИН 850101300124 12 мая", "ИИН [IIN] 12 мая"),
        ("My password is Tulip-Barys42.", "My password is [PASSWORD]."),
        ("Мой пароль Medeu#Saqta07.", "Мой пароль [PASSWORD]."),
        ("Құпиясөзім Dombra_Medeu11.", "Құпиясөзім [PASSWORD]."),
        ("key: shk_live_" + "a1B2" * 8, "key: [SECRET]"),
        ("Паспорт 45 12 123456.", "Паспорт [PASSPORT]."),
        ("CT-2025-123456 and SN SH4-00AF-91BC", "[CONTRACT] and [SERIAL]"),
    ],
)
def test_what_is_masked(text: str, wanted: str) -> None:
    assert mask(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "I looked at it at home. Dot com firms do that.",
        "look at (this)",
        "due on 04.04.2026, bought 2026-04-04, sent 04/04/2026 18:00",
        "order SQ-350802 for 169 900 tenge, 1 234 567 in all",
        "firmware 10.4.2, app 8.1",
        "bonus card 7700 1234 5678 9011",
        "parcel 850101300123",
        "850101 300123, 851301 300124, 12 850101 300124",
        "100%40.5 and 20%40%",
        "the password is wrong, my password: forgotten",
        "новый пароль открывает пустую страницу, пароль подходит",
        "SH-HUB-2327-KZ",
        "I have 2 hubs and 14 sensors since 2019",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert mask(text) == text


def test_a_pattern_may_mask_a_part_of_what_it_finds() -> None:
    own = {"PIN": Pattern(regex=r"PIN (?P<value>\d{4})"), "WEAK": Pattern(regex="x", score=0.1)}
    assert mask("PIN 1234 x", Redacted(entities=[], patterns=own)) == "PIN [PIN] x"


# -------------------------------------------------------------------------------- markers


def test_a_marker_is_no_finding() -> None:
    """A pattern that takes any word finds the marker of another, and would mask it for ever."""
    own = {"PASSWORD": Pattern(regex=r"password is (?P<value>\S+)", score=0.5)}
    policy = Redacted(entities=["EMAIL_ADDRESS"], patterns=own)
    texts, findings = masked(long("password is a@example.org"), recognizers(policy), 0.4)
    assert texts["text"].to_list() == ["password is [EMAIL]"]
    assert findings["entity"].to_list() == ["EMAIL_ADDRESS"]
    assert residue_of(texts, recognizers(policy), 0.4).is_empty()


VALUES = (
    "anna@example.org", "+7 701 555 12 34", "4242 4242 4242 4242", "GB82WEST12345698765432",
    "192.0.2.17", "CT-2025-123456", "password is Tulip-Barys42", "N12345678",
    "850101300124", "2223000048400011", "2001:db8::1", "8 7 0 1 5 5 5 1 2 3 4", "anna at x dot org",
)  # fmt: skip
pieces = st.one_of(
    st.sampled_from(VALUES), st.sampled_from([r.marker for r in ACTIVE]).map("[{}]".format),
    st.sampled_from([" ", ", ", "\n", "-", "", "password is ", "пароль: ", "@", "."]),
    st.text(max_size=3),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.lists(pieces, max_size=6).map("".join), max_size=5))
def test_nothing_is_found_in_what_was_masked(texts: list[str]) -> None:
    after, _ = masked(long(*texts), ACTIVE, POLICY.min_score)
    assert residue_of(after, ACTIVE, POLICY.min_score).is_empty()
    again, findings = masked(after, ACTIVE, POLICY.min_score)
    assert again.equals(after)
    assert findings.is_empty()


@settings(max_examples=150)
@given(st.lists(pieces, max_size=5).map("".join))
def test_a_gate_lets_through_all_that_its_recognizer_finds(text: str) -> None:
    for recognizer in ACTIVE:
        if recognizer.find(text):
            assert pl.Series([text]).str.contains(recognizer.gate)[0], recognizer.entity


def test_marks_of_all_texts_are_found_through_the_gates() -> None:
    for text in (
        "+" + "٧٧٠١٥٥٥١٢٣٤",
        "８７０１５５５１２３４",
        "ANNA AT EXAMPLE DOT ORG",
        "2001:DB8::1",
    ):
        for recognizer in ACTIVE:
            if recognizer.find(text):
                assert pl.Series([text]).str.contains(recognizer.gate)[0], recognizer.entity


# ------------------------------------------------------------------------------------- IIN


@given(st.dates(), st.integers(0, 9), st.integers(0, 9999))
def test_iin_by_its_check_digit(born: Any, century: int, number: int) -> None:
    head = f"{born:%y%m%d}{century}{number:04d}"
    digit = iin_digit(head)
    valid = [d for d in "0123456789" if is_iin(head + d)]
    assert valid == ([digit] if digit and century <= 6 else [])


@pytest.mark.parametrize(
    "digits", ["", "8501013001234", "85010130012", "851301300123", "850132300123", "٨٥٠١٠١٣٠٠١٢٣"]
)
def test_what_is_no_iin(digits: str) -> None:
    assert not is_iin(digits)


# --------------------------------------------------------------------------------- network


def test_nothing_reaches_the_network() -> None:
    """In a fresh process, where nothing has been looked up yet, and with connections forbidden."""
    code = (
        "import sys\n"
        "def hook(event, _):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.gethostbyname'):\n"
        "        raise SystemExit('somebody reaches for the network')\n"
        "sys.addaudithook(hook)\n"
        "from dataset_pipeline_tests.stages.personal.test_recognizers import mask\n"
        "assert mask('a@b.co.uk, a(at)b.org, +44 7700 900123') == '[EMAIL], [EMAIL], [PHONE]'\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
