"""How much of an item stands in a text, word by word, where most of it seems to."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from itertools import accumulate, pairwise

from dataset_pipeline.stages.overlap.coverage import Weights
from dataset_pipeline.stages.overlap.words import Placed

_SLACK = 8  # for so many of an item's words the text may have one more before, in or after it
# Of so many words one may differ: short questions that differ in more ask for something else.
_SHORT = 8
_ALIKE = 0.75  # of the letters of what stands in the place of a word, to be the same word


@dataclass(frozen=True)
class Aligned:
    """The share of the item that stands in the text, in the item's order; its weight; and where.

    Of two shares the smaller: that of the item's words, less the words put in between, and that of
    their weight. Neither do common words alone make a copy, nor does a rare one. ``edits``: written
    words left out or put in; a word that is another counts as both, one that is misspelt or
    inflected once.
    """

    share: float
    weight: float
    edits: int
    start: int
    end: int


def aligned(
    asked: Placed, weights: Weights, text: Placed, shift: int, least: float = 0.0
) -> Aligned:
    """Align an item's words with those of a text around the place where it stands (``shift``).

    Where less than ``least`` of the words can be there at all, nothing is.

    What differs only in where words end ("e-mail" and "email") is the same.
    """
    item = asked.words
    slack = 1 + len(item) // _SLACK
    low, high = max(shift - slack, 0), max(shift + len(item) + slack, 0)
    window = text.words[low:high]
    whole = float(weights.sum())
    if same := _glued(item, window):
        return Aligned(1.0, whole, 0, text.starts[low + same[0]], text.ends[low + same[1]])
    near = frozenset(window)
    if sum(word in near for word in item) < least * len(item):
        return Aligned(0.0, 0.0, len(item), 0, 0)
    matcher = SequenceMatcher(None, item, window, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return Aligned(0.0, 0.0, len(item), 0, 0)
    weighed = sum(float(weights[block.a : block.a + block.size].sum()) for block in blocks)
    first, last = blocks[0].b + low, blocks[-1].b + blocks[-1].size - 1 + low
    counted = sum(block.size for block in blocks)
    foreign = last - first + 1 - counted
    share = min(weighed / whole, (counted - foreign) / len(item))
    edits = _edits(blocks, asked, text, low)
    return Aligned(min(max(share, 0.0), 1.0), weighed, edits, text.starts[first], text.ends[last])


def edits_allowed(words: int, least: float) -> int:
    """How many edits a copy of an item of so many words may have: one of a short item.

    Of a longer one the share that ``least`` leaves of the words by which it is longer.
    """
    return max(1, int((1 - least) * (words - _SHORT) + 1e-9))


def _edits(blocks: Sequence[Match], item: Placed, text: Placed, low: int) -> int:
    """Written words left out or put in, around and between the blocks that are the same.

    The blocks are of the item, and of the text from word ``low`` on.
    """
    first, last = blocks[0], blocks[-1]
    before, behind = first.a, len(item.words) - last.a - last.size
    head, tail = low + first.b, low + last.b + last.size
    outer = _changed((item, 0, before), (text, head - _beside(text, head, -1, before), head))
    end = tail + _beside(text, tail - 1, 1, behind)
    outer += _changed((item, last.a + last.size, len(item.words)), (text, tail, end))
    return outer + sum(
        _changed((item, one.a + one.size, other.a), (text, low + one.b + one.size, low + other.b))
        for one, other in pairwise(blocks)
    )


def _beside(text: Placed, place: int, step: int, most: int) -> int:
    """How many words a sentence has beside a word, backwards or onwards; 0 where more than that.

    What goes on does not stand in the place of anything: the item does, cut off, within it.
    """
    count, beside = 0, place + step
    while 0 <= beside < len(text.words) and text.sentence[beside] == text.sentence[place]:
        count, beside = count + 1, beside + step
        if count > most:
            return 0
    return count


def _changed(ours: tuple[Placed, int, int], theirs: tuple[Placed, int, int]) -> int:
    """The edits between some words of an item (from, to) and those in their place."""
    left, right = ("".join(told.words[first:end]) for told, first, end in (ours, theirs))
    if left and right and SequenceMatcher(None, left, right, autojunk=False).ratio() >= _ALIKE:
        return 1
    return _written(*ours) + _written(*theirs)


def _written(told: Placed, first: int, end: int) -> int:
    """Of how many written words the words from ``first`` up to ``end`` are."""
    return told.written[end - 1] - told.written[first] + 1 if first < end else 0


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
