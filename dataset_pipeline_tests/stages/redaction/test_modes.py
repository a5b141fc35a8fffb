"""What stands in the place of a value, mode by mode."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dataset_pipeline.config import Pattern, Redacted
from dataset_pipeline.config.redacted import Generalized, Pseudonym
from dataset_pipeline.stages.redacted import redacted
from dataset_pipeline.stages.redaction.plan import KeyMissingError, pseudonym_key
from dataset_pipeline_tests.stages.frames import record_frames, records

KEY = b"0123456789abcdef0123456789abcdef"
TIME = datetime(2026, 5, 1, tzinfo=UTC)
PSEUDONYM = Pseudonym(key_env="REDACTION_KEY", epoch="2026-1")
NAMES = {"NAME": Pattern(regex=r"(?i)\b(?:anna|boris)  ?lee\b")}


def policy(mode: str, **more: Any) -> Redacted:
    more = {"entities": ["EMAIL_ADDRESS", "PHONE_NUMBER"], "phone_regions": ["KZ"], **more}
    return Redacted(mode=mode, patterns=NAMES, pseudonym=PSEUDONYM, **more)  # type: ignore[arg-type]


def prompts(wanted: Redacted, *texts: str, **more: Any) -> list[str]:
    frame = records(*({"prompt": text, **more} for text in texts))
    kept = redacted(frame.lazy(), wanted, key=KEY).kept.collect()
    return kept.sort("record_id")["prompt"].to_list()


def test_a_value_has_one_number_in_all_fields_of_a_record() -> None:
    row = {
        "context": [{"role": "user", "content": "a@example.org, +7 701 555 12 34"}],
        "prompt": "b@example.org A@Example.org",
        "completion": "b@example.org, 7-701-555-12-34 and c@example.org",
    }
    other = {"prompt": "c@example.org"}
    frame = redacted(records(row, other).lazy(), policy("number")).kept.collect()
    first, second = frame.sort("record_id").to_dicts()
    assert first["context"][0]["content"] == "[EMAIL_1], [PHONE_1]"
    assert first["prompt"] == "[EMAIL_2] [EMAIL_1]"
    assert first["completion"].startswith("[EMAIL_2], ")
    assert first["completion"].endswith(" and [EMAIL_3]")
    assert second["prompt"] == "[EMAIL_1]"


def test_all_forms_of_a_phone_number_are_the_same_value() -> None:
    text = "+7 (701) 555-12-34, 87015551234, 8 701 555 12 34, +77015551234 or +7 701 555 99 99"
    same = "[PHONE_1], [PHONE_1], [PHONE_1], [PHONE_1] or [PHONE_2]"
    assert prompts(policy("number"), text) == [same]
    tokens = prompts(policy("pseudonym"), text)[0].replace(" or", ",").split(", ")
    assert len(set(tokens[:4])) == 1
    assert tokens[4] not in tokens[:4]
    regions = ["GB", "DE"]
    text = "020 7946 0958 or +44 20 7946 0958 or +44 (0)20 7946 0958"
    assert prompts(policy("number", phone_regions=regions), text) == [
        "[PHONE_1] or [PHONE_1] or [PHONE_1]"
    ]


def test_a_thread_numbers_by_time_whatever_the_order_of_rows() -> None:
    rows: list[dict[str, Any]] = [
        {"group_id": "t", "event_time": TIME + timedelta(days=2), "prompt": "b@x.org a@x.org"},
        {"group_id": "t", "event_time": TIME, "prompt": "a@x.org"},
        {"group_id": "t", "event_time": None, "prompt": "c@x.org b@x.org"},
        {"group_id": "u", "event_time": TIME, "prompt": "c@x.org"},
        {"group_id": None, "event_time": TIME, "prompt": "d@x.org"},
    ]
    wanted = ["[EMAIL_2] [EMAIL_1]", "[EMAIL_1]", "[EMAIL_3] [EMAIL_2]", "[EMAIL_1]", "[EMAIL_1]"]
    frame = records(*rows)
    for order in (
        frame,
        frame.sort("record_id", descending=True),
        frame.sample(fraction=1, shuffle=True, seed=3),
    ):
        kept = redacted(order.lazy(), policy("number", number_within="thread")).kept.collect()
        assert kept.sort("record_id")["prompt"].to_list() == wanted


def test_a_value_laid_bare_later_gets_the_next_number() -> None:
    own = {"OUT": Pattern(regex="x(?=s)"), "IN": Pattern(regex=r"(?<!x)s\d")}
    wanted = Redacted(entities=[], patterns=own, mode="number")
    assert prompts(wanted, "xs1 s2 s1") == ["[OUT_1][IN_2] [IN_1] [IN_2]"]


def test_a_pseudonym_is_the_same_everywhere_and_needs_its_key() -> None:
    one, two, other = prompts(
        policy("pseudonym"), "Anna Lee", "ask ANNA  lee, +7 701 555 12 34", "Boris Lee"
    )
    assert one != other
    assert one.startswith("[NAME_k")
    assert two.startswith(f"ask {one}, [PHONE_k")
    frame = records({"prompt": "Anna Lee"}).lazy()
    again = redacted(frame, policy("pseudonym"), key=KEY[::-1])
    assert again.kept.collect()["prompt"].to_list() != [one]
    checks = [
        redacted(frame, policy("pseudonym"), key=key).tables["pseudonyms"].row(0)
        for key in (KEY, KEY[::-1])
    ]
    assert checks[0][0] == checks[1][0] == "2026-1"
    assert checks[0][1] != checks[1][1]


def test_the_epoch_changes_every_pseudonym() -> None:
    later = Pseudonym(key_env="REDACTION_KEY", epoch="2026-2")
    first = policy("pseudonym")
    second = first.model_copy(update={"pseudonym": later})
    assert first.digest() != second.digest()
    assert prompts(first, "Anna Lee") != prompts(second, "Anna Lee")


def test_without_a_sound_key_there_are_no_pseudonyms() -> None:
    wanted = policy("pseudonym")
    with pytest.raises(KeyMissingError, match="REDACTION_KEY"):
        redacted(records({}).lazy(), wanted)
    with pytest.raises(KeyMissingError, match="REDACTION_KEY is not set"):
        pseudonym_key(wanted, {})
    with pytest.raises(KeyMissingError, match="too short") as told:
        pseudonym_key(wanted, {"REDACTION_KEY": "geheim"})
    assert "geheim" not in str(told.value)
    assert pseudonym_key(wanted, {"REDACTION_KEY": KEY.decode()}) == KEY
    assert pseudonym_key(policy("mask"), {}) is None


def test_the_key_is_nowhere_in_what_comes_out() -> None:
    result = redacted(records({"prompt": "Anna Lee"}).lazy(), policy("pseudonym"), key=KEY)
    told = [result.kept.collect(), *result.tables.values()]
    assert KEY.decode() not in str([frame.to_dicts() for frame in told])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("write to a@x.org now", "write to now"),
        ("write to a@x.org.", "write to."),
        ("a@x.org is mine", "is mine"),
        ("mine is a@x.org", "mine is"),
        ("(a@x.org) b@x.org\nyes", "()\nyes"),
        ("one a@x.org b@x.org two", "one two"),
    ],
)
def test_what_is_removed_leaves_tidy_text(text: str, wanted: str) -> None:
    assert prompts(policy("remove"), text) == [wanted]


def test_what_is_kept_is_counted_and_is_no_residue() -> None:
    wanted = policy("mask", modes={"EMAIL_ADDRESS": "keep"})
    result = redacted(records({"prompt": "a@x.org, a@x.org, Anna Lee"}).lazy(), wanted)
    assert result.kept.collect()["prompt"].to_list() == ["a@x.org, a@x.org, [NAME]"]
    assert result.tables["stayed"].rows() == [("r0", "prompt", "EMAIL_ADDRESS", 2)]
    assert (result.metrics["kept_email_address"], result.metrics["residue"]) == (2, 0)


def test_what_is_kept_shields_nothing_that_goes() -> None:
    own = {"ORDER": Pattern(regex=r"order \S+", score=1.0), "PIN": Pattern(regex=r"\d{4}")}
    wanted = Redacted(entities=[], patterns=own, modes={"ORDER": "keep"})
    assert prompts(wanted, "order 1234") == ["order [PIN]"]


@pytest.mark.parametrize(
    ("value", "rule", "wanted"),
    [
        ("12.03.1990", "age_band", "[BORN 30-39]"),
        ("1990-05-02", "age_band", "[BORN 30-39]"),  # thirty-five, a day before turning 36
        ("02.05.1986", "age_band", "[BORN 30-39]"),
        ("30.04.1986", "age_band", "[BORN 40-49]"),
        ("03/05/1986", "age_band", "[BORN]"),  # March or May: 40 or 39
        ("4 May 1990", "month", "[BORN 1990-05]"),
        ("мая 4, 1990", "month", "[BORN 1990-05]"),
        ("4 марта 1990", "month", "[BORN 1990-03]"),
        ("03/05/1986", "month", "[BORN]"),
        ("31.02.1990", "month", "[BORN]"),
        ("Main Street 4, Almaty", "city", "[BORN Almaty]"),
        ("ул. Абая 4, Санкт-Петербург", "city", "[BORN Санкт-Петербург]"),
        ("Main Street 4", "city", "[BORN]"),
        ("Moscow Road 4, London", "city", "[BORN]"),
    ],
)
def test_generalized(value: str, rule: Any, wanted: str) -> None:
    own = {"BORN": Pattern(regex=r"<(?P<value>[^>]+)>")}
    rules = Generalized(rules={"BORN": rule})
    asked = Redacted(entities=[], patterns=own, mode="generalize", generalize=rules)
    assert prompts(asked, f"<{value}>", event_time=TIME) == [f"<{wanted}>"]


def test_an_age_is_of_the_event_or_of_a_fixed_day_and_never_of_today() -> None:
    own = {"BORN": Pattern(regex=r"\d{4}-\d\d-\d\d")}
    event = Generalized(rules={"BORN": "age_band"})
    fixed = Generalized(rules={"BORN": "age_band"}, age_on=datetime(2000, 1, 1).date())  # noqa: DTZ001
    for rules, time, wanted in (
        (event, TIME, "[BORN 30-39]"),
        (event, None, "[BORN]"),
        (fixed, TIME, "[BORN 0-9]"),
        (fixed, None, "[BORN 0-9]"),
    ):
        asked = Redacted(entities=[], patterns=own, mode="generalize", generalize=rules)
        assert prompts(asked, "1990-05-02", event_time=time) == [wanted]


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "pseudonym"},
        {"modes": {"PERSON": "mask"}},
        {"modes": {"EMAIL_ADDRESS": "generalize"}},
        {"modes": {"EMAIL_ADDRESS": "hash"}},
        {"review": {"per_source": 10}},
    ],
)
def test_policies_that_cannot_be_kept(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Redacted(**wrong)


MODES = st.sampled_from(["remove", "mask", "number", "pseudonym", "keep"])


@settings(max_examples=25, deadline=None)
@given(record_frames(max_size=6), MODES, MODES, st.sampled_from(["record", "thread"]))
def test_rows_in_any_order_give_the_same(
    frame: pl.DataFrame, first: str, second: str, within: str
) -> None:
    asked = policy(
        "mask", modes={"EMAIL_ADDRESS": first, "PHONE_NUMBER": second}, number_within=within
    )
    one = redacted(frame.lazy(), asked, key=KEY)
    other = redacted(frame.sort("record_id", descending=True).lazy(), asked, key=KEY)
    assert one.kept.collect().sort("record_id").equals(other.kept.collect().sort("record_id"))
    for name, table in one.tables.items():
        assert table.equals(other.tables[name]), name
    assert one.metrics == other.metrics
