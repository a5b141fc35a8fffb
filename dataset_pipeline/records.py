"""The record: its columns, its identity, its digest; and what an exclusion is.

No reading, no policy: only what every stage agrees on.
"""

import hashlib
from collections.abc import Iterable, Mapping

import polars as pl

ORIGINS = ("original", "transformed", "human_annotated", "model_generated")
SPLITS = ("train", "validation", "test")
HELD_OUT = ("validation", "test")

Origin = pl.Enum(ORIGINS)
SplitType = pl.Enum(SPLITS)
Turn = pl.Struct({"role": pl.String, "content": pl.String})
Attribute = pl.Struct({"key": pl.String, "value": pl.String})
# A file that belongs to a record: its name, and what its source's catalogue says of it.
ATTACHMENT = {
    "name": pl.String,
    "sha256": pl.String,
    "media_type": pl.String,
    "bytes": pl.Int64,
}

RECORD_SCHEMA: dict[str, pl.DataType] = {
    "record_id": pl.String(),
    "source_id": pl.String(),
    "batch_id": pl.String(),
    "source_ref": pl.String(),
    "origin": Origin,
    "parents": pl.List(pl.String),
    "generation": pl.UInt8(),
    "group_id": pl.String(),
    "event_time": pl.Datetime("us", "UTC"),
    "prompt": pl.String(),
    "context": pl.List(Turn),
    "completion": pl.String(),
    "rejected": pl.String(),
    "label": pl.String(),
    "language": pl.String(),
    "attributes": pl.List(Attribute),
    "attachments": pl.List(pl.Struct(ATTACHMENT)),
    "split": SplitType,
}

EXCLUSION_SCHEMA: dict[str, pl.DataType] = {
    "record_id": pl.String(),
    "rule": pl.String(),
    "reason": pl.String(),
    "evidence": pl.String(),
}
# Of rows that became no record: where they stood, as a coordinate.
QUARANTINE_SCHEMA = {**EXCLUSION_SCHEMA, "source_ref": pl.String()}

# Where a record was collected, not what it says: a file whose rows were put in another order
# holds the same records, so these columns name no content.
COORDINATES = ("batch_id", "source_ref")

TEXT_COLUMNS = ("prompt", "completion", "rejected")


def record_id(source_id: str, native_key: str) -> str:
    """32 hex of SHA-256 over source and native key, each with its length before it."""
    parts = (source_id.encode(), native_key.encode())
    joined = b"".join(b"%d:%b" % (len(part), part) for part in parts)
    return hashlib.sha256(joined).hexdigest()[:32]


def empty_records() -> pl.DataFrame:
    """No records, with every column."""
    return pl.DataFrame(schema=RECORD_SCHEMA)


def empty_exclusions() -> pl.DataFrame:
    """No exclusions, with every column."""
    return pl.DataFrame(schema=EXCLUSION_SCHEMA)


def exclusions(
    frame: pl.LazyFrame, *, rule: pl.Expr, reason: pl.Expr, **evidence: pl.Expr
) -> pl.LazyFrame:
    """Turn records into exclusions; ``evidence`` becomes one JSON object a record.

    Evidence holds measures, ids and rules, never text of the record.
    """
    shown = pl.lit("{}")
    if evidence:
        named = [value.alias(name) for name, value in evidence.items()]
        shown = pl.struct(named).struct.json_encode()
    return frame.select(
        pl.col("record_id"),
        rule.cast(pl.String).alias("rule"),
        reason.cast(pl.String).alias("reason"),
        shown.alias("evidence"),
    )


def no_exclusions() -> pl.LazyFrame:
    """No exclusions, lazily."""
    return empty_exclusions().lazy()


def canonical_row(schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """A row's columns as canonical JSON (RFC 8785): sorted keys, no white space, times in UTC.

    Rows hold text, integers, lists and structs of them. Polars' own encoder writes the JSON, in
    Rust; a test holds it against the ``rfc8785`` library.
    """
    columns = [_canonical(name, schema[name]).alias(name) for name in sorted(schema)]
    return pl.struct(columns).struct.json_encode().alias("row")


def canonical_rows(frame: pl.DataFrame) -> list[bytes]:
    """Each row as canonical JSON."""
    if frame.is_empty():
        return []
    encoded = frame.select(canonical_row(frame.schema)).to_series()
    return [row.encode() for row in encoded.to_list()]


def _canonical(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    if isinstance(dtype, pl.Enum | pl.Categorical):
        return column.cast(pl.String)
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        names = sorted(field.name for field in dtype.inner.fields)
        return column.list.eval(pl.struct(pl.element().struct.field(n) for n in names))
    if dtype.is_float():
        return (column * 1_000_000).round().cast(pl.Int64)
    return column


def content_columns(columns: Iterable[str]) -> list[str]:
    """The columns that say what a record is, without where it was collected."""
    return [name for name in columns if name not in COORDINATES]


def row_digests(frame: pl.DataFrame) -> pl.Series:
    """SHA-256 (64 hex) of each row's content, in the frame's order."""
    content = frame.select(content_columns(frame.columns))
    row = sha256_of(canonical_row(content.schema)).alias("record_digest")
    return content.lazy().select(row).collect(engine="streaming").to_series()


def sha256_of(text: pl.Expr) -> pl.Expr:
    """SHA-256 (64 hex) of each text's bytes, in Rust: a test holds it against ``hashlib``."""
    import polars_hash  # noqa: F401  registers the name space

    hashed: pl.Expr = text.chash.sha2_256()  # type: ignore[attr-defined]
    return hashed


def table_digest(rows: pl.Series) -> str:
    """Name a table by its ``row_digests``: the same for any order of its rows."""
    hasher = hashlib.sha256()
    for part in _in_order(rows).to_frame().iter_slices(100_000):
        hasher.update(part.to_series().str.join().cast(pl.Binary).item())
    return hasher.hexdigest()


def _in_order(rows: pl.Series) -> pl.Series:
    """Digests sorted: by their first 60 bits, which is faster, where no two begin alike."""
    begins = pl.col("digest").str.head(15).str.to_integer(base=16).alias("begin")
    ordered = rows.alias("digest").to_frame().with_columns(begins).sort("begin")
    alike = ordered["begin"] == ordered["begin"].shift()
    return rows.sort() if alike.any() else ordered["digest"]


def record_ids(source_id: str, native_key: pl.Expr) -> pl.Expr:
    """``record_id`` for a column of native keys."""
    source = pl.lit(f"{len(source_id.encode())}:{source_id}")
    size = native_key.str.len_bytes().cast(pl.String)
    joined = pl.concat_str(source, size, pl.lit(":"), native_key)
    return sha256_of(joined).str.head(32).alias("record_id")
