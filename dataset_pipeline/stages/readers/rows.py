"""What a reader yields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SourceFile:
    """A collected file: the name that people know it by, and where to read it."""

    name: str
    path: Path


@dataclass(frozen=True)
class Row:
    """A row as the source has it, and where it stands (``file#line``).

    ``content``: the SHA-256 (64 hex) of its bytes, where the reader took it.
    """

    file: str
    line: int
    values: Mapping[str, Any]
    content: str | None = None

    @property
    def ref(self) -> str:
        """Where the row stands."""
        return f"{self.file}#{self.line}"


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used: where it stands, the rule, and what is shown of it.

    ``evidence`` never holds text of the row. ``content`` is the SHA-256 (64 hex) of what stands
    there: the row's bytes, or the file's where all of it is unreadable.
    """

    file: str
    line: int
    rule: str
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    content: str | None = None

    @property
    def ref(self) -> str:
        """Where the row stands."""
        return f"{self.file}#{self.line}"
