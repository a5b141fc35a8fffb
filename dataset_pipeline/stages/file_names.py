"""Names of attached files among the texts of records: what stands in them as people read it."""

import polars as pl

from dataset_pipeline.stages.texts import KEYS

_FIELD = "attachments"
_SUFFIX = r"(?:\.[A-Za-z0-9]{1,5})?\.(?:gz|zst|zip|bz2|xz)$|\.[A-Za-z0-9]{1,5}$"
FILE_MARKER = "[FILE]"


def file_names(texts: pl.DataFrame) -> pl.DataFrame:
    """The names in a long frame of texts, without suffix, and with spaces for underscores.

    ``anna@example.org.png`` ends in no domain, and in ``scan_4242424242424242`` no word begins at
    the number: so they are looked at in this form beside their own.
    """
    read = pl.col("text").str.replace(_SUFFIX, "").str.replace_all("_", " ", literal=True)
    return texts.filter(pl.col("field") == _FIELD).with_columns(read)


def without_names(texts: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """The texts with a marker in place of these names; their suffixes stay."""
    suffix = pl.col("text").str.extract(f"({_SUFFIX})").fill_null("")
    out = names.select(*KEYS, out=pl.lit(value=True))
    text = pl.when("out").then(pl.lit(FILE_MARKER) + suffix).otherwise("text").alias("text")
    joined = texts.join(out, on=KEYS, how="left", maintain_order="left")
    return joined.with_columns(text).drop("out")
