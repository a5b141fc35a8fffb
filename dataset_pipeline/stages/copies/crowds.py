"""Crowds: so many texts of one bucket that are alike that their pairs cannot all be measured.

Fifty thousand letters of one template have a milliard pairs. A bucket is a crowd when its members
have more than ``CROWD`` likely copies in it, on average. Crowds that share members are one. The
first text of a crowd (a leader) is held against all others, exactly; those near it step aside;
then the next is, until what is left is a crowd no more and all its pairs are candidates. So
every text is near a leader, or was held against all that are left, and the pairs of a crowd grow
with its size, not with the square of it.

Texts of a template that are not near each other never step aside, and would be measured in vain.
There is an end to it: of what is still together then no more pairs are looked for here
(``unpaired``). Those of them that are near share more than the template, so smaller buckets too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dataset_pipeline.stages.copies.sketches import Mask, Positions, Sketches

Near = Callable[[Positions, Positions], NDArray[np.bool_]]

CROWD = 32
# Likely copies of leaders are measured until they were so many, a member of the crowd.
_MEASURED = 32
# Pairs of signatures that are looked at in one bucket or crowd, at most (some seconds).
_LOOKS = 1 << 32
_AT_ONCE = 1 << 18
_LOW = 0xFFFFFFFF


@dataclass
class Crowds:
    """The large buckets of a search, one after the other.

    ``whole``: of texts that are not fresh it is known that they made no crowd, and none of them is
    gone since. ``number`` of crowds; ``aside``: which texts were held against leaders alone;
    ``unpaired``: how many were not even held against all leaders.
    """

    sketches: Sketches
    near: Near
    whole: bool = False
    number: int = 0
    unpaired: int = 0
    aside: Mask = field(init=False)
    _inside: Mask = field(init=False)
    _links: list[Positions] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.aside = np.zeros(self.sketches.bits.shape[1], np.bool_)
        self._inside = np.zeros_like(self.aside)

    def met(self, members: Positions, fresh: Mask | None = None) -> Positions:
        """Likely pairs of a bucket, each as one number; none as yet if it is a crowd.

        ``fresh``: only pairs with one of these; their octets are looked at only if need be.
        """
        found = None if self._inside[members].all() else self._likely(members, fresh)
        if found is not None:
            return found
        self._inside[members] = True
        self._links.append(members)
        return np.empty(0, np.int64)

    def thinned(self) -> list[Positions]:
        """Pairs of the crowds: of leaders with what is near them, and of what is left."""
        crowds = self._united()
        self.number = len(crowds)
        return [pairs for members in crowds for pairs in self._led(members)]

    def _united(self) -> list[Positions]:
        """Buckets with common members as one crowd; its members in order."""
        if not self._links:
            return []
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        first = np.concatenate([np.repeat(members[:1], len(members)) for members in self._links])
        places, (one, other) = _compact(first, np.concatenate(self._links))
        shape = (len(places), len(places))
        links = coo_array((np.ones(len(one), np.bool_), (one, other)), shape=shape)
        number, crowd = connected_components(links, directed=False)
        order = np.argsort(crowd, kind="stable")
        return np.split(places[order], np.searchsorted(crowd[order], np.arange(1, number)))

    def _likely(self, members: Positions, fresh: Mask | None) -> Positions | None:
        """As ``_pairs``, or more where the pairs are few by their bits alone."""
        if fresh is None or _too_many(members):
            return self._pairs(members)
        few = self._of_few_fresh(members, fresh) if self.whole else None
        return self._of_fresh(members, fresh) if few is None else few

    def _of_few_fresh(self, members: Positions, fresh: Mask) -> Positions | None:
        """Pairs with a fresh text, if by their bits they are so few that they make no crowd.

        The others, without a fresh text, are known to be as few, for each that is not fresh.
        """
        new = members[fresh[members]]
        found = [np.empty(0, np.int64)]
        left = CROWD * len(new) // 2
        for place in new:
            bits = self.sketches.lowest[:, members], self.sketches.lowest[:, place, None]
            others = members[self.sketches.lowest_alike(*bits)]
            others = others[(others > place) | ~fresh[others]]
            left -= len(others)
            if left < 0:
                return None
            one, other = np.minimum(others, place), np.maximum(others, place)
            found.append(_alike(one, other, self.sketches.bits_alike))
        return np.concatenate(found)

    def _of_fresh(self, members: Positions, fresh: Mask) -> Positions | None:
        """Pairs with a fresh text, unless all pairs are too many."""
        found = [np.empty(0, np.int64)]
        left = CROWD * len(members) // 2
        for one, other in self._alike_by_bits(members):
            left -= len(one)
            if left < 0:
                pairs = self._pairs(members)
                return pairs if pairs is None else pairs[fresh[pairs >> 32] | fresh[pairs & _LOW]]
            wanted = fresh[one] | fresh[other]
            found.append(_alike(one[wanted], other[wanted], self.sketches.bits_alike))
        return np.concatenate(found)

    def _pairs(self, members: Positions) -> Positions | None:
        """All likely pairs, unless they are too many or take too long to find."""
        if _too_many(members):
            return None
        found = [np.empty(0, np.int64)]
        left = CROWD * len(members) // 2
        for one, other in self._alike_by_bits(members):
            found.append(_alike(one, other, self.sketches.rest_alike))
            left -= len(found[-1])
            if left < 0:
                return None
        return np.concatenate(found)

    def _alike_by_bits(self, members: Positions) -> Iterator[tuple[Positions, Positions]]:
        """All pairs that the first look lets pass, some at a time."""
        bits = self.sketches.lowest[:, members]
        first = 0
        while first < len(members):
            width = len(members) - first
            height = min(max(_AT_ONCE // width, 1), width)
            block = bits[:, first : first + height, None], bits[:, None, first:]
            few = self.sketches.lowest_alike(*block)
            one, other = np.divmod(np.flatnonzero(few), width)
            later = one < other
            yield members[first + one[later]], members[first + other[later]]
            first += height

    def _led(self, rest: Positions) -> list[Positions]:
        pairs = []
        measures, looks, leaders = _MEASURED * len(rest), _LOOKS, 1
        while measures > 0 and looks > 0:
            leader, rest = rest[0], rest[1:]
            likely = rest[self.sketches.alike(np.full(len(rest), leader), rest)]
            led = likely[self.near(np.full(len(likely), leader), likely)]
            pairs.append((leader << 32) | led)
            self.aside[led] = True
            measures -= len(likely)
            looks -= len(rest)
            rest = rest[~self.aside[rest]]
            leaders += 1
            # Ever more seldom, for to look at all takes time.
            if len(rest) <= CROWD or leaders.bit_count() == 1:
                left = self._pairs(rest)
                if left is not None:
                    return [*pairs, left]
        self.unpaired += len(rest)
        return pairs


def _alike(
    one: Positions, other: Positions, look: Callable[[Positions, Positions], Mask]
) -> Positions:
    """Those pairs that the look lets pass, each as one number."""
    alike = look(one, other)
    return (one[alike] << 32) | other[alike]


def _too_many(members: Positions) -> bool:
    """Whether to look at all pairs of so many would take too long."""
    return len(members) * (len(members) - 1) // 2 > _LOOKS


def _compact(*positions: Positions) -> tuple[Positions, list[Positions]]:
    """The distinct positions in order, and each array with their numbers in place of them."""
    places, numbers = np.unique(np.concatenate(positions), return_inverse=True)
    return places, np.split(numbers, np.cumsum([len(some) for some in positions])[:-1])
