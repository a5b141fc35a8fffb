"""Empty phrases go into the turns that they confirm."""

from typing import Any

import polars as pl
import pytest

from dataset_pipeline.stages.quality.short_messages import is_empty_phrase, merged
from dataset_pipeline_tests.stages.frames import records

PHRASES = ["ok", "Thanks", "yes"]
Turns = list[tuple[str, str]]


def turns(said: Turns) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in said]


def after(**row: Any) -> dict[str, Any]:
    """What becomes of a record, and what the table says of it."""
    row["context"] = turns(row["context"])
    result = merged(records(row), PHRASES)
    (record,) = result.records.to_dicts()
    record["context"] = [(turn["role"], turn["content"]) for turn in record["context"]]
    record["what"] = result.table["what"].to_list()
    return record


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("OK!!", True),
        ("ok, thanks :)", True),
        ("Yes.\n\nThanks", True),
        ("👍🏽👍", True),
        ("ok 👍", True),
        ("okthanks", False),
        ("okay", False),
        ("ok, but it broke", False),
        ("thanks for nothing", False),
        ("...", False),
        ("", False),
        (None, False),
    ],
)
def test_one_phrase_or_several_and_nothing_else(text: str | None, empty: bool) -> None:
    frame = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    assert frame.select(is_empty_phrase(pl.col("text"), [*PHRASES, "👍"])).item() == empty


@pytest.mark.parametrize(
    ("context", "left"),
    [
        # Into the turn of the same role right before it, with all that follow.
        (
            [("user", "It broke."), ("user", "OK!"), ("user", "thanks"), ("assistant", "Hm.")],
            [("user", "It broke.\nOK!\nthanks"), ("assistant", "Hm.")],
        ),
        # After another's turn it goes.
        (
            [("user", "It broke."), ("assistant", "We look."), ("user", "ok"), ("assistant", "So")],
            [("user", "It broke."), ("assistant", "We look."), ("assistant", "So")],
        ),
        ([("user", "thanks"), ("assistant", "So")], [("assistant", "So")]),
        ([("user", "thanks")], []),
    ],
)
def test_confirming_turns(context: Turns, left: Turns) -> None:
    record = after(prompt="Where is it?", context=context)
    assert record["context"] == left
    assert (record["origin"], record["what"]) == ("transformed", ["context"])
    assert record["prompt"] == "Where is it?"


@pytest.mark.parametrize(
    "context",
    [
        [],
        [("user", "It broke."), ("assistant", "ok then")],
        # The answer to a question.
        [("assistant", "Shall I cancel it?"), ("user", "Yes.")],
    ],
)
def test_what_stays(context: Turns) -> None:
    record = after(prompt="Where is it?", context=context)
    assert record["context"] == context
    assert (record["origin"], record["what"]) == ("original", [])


def test_an_empty_prompt_gives_way_to_the_turn_it_confirms() -> None:
    context = [
        ("user", "Hello, it broke."),
        ("assistant", "What did?"),
        ("customer", "The lamp."),
        ("assistant", "We send another."),
        ("user", "ok"),
    ]
    record = after(prompt="Thanks!", context=context, completion="You are welcome.", label="other")
    assert (record["prompt"], record["completion"]) == ("The lamp.", "We send another.")
    assert record["context"] == context[:2]
    assert (record["origin"], record["what"]) == ("transformed", ["prompt"])
    assert record["label"] == "other"


def test_without_an_answer_in_the_context_the_completion_stays() -> None:
    record = after(prompt="ok", context=[("user", "It broke.")], completion="We look into it.")
    assert (record["prompt"], record["completion"]) == ("It broke.", "We look into it.")
    assert record["context"] == []


@pytest.mark.parametrize(
    "row",
    [
        {"context": []},
        {"context": [("assistant", "We look.")]},
        {"context": [("user", "thanks?"), ("user", " ")]},
        {"context": [("user", "It broke.")], "completion": "a", "rejected": "b"},
    ],
)
def test_prompts_that_stay(row: dict[str, Any]) -> None:
    assert after(prompt="ok", **row)["prompt"] == "ok"


def test_records_keep_their_places_and_columns() -> None:
    rows = [
        {"prompt": "ok", "context": turns([("user", f"It broke, {i}.")])} if i % 2 else {}
        for i in range(6)
    ]
    frame = records(*rows)
    result = merged(frame, PHRASES)
    assert result.records["record_id"].to_list() == frame["record_id"].to_list()
    assert result.records.schema == frame.schema
    assert result.table["record_id"].to_list() == ["r1", "r3", "r5"]
