"""Texts with copies of other texts in them: for tests and measurements of what finds such copies.

All that is made here is made by numbers: the same seed gives the same texts.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

KINDS = ("verbatim", "insertion", "deletion", "punctuation", "in_long_text")
_SYLLABLES = (
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta",
    "ve", "wi", "xo", "zu", "bra", "cle", "dri", "flo", "gru", "sha", "ste", "tri",
)  # fmt: skip
_COMMON = (  # noqa: SIM905
    "the of and to in is i that it you for my on with was as have be this at not are but from or "
    "can how what do when your if which will there an their one all please would about order "
    "card account does has been why we money get need know help after still"
).split()
_OPENINGS = (
    "hello thank you for your message we have looked into it and can tell you the following",
    "dear support team i am writing to you because of the problem that i told you about before",
    "which of the following statements is true about the thing that we talked about",
    "what is the best way to find out how this is done and who can help me with it",
)
_MARKS = ("-", "—", "!", ";", "…", "?", ",", " /")


@dataclass(frozen=True)
class Injected:
    """A record's text; ``item`` and ``kind`` of the copy in it, or None for a clean one."""

    text: str
    item: int | None = None
    kind: str | None = None


def injected(
    items: Sequence[str], clean: int, *, seed: int = 1, kinds: Sequence[str] = KINDS
) -> list[Injected]:
    """``clean`` texts without a copy, and of every item one text of each kind, shuffled."""
    chance = random.Random(seed)
    vocabulary = _vocabulary(chance)
    made = [Injected(sentence(chance, vocabulary)) for _ in range(clean)]
    for kind in kinds:
        for number, item in enumerate(items):
            made.append(Injected(_EDITS[kind](item, chance, vocabulary), number, kind))
    chance.shuffle(made)
    return made


def sentence(chance: random.Random, vocabulary: Sequence[str], words: int | None = None) -> str:
    """Some words by their frequency, now and then after an opening that many texts share."""
    length = words or chance.randint(6, 70)
    body = [_word(chance, vocabulary) for _ in range(length)]
    opening = [chance.choice(_OPENINGS)] if chance.random() < 0.4 else []
    return " ".join([*opening, *body]).capitalize() + chance.choice(".?!")


def _vocabulary(chance: random.Random) -> list[str]:
    made = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(8000)]
    return [*_COMMON, *sorted(set(made))]


def _word(chance: random.Random, vocabulary: Sequence[str]) -> str:
    if chance.random() < 0.55:
        return chance.choice(_COMMON)
    return vocabulary[int(chance.paretovariate(0.6)) % len(vocabulary)]


def _verbatim(item: str, _chance: random.Random, _vocabulary: Sequence[str]) -> str:
    return item


def _insertion(item: str, chance: random.Random, vocabulary: Sequence[str]) -> str:
    words = item.split()
    at = chance.randint(0, len(words))
    return " ".join([*words[:at], _word(chance, vocabulary), *words[at:]])


def _deletion(item: str, chance: random.Random, _vocabulary: Sequence[str]) -> str:
    words = item.split()
    if len(words) > 1:
        del words[chance.randrange(len(words))]
    return " ".join(words)


def _punctuation(item: str, chance: random.Random, _vocabulary: Sequence[str]) -> str:
    """Other marks between words, other case, other apostrophes."""
    bare = ["".join(c for c in word if c not in '.,;:!?()"[]') for word in item.split()]
    marked = [
        word + (chance.choice(_MARKS) if chance.random() < 0.3 else "") for word in bare if word
    ]
    return chance.choice((str.upper, str.lower, str.title))(" ".join(marked)).replace("'", "’")


def _in_long_text(item: str, chance: random.Random, vocabulary: Sequence[str]) -> str:
    around = [sentence(chance, vocabulary, chance.randint(60, 300)) for _ in range(2)]
    return f"{around[0]} {item} {around[1]}"


_EDITS: dict[str, Callable[[str, random.Random, Sequence[str]], str]] = {
    "verbatim": _verbatim,
    "insertion": _insertion,
    "deletion": _deletion,
    "punctuation": _punctuation,
    "in_long_text": _in_long_text,
}
