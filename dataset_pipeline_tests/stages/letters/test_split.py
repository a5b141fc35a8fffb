import random
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.config import Normalized, SplitByGroup
from dataset_pipeline.stages.letters.separated import separated
from dataset_pipeline.stages.letters.split import split_off
from dataset_pipeline_tests.stages.letters.mails import PARTS, Mail, mails

POLICY = Normalized(
    group_key="a key of tests",
    split=SplitByGroup(by="group", validation=0.2, test=0.3),
    repair_encoding=False,
    split_off=["signature", "quoted_history", "disclaimer", "auto_response"],
)
MAILS = mails()
# "i.A." before a name reads like "I", and a line with "I" like a sentence: the signature stays.
NOT_FOUND = ("a German office writes English",)


def split(*texts: str, parts: list[str] = PARTS) -> list[dict[str, str]]:
    """Of each text: the body under "", and what was split off by part."""
    body, found = split_off(pl.Series("text", texts, pl.String), parts)
    told = [{"": text} for text in body.to_list()]
    for row, part, text in found.iter_rows():
        told[row][part] = "\n".join([told[row][part], text] if part in told[row] else [text])
    return told


def lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def wanted(mail: Mail) -> dict[str, list[str]]:
    return {owner: mail.of(owner) for owner in ["", *PARTS] if owner == "" or mail.of(owner)}


@pytest.mark.parametrize(
    "mail", [mail for mail in MAILS if mail.name not in NOT_FOUND], ids=lambda mail: mail.name
)
def test_every_line_goes_where_it_belongs(mail: Mail) -> None:
    (found,) = split(mail.text)
    assert {owner: lines(text) for owner, text in found.items()} == wanted(mail)


def test_precision_and_recall_in_lines() -> None:
    """Of the invented mails: lines that are a part's, those missed, and false alarms.

    At first sight of the 36 unseen mails, the rules found 52 of 59 lines with no false alarm; the
    two of three mails with lines missing are why there are rules for them now.
    """
    right: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for mail, found in zip(MAILS, split(*(mail.text for mail in MAILS)), strict=True):
        for part in PARTS:
            mine, ours = Counter(mail.of(part)), Counter(lines(found.get(part, "")))
            right[part] += (mine & ours).total()
            missed[part] += (mine - ours).total()
            false[part] += (ours - mine).total()
    assert len(MAILS) == 150
    assert right == {"signature": 96, "quoted_history": 99, "disclaimer": 11, "auto_response": 25}
    assert +missed == {"signature": 5}
    assert +false == {}


@pytest.mark.parametrize("part", PARTS)
def test_only_what_is_asked_for_is_split_off(part: str) -> None:
    found = split(*(mail.text for mail in MAILS), parts=[part])
    assert {name for mail in found for name in mail} == {"", part}


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("The app shows:\n> Error 502\n> try later\nWhy?", None),
        ("На экране:\n\n> Ошибка связи\nЧто делать?", None),
        ("Yes.\n> Did you reset it?", "Yes."),
        ("See:\n> Error 502\n\nAnn <ann@example.org> wrote:\n> Did you reset it?", "See:"),
        ("Nein.\nAm 04.05.2026 um 10:22 schrieb Ann:\n> Wirklich?", "Nein."),
    ],
)
def test_what_a_customer_shows_is_no_history(text: str, body: str | None) -> None:
    (found,) = split(text, parts=["quoted_history"])
    assert found[""].startswith(body or text)
    assert "> Did" not in found[""]
    assert (found == {"": text}) is (body is None)


@pytest.mark.parametrize("closing", ["С ув., Пётр", "С ув. Пётр Иванов", "с ув.\nПётр"])
def test_a_closing_that_is_cut_short(closing: str) -> None:
    (found,) = split(f"Лампа не горит.\n{closing}")
    assert found == {"": "Лампа не горит.", "signature": closing}


def test_nothing_asked_nothing_done() -> None:
    assert split(*(mail.text for mail in MAILS), parts=[]) == [{"": mail.text} for mail in MAILS]


pieces = st.sampled_from([line for mail in MAILS for _, line in mail.lines])
written = st.lists(st.one_of(pieces, pieces, st.text(max_size=12)), max_size=14).map("\n".join)


def bare(text: str) -> Counter[str]:
    return Counter(character for character in text if not character.isspace())


@settings(max_examples=150, deadline=None)
@given(written)
def test_no_character_is_lost(text: str) -> None:
    plain = Normalized(group_key="a key of tests", split=POLICY.split, repair_encoding=False)
    uniform = separated(pl.Series("text", [text]), plain).texts
    done = separated(pl.Series("text", [text]), POLICY)
    together = "".join([*done.texts.to_list(), *done.parts["text"].to_list()])
    assert bare(together) == bare(uniform[0])


@settings(max_examples=150, deadline=None)
@given(written)
def test_a_body_stays_as_it_is(text: str) -> None:
    once = separated(pl.Series("text", [text]), POLICY).texts
    again = separated(once, POLICY)
    assert again.texts.to_list() == once.to_list()
    assert again.parts.is_empty()
    assert again.touched.is_empty()


@settings(max_examples=40, deadline=None)
@given(st.lists(written, max_size=8), st.randoms(use_true_random=False))
def test_each_text_is_looked_at_alone(texts: list[str], dice: random.Random) -> None:
    order = list(range(len(texts)))
    dice.shuffle(order)
    together = separated(pl.Series("text", [texts[i] for i in order], pl.String), POLICY)
    parts = sorted((order[row], part, text) for row, part, text in together.parts.iter_rows())
    alone = [separated(pl.Series("text", [text]), POLICY) for text in texts]
    assert [together.texts[order.index(i)] for i in range(len(texts))] == [
        one.texts[0] for one in alone
    ]
    assert parts == sorted(
        (i, part, text) for i, one in enumerate(alone) for _, part, text in one.parts.iter_rows()
    )


def test_nulls_pass() -> None:
    texts = pl.Series("text", [None, "Where is it?\n\nRegards,\nAnna"], pl.String)
    assert separated(texts, POLICY).texts.to_list() == [None, "Where is it?"]
    assert separated(texts, POLICY, pl.Series([True, False])).parts.is_empty()


def test_what_a_person_says_is_no_disclaimer() -> None:
    text = (
        "This email is confidential and intended for your manager only, because I do not want\n"
        "anyone else to know about the lamp."
    )
    assert split(text) == [{"": text}]


def test_a_second_signature_goes_as_well() -> None:
    text = "Where is it?\n\nRegards,\nAnna\n\nP.S. It was blue.\n\nBest regards,\nAnna"
    done = separated(pl.Series("text", [text]), POLICY)
    assert done.texts.to_list() == ["Where is it?\n\nP.S. It was blue."]
    assert sorted(done.parts["text"].to_list()) == ["Best regards,\nAnna", "Regards,\nAnna"]
