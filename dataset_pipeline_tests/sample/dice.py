"""Chance that is the same everywhere.

Python promises that `random.Random.random` keeps its sequence between releases, and promises
nothing about `choice`, `shuffle` or `sample`. So all draws are made from `random()` alone.
"""

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
SEED = "saqta-home-2026-04-30"


class Dice:
    """A stream of draws named by its labels: another stream never moves when one is used more."""

    def __init__(self, *labels: object) -> None:
        name = "/".join([SEED, *map(str, labels)])
        self._random = random.Random(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]))

    def below(self, bound: int) -> int:
        """A whole number in [0, bound)."""
        return int(self._random.random() * bound)

    def between(self, low: int, high: int) -> int:
        """A whole number in [low, high], both ends included."""
        return low + self.below(high - low + 1)

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def weighted(self, weights: dict[T, float]) -> T:
        """A key of `weights`, with a probability proportional to its value."""
        mark = self._random.random() * sum(weights.values())
        for item, weight in weights.items():
            mark -= weight
            if mark < 0:
                return item
        return next(reversed(weights))

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Fisher-Yates, on a copy."""
        out = list(items)
        for last in range(len(out) - 1, 0, -1):
            other = self.below(last + 1)
            out[last], out[other] = out[other], out[last]
        return out

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        return self.shuffled(items)[:count]

    def digits(self, count: int) -> str:
        return "".join(str(self.below(10)) for _ in range(count))

    def letters(self, alphabet: str, count: int) -> str:
        return "".join(self.pick(alphabet) for _ in range(count))
