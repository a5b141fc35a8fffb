"""Record frames of any shape, for the laws that must hold whatever comes in."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
from hypothesis import strategies as st

from dataset_pipeline.records import RECORD_SCHEMA, SPLITS, record_id

SOURCES = ("first", "second", "third")
LABELS = ("billing", "delivery", "other")
# Texts that meet: copies, near copies, opposites, personal data, nothing at all.
SHARED_TEXTS = (
    "I want a refund for the parcel that arrived broken on Monday, please.",
    "I want a refund for the parcel that arrived broken on Monday, please!!",
    "I want a refund for the parcel that arrived broken on Tuesday, please.",
    "I do not want a refund.",
    "I want a refund.",
    "Ok",
    "?",
    "\u200b",
    "  \n ",
    "Call +44 7700 900123 or write to anna@example.org, my card is 4242 4242 4242 4242.",
    "Мой пароль не подходит, напишите на anna@example.org.",
    "[EMAIL] wrote: [PHONE] [CARD]",
    "Р—Р°РєР°Р·",
)
texts = st.one_of(st.sampled_from(SHARED_TEXTS), st.text(max_size=60))
maybe = st.one_of(st.none(), texts)
times = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

files = st.fixed_dictionaries(
    {
        "name": texts,
        "sha256": st.sampled_from([None, "a" * 64]),
        "media_type": st.sampled_from([None, "image/png"]),
        "bytes": st.sampled_from([None, 3]),
    }
)


@st.composite
def record_rows(draw: st.DrawFn, *, assigned: bool, origin: str = "original") -> dict[str, Any]:
    """A record without its id."""
    return {
        "source_id": draw(st.sampled_from(SOURCES)),
        "batch_id": "batch",
        "source_ref": "file#1",
        "origin": origin,
        "parents": [],
        "generation": 0,
        "group_id": draw(st.sampled_from(["a", "b", "c", "d"] + ([] if assigned else [None]))),
        "event_time": draw(st.one_of(st.none(), times)),
        "prompt": draw(texts),
        "context": draw(
            st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": texts}), max_size=2)
        ),
        "completion": draw(maybe),
        "rejected": draw(maybe),
        "label": draw(st.one_of(st.none(), st.sampled_from(LABELS), st.text(max_size=5))),
        "language": draw(st.sampled_from([None, "en", "ru", "und", "EN-us", "kaz", ""])),
        "attributes": draw(
            st.lists(st.fixed_dictionaries({"key": st.just("k"), "value": texts}), max_size=2)
        ),
        "attachments": draw(st.one_of(st.none(), st.lists(files, max_size=2))),
        "split": draw(st.sampled_from(SPLITS)) if assigned else None,
    }


@st.composite
def record_frames(draw: st.DrawFn, *, assigned: bool = True, max_size: int = 14) -> pl.DataFrame:
    """Records as a stage gets them; ``assigned``: with group and split."""
    rows = draw(st.lists(record_rows(assigned=assigned), max_size=max_size))
    named = [{**row, "record_id": record_id("s", str(i))} for i, row in enumerate(rows)]
    return pl.DataFrame(named, schema=RECORD_SCHEMA)


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**40), 2**40),
        st.text(max_size=8),
        st.sampled_from(["accepted", "rejected", "m", "prompts/p.md"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["name", "passed", "template", "decision", "source", "key"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


def records(*rows: dict[str, Any]) -> pl.DataFrame:
    """Train records r0, r1, … that say what their rows say, and nothing else of note."""
    sound = {
        "source_id": "s",
        "batch_id": "batch",
        "source_ref": "file#1",
        "origin": "original",
        "parents": [],
        "generation": 0,
        "prompt": "a prompt that is long enough",
        "context": [],
        "attributes": [],
        "split": "train",
    }
    named = [
        {**sound, "record_id": f"r{i}", "group_id": f"g{i}", **row} for i, row in enumerate(rows)
    ]
    return pl.DataFrame(named, schema=RECORD_SCHEMA)


def rules(excluded: pl.LazyFrame) -> dict[str, str]:
    """record_id -> the rule that took it out."""
    return dict(excluded.collect().select("record_id", "rule").iter_rows())
