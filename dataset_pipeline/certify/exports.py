"""The splits as trainers read them: JSON Lines and Parquet with the column names of TRL."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from dataset_pipeline.records import SPLITS

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


def write_splits(
    records: pl.DataFrame, task_type: str, formats: Sequence[str], folder: Path
) -> dict[str, Path]:
    """Write each split in each format below ``folder``, and its list of ids; path -> file.

    The column ``attachments`` is there where any record has one.
    """
    written: dict[str, Path] = {}
    attached = bool(records["attachments"].list.len().sum())
    columns = export_columns(task_type, attachments=attached)
    for split in SPLITS:
        mine = records.filter(pl.col("split") == split).sort("record_id")
        shown = mine.select(columns)
        for kind in formats:
            path = folder / f"{split}.{kind}"
            if kind == "jsonl":
                shown.write_ndjson(path)
            else:
                shown.write_parquet(path, compression="zstd")
            written[f"splits/{path.name}"] = path
        ids = folder / f"{split}.ids.txt"
        ids.write_text("".join(f"{key}\n" for key in mine["record_id"]), encoding="utf-8")
        written[f"splits/{ids.name}"] = ids
    return written


def _messages() -> pl.Expr:
    """Earlier turns, the prompt as the user's, the completion as the assistant's."""
    asked = pl.struct(role=pl.lit("user"), content="prompt")
    answered = pl.struct(role=pl.lit("assistant"), content="completion")
    return pl.concat_list("context", asked, answered).alias("messages")
