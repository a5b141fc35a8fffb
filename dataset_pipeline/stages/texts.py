"""All texts of records as one long frame, so that a rule sees prompts, turns and answers alike."""

import polars as pl

from dataset_pipeline.records import TEXT_COLUMNS

TAG_COLUMNS = ("label", "language")
TAG_LISTS = {"attributes": "value", "attachments": "name"}
KEYS = ["record_id", "field", "position"]
_WORD = r"\p{L}\p{M}\p{N}"
# What stands between words, unless it is one space: most gaps are, and need no replacing.
_GAP = rf" *[^{_WORD} ][^{_WORD}]*|  +"


def texts_of(records: pl.DataFrame, *, everything: bool = False) -> pl.DataFrame:
    """The texts: record_id, field, position (in context or attributes, else 0), text.

    ``everything``: labels, languages, attributes and names of files too, which hold what somebody
    once typed.
    """
    parts = [
        records.select(
            "record_id",
            pl.lit(name).alias("field"),
            pl.lit(0, pl.UInt32).alias("position"),
            pl.col(name).alias("text"),
        )
        for name in (*TEXT_COLUMNS, *(TAG_COLUMNS if everything else ()))
    ]
    parts.append(_listed(records, "context", "content"))
    if everything:
        parts += [_listed(records, name, member) for name, member in TAG_LISTS.items()]
    return pl.concat(parts).drop_nulls("text")


def with_texts(records: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Records with the texts of the long frame (same keys as ``texts_of`` gave) in their place."""
    result = records
    given = set(texts["field"].unique())
    for name in (name for name in (*TEXT_COLUMNS, *TAG_COLUMNS) if name in given):
        mine = texts.filter(pl.col("field") == name).select("record_id", pl.col("text").alias(name))
        result = result.drop(name).join(mine, on="record_id", how="left", maintain_order="left")
    for name, member in {"context": "content", **TAG_LISTS}.items():
        mine = texts.filter(pl.col("field") == name)
        if not mine.is_empty():
            result = _relisted(result, mine, name, member)
    return result.select(records.columns)


def changed(before: pl.DataFrame, after: pl.DataFrame) -> pl.Series:
    """Ids of the records any of whose texts differ between two long frames with the same keys."""
    both = before.join(after, on=KEYS, suffix="_after")
    return both.filter(pl.col("text") != pl.col("text_after"))["record_id"].unique()


def comparison_text(columns: list[str]) -> pl.Expr:
    """One text a record for comparing: case, punctuation and white space folded away.

    A text of nothing but punctuation or symbols is compared as it stands; null where there is none.
    """
    parts = [
        pl.col("context").list.eval(pl.element().struct.field("content")).list.join("\n")
        if name == "context"
        else pl.col(name)
        for name in columns
    ]
    joined = pl.concat_str(parts, separator="\n", ignore_nulls=True)
    gaps = joined.str.to_lowercase().str.replace_all(_GAP, " ")
    folded, bare = gaps.str.strip_chars(" "), joined.str.strip_chars()
    return pl.coalesce(folded.replace("", None), bare.replace("", None))


def _listed(records: pl.DataFrame, column: str, member: str) -> pl.DataFrame:
    return _items(records, column).select(
        "record_id",
        pl.lit(column).alias("field"),
        "position",
        pl.col("item").struct.field(member).alias("text"),
    )


def _items(records: pl.DataFrame, column: str) -> pl.DataFrame:
    return (
        records.select("record_id", pl.col(column).alias("item"))
        .filter(pl.col("item").list.len() > 0)
        .with_columns(pl.int_ranges(pl.col("item").list.len(), dtype=pl.UInt32).alias("position"))
        .explode("item", "position")
    )


def _relisted(records: pl.DataFrame, texts: pl.DataFrame, column: str, member: str) -> pl.DataFrame:
    items = (
        _items(records, column)
        .join(texts, on=["record_id", "position"], how="left")
        .sort("record_id", "position")
        .group_by("record_id", maintain_order=True)
        .agg(pl.col("item").struct.with_fields(pl.col("text").alias(member)).alias("items"))
    )
    joined = records.join(items, on="record_id", how="left", maintain_order="left")
    filled = pl.coalesce("items", column).alias(column)
    return joined.with_columns(filled).drop("items")
