"""How much of an item stands in a text, word by word, where most of it seems to."""

from bisect import bisect_right
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from dataset_pipeline.stages.overlap.search import Weights
from dataset_pipeline.stages.overlap.words import Placed

_SLACK = 8  # for so many of an item's words the text may have one more before, in or after it


@dataclass(frozen=True)
class Aligned:
    """The share of the item that stands in the text, in the item's order; its weight; and where.

    Of two shares the smaller: that of the item's words, less the words put in between, and that of
    their weight. Neither do common words alone make a copy, nor does a rare one.
    """

    share: float
    weight: float
    start: int
    end: int


def aligned(
    item: list[str], weights: Weights, text: Placed, shift: int, least: float = 0.0
) -> Aligned:
    """Align an item's words with those of a text around the place where it stands (``shift``).

    Where less than ``least`` of the words can be there at all, nothing is.

    What differs only in where words end ("e-mail" and "email") is the same.
    """
    slack = 1 + len(item) // _SLACK
    low, high = max(shift - slack, 0), max(shift + len(item) + slack, 0)
    window = text.words[low:high]
    whole = float(weights.sum())
    if same := _glued(item, window):
        return Aligned(1.0, whole, text.starts[low + same[0]], text.ends[low + same[1]])
    near = frozenset(window)
    if sum(word in near for word in item) < least * len(item):
        return Aligned(0.0, 0.0, 0, 0)
    matcher = SequenceMatcher(None, item, window, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return Aligned(0.0, 0.0, 0, 0)
    weighed = sum(float(weights[block.a : block.a + block.size].sum()) for block in blocks)
    first, last = blocks[0].b + low, blocks[-1].b + blocks[-1].size - 1 + low
    counted = sum(block.size for block in blocks)
    foreign = last - first + 1 - counted
    share = min(weighed / whole, (counted - foreign) / len(item))
    return Aligned(min(max(share, 0.0), 1.0), weighed, text.starts[first], text.ends[last])


def _glued(item: list[str], window: list[str]) -> tuple[int, int] | None:
    """The first and last word of the window that are the item but for the spaces."""
    wanted = "".join(item)
    glued = "".join(window)
    at = glued.find(wanted)
    begins = [0, *accumulate(map(len, window))] if at >= 0 else []
    while at >= 0:
        first, end = bisect_right(begins, at) - 1, bisect_right(begins, at + len(wanted) - 1)
        if begins[first] == at and begins[end] == at + len(wanted):
            return first, end - 1
        at = glued.find(wanted, at + 1)
    return None
