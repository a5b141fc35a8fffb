"""Recall and precision of what is found, against where the entities stand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dataset_pipeline.stages.personal.finding import Finding
from dataset_pipeline_tests.stages.personal.held_out import Case


@dataclass
class Score:
    """Spans that stand there and are found; that are found and stand there."""

    there: int = 0
    caught: int = 0
    found: int = 0
    right: int = 0
    characters: int = 0
    covered: int = 0

    @property
    def recall(self) -> float:
        return self.caught / self.there if self.there else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def coverage(self) -> float:
        """The share of the entities' characters that lie in findings."""
        return self.covered / self.characters if self.characters else 1.0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            *(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True))
        )


def score(
    cases: Iterable[Case], entity: str, find: Callable[[str], list[Finding]], least: float = 0.4
) -> Score:
    """Caught is what findings cover by half; right is a finding of which half is there."""
    total = Score()
    for case in cases:
        there = [(start, end) for start, end, kind in case.spans if kind == entity]
        found = [(f.start, f.end) for f in find(case.text) if f.score >= least]
        total.there += len(there)
        total.found += len(found)
        for span in there:
            covered = _shared(span, found)
            total.characters += span[1] - span[0]
            total.covered += covered
            total.caught += 2 * covered >= span[1] - span[0]
        total.right += sum(2 * _shared(span, there) >= span[1] - span[0] for span in found)
    return total


def _shared(span: tuple[int, int], others: list[tuple[int, int]]) -> int:
    return sum(max(0, min(span[1], end) - max(span[0], start)) for start, end in others)
