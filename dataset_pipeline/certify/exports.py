"""The splits as trainers read them: JSON Lines and Parquet with the column names of TRL."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from dataset_pipeline.certify.tables import Cutter, records_in_order, shard_names, write_shard
from dataset_pipeline.records import SPLITS
from dataset_pipeline.store.snapshots import Snapshot

_ABOUT = ("record_id", "language", "origin", "parents", "generation", "source_id")


def export_columns(task_type: str, *, attachments: bool = False) -> list[pl.Expr]:
    """The columns that a trainer of this kind of task expects, then what each record is."""
    columns = {
        "classification": [pl.col("prompt").alias("text"), pl.col("label"), pl.col("context")],
        "chat": [_messages()],
        "preference": [
            pl.col("prompt"),
            pl.col("completion").alias("chosen"),
            pl.col("rejected"),
            pl.col("context"),
        ],
        "text": [pl.col("prompt").alias("text")],
    }[task_type]
    about = [pl.col(name).cast(pl.String) if name == "origin" else pl.col(name) for name in _ABOUT]
    files = [pl.col("attachments").fill_null([])] if attachments else []
    return [*columns, *files, *about]


def split_columns(splits: Snapshot, task_type: str) -> list[pl.Expr]:
    """The exports' columns; ``attachments`` is among them where any record has one."""
    attached = splits.records.select((pl.col("attachments").list.len() > 0).any()).collect()
    return export_columns(task_type, attachments=bool(attached.item()))


def split_sizes(splits: Snapshot) -> dict[str, int]:
    """Records by split; also of the splits that have none."""
    counted = dict(splits.records.group_by("split").len().collect().rows())
    return {split: int(counted.get(split, 0)) for split in SPLITS}


def write_splits(
    splits: Snapshot, task_type: str, formats: Sequence[str], folder: Path
) -> dict[str, Path]:
    """Write each split in each format below ``folder``, and its list of ids; path -> file.

    The records are read once, in the order of their ids, and a part of them is held at a time.
    """
    columns = split_columns(splits, task_type)
    none = splits.records.select(columns).head(0).collect()
    sizes = split_sizes(splits)
    writers = {name: _Split(name, sizes[name], formats, folder, none) for name in SPLITS}
    for frame in records_in_order(splits, *columns, pl.col("split")):
        for (name,), mine in frame.partition_by("split", as_dict=True, include_key=False).items():
            writers[str(name)].add(mine)
    return {f"splits/{path.name}": path for writer in writers.values() for path in writer.end()}


class _Split:
    """One split's files, while its rows arrive."""

    def __init__(
        self, name: str, size: int, formats: Sequence[str], folder: Path, none: pl.DataFrame
    ) -> None:
        shard_files = shard_names(name, size) if "parquet" in formats else []
        self._tables = [folder / file for file in shard_files]
        self._texts = [folder / f"{name}.ids.txt"]
        self._texts += [folder / f"{name}.jsonl"] if "jsonl" in formats else []
        self._files = [*self._tables, *self._texts]
        self._cutter = Cutter()
        for path in self._texts:
            path.touch()
        if not size:
            self._write(none)

    def add(self, rows: pl.DataFrame) -> None:
        """Take the next rows."""
        for shard in self._cutter.add(rows):
            self._write(shard)

    def end(self) -> list[Path]:
        """Write what is left; all files of the split."""
        for shard in self._cutter.rest():
            self._write(shard)
        return self._files

    def _write(self, shard: pl.DataFrame) -> None:
        if self._tables:
            write_shard(shard, self._tables.pop(0))
        for path in self._texts:
            with path.open("ab") as file:
                if path.suffix == ".jsonl":
                    shard.write_ndjson(file)
                else:
                    shard.select("record_id").write_csv(file, include_header=False)


def _messages() -> pl.Expr:
    """Earlier turns, the prompt as the user's, the completion as the assistant's."""
    asked = pl.struct(role=pl.lit("user"), content="prompt")
    answered = pl.struct(role=pl.lit("assistant"), content="completion")
    return pl.concat_list("context", asked, answered).alias("messages")
