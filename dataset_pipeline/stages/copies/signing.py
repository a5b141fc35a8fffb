"""Signatures as evidence: found once for a text, and remembered."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dataset_pipeline.stages.copies.hashed import HASH
from dataset_pipeline.stages.copies.minhash import SCHEME, SEED, signatures
from dataset_pipeline.stages.evidence import Detector
from dataset_pipeline.stages.spread import Spread

VERSION = "2"
# So many texts at once: of a million the signatures take half a gigabyte, and once is enough.
_PART = 25_000


def detector(size: int, permutations: int) -> Detector:
    """Finds a text's signature: a column ``signature`` of ``permutations`` times four bytes."""

    schema = {"signature": pl.Binary()}
    settings_of = {"size": size, "permutations": permutations}

    def detect(texts: pl.Series, _spread: Spread) -> pl.DataFrame:
        def signed(part: pl.Series) -> pl.Series:
            return pl.Series("signature", signatures(part.to_list(), **settings_of), pl.Binary)

        with ThreadPoolExecutor(os.cpu_count()) as threads:  # NumPy computes without Python's lock
            made = list(threads.map(signed, _parts(texts)))
        return pl.concat(made).to_frame() if made else pl.DataFrame(schema=schema)

    settings = {
        "shingle_characters": size,
        "permutations": permutations,
        "seed": SEED,
        "scheme": SCHEME,
        "hash": HASH,
    }
    return Detector("minhash", VERSION, schema, detect, settings)


def matrix(column: pl.Series, permutations: int) -> NDArray[np.uint32]:
    """A column of signatures as rows of a matrix."""
    row = pl.Array(pl.UInt32, permutations)
    return column.bin.reinterpret(dtype=row, endianness="little").to_numpy()


def _parts(column: pl.Series) -> Iterator[pl.Series]:
    return (column[first : first + _PART] for first in range(0, len(column), _PART))
