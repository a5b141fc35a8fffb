"""How surely near pairs are found: what the bands promise, and what was tried."""

import math
import random
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dataset_pipeline.stages.copies.candidates import bands, become_candidates, found_with
from dataset_pipeline.stages.copies.minhash import signed
from dataset_pipeline.stages.copies.sketches import Positions
from dataset_pipeline.stages.copies.verified import similarities

CURVE_SCHEMA = {"similarity": pl.Float64, "probability": pl.Float64}
RECALL_SCHEMA = {
    "low": pl.Float64,
    "high": pl.Float64,
    "planted": pl.Int64,
    "found": pl.Int64,
    "lower": pl.Float64,
    "upper": pl.Float64,
}
_TEXTS = 75
_CHARACTERS = 600
_STEPS = 20
_BINS_BELOW = 2
_BIN = 0.1
_SHINGLES = 3
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_Z = 1.959964


def curve(permutations: int, threshold: float) -> pl.DataFrame:
    """The S-curve of the chosen bands: with what probability a pair shares one.

    A near pair is then a candidate but for three times in ten thousand; of others the sketches pass
    over most.
    """
    count, rows = bands(permutations, threshold)
    steps = [step / _STEPS for step in range(_STEPS + 1)]
    probabilities = [found_with(step, count, rows) for step in steps]
    return pl.DataFrame({"similarity": steps, "probability": probabilities}, schema=CURVE_SCHEMA)


@dataclass(frozen=True)
class Planted:
    """Pairs that were planted: how similar each is, and whether it became a candidate."""

    similarity: NDArray[np.float64]
    found: NDArray[np.bool_]
    threshold: float

    def table(self) -> pl.DataFrame:
        """By similarity, in steps of a tenth around the threshold, with Wilson's interval."""
        rows = []
        for number in range(-_BINS_BELOW, math.ceil((1 - self.threshold) / _BIN - 1e-9)):
            low = round(self.threshold + number * _BIN, 6)
            high = round(min(low + _BIN, 1.0), 6)
            last = high >= 1
            within = (self.similarity >= low) & ((self.similarity < high) | last)
            planted, found = int(within.sum()), int(self.found[within].sum())
            rows.append((low, high, planted, found, *wilson(found, planted)))
        return pl.DataFrame(rows, schema=RECALL_SCHEMA, orient="row")

    def metrics(self) -> dict[str, float]:
        """Recall at the threshold and above; nothing where nothing was planted."""
        within = self.similarity >= self.threshold
        planted, found = int(within.sum()), int(self.found[within].sum())
        if not planted:
            return {}
        return {"recall": found / planted, "recall_lower": wilson(found, planted)[0]}


def can_be_edited(text: pl.Expr, size: int) -> pl.Expr:
    """Whether a text is long enough to be edited and still alike."""
    return text.str.len_chars() >= _SHINGLES * size


def chosen(texts: pl.DataFrame) -> Positions:
    """Which of the texts (digest, editable) are edited: some, by their digests."""
    fitting = texts.select("digest", "editable").with_row_index("place").filter("editable")
    some = fitting.bottom_k(_TEXTS, by="digest").sort("digest")
    return some["place"].cast(pl.Int64).to_numpy()


def planted_recall(texts: pl.Series, *, size: int, permutations: int, threshold: float) -> Planted:
    """Edit the beginnings of the texts at random, the same for the same, and look what is found."""
    begins = texts.str.slice(0, _CHARACTERS).to_list()
    pairs = [(text, edited) for text in begins for edited in _edited(text, threshold, size)]
    if not pairs:
        return Planted(np.empty(0), np.empty(0, np.bool_), threshold)
    both = [text for pair in pairs for text in pair]
    left = np.arange(0, len(both), 2)
    measured = similarities(both, left, left + 1, size)
    made = signed(both, size=size, permutations=permutations)
    return Planted(measured, become_candidates(made[::2], made[1::2], threshold), threshold)


def wilson(found: int, planted: int) -> tuple[float, float]:
    """The interval that holds a share with 95%. Wilson, 1927."""
    if not planted:
        return 0.0, 1.0
    share, spread = found / planted, _Z**2 / planted
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / planted + spread / planted / 4) / (1 + spread)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _edited(text: str, threshold: float, size: int) -> list[str]:
    """A copy for each step of similarity: so many characters replaced as lead about there."""
    dice = random.Random(text)  # noqa: S311  nothing secret, the same every time
    copies = []
    for number in range(-_BINS_BELOW, math.ceil((1 - threshold) / _BIN - 1e-9)):
        wanted = min(threshold + (number + dice.random()) * _BIN, 1.0)
        shingles = len(text) - size + 1
        edits = max(round(shingles * (1 - wanted) / (1 + wanted) / size), 1)
        characters = list(text)
        for place in dice.sample(range(len(text)), min(edits, len(text))):
            characters[place] = dice.choice(_LETTERS)
        copies.append("".join(characters))
    return copies
