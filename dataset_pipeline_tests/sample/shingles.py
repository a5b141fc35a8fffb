"""The measure of likeness that the truth file speaks of, and a net that keeps unplanned twins out.

Likeness of two texts is the Jaccard index of their sets of character 5-grams, after casefolding,
dropping all punctuation and symbols, and collapsing white space.
"""

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable

SIZE = 5


def normalized(text: str) -> str:
    """Casefolded, letters, marks and digits only, single spaces between words."""
    kept = (
        char if unicodedata.category(char)[0] in "LMN" else " " if char.isspace() else ""
        for char in text.casefold()
    )
    return " ".join("".join(kept).split())


def shingles(text: str) -> frozenset[str]:
    """The 5-grams of the normalized text; a shorter text is its own only shingle."""
    plain = normalized(text)
    if len(plain) <= SIZE:
        return frozenset([plain]) if plain else frozenset()
    return frozenset(plain[i : i + SIZE] for i in range(len(plain) - SIZE + 1))


def jaccard(one: str, other: str) -> float:
    left, right = shingles(one), shingles(other)
    return len(left & right) / len(left | right) if left or right else 1.0


class Net:
    """Finds every earlier text that is at least `threshold` alike; exact, by prefix filtering.

    With the shingles of each set in one fixed order, rare ones first, two sets of Jaccard >= t must
    share one of their first |x| - ceil(t |x|) + 1 members (Chaudhuri et al., ICDE 2006).
    """

    def __init__(self, threshold: float, rehearsal: Iterable[str]) -> None:
        self._threshold = threshold
        self._frequency = Counter(gram for text in rehearsal for gram in shingles(text))
        self._sets: list[frozenset[str]] = []
        self._members: defaultdict[str, list[int]] = defaultdict(list)

    def catches(self, text: str) -> bool:
        """Whether a text that was added before is too much like this one."""
        grams = shingles(text)
        seen = {number for gram in self._prefix(grams) for number in self._members[gram]}
        return any(self._alike(grams, self._sets[number]) for number in seen)

    def add(self, text: str) -> None:
        grams = shingles(text)
        for gram in self._prefix(grams):
            self._members[gram].append(len(self._sets))
        self._sets.append(grams)

    def _prefix(self, grams: frozenset[str]) -> list[str]:
        length = len(grams) - math.ceil(self._threshold * len(grams)) + 1
        return sorted(grams, key=lambda gram: (self._frequency[gram], gram))[:length]

    def _alike(self, one: frozenset[str], other: frozenset[str]) -> bool:
        small, large = sorted((len(one), len(other)))
        if small < self._threshold * large:
            return False
        shared = len(one & other)
        return shared >= self._threshold * (len(one) + len(other) - shared)
