"""Signatures as evidence: found once for a text, and remembered."""

import polars as pl

from dataset_pipeline.stages.copies.hashed import HASH
from dataset_pipeline.stages.copies.minhash import SCHEME, SEED, signatures
from dataset_pipeline.stages.evidence import Detector
from dataset_pipeline.stages.spread import Spread

VERSION = "2"


def detector(size: int, permutations: int) -> Detector:
    """Finds a text's signature: a column ``signature`` of ``permutations`` times four bytes."""

    def detect(texts: pl.Series, _spread: Spread) -> pl.DataFrame:
        made = signatures(texts.to_list(), size=size, permutations=permutations)
        return pl.DataFrame({"signature": made}, schema={"signature": pl.Binary})

    settings = {
        "shingle_characters": size,
        "permutations": permutations,
        "seed": SEED,
        "scheme": SCHEME,
        "hash": HASH,
    }
    return Detector("minhash", VERSION, {"signature": pl.Binary()}, detect, settings)
