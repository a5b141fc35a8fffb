"""Runs of capitalised words: which of them are the name, what stands beside it, and where again."""

import re

from dataset_pipeline.stages.personal.name_words import (
    CAPITAL,
    COMMON,
    EVIDENCE,
    GIVEN,
    HINT,
    INITIAL,
    KNOWN,
    MOST,
    PARTICLE,
    PATRONYMIC,
    STOP,
    UPPER,
    Token,
    is_plain_surname,
)

# "Позвонила Мария Петровна": verbs at a sentence's start are no surnames.
_VERB = re.compile(r"(?i).*(?:[аеиоуыя]л(?:а|и|о)?(?:сь|ся)?|[аеиуюя]т(?:ся)?)")
_LABELLED = re.compile(r"[:|;—–] *$|(?:^|\n)(?:[-*•] )?$")
# Behind "Surname, Given" a part of the text ends, or the sentence goes on.
_ENDS = re.compile(r"[;.|)\n\r]|$|,? [^\W\d_A-ZА-ЯЁ]")
_REACH = 40


def trimmed(text: str, run: list[Token], dubious: bool) -> list[Token]:
    """A run without a plain first word of a sentence, cut to what names consist of."""
    if len(run) > 3 and not run[0].bits & EVIDENCE and _is_with_initials(run[1:]):
        return run[1:]
    if dubious and len(run) > 1 and not run[0].bits & EVIDENCE and _stands_alone(run[1:]):
        run = run if _is_surname_first(text, run) else run[1:]
    if len(run) > MOST:
        marks = [place for place, token in enumerate(run) if token.bits & EVIDENCE]
        if not marks:
            return []
        run = run[max(0, marks[0] - 1) : marks[0] + 3]
    known = [place for place, token in enumerate(run) if token.bits & EVIDENCE]
    if known and len(run) - 1 > known[-1] + 1:
        end = known[-1] + 2
        while end < len(run) and run[end - 1].bits & PARTICLE:
            end += 1
        run = run[:end]
    return run


def _is_with_initials(run: list[Token]) -> bool:
    """Whether it is a surname and two initials."""
    return [bool(token.bits & INITIAL) for token in run] == [False, True, True]


def _stands_alone(rest: list[Token]) -> bool:
    """Whether a run is a name without the word before it: initials alone need that word."""
    if all(token.bits & INITIAL for token in rest):
        return False
    known = sum(1 for token in rest if token.bits & KNOWN)
    return known > 1 or (len(rest) > 2 and all(token.bits & INITIAL for token in rest[:2]))


def _is_surname_first(text: str, run: list[Token]) -> bool:
    """Whether an unknown word before a given name and a patronymic is their surname."""
    if len(run) != 3 or not (run[1].bits & GIVEN and run[2].bits & PATRONYMIC):
        return False
    if text[max(0, run[0].start - _REACH) : run[0].start].rstrip(" ").endswith(":"):
        return True
    return not run[0].bits & HINT and _VERB.fullmatch(run[0].word) is None


def given_behind(text: str, tokens: list[Token], end: int, *, known: bool, expected: bool) -> int:
    """Where "Surname, Given" ends, if a given name follows after the comma; else 0.

    ``known``: the word before the comma is a given name itself, so that a list is more likely.
    ``expected``: a name was announced, so that an unknown word may be a given name.
    """
    if known or end >= len(tokens) or not end:
        return 0
    token = tokens[end]
    if text[tokens[end - 1].end : token.start] != ", " or not token.bits & CAPITAL:
        return 0
    if token.bits & (GIVEN | COMMON):
        return token.end
    unknown = expected and not token.bits & (STOP | UPPER | INITIAL)
    return token.end if unknown and _ENDS.match(text, token.end) else 0


def family_before(text: str, tokens: list[Token], first: int) -> int:
    """Where "Surname, Given" begins, if it is one: else where the given name does."""
    given = tokens[first]
    if not first or not _ENDS.match(text, given.end):
        return given.start
    family = tokens[first - 1]
    surname = family.bits & CAPITAL and not family.bits & (STOP | INITIAL | GIVEN)
    if not surname or text[family.end : given.start] != ", ":
        return given.start
    labelled = _LABELLED.search(text[max(0, family.start - _REACH) : family.start])
    announced = first > 1 and tokens[first - 2].bits & HINT
    return family.start if labelled or announced else given.start


def named_again(
    spans: list[tuple[int, int, float]], found: list[re.Match[str]], bits: list[int]
) -> list[tuple[int, int, float]]:
    """Where a part of a name of several words stands once more, alone: "Ann Smith … Smith's"."""
    parts: set[str] = set()
    outside: list[re.Match[str]] = []
    inside = dict(_words_in(spans, found))
    for place, whole in inside.items():
        plain = bits[place] & (COMMON | STOP | UPPER | INITIAL)
        if whole and bits[place] & CAPITAL and not plain and not is_plain_surname(found[place][0]):
            parts.add(found[place][0])
    if parts:
        outside = [m for place, m in enumerate(found) if place not in inside and m[0] in parts]
    return [(*match.span(), 0.5) for match in outside]


def _words_in(
    spans: list[tuple[int, int, float]], found: list[re.Match[str]]
) -> list[tuple[int, bool]]:
    """The places of words that lie in spans, and whether a span has several words and is sure."""
    places, at = [], 0
    for start, end, score in sorted(spans):
        while at < len(found) and found[at].start() < start:
            at += 1
        first = at
        while at < len(found) and found[at].start() < end:
            at += 1
        places += [(place, at - first > 1 and score >= 0.5) for place in range(first, at)]
    return places
