"""How far annotators agree."""

from collections import Counter
from collections.abc import Sequence


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Agreement of two annotators beyond chance, between -1 and 1.

    Cohen, "A coefficient of agreement for nominal scales", 1960. Two annotators who both used one
    and the same label throughout agree fully (1.0). Raises ValueError on empty or unequal input.
    """
    if not first or len(first) != len(second):
        raise ValueError("expected two label lists of the same length, not empty")
    total = len(first)
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / total
    left, right = Counter(first), Counter(second)
    expected = sum(left[label] * right[label] for label in left) / total**2
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)
