"""What a rule is, and what becomes of records that several rules hit."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from dataset_pipeline.records import exclusions
from dataset_pipeline.stages.evidence import Evidence, of_distinct
from dataset_pipeline.stages.texts import texts_of

# How the measures of a record's texts become one: the greatest, or all together.
Together = Literal["max", "sum"]


@dataclass(frozen=True)
class Rule:
    """``hit`` and ``value`` are expressions over a record's measures; ``splits`` where it applies.

    ``threshold``: what the value was held against; None where there is nothing to measure.
    """

    name: str
    reason: str
    hit: pl.Expr
    splits: tuple[str, ...]
    value: pl.Expr
    threshold: float | None = None

    @property
    def takes_out(self) -> pl.Expr:
        """Whether the rule takes a record out: it hits, and applies to the record's split."""
        split = pl.col("split").cast(pl.String)
        return (self.hit & split.is_in(list(self.splits))).fill_null(False)


def taken_out(measured: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """The exclusions: one a record that a rule takes out, named by the first rule that does.

    Evidence: size and language of the prompt, and of every rule that does, its value and threshold.
    """
    out = measured.filter(pl.any_horizontal(rule.takes_out for rule in rules))
    first, reason = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for rule in reversed(rules):
        first = pl.when(rule.takes_out).then(pl.lit(rule.name)).otherwise(first)
        reason = pl.when(rule.takes_out).then(pl.lit(rule.reason)).otherwise(reason)
    hits = pl.concat_list(_shown(rule) for rule in rules).list.drop_nulls()
    return exclusions(
        out.lazy(),
        rule=first,
        reason=reason,
        characters=pl.col("characters"),
        language=pl.col("language"),
        confidence=pl.col("confidence"),
        hits=hits,
    ).collect()


def _shown(rule: Rule) -> pl.Expr:
    told = pl.struct(
        pl.lit(rule.name).alias("rule"),
        rule.value.cast(pl.Float64).alias("value"),
        pl.lit(rule.threshold, pl.Float64).alias("threshold"),
    )
    return pl.when(rule.takes_out).then(told)


class Measured:
    """Records, and the table of what rules decide by: a column for each measure asked for."""

    def __init__(self, records: pl.DataFrame, table: pl.DataFrame, ask: Evidence):
        self.records, self.table, self.ask = records, table, ask
        self._texts: pl.DataFrame | None = None

    def of_prompts(self, find: Callable[[pl.Series], pl.DataFrame]) -> None:
        """Add what ``find`` gives for the distinct prompts, under the names it gives."""
        self.table = self.table.hstack(of_distinct(self.records["prompt"], find))

    def of_texts(
        self, fields: Collection[str], find: Callable[[pl.Series], pl.DataFrame], how: Together
    ) -> None:
        """Add what ``find`` gives for the texts in these fields, one row a record by ``how``."""
        if self._texts is None:
            self._texts = texts_of(self.records)
        mine = self._texts.filter(pl.col("field").is_in(list(fields)))
        found = of_distinct(mine["text"], find)
        by_record = mine.select("record_id").hstack(found).group_by("record_id")
        together = by_record.max() if how == "max" else by_record.sum()
        joined = self.table.join(together, on="record_id", how="left", maintain_order="left")
        self.table = joined.with_columns(pl.col(found.columns).fill_null(0))
