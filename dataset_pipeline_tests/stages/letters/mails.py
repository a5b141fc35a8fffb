"""Invented mails: each line says whose it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OWNERS = {
    "B": "",
    "S": "signature",
    "Q": "quoted_history",
    "D": "disclaimer",
    "A": "auto_response",
}
PARTS = [name for name in OWNERS.values() if name]


@dataclass(frozen=True)
class Mail:
    """A text, and which of its lines that are not empty are whose."""

    name: str
    lines: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def of(self, owner: str) -> list[str]:
        """The lines of the body (``""``) or of a part."""
        return [line for whose, line in self.lines if whose == owner and line]


def mails() -> list[Mail]:
    """All mails. Those of the third file were written when the rules for the others stood; of those
    of the fourth, in which customers write what looks like a part, the rules lost most at first.
    """
    folder = Path(__file__).parent
    names = ("mails_en.txt", "mails_ru.txt", "mails_unseen.txt", "mails_own_words.txt")
    return [mail for name in names for mail in _read(folder / name)]


def _read(path: Path) -> Iterator[Mail]:
    for block in ("\n" + path.read_text(encoding="utf-8")).split("\n# ")[1:]:
        name, *lines = block.rstrip("\n").split("\n")
        yield Mail(name, tuple((OWNERS[line[:1]], line[2:]) for line in lines))
