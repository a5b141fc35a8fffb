"""The splits as trainers read them: JSON Lines and Parquet with the column names of TRL."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import polars as pl

from dataset_pipeline.certify.bag import Measured
from dataset_pipeline.certify.facts import Behind, Growing
from dataset_pipeline.certify.tables import Cutter, records_in_order, shard_names, write_shard
from dataset_pipeline.records import SPLITS
from dataset_pipeline.store.snapshots import Snapshot

# Shards that may wait to be written as tables, and files to be measured.
_WAITING = 3
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
) -> dict[str, Path | Measured]:
    """Write each split in each format below ``folder``, and its list of ids; path -> file.

    The records are read once, in the order of their ids, and a part of them is held at a time.
    Tables are written, and texts measured, while the next part is made.
    """
    columns = split_columns(splits, task_type)
    none = splits.records.select(columns).head(0).collect()
    sizes = split_sizes(splits)
    with Behind(_WAITING) as behind:
        writers = {name: _Split(name, sizes[name], formats, folder, behind) for name in SPLITS}
        for name in SPLITS:
            if not sizes[name]:
                writers[name].write(none)
        for frame in records_in_order(splits, *columns, pl.col("split")):
            parts = frame.partition_by("split", as_dict=True, include_key=False)
            for (name,), mine in parts.items():
                writers[str(name)].add(mine)
        for writer in writers.values():
            writer.end()
    return {
        f"splits/{path.name}": file
        for writer in writers.values()
        for path, file in writer.files().items()
    }


class _Split:
    """One split's files, while its rows arrive."""

    def __init__(
        self, name: str, size: int, formats: Sequence[str], folder: Path, behind: Behind
    ) -> None:
        shard_files = shard_names(name, size) if "parquet" in formats else []
        self._tables = [folder / file for file in shard_files]
        self._next_tables = iter(self._tables)
        texts = [folder / f"{name}.ids.txt"]
        texts += [folder / f"{name}.jsonl"] if "jsonl" in formats else []
        for path in texts:
            path.touch()
        self._texts = {path: Growing(path) for path in texts}
        self._cutter = Cutter()
        self._behind = behind

    def add(self, rows: pl.DataFrame) -> None:
        """Take the next rows."""
        for shard in self._cutter.add(rows):
            self.write(shard)

    def end(self) -> None:
        """Write what is left."""
        for shard in self._cutter.rest():
            self.write(shard)

    def files(self) -> dict[Path, Path | Measured]:
        """All files of the split, when they are written."""
        texts = {path: Measured(path, text.facts()) for path, text in self._texts.items()}
        return {**{path: path for path in self._tables}, **texts}

    def write(self, shard: pl.DataFrame) -> None:
        """Write the next ``SHARD`` rows, or the last."""
        for path in islice(self._next_tables, 1):
            self._behind.do(write_shard, shard, path)
        for path, text in self._texts.items():
            with path.open("ab") as file:
                if path.suffix == ".jsonl":
                    shard.write_ndjson(file)
                else:
                    shard.select("record_id").write_csv(file, include_header=False)
            self._behind.do(text.look)


def _messages() -> pl.Expr:
    """Earlier turns, the prompt as the user's, the completion as the assistant's."""
    asked = pl.struct(role=pl.lit("user"), content="prompt")
    answered = pl.struct(role=pl.lit("assistant"), content="completion")
    return pl.concat_list("context", asked, answered).alias("messages")
