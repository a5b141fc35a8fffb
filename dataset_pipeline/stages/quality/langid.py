"""py3langid's classifier for many texts at once: the same model and measure, in NumPy.

The library walks its automaton byte by byte in Python; here all texts take each step together. What
it reads of the model is private to the library, so a test holds the two against each other.
Lui and Baldwin, "langid.py: An Off-the-shelf Language Identification Tool", 2012.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float32]
_Whole = NDArray[np.int64]
_TEXTS_AT_ONCE = 512  # of like length: each step waits for the longest


class _Model(NamedTuple):
    """``step[base[state] + byte]`` is the next state; ``feature[state]`` what it counts, or -1."""

    step: NDArray[Any]
    base: _Whole
    feature: _Whole
    weights: _Floats
    prior: _Floats
    classes: list[str]
    aliases: list[tuple[int, int]]


def classify(identifier: Any, texts: Sequence[str]) -> list[tuple[str, float]]:
    """The most probable language of each text, and its probability."""
    model = _model(identifier)
    encoded = [_encoded(text) for text in texts]
    order = sorted(range(len(encoded)), key=lambda index: len(encoded[index]))
    found: list[tuple[str, float]] = [("", 0.0)] * len(encoded)
    for start in range(0, len(order), _TEXTS_AT_ONCE):
        part = order[start : start + _TEXTS_AT_ONCE]
        scores = _scores(model, [encoded[index] for index in part])
        best = scores.argmax(axis=1)
        for row, index in enumerate(part):
            found[index] = (model.classes[best[row]], float(scores[row, best[row]]))
    return found


@cache
def _model(identifier: Any) -> _Model:
    return _Model(
        np.asarray(identifier.tk_nextmove),
        np.asarray(identifier.tk_row).astype(np.int64) << 8,
        np.asarray(identifier.tk_output, dtype=np.int64),
        np.asarray(identifier.nb_ptc, dtype=np.float32),
        np.asarray(identifier.nb_pc, dtype=np.float32),
        list(identifier.nb_classes),
        list(identifier._alias_pairs),
    )


def _encoded(text: str) -> bytes:
    lowered = text.lower() if text.isupper() else text
    return unicodedata.normalize("NFC", lowered).encode("utf-8", "surrogatepass")


def _scores(model: _Model, texts: list[bytes]) -> _Floats:
    """Probabilities by text and class."""
    from scipy.sparse import csr_array

    rows, features, counts = _counted(model, texts)
    shape = (len(texts), len(model.weights))
    starts = np.searchsorted(rows, np.arange(len(texts) + 1))
    seen = csr_array((np.log1p(counts, dtype=np.float32), features, starts), shape=shape)
    raw = seen @ model.weights + model.prior
    raw[np.diff(starts) == 0] = 0.0  # nothing known in it: every class alike
    sizes = np.array([max(len(text), 1) for text in texts], dtype=np.float64)
    scores: _Floats = raw * (1.0 / np.sqrt(sizes))[:, None].astype(np.float32)
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    for first, other in model.aliases:
        scores[:, first] += scores[:, other]
        scores[:, other] = 0.0
    return scores


def _counted(model: _Model, texts: list[bytes]) -> tuple[_Whole, _Whole, _Floats]:
    """(text, feature, how often), by text and feature. ``texts`` are ordered by length."""
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    ends = np.fromiter(accumulate(map(len, texts)), dtype=np.int64, count=len(texts))
    sizes = np.diff(ends, prepend=0)
    begins = ends - sizes
    longest = int(sizes[-1]) if len(sizes) else 0
    state = np.zeros(len(texts), dtype=np.int64)
    width = len(model.weights)
    found = []
    first = 0
    for position in range(longest):
        first = int(np.searchsorted(sizes, position, side="right"))
        letters = data[begins[first:] + position]
        state[first:] = model.step[model.base[state[first:]] + letters]
        feature = model.feature[state[first:]]
        hit = np.flatnonzero(feature >= 0)
        found.append((hit + first) * width + feature[hit])
    keys, counts = np.unique(np.concatenate(found), return_counts=True) if found else _NOTHING
    return keys // width, keys % width, counts.astype(np.float32)


_NOTHING = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
