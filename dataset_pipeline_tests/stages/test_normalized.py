from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.config import Normalized, SplitByGroup, SplitByTime
from dataset_pipeline.records import RECORD_SCHEMA
from dataset_pipeline.stages.normalized import normalized, uniform

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
