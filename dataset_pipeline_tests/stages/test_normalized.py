import hmac
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.config import Normalized, SplitByGroup, SplitByTime
from dataset_pipeline.records import RECORD_SCHEMA
from dataset_pipeline.stages.normalized import (
    CHANGES_SCHEMA,
    PARTS_SCHEMA,
    RULES,
    bodies,
    normalized,
    uniform,
)
from dataset_pipeline_tests.stages.frames import rules
from dataset_pipeline_tests.stages.letters.mails import mails

BY_GROUP = Normalized(
    group_key="a key of tests", split=SplitByGroup(by="group", validation=0.2, test=0.3)
)
BY_TIME = Normalized(
    group_key="a key of tests",
    split=SplitByTime(by="time", validation_from=date(2026, 2, 1), test_from=date(2026, 3, 1)),
)


def frame(groups: list[str | None], times: list[datetime | None] | None = None) -> pl.DataFrame:
    rows = [
        {
            "record_id": f"{number:032x}",
            "source_id": "s",
            "origin": "original",
            "group_id": group,
            "event_time": times[number] if times else None,
            "prompt": "text",
        }
        for number, group in enumerate(groups)
    ]
    return pl.DataFrame(rows, schema=RECORD_SCHEMA)


def splits(records: pl.DataFrame, policy: Normalized = BY_GROUP, **fixed: str) -> dict[str, str]:
    kept = normalized(records.lazy(), policy, fixed).kept.collect()
    return dict(kept.select("record_id", pl.col("split").cast(pl.String)).iter_rows())


# ----------------------------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("  a \t b\u00a0c \r\n\r\n\n\n d ", "a b c\n\nd"),
        ("zero\u200bwidth so\u00adft \ufeffmark", "zerowidth soft mark"),
        ("wo\u200drd сло\u200cво 1\u200d2", "word слово 12"),
        ("👩\u200d💻 می\u200cخواهم", "👩\u200d💻 می\u200cخواهم"),
        ("e\u0301", "é"),
        ("e\u200b\u0301", "é"),
        ("bell\x07 nul\x00", "bell nul"),
        ("one\u2028two\x85three", "one\ntwo\nthree"),
        ("donâ€™t", "don’t"),
        ("РџСЂРёРІРµС‚, РјРёСЂ", "Привет, мир"),
        ("close this? вЂ” again вЂњsoonвЂќ?", "close this? — again “soon”?"),
        ("Сегодня всё хорошо, спасибо", "Сегодня всё хорошо, спасибо"),
        ("Grüße, señor — «так»", "Grüße, señor — «так»"),
        ("", ""),
        ("\u200b \n", ""),
    ],
)
def test_uniform(text: str, wanted: str) -> None:
    assert uniform(pl.Series("text", [text]), BY_GROUP).to_list() == [wanted]


@settings(max_examples=300)
@given(st.text(max_size=30))
def test_what_is_uniform_stays_as_it_is(text: str) -> None:
    policy = BY_GROUP.model_copy(update={"repair_encoding": False})
    once = uniform(pl.Series("text", [text]), policy)
    assert uniform(once, policy).to_list() == once.to_list()


def test_nulls_pass() -> None:
    assert uniform(pl.Series("text", [None, "â€™â€™"], pl.String), BY_GROUP)[0] is None


def test_what_only_looks_like_an_answer_is_none() -> None:
    records = frame(["g"]).with_columns(pl.lit("\u200b").alias("completion"))
    assert normalized(records.lazy(), BY_GROUP, {}).kept.collect()["completion"].to_list() == [None]


# --------------------------------------------------------------------------------- splits


@given(st.lists(st.sampled_from(["a", "b", "c", "d", "e", None]), max_size=30), st.integers(0, 30))
def test_a_record_keeps_its_split_when_others_come(groups: list[str | None], cut: int) -> None:
    everything = splits(frame(groups))
    before = splits(frame(groups[:cut]))
    assert before == {key: everything[key] for key in before}


@given(st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=30))
def test_no_group_is_torn(groups: list[str]) -> None:
    found = splits(frame(groups))
    by_group = dict(zip(groups, found.values(), strict=True))
    assert list(found.values()) == [by_group[group] for group in groups]


def test_shares_are_about_what_the_policy_says() -> None:
    found = list(splits(frame([str(number) for number in range(5000)])).values())
    assert found.count("test") / 5000 == pytest.approx(0.3, abs=0.02)
    assert found.count("validation") / 5000 == pytest.approx(0.2, abs=0.02)


def test_another_key_draws_again_and_names_groups_otherwise() -> None:
    records = frame([str(number) for number in range(200)])
    other = BY_GROUP.model_copy(update={"group_key": "another key"})
    assert splits(records) != splits(records, other)
    names = [
        normalized(records.lazy(), p, {}).kept.collect()["group_id"] for p in (BY_GROUP, other)
    ]
    assert not set(names[0]) & set(names[1])


def test_a_group_is_not_named_by_its_own_name() -> None:
    kept = normalized(frame(["anna@example.org", None]).lazy(), BY_GROUP, {}).kept.collect()
    assert kept["group_id"].str.contains(r"^[0-9a-f]{32}$").all()
    assert kept["group_id"].n_unique() == 2


def test_time_decides_where_the_policy_says_so() -> None:
    moments = [
        datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 2, 1, tzinfo=UTC),
        datetime(2026, 2, 28, 23, 59, tzinfo=UTC),
        datetime(2026, 3, 1, tzinfo=UTC),
        None,
    ]
    records = frame(["g"] * 5, moments)
    found = list(splits(records, BY_TIME).values())
    assert found == ["train", "validation", "validation", "test"]
    excluded = normalized(records.lazy(), BY_TIME, {}).excluded.collect()
    assert excluded["rule"].to_list() == ["no_event_time"]


def test_a_source_may_come_with_its_split() -> None:
    assert set(splits(frame(["a", "b", "c", "d"]), s="test").values()) == {"test"}


def test_groups_and_splits_are_named_as_ever() -> None:
    """Change these, and every dataset's records change splits."""
    found = normalized(frame(["a", "b", "ё", None]).lazy(), BY_GROUP, {}).kept.collect()
    wanted = [
        hmac.digest(b"a key of tests", name.encode(), "sha256").hex()[:32]
        for name in ("group:a", "group:b", "group:ё", f"record:{3:032x}")
    ]
    assert found["group_id"].to_list() == wanted
    for group, split in found.select("group_id", pl.col("split").cast(pl.String)).iter_rows():
        digest = hmac.digest(b"a key of tests", f"split:{group}".encode(), "sha256")
        point = int.from_bytes(digest[:8]) / 2**64
        assert split == ("test" if point < 0.3 else "validation" if point < 0.5 else "train")


# ---------------------------------------------------------------------------------- parts

LETTERS = BY_GROUP.model_copy(
    update={
        "html_remains": True,
        "split_off": ["signature", "quoted_history", "disclaimer", "auto_response"],
    }
)
SIGNED = "Where is my order?\n\nBest regards,\nAnna"
AWAY = "Автоответ: заказ\n\nЯ в отпуске до 12 мая. По срочным вопросам пишите коллегам."


def letters(*rows: dict[str, Any]) -> pl.DataFrame:
    named = [
        {"record_id": f"r{i}", "source_id": "s", "origin": "original", "context": [], **row}
        for i, row in enumerate(rows)
    ]
    return pl.DataFrame(named, schema=RECORD_SCHEMA)


def test_parts_leave_every_text_and_are_kept_beside_it() -> None:
    turn = {"role": "user", "content": "Hello there\n\nSent from my iPhone"}
    one = {"prompt": SIGNED, "context": [turn], "completion": SIGNED, "rejected": SIGNED}
    result = normalized(letters(one).lazy(), LETTERS, {})
    (kept,) = result.kept.collect().to_dicts()
    assert {kept[name] for name in ("prompt", "completion", "rejected")} == {"Where is my order?"}
    assert kept["context"] == [{"role": "user", "content": "Hello there"}]
    assert kept["origin"] == "transformed"
    signature = ("signature", "Best regards,\nAnna")
    assert result.tables["parts"].rows() == [
        ("r0", "completion", 0, *signature),
        ("r0", "context", 0, "signature", "Sent from my iPhone"),
        ("r0", "prompt", 0, *signature),
        ("r0", "rejected", 0, *signature),
    ]
    assert dict(result.tables["parts"].schema) == PARTS_SCHEMA


def test_nothing_is_split_off_unless_asked_for() -> None:
    result = normalized(letters({"prompt": SIGNED}).lazy(), BY_GROUP, {})
    assert result.kept.collect()["prompt"].to_list() == [SIGNED]
    assert result.tables["parts"].is_empty()


def test_only_sources_of_letters_are_split() -> None:
    policy = LETTERS.model_copy(update={"split_off_in": ["mail"]})
    quoted = {"prompt": "I did.\n> Unplug it first.\nThen clean it."}
    rows = ({**quoted, "source_id": "kb"}, {**quoted, "source_id": "mail"})
    kept = normalized(letters(*rows).lazy(), policy, {}).kept.collect()
    assert kept["prompt"].to_list() == [quoted["prompt"], "I did.\nThen clean it."]


def test_a_prompt_that_was_nothing_but_a_part_is_out_by_its_own_rule() -> None:
    texts = [
        AWAY,
        "Sent from my iPhone\n\n-----Original Message-----\nFrom: Shop\nHow do you like your lamp?",
        "С уважением,\nАнна",
        "\u200b",
        SIGNED,
    ]
    records = letters(*({"prompt": text} for text in texts))
    result = normalized(records.lazy(), LETTERS, {"s": "test"})
    assert rules(result.excluded) == {
        "r0": "nothing_but_auto_response",
        "r1": "nothing_but_quoted_history",
        "r2": "nothing_but_signature",
        "r3": "no_text",
    }
    assert set(rules(result.excluded).values()) <= RULES
    shown = dict(result.excluded.select("record_id", "evidence").collect().iter_rows())
    quoted, footer = {"part": "quoted_history"}, {"part": "signature"}
    assert json.loads(shown["r1"]) == {
        "characters": len(texts[1]),
        "parts": [{**quoted, "characters": 64}, {**footer, "characters": 19}],
    }
    assert json.loads(shown["r3"]) == {"characters": 1, "parts": None}
    assert result.kept.collect()["record_id"].to_list() == ["r4"]


def test_a_turn_that_was_nothing_but_a_part_is_gone() -> None:
    context = [{"role": "user", "content": "Hello there"}, {"role": "assistant", "content": AWAY}]
    row = {"prompt": "Where is it?", "context": context, "completion": AWAY}
    result = normalized(letters(row).lazy(), LETTERS, {})
    (kept,) = result.kept.collect().to_dicts()
    assert kept["context"] == context[:1]
    assert kept["completion"] is None
    assert [row[1:3] for row in result.tables["parts"].rows()] == [
        ("completion", 0),
        ("context", 1),
    ]


def test_changes_say_how_many_texts_of_a_record_each_rule_changed() -> None:
    rows = [
        {"prompt": "<p>Привет,&nbsp; мир</p>", "completion": "a&amp;b"},
        {"prompt": "РџСЂРёРІРµС‚, РјРёСЂ"},
        {"prompt": "so\u00adft e\u0301"},
        {"prompt": SIGNED},
        {"prompt": "as it should be"},
    ]
    result = normalized(letters(*rows).lazy(), LETTERS, {})
    assert result.tables["changes"].rows() == [
        ("r0", "html_removed", 2),
        ("r0", "whitespace_tidied", 1),
        ("r1", "encoding_repaired", 1),
        ("r2", "invisible_removed", 1),
        ("r2", "unicode_form", 1),
        ("r3", "signature_split", 1),
    ]
    assert dict(result.tables["changes"].schema) == CHANGES_SCHEMA
    assert result.metrics == {
        "records_changed": 4.0,
        "encoding_repaired": 1.0,
        "html_removed": 1.0,
        "invisible_removed": 1.0,
        "signature_split": 1.0,
        "unicode_form": 1.0,
        "whitespace_tidied": 1.0,
    }


def test_order_and_workers_do_not_matter() -> None:
    texts = [mail.text for mail in mails()] + ["РџСЂРёРІРµС‚", "<b>x</b>", "\u200b"]
    records = letters(*({"prompt": text, "completion": text} for text in texts))

    def told(frame: pl.DataFrame, **more: Any) -> dict[str, list[Any]]:
        result = normalized(frame.lazy(), LETTERS, {}, **more)
        tables = {"kept": result.kept.collect(), "excluded": result.excluded.collect()}
        return {
            name: table.sort(*(c for c in table.columns if table[c].dtype == pl.String)).to_dicts()
            for name, table in {**tables, **result.tables}.items()
        }

    def in_parts(function: Any, items: Sequence[Any]) -> list[Any]:
        return [found for item in items for found in function([item])]

    assert told(records.sample(fraction=1, shuffle=True, seed=3)) == told(records)
    assert told(records, spread=in_parts) == told(records)


def test_normalizing_twice_changes_nothing() -> None:
    texts = [mail.text for mail in mails()] + ["&amp;lt;b&gt; <br> \u200bРџСЂРёРІРµС‚", "ok "]
    records = letters(*({"prompt": text, "completion": text} for text in texts))
    once = normalized(records.lazy(), LETTERS, {}).kept.collect()
    again = normalized(once.lazy(), LETTERS, {})
    assert again.tables["changes"].is_empty()
    assert again.kept.collect().drop("group_id", "split").equals(once.drop("group_id", "split"))


def test_bodies_are_what_was_kept() -> None:
    assert bodies(pl.Series("text", [SIGNED, "<b>a</b>"]), LETTERS).to_list() == [
        "Where is my order?",
        "a",
    ]
