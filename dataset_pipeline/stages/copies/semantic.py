"""Texts that mean the same in other words: embeddings, their LSH, and the exact cosine.

Embeddings come from a static model (model2vec) in a local folder; nothing is downloaded. They are
kept as whole numbers, so that sums are exact and no machine decides otherwise. Candidates share
signs of random projections (Charikar, "Similarity estimation techniques from rounding algorithms",
2002): a row of a signature is ``_SIGNS`` of them.
"""

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dataset_pipeline.config.deduplicated import Semantic
from dataset_pipeline.digests import digest_of, sha256_file
from dataset_pipeline.errors import PipelineError
from dataset_pipeline.stages.copies.candidates import buckets_of, candidates
from dataset_pipeline.stages.copies.similarity import Near
from dataset_pipeline.stages.copies.sketches import Positions, sketched
from dataset_pipeline.stages.evidence import Detector, Evidence
from dataset_pipeline.stages.spread import Spread

VERSION = "1"
SEED = 1
_ROWS, _SIGNS = 128, 4
_SCALE = 1 << 14
_AT_ONCE = 1 << 14


class EmbeddingError(PipelineError):
    """The model of embeddings cannot be used."""


def alike(texts: pl.Series, policy: Semantic, evidence: Evidence) -> Near:
    """Pairs of texts whose embeddings' cosine is at least the threshold, with the cosine.

    A text of which the model knows no word is like none.
    """
    vectors = _vectors(evidence(detector(policy), texts)["embedding"])
    lengths = np.sqrt((vectors.astype(np.float64) ** 2).sum(axis=1))
    known = np.flatnonzero(lengths > 0)

    def cosines(left: Positions, right: Positions) -> NDArray[np.float64]:
        one, other = known[left], known[right]
        found = np.empty(len(one))
        for first in range(0, len(one), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            both = vectors[one[some]].astype(np.float64) * vectors[other[some]]
            found[some] = both.sum(axis=1) / (lengths[one[some]] * lengths[other[some]])
        return np.minimum(found, 1.0)

    agreeing = (1 - math.acos(policy.threshold) / math.pi) ** _SIGNS
    signed = _signed(vectors[known])
    sketches, buckets = sketched(signed, agreeing), buckets_of(signed, agreeing)
    found = candidates(
        sketches,
        buckets,
        lambda left, right: cosines(left, right) >= policy.threshold,
    )
    measured = cosines(found.left, found.right)
    enough = measured >= policy.threshold
    aside = np.zeros(len(texts), np.bool_)
    aside[known] = found.aside
    left, right = known[found.left[enough]], known[found.right[enough]]
    return Near(
        left, right, measured[enough], found.crowds, found.unpaired, aside, buckets, sketches.bits
    )


def model_digest(policy: Semantic) -> str:
    """64 hex over the files of the model; EmbeddingError when its folder holds none."""
    folder = Path(policy.model)
    if not (folder / "config.json").is_file():
        raise EmbeddingError(
            f"deduplicated.semantic.model: there is no model in the folder {folder}; give the path "
            "of a downloaded model2vec model"
        )
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest_of({path.relative_to(folder).as_posix(): sha256_file(path) for path in files})


def detector(policy: Semantic) -> Detector:
    """Finds a text's embedding: a column ``embedding`` of so many whole numbers of two bytes.

    Raises EmbeddingError when model2vec is not installed, or the folder holds no model of it.
    """
    folder = Path(policy.model)
    schema = {"embedding": pl.Binary()}

    def detect(texts: pl.Series, _spread: Spread) -> pl.DataFrame:
        parts = [
            pl.Series("embedding", [row.tobytes() for row in _embedded(folder, part)], pl.Binary)
            for part in _parts(texts)
        ]
        return pl.concat(parts).to_frame() if parts else pl.DataFrame(schema=schema)

    return Detector("embedding", VERSION, schema, detect, {"model": model_digest(policy)})


def _embedded(folder: Path, texts: pl.Series) -> NDArray[np.int16]:
    made = _model(folder).encode(texts.to_list(), max_length=None, use_multiprocessing=False)
    lengths = np.linalg.norm(made, axis=1, keepdims=True)
    unit = np.divide(made, lengths, out=np.zeros_like(made), where=lengths > 0)
    whole: NDArray[np.int16] = np.rint(unit * _SCALE).astype("<i2")
    return whole


@cache
def _model(folder: Path) -> Any:
    try:
        from model2vec import StaticModel
    except ImportError:
        raise EmbeddingError(
            "deduplicated.semantic: model2vec is not installed; run "
            "`pip install 'dataset-pipeline[embeddings]'`"
        ) from None
    try:
        return StaticModel.from_pretrained(folder, force_download=False)
    except (OSError, KeyError, ValueError) as error:
        raise EmbeddingError(
            f"deduplicated.semantic.model: {folder} is no model2vec model "
            f"({type(error).__name__}); give the path of a downloaded one"
        ) from error


def _vectors(column: pl.Series) -> NDArray[np.int16]:
    width = int(column.bin.size().max() or 0) // 2  # type: ignore[arg-type]
    parts = [
        np.frombuffer(b"".join(part.to_list()), "<i2").reshape(len(part), width)
        for part in _parts(column)
    ]
    return np.concatenate(parts) if parts else np.empty((0, 0), "<i2")


def _signed(vectors: NDArray[np.int16]) -> NDArray[np.uint32]:
    """A signature a row: ``_ROWS`` numbers of ``_SIGNS`` signs each, mixed into all their bits."""
    dice = np.random.RandomState(SEED)
    planes = np.rint(dice.standard_normal((vectors.shape[1], _ROWS * _SIGNS)) * 256)
    weights = 1 << np.arange(_SIGNS, dtype=np.uint32)
    made = np.empty((len(vectors), _ROWS), np.uint32)
    for first in range(0, len(vectors), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        above = (vectors[some].astype(np.float64) @ planes) > 0
        made[some] = (above.reshape(-1, _ROWS, _SIGNS) * weights).sum(axis=2, dtype=np.uint32)
    return made * np.uint32(0x9E3779B1) >> np.uint32(7)


def _parts(column: pl.Series) -> list[pl.Series]:
    return [column[first : first + _AT_ONCE] for first in range(0, len(column), _AT_ONCE)]
