"""What stands in the place of a value, by its entity's mode."""

from typing import Any

import polars as pl

from dataset_pipeline.stages.redaction.generalize import generalized
from dataset_pipeline.stages.redaction.phones import same_digits
from dataset_pipeline.stages.redaction.plan import Plan, keyed

# Values of these are the same when their digits are.
_BY_DIGITS = ("PHONE_NUMBER", "CREDIT_CARD", "IIN", "RU_INN", "RU_SNILS", "RU_PASSPORT")
_ORDER = ["scope", "rank", "field_rank", "position", "start"]
NUMBERS_SCHEMA = {
    "scope": pl.String,
    "marker": pl.String,
    "key": pl.String,
    "number": pl.UInt32,
}


def normalized_value() -> pl.Expr:
    """A value as it is compared with others: digits alone for numbers, else case and white space
    folded, and ``(at)`` and ``%40`` read as ``@``.
    """
    plain = pl.col("value").str.normalize("NFKC")
    digits = plain.str.replace_all(r"\D", "")
    folded = plain.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    address = folded.str.replace_all(r" ?[(\[{](?:at|@)[)\]}] ?| at |%40", "@").str.replace_all(
        r" ?[(\[{]dot[)\]}] ?| dot ", "."
    )
    numeric = pl.col("entity").is_in(_BY_DIGITS) & (digits != "")
    return (
        pl.when(numeric)
        .then(digits)
        .when(pl.col("entity") == "EMAIL_ADDRESS")
        .then(address)
        .when(pl.col("entity") == "IBAN_CODE")
        .then(folded.str.replace_all(r"[\s-]", ""))
        .otherwise(folded)
    )


def replaced(
    spans: pl.DataFrame, plan: Plan, numbers: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The spans with ``token``, what stands in their place, and the numbers given so far.

    A token that is empty takes its value out. ``spans`` say, besides where they are, the scope in
    which numbers are the same, and the order of first appearance in it.
    """
    markers = {r.entity: r.marker for r in plan.active}
    modes = {entity: plan.mode_of(entity) for entity in markers}
    told = spans.with_columns(
        marker=pl.col("entity").replace_strict(markers, return_dtype=pl.String),
        mode=pl.col("entity").replace_strict(modes, return_dtype=pl.String),
        key=normalized_value(),
    )
    told = _with_known_phones(told, plan)
    numbers = _numbered(told.filter(pl.col("mode") == "number"), numbers)
    told = told.join(numbers, on=["scope", "marker", "key"], how="left", maintain_order="left")
    if "pseudonym" in modes.values():
        told = _with_behind(told, "pseudonym", ["marker", "key"], lambda row: _pseudonym(row, plan))
    else:
        told = told.with_columns(pseudonym=pl.lit(None, pl.String))
    if "generalize" in modes.values():
        keys = ["entity", "value", "event_time"]
        told = _with_behind(told, "generalize", keys, lambda row: generalized(row, plan.generalize))
    else:
        told = told.with_columns(generalize=pl.lit(None, pl.String))
    behind = (
        pl.when(pl.col("mode") == "number")
        .then(pl.format("_{}", "number"))
        .when(pl.col("mode") == "pseudonym")
        .then(pl.format("_k{}", "pseudonym"))
        .when((pl.col("mode") == "generalize") & pl.col("generalize").is_not_null())
        .then(pl.format(" {}", "generalize"))
        .otherwise(pl.lit(""))
    )
    token = (
        pl.when(pl.col("mode") == "remove")
        .then(pl.lit(""))
        .otherwise(pl.format("[{}{}]", "marker", behind))
    )
    return told.with_columns(token=token).select(*spans.columns, "mode", "token"), numbers


def _with_known_phones(told: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The spans with one key for all forms of a phone number, where the key is asked for."""
    asks = (pl.col("entity") == "PHONE_NUMBER") & pl.col("mode").is_in(["number", "pseudonym"])
    values = told.filter(asks)["value"].unique()
    if values.is_empty():
        return told
    regions = next(r.regions for r in plan.active if r.entity == "PHONE_NUMBER")
    known = {value: same_digits(value, regions) for value in values.to_list()}
    same = pl.col("value").replace_strict(known, default=None, return_dtype=pl.String)
    return told.with_columns(key=pl.when(asks).then(same).otherwise("key"))


def _numbered(spans: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The numbers known, and those of values that appear for the first time."""
    if spans.is_empty():
        return known
    value = ["scope", "marker", "key"]
    last = known.group_by("scope", "marker").agg(last=pl.col("number").max())
    new = (
        spans.join(known, on=value, how="anti")
        .sort(_ORDER)
        .unique(value, keep="first", maintain_order=True)
        .join(last, on=["scope", "marker"], how="left", maintain_order="left")
        .with_columns(
            number=pl.int_range(1, pl.len() + 1).over("scope", "marker")
            + pl.col("last").fill_null(0)
        )
    )
    return pl.concat([known, new.select(list(NUMBERS_SCHEMA)).cast(NUMBERS_SCHEMA)])  # type: ignore[arg-type]


def _with_behind(spans: pl.DataFrame, mode: str, keys: list[str], find: Any) -> pl.DataFrame:
    """The spans with a column of what ``find`` gives for each distinct row of ``keys``."""
    asked = spans.filter(pl.col("mode") == mode).select(keys).unique()
    answers = [find(row) for row in asked.iter_rows(named=True)]
    answered = asked.with_columns(pl.Series(mode, answers, pl.String))
    return spans.join(answered, on=keys, how="left", maintain_order="left", nulls_equal=True)


def _pseudonym(row: dict[str, Any], plan: Plan) -> str:
    if plan.key is None:
        raise AssertionError("a plan with pseudonyms has a key")
    return keyed(plan.key, "pseudonym", plan.epoch, row["marker"], row["key"])[:12]
