"""The shape of a phrasebook: what a language must offer so that records can be written in it.

Only shapes live here; the words are in `phrases_en`, `phrases_ru` and `phrases_kk`.
"""

from dataclasses import dataclass

INTENTS = (
    "billing",
    "delivery",
    "returns",
    "account_access",
    "technical_issue",
    "cancellation",
    "product_question",
    "other",
)


@dataclass(frozen=True)
class Topic:
    """What people and agents say about one intent; every string may hold `{slots}`.

    `situations` say what happened, `details` add to it, `asks` say what is wanted; `followups` are
    what a customer writes after the first answer; `answers` and `steps` are the agent's.
    """

    subjects: tuple[str, ...]
    situations: tuple[str, ...]
    details: tuple[str, ...]
    asks: tuple[str, ...]
    followups: tuple[str, ...]
    answers: tuple[str, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Phrasebook:
    """One language: its topics, and the small talk that all topics share."""

    language: str
    topics: dict[str, Topic]
    openings: tuple[str, ...]
    attempts: tuple[str, ...]
    moods: tuple[str, ...]
    closings: tuple[str, ...]
    acknowledgements: tuple[str, ...]
    nudges: tuple[str, ...]
    agent_openings: tuple[str, ...]
    agent_closings: tuple[str, ...]
    products: tuple[str, ...]
    rooms: tuple[str, ...]
    plans: tuple[str, ...]
    months: tuple[str, ...]
    day_month: str
    typos: tuple[tuple[str, str], ...]


def lines(block: str) -> tuple[str, ...]:
    """The non-empty lines of a block, so that phrasebooks read as plain lists of sentences."""
    return tuple(line.strip() for line in block.strip().splitlines() if line.strip())
