"""Rows that cannot be used, as exclusions named by what stands there; where is a coordinate."""

from collections import Counter
from collections.abc import Collection, Iterable

import polars as pl

from dataset_pipeline.digests import canonical_json
from dataset_pipeline.records import QUARANTINE_SCHEMA, record_id
from dataset_pipeline.stages.readers.flaws import BEHIND, UNCLOSED, UNREAD
from dataset_pipeline.stages.readers.rows import BadRow


def quarantine(source_id: str, rows: Iterable[BadRow], taken: Collection[str] = ()) -> pl.DataFrame:
    """One exclusion for each row.

    Its id is a hash of the row's content, rule and, where the same row stands several times, its
    number among them: a row that moved within its file, or to another file, is the same row.
    ``taken``: ids of rows that were quarantined before these.
    """
    seen: Counter[tuple[str, str]] = Counter()
    known = frozenset(taken)
    table = []
    for row in rows:
        name = (row.rule, row.content or row.ref)
        identity = None
        while identity is None or identity in known:
            seen[name] += 1
            identity = record_id(source_id, f"quarantine:{':'.join(name)}:{seen[name]}")
        table.append(
            {
                "record_id": identity,
                "rule": row.rule,
                "reason": row.reason,
                "evidence": canonical_json(dict(row.evidence)).decode(),
                "source_ref": row.ref,
            }
        )
    return pl.DataFrame(table, schema=QUARANTINE_SCHEMA)


def examples(excluded: pl.LazyFrame, most: int = 3) -> list[tuple[str, str]]:
    """Some quarantined rows, of as many rules as there are, the most frequent rule first.

    Each as a file, and ``line: rule in field``: where to look, and never what stands there.
    """
    place = pl.col("source_ref").str.extract_groups(r"^(?<file>.*)#(?<line>[0-9]+)$")
    ordered = (
        excluded.with_columns(place.alias("place"))
        .unnest("place")
        .sort("rule", "file", pl.col("line").cast(pl.Int64))
    )
    chosen = (
        ordered.with_columns(
            rarity=-pl.len().over("rule").cast(pl.Int64), nth=pl.int_range(pl.len()).over("rule")
        )
        .sort("nth", "rarity", "rule")
        .select("file", "line", "rule", field=_evidence("field"), number=_evidence("field_number"))
        .head(most)
        .collect()
    )
    return [_example(*row) for row in chosen.iter_rows()]


def _evidence(name: str) -> pl.Expr:
    return pl.col("evidence").str.json_path_match(f"$.{name}")


def _example(
    file: str, line: str, rule: str, field: str | None, number: str | None
) -> tuple[str, str]:
    where = f" in {field}" if field else f" in field {number}" if number else ""
    return file, f"{line}: {rule}{where}"


def rows_behind(excluded: pl.LazyFrame) -> int:
    """How many rows more than these are lost: behind a quote that is not closed, nobody knows."""
    count = _evidence(BEHIND).cast(pl.Int64).sum()
    return int(excluded.filter(pl.col("rule") == UNCLOSED).select(count).collect().item())


def files_unread(excluded: pl.LazyFrame) -> pl.LazyFrame:
    """Those of the rows that stand for the rest of a file, which could not be read to its end."""
    return excluded.filter(_evidence(UNREAD).is_not_null())
