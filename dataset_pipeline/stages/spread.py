"""What a stage asks of whoever runs it: a pure function of each item, for many items."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


class Spread(Protocol):
    """Calls a function with all items, in parts if it likes; the results in the items' order.

    The function must be picklable and give one result an item, whatever the parts.
    """

    def __call__(
        self, function: Callable[[Sequence[Item]], list[Found]], items: Sequence[Item]
    ) -> list[Found]:
        """The results in the items' order."""


def here(function: Callable[[Sequence[Item]], list[Found]], items: Sequence[Item]) -> list[Found]:
    """All at once, in this process."""
    return function(items)
