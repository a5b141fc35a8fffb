"""Signatures as evidence: found once for a text, and remembered."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dataset_pipeline.stages.copies.hashed import HASH
from dataset_pipeline.stages.copies.minhash import SCHEME, SEED, signatures, unpacked
from dataset_pipeline.stages.evidence import Detector
from dataset_pipeline.stages.spread import Spread

VERSION = "2"
# So many texts at once: of a million the signatures take half a gigabyte, and once is enough.
_PART = 50_000


def detector(size: int, permutations: int) -> Detector:
    """Finds a text's signature: a column ``signature`` of ``permutations`` times four bytes."""

    schema = {"signature": pl.Binary()}
    settings_of = {"size": size, "permutations": permutations}

    def detect(texts: pl.Series, _spread: Spread) -> pl.DataFrame:
        made = [
            pl.Series("signature", signatures(part.to_list(), **settings_of), pl.Binary)
            for part in _parts(texts)
        ]
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
    whole = np.empty((len(column), permutations), "<u4")
    for number, part in enumerate(_parts(column)):
        first = number * _PART
        whole[first : first + len(part)] = unpacked(part.to_list(), permutations)
    return whole


def _parts(column: pl.Series) -> Iterator[pl.Series]:
    return (column[first : first + _PART] for first in range(0, len(column), _PART))
