"""``normalized``: one encoding, one Unicode form, tidy white space; groups and splits assigned."""

import hashlib
import hmac
from collections.abc import Mapping

import polars as pl

from dataset_pipeline.config import Normalized, SplitByGroup, SplitByTime
from dataset_pipeline.records import SplitType, exclusions
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.texts import changed, texts_of, with_texts

VERSION = "1"

# Joiners (U+200C, U+200D) stay where they mean something: emoji and several scripts are spelled
# with them. Beside a letter of a script that does without, or a sign, they are noise.
_INVISIBLE = (
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    "\ufeff\ufff9-\ufffb]"
)
_NO_JOINER = r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{N}\p{P}\s]"
_JOINERS = "[\u200c\u200d]+"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
_SPACES = r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+"
# What UTF-8 looks like when it was read as Windows text, Western (1252) or Cyrillic (1251).
_SUSPECT = r"[\u0080-\u024f\u2018-\u203a\u20ac\u2122]{2}|[РСВГ][\u0080-\u00bf°-ї]|вЂ"


def normalized(
    records: pl.LazyFrame, policy: Normalized, fixed_splits: Mapping[str, str]
) -> StageResult:
    """Make texts uniform, name groups by a keyed hash, assign the split.

    ``fixed_splits`` names the split of sources that come with one. A record without text is out,
    and so is one without a time when time decides the split.
    """
    frame = records.collect()
    before = texts_of(frame)
    after = before.with_columns(uniform(before["text"], policy))
    touched = changed(before, after)
    grouped = with_texts(frame, after).with_columns(
        *(pl.col(name).replace("", None) for name in ("completion", "rejected")),
        _group_ids(frame, policy.group_key),
        pl.when(pl.col("record_id").is_in(touched.implode()))
        .then(pl.lit("transformed", frame.schema["origin"]))
        .otherwise("origin")
        .alias("origin"),
    )
    assigned = grouped.with_columns(_splits(grouped, policy, fixed_splits))
    no_text, no_split = pl.col("prompt") == "", pl.col("split").is_null()
    excluded = exclusions(
        assigned.lazy().filter(no_text | no_split),
        rule=pl.when(no_text).then(pl.lit("no_text")).otherwise(pl.lit("no_event_time")),
        reason=pl.when(no_text)
        .then(pl.lit("no text is left after normalization"))
        .otherwise(pl.lit("time decides the split, and the record has none")),
    )
    metrics = {"records_changed": float(len(touched))}
    return StageResult(assigned.lazy().filter(~no_text & ~no_split), excluded, metrics)


def uniform(texts: pl.Series, policy: Normalized) -> pl.Series:
    """Texts in one encoding and Unicode form, without invisible characters, white space tidy."""
    repaired = _repaired(texts) if policy.repair_encoding else texts
    column = pl.col("text")
    tidy = (
        column.str.replace_all(r"\r\n?|[\u0085\u2028\u2029]", "\n")
        .str.replace_all(_INVISIBLE, "")
        .str.replace_all(_CONTROL, "")
        .str.replace_all(f"({_NO_JOINER}){_JOINERS}", "${1}")
        .str.replace_all(f"{_JOINERS}({_NO_JOINER})", "${1}")
        .str.normalize(policy.unicode_form)
        .str.replace_all(_SPACES, " ")
        .str.replace_all(r" ?\n ?", "\n")
        .str.replace_all(r"\n{3,}", "\n\n")
        .str.strip_chars()
    )
    return repaired.to_frame("text").select(tidy).to_series()


def _repaired(texts: pl.Series) -> pl.Series:
    """Undo double decoding, looking only at texts that show its traces."""
    import ftfy

    suspect = texts.str.contains(_SUSPECT)
    if not suspect.any():
        return texts
    mended = [
        ftfy.fix_encoding(text) if doubtful else text
        for text, doubtful in zip(texts.to_list(), suspect.to_list(), strict=True)
    ]
    return pl.Series(texts.name, mended, pl.String)


def _group_ids(frame: pl.DataFrame, key: str) -> pl.Series:
    """A keyed hash in place of the customer's, thread's or case's own name."""
    names = frame.select(
        pl.when(pl.col("group_id").is_null())
        .then(pl.concat_str(pl.lit("record:"), "record_id"))
        .otherwise(pl.concat_str(pl.lit("group:"), "group_id"))
    ).to_series()
    unique = names.unique().to_list()
    hashed = {name: _keyed(key, name).hex()[:32] for name in unique}
    return names.replace_strict(hashed, return_dtype=pl.String).alias("group_id")


def _keyed(key: str, name: str) -> bytes:
    return hmac.new(key.encode(), name.encode(), hashlib.sha256).digest()


def _splits(frame: pl.DataFrame, policy: Normalized, fixed: Mapping[str, str]) -> pl.Expr:
    rule = policy.split
    drawn = (
        _split_by_group(frame, rule, policy.group_key)
        if isinstance(rule, SplitByGroup)
        else _split_by_time(rule)
    )
    given = pl.col("source_id").replace_strict(dict(fixed), default=None, return_dtype=pl.String)
    return pl.coalesce(given, drawn).cast(SplitType).alias("split")


def _split_by_group(frame: pl.DataFrame, rule: SplitByGroup, key: str) -> pl.Expr:
    groups = frame["group_id"].unique().to_list()
    split = {group: _drawn(_keyed(key, f"split:{group}"), rule) for group in groups}
    return pl.col("group_id").replace_strict(split, default=None, return_dtype=pl.String)


def _drawn(digest: bytes, rule: SplitByGroup) -> str:
    point = int.from_bytes(digest[:8]) / 2**64
    if point < rule.test:
        return "test"
    return "validation" if point < rule.test + rule.validation else "train"


def _split_by_time(rule: SplitByTime) -> pl.Expr:
    day = pl.col("event_time").dt.date()
    return (
        pl.when(day.is_null())
        .then(pl.lit(None, pl.String))
        .when(day >= rule.test_from)
        .then(pl.lit("test"))
        .when(day >= rule.validation_from)
        .then(pl.lit("validation"))
        .otherwise(pl.lit("train"))
    )
