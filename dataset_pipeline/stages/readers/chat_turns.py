"""What the formats of chats have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Turn = dict[str, str | None]


@dataclass(frozen=True)
class Conversation:
    """Turns, where they begin in the file, and how they are named."""

    line: int
    id: str | None
    title: str | None
    turns: Sequence[Turn]
    thread: str | None = None

    def values(self) -> dict[str, Any]:
        """The fields of the row."""
        return {
            "id": self.id,
            "thread": self.thread or self.id,
            "title": self.title,
            "time": next((turn["time"] for turn in self.turns if turn.get("time")), None),
            "turns": list(self.turns),
        }


def turn(author: str, said: str | None, time: str | None) -> Turn:
    """A turn as rows have it; times are ISO 8601."""
    return {"role": author, "content": said, "time": time}


def epoch(seconds: Any) -> str | None:
    """The time that so many seconds since 1970 are; None where they are none."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC).isoformat()
    except (ValueError, TypeError, OverflowError, OSError):
        return None
