"""Rows that cannot be used, as exclusions named by what stands there; where is a coordinate."""

from collections import Counter
from collections.abc import Collection, Iterable

import polars as pl

from dataset_pipeline.digests import canonical_json
from dataset_pipeline.records import QUARANTINE_SCHEMA, record_id
from dataset_pipeline.stages.readers.flaws import BEHIND, UNCLOSED
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


def rows_behind(excluded: pl.LazyFrame) -> int:
    """How many rows more than these are lost: behind a quote that is not closed, nobody knows."""
    count = pl.col("evidence").str.json_path_match(f"$.{BEHIND}").cast(pl.Int64).sum()
    return int(excluded.filter(pl.col("rule") == UNCLOSED).select(count).collect().item())
