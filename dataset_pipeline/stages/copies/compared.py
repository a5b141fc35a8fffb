"""What is compared: records that have a text, the best first, and their distinct texts.

What decides of them is noted for the next time: a text that is still there is folded again only
when it is asked for itself.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from dataset_pipeline.config import Deduplicated
from dataset_pipeline.records import sha256_of
from dataset_pipeline.stages.copies.clusters import short_ones
from dataset_pipeline.stages.copies.folded import Folded
from dataset_pipeline.stages.copies.kept import firsts
from dataset_pipeline.stages.copies.recall import can_be_edited
from dataset_pipeline.stages.copies.sketches import Positions
from dataset_pipeline.stages.result import Before
from dataset_pipeline.stages.texts import comparison_text

_TEXT_SCHEMA = {
    "digest": pl.Binary,
    "editable": pl.Boolean,
    "short": pl.Boolean,
    "text": pl.String,
}


@dataclass(frozen=True)
class Compared:
    """Records and their distinct texts.

    ``records``: record_id, label, applies (whether it may be taken out), ``place`` of its text, and
    what it is ranked by; the best first. ``texts``: a row a place, the best first; before all
    others those of records that may be taken out: digest (the first 16 bytes of SHA-256), editable
    (``recall``), short. ``values``: the texts themselves. ``moved``: by the place that a text had
    when it was noted the one it has now, or -1.
    """

    records: pl.DataFrame
    texts: pl.DataFrame
    values: Folded
    moved: Positions

    def noted(self) -> dict[str, pl.DataFrame]:
        """What ``compared`` wants to have in hand the next time."""
        return {"records": self.records, "texts": self.texts}


def compared(
    records: pl.LazyFrame, policy: Deduplicated, source_rank: list[str], before: Before | None
) -> Compared:
    """Records with a text, ranked as the policy says.

    ``source_rank`` lists sources, the most trusted first. ``before``: where these were noted.
    """
    fresh = _fresh(records, policy, source_rank, before)
    columns = [name for name in fresh.columns if name not in {"text", "digest"}]
    old, texts = fresh.select(*columns, place=pl.lit(0, pl.Int64)).clear(), _texts(None)
    if before:
        old, texts = before.still("records"), _texts(before.noted["texts"])
    added, numbered = _numbered(fresh, texts, policy)
    texts = pl.concat([texts, added])
    keys = [f"_{name}" for name in policy.keep_best]
    descending = [*(True for _ in keys), False]
    ranked = pl.concat([old, numbered.select(*columns, "place")]).sort(
        *keys, "record_id", descending=descending, nulls_last=True
    )
    order = _order(ranked, len(texts))
    moved = np.full(len(texts), -1)
    moved[order] = np.arange(len(order))
    ranked = ranked.with_columns(pl.Series("place", moved[ranked["place"].to_numpy()]))
    texts = texts[order]
    ids = ranked["record_id"].gather(firsts(ranked["place"].to_numpy(), len(order)))
    values = Folded(texts["text"], ids, records, list(policy.compare))
    return Compared(ranked, texts.drop("text"), values, moved)


def _fresh(
    records: pl.LazyFrame, policy: Deduplicated, source_rank: list[str], before: Before | None
) -> pl.DataFrame:
    """What is not noted: record_id, label, applies, what it is ranked by, text and its digest."""
    rank = {name: position for position, name in enumerate(source_rank)}
    filled = ("label", "completion", "rejected", "language", "event_time", "group_id")
    best = {
        "source_rank": -pl.col("source_id").replace_strict(
            rank, default=len(rank), return_dtype=pl.Int64
        ),
        "completeness": pl.sum_horizontal(pl.col(filled).is_not_null().cast(pl.Int64))
        + pl.col("attributes").list.len().fill_null(0),
        "recency": pl.col("event_time"),
        "length": pl.col("prompt").str.len_chars(),
    }
    if before:
        records = records.filter(pl.col("record_id").is_in(before.fresh.implode()))
    return (
        records.select(
            "record_id",
            "label",
            pl.col("split").cast(pl.String).is_in(policy.applies_to).alias("applies"),
            *(best[name].alias(f"_{name}") for name in policy.keep_best),
            comparison_text(list(policy.compare)).alias("text"),
        )
        .collect()
        .drop_nulls("text")
        .with_columns(sha256_of(pl.col("text")).str.head(32).str.decode("hex").alias("digest"))
    )


def _texts(noted: pl.DataFrame | None) -> pl.DataFrame:
    """Texts as they were noted, without the texts themselves."""
    if noted is None:
        return pl.DataFrame(schema=_TEXT_SCHEMA)
    return noted.with_columns(text=pl.lit(None, pl.String))


def _numbered(
    fresh: pl.DataFrame, texts: pl.DataFrame, policy: Deduplicated
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Texts that are to be added to ``texts``, and the records with the row of theirs (place)."""
    distinct = fresh.select("digest", "text").unique("digest", maintain_order=True)
    known = (
        texts.select("digest")
        .with_row_index("place")
        .filter(pl.col("digest").is_in(distinct["digest"].implode()))
    )
    new = distinct.join(known, on="digest", how="anti", maintain_order="left")
    added = new.select(
        "digest",
        can_be_edited(pl.col("text"), policy.shingle_characters).alias("editable"),
        pl.Series("short", short_ones(new["text"], policy)),
        "text",
    )
    places = new.select("digest").with_row_index("place", offset=len(texts))
    rows = pl.concat([known, places]).cast({"place": pl.Int64})
    return added, fresh.join(rows, on="digest", how="left", maintain_order="left")


def _order(ranked: pl.DataFrame, count: int) -> Positions:
    """The numbers of texts that occur, in the order in which they do first."""
    parts = [ranked.filter(which)["place"] for which in ("applies", ~pl.col("applies"))]
    numbers = pl.concat(parts).to_numpy()
    first = firsts(numbers, count)
    begins = np.zeros(len(numbers), np.bool_)
    begins[first[first >= 0]] = True
    order: Positions = numbers[begins]
    return order
