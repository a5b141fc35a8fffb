"""Tables of snapshots as Parquet files whose bytes follow from the rows alone, in bounded memory.

Two things decide Parquet's bytes besides the rows: their order, and how they lie in memory while
they are written (Polars estimates the pages of nested columns by whole buffers, shared or not). So
rows are sorted here, cut into files of ``SHARD`` rows, one row group each, and nested columns are
copied into buffers of their own.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from dataset_pipeline.records import COORDINATES, canonical_row
from dataset_pipeline.store.snapshots import Snapshot

SHARD = 50_000
_SORTED_AT_ONCE = 100_000
_NO_CONTENT = ("record_digest", *COORDINATES)
_KEYS = ("record_id", "rule", "left", "right")


def records_in_order(snapshot: Snapshot, *columns: pl.Expr) -> Iterator[pl.DataFrame]:
    """A snapshot's records by ``record_id``, ``SHARD`` rows at a time.

    ``columns``: what to read, ``record_id`` among it; where none are given, all that says what a
    record is: not where it was collected, which may differ for the same content.
    """
    wanted = columns or (pl.exclude(*_NO_CONTENT),)
    records, rows = snapshot.records.select(*wanted), snapshot.rows("records")
    if "parts" in snapshot.manifest["tables"]["records"]:
        return shards(_sorted_ranges(records, rows))
    # One file was written in order. Slices of it need a tenth of the memory of a stream.
    return (records.slice(start, SHARD).collect() for start in range(0, rows, SHARD))


class Cutter:
    """Takes rows in frames of any height and gives them back ``SHARD`` at a time."""

    def __init__(self) -> None:
        self._waiting: list[pl.DataFrame] = []
        self._height = 0

    def add(self, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The frames that are whole now."""
        self._waiting.append(frame)
        self._height += frame.height
        if self._height >= SHARD:
            joined, rest = pl.concat(self._waiting), self._height % SHARD
            whole = joined.head(self._height - rest)
            self._waiting, self._height = [joined.tail(rest)], rest
            yield from whole.iter_slices(SHARD)

    def rest(self) -> Iterator[pl.DataFrame]:
        """The last rows, where there are any."""
        if self._height:
            yield pl.concat(self._waiting)


def shards(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows in frames of ``SHARD`` rows; the last may have fewer."""
    cutter = Cutter()
    for frame in frames:
        yield from cutter.add(frame)
    yield from cutter.rest()


def shard_names(name: str, rows: int) -> list[str]:
    """The files of a table: ``name.parquet``, or ``name-00000-of-00003.parquet`` and so on."""
    count = -(-rows // SHARD)
    if count <= 1:
        return [f"{name}.parquet"]
    return [f"{name}-{number:05}-of-{count:05}.parquet" for number in range(count)]


def write_shard(frame: pl.DataFrame, path: Path) -> None:
    """Write rows as one Parquet file."""
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    own = frame.rechunk().with_columns(pl.col(nested).gather(pl.int_range(pl.len())))
    own.write_parquet(
        path, compression="zstd", compression_level=1, statistics=False, row_group_size=SHARD
    )


def write_records(snapshot: Snapshot, name: str, folder: Path) -> dict[str, Path]:
    """Write a snapshot's records below ``folder``; path in the package -> file."""
    rows = snapshot.rows("records")
    none = snapshot.records.drop(_NO_CONTENT, strict=False)
    frames = records_in_order(snapshot) if rows else iter([none.collect()])
    return _write(frames, shard_names(name, rows), folder)


def write_table(table: pl.LazyFrame, name: str, folder: Path) -> dict[str, Path]:
    """Write a table that fits into memory, its rows in an order that follows from them."""
    frame = in_order(table.collect())
    frames = frame.iter_slices(SHARD) if frame.height else iter([frame])
    return _write(frames, shard_names(name, frame.height), folder)


def _write(frames: Iterator[pl.DataFrame], names: list[str], folder: Path) -> dict[str, Path]:
    paths = {name: folder / name.replace("/", "-") for name in names}
    for path, frame in zip(paths.values(), frames, strict=True):
        write_shard(frame, path)
    return paths


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows by their keys; rows that share them, or have none, by all that they say."""
    keys = [name for name in _KEYS if name in frame.columns]
    if keys and not frame.select(keys).is_duplicated().any():
        return frame.sort(keys)
    return frame.sort(*keys, canonical_row(frame.schema))


def _sorted_ranges(records: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]:
    """Records by id, a range of ids at a time: ids are hex of a hash, so ranges are alike."""
    count = rows // _SORTED_AT_ONCE + 1
    bounds = [f"{number * 16**8 // count:08x}" for number in range(count)]
    key = pl.col("record_id")
    for low, high in zip(bounds, [*bounds[1:], "g"], strict=True):
        within = records.filter((key >= low) & (key < high))
        yield within.collect(engine="streaming").sort("record_id")
