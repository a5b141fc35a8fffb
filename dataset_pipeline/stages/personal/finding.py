"""What a recognizer finds, and what a kind of personal data consists of."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """Where an entity stands in a text. It does not hold the value."""

    start: int
    end: int
    entity: str
    score: float


@dataclass(frozen=True)
class Kind:
    """One entity of ours: its marker, its gate, what finds it, and by which method.

    ``gate`` is a Rust regex (no look-around) without which ``find`` finds nothing.
    """

    entity: str
    marker: str
    gate: str
    find: Callable[[str], list[Finding]]
    method: str
