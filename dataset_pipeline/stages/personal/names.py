"""Persons' names without a model: word lists, what stands before them, and the shape of names.

Each word is looked up once; the rules then look at runs of words that stand together. Nothing is
a name for its capital letter alone: a run needs a known given name, the shape of a surname or a
patronymic beside another name, initials, or a word before it that announces a name.
"""

import re
from typing import NamedTuple

from dataset_pipeline.stages.personal import name_contexts as contexts
from dataset_pipeline.stages.personal.finding import Finding, Kind
from dataset_pipeline.stages.personal.lower_names import announced_lower, known_lower
from dataset_pipeline.stages.personal.name_runs import (
    family_before,
    given_behind,
    named_again,
    trimmed,
)
from dataset_pipeline.stages.personal.name_words import (
    CAPITAL,
    COMMON,
    EVIDENCE,
    FAMILY,
    FOLLOWER,
    GIVEN,
    HINT,
    HINTS,
    INITIAL,
    LOWER,
    LOWER_SIGN,
    MOST,
    PARTICLE,
    PATRONYMIC,
    SHAPED,
    STOP,
    SURNAME,
    UPPER,
    WEAK,
    WORD,
    Token,
    bits_of,
    joined,
)

_WINDOW = (2, 12)  # words before and from a word on that its rules look at
_NUMBERED = re.compile(" [0-9]")  # "Cloud 30" is a plan
_REACH = 32  # characters before a name in which it is announced


class _Before(NamedTuple):
    """What stands before a run of words."""

    starts: bool = False  # a sentence
    titled: bool = False
    signs: bool = False
    announced: bool = False
    greeted: bool = False
    introduced: bool = False


def find_persons(text: str) -> list[Finding]:
    """Where names of persons stand."""
    bits = list(map(bits_of, WORD.findall(text)))
    starts = _worth_a_look(bits)
    if not starts:
        return []
    found = list(WORD.finditer(text))
    spans: list[tuple[int, int, float]] = []
    done = 0
    for index in starts:
        if index < done:
            continue
        first = max(0, index - _WINDOW[0])
        tokens = [
            Token(*match.span(), match[0], bits[place])
            for place, match in enumerate(found[first : index + _WINDOW[1]], first)
        ]
        after = text[spans[-1][1] : found[index].start()] if spans else ""
        more, end = _at(text, tokens, index - first, also=_also(after))
        spans += more
        done = first + end
    if spans:
        spans += named_again(spans, found, bits)
    return [Finding(start, end, "PERSON", score) for start, end, score in _merged(spans)]


def _also(after: str) -> bool:
    """Whether what stands behind a name says that another one follows."""
    return 0 < len(after) < _REACH + _WINDOW[0] and contexts.ALSO.fullmatch(after) is not None


def _worth_a_look(bits: list[int]) -> list[int]:
    """The places of words that may begin a name; most texts have few."""
    places, previous = [], 0
    for place, own in enumerate(bits):
        if not own & CAPITAL:
            if own & LOWER_SIGN or (previous & LOWER and not own & STOP):
                places.append(place)
        elif not own & STOP and (
            own & EVIDENCE
            or previous & HINT
            or (bits[place + 1 : place + 2] or [0])[0] & (CAPITAL | FOLLOWER)
        ):
            places.append(place)
        previous = own
    return places


def _at(
    text: str, tokens: list[Token], index: int, *, also: bool
) -> tuple[list[tuple[int, int, float]], int]:
    """The names that begin at a word, and the place after what was looked at.

    ``also``: a name stands right before it, and "and".
    """
    bits = tokens[index].bits
    if bits & CAPITAL:
        end = _run_end(text, tokens, index)
        if end == index:
            return [], index + 1
        found = _in_run(text, tokens, index, end) or _by_surroundings(text, tokens[index:end], also)
        return found, end
    if bits & LOWER_SIGN:
        return known_lower(text, tokens, index), index + 1
    return announced_lower(text, tokens, index), index + 1


def _run_end(text: str, tokens: list[Token], index: int) -> int:
    """Where the run of capitalised words that may be a name ends; ``index`` if there is none."""
    end = index
    while end < len(tokens):
        if end > index and not joined(text, tokens[end - 1], tokens[end]):
            break
        if not _may_be_name(text, tokens[end], end > index):
            past = _past_particles(text, tokens, end) if end > index else end
            if past == end:
                break
            end = past
        end += 1
    return end


def _past_particles(text: str, tokens: list[Token], place: int) -> int:
    """The place of the capitalised word behind particles: "van der Berg"; ``place`` without."""
    end = place
    while end < len(tokens) and tokens[end].bits & PARTICLE and not tokens[end].bits & CAPITAL:
        if end + 1 >= len(tokens) or not joined(text, tokens[end], tokens[end + 1]):
            return place
        end += 1
    if end == place or end >= len(tokens) or not _may_be_name(text, tokens[end], within=True):
        return place
    return end


def _may_be_name(text: str, token: Token, within: bool) -> bool:
    if token.bits & INITIAL:
        return within or text[token.end : token.end + 1] == "."
    return token.bits & (CAPITAL | STOP) == CAPITAL


def _before(text: str, tokens: list[Token], first: int, look: bool) -> _Before:
    if not first:
        return _Before(starts=True)
    previous, start = tokens[first - 1], tokens[first].start
    starts = not contexts.STARTS.isdisjoint(text[previous.end : start])
    if not (look and previous.bits & HINT):
        return _Before(starts)
    before = text[max(0, start - _REACH) : start]
    titled, signs, announced, greeted, introduced = (
        bool(previous.bits & bit) and pattern.search(before) is not None
        for bit, _, pattern in HINTS
    )
    return _Before(starts, titled, signs, announced or titled or signs, greeted, introduced)


def _in_run(text: str, tokens: list[Token], first: int, end: int) -> list[tuple[int, int, float]]:
    """The names in a run of capitalised words."""
    run = tokens[first:end]
    hinted = first and tokens[first - 1].bits & HINT
    if not hinted and not any(token.bits & EVIDENCE for token in run):
        return []
    if all(token.bits & UPPER for token in run) and len(run) > MOST:
        return []  # somebody shouts
    if _is_street(text, tokens, first, end):
        return []
    known = any(token.bits & GIVEN for token in run)
    before = _before(text, tokens, first, look=not known)
    expected = before.announced or before.greeted
    kept = trimmed(text, run, before.starts and not expected)
    score = _score(text, tokens, first, kept, before) if kept else 0.0
    if not score:
        return []
    start, stop = kept[0].start, kept[-1].end
    if kept[-1].bits & INITIAL and text[stop : stop + 1] == ".":
        stop += 1
    if len(kept) == 1:
        stop = given_behind(text, tokens, end, known=known, expected=expected) or stop
        start = family_before(text, tokens, first) if kept[0] is run[0] else start
    return [(start, stop, score)]


def _by_surroundings(text: str, run: list[Token], also: bool) -> list[tuple[int, int, float]]:
    """Two or three unknown words that do what only persons do, or stand where persons are named."""
    plain = not any(token.bits & (UPPER | INITIAL) or len(token.word) < 3 for token in run)
    if not plain or len(run) > 3 or _NUMBERED.match(text, run[-1].end):
        return []
    follows = contexts.FOLLOWS if len(run) > 1 else contexts.HONORIFIC
    if len(run) == 1 and run[0].bits & COMMON:
        placed = contexts.PLACES.search(text[max(0, run[0].start - _REACH) : run[0].start])
        follows = contexts.HONORIFIC if placed else contexts.SPEAKS
    told = follows.match(text, run[-1].end) or (also and len(run) == 2)
    if not told and (len(run) == 1 or not _labelled(text, run)):
        return []
    return [(run[0].start, run[-1].end, 0.45)]


def _labelled(text: str, run: list[Token]) -> bool:
    """Whether a label for persons stands before a run; one of unknown kind, if it is all of it."""
    start = run[0].start
    before = text[max(0, start - 40) : start]
    if not before.rstrip(" ").endswith(":"):
        return False
    filled = contexts.FILLED.match(text, run[-1].end) is not None
    return contexts.LABEL.search(before) is not None or (filled and contexts.is_role(before))


def _is_street(text: str, tokens: list[Token], first: int, end: int) -> bool:
    """Whether a street bears the name."""
    after = tokens[end].word.lower() if end < len(tokens) else ""
    if after in contexts.STREETS and text[tokens[end - 1].end : tokens[end].start] == " ":
        return True
    last = tokens[end - 1].word.lower()
    if end - first > 1 and last in contexts.STREETS:
        return True
    before = tokens[first - 1].word.lower() if first else ""
    gap = text[tokens[first - 1].end : tokens[first].start] if first else ""
    return before in contexts.STREETS and gap in {" ", ". ", "."}


def _score(text: str, tokens: list[Token], first: int, run: list[Token], before: _Before) -> float:
    """How sure a run is a name; 0 if nothing speaks for it."""
    bits = 0
    for token in run:
        bits |= token.bits
    full = [token for token in run if not token.bits & INITIAL]
    if not full:
        return 0.0
    several, expected = len(run) > 1, before.announced or before.greeted
    if (bits & GIVEN and several) or (bits & PATRONYMIC and (several or expected)):
        return 0.85
    if bits & GIVEN:
        return 0.6
    if bits & INITIAL and several:
        return _with_initials(text, tokens, first, run, full)
    return _by_neighbours(text, run, bits, before)


def _by_neighbours(text: str, run: list[Token], bits: int, before: _Before) -> float:
    """How sure a run without a known given name and without initials is a name."""
    several, upper, family = len(run) > 1, bits & UPPER, bits & FAMILY
    expected = before.announced or before.greeted
    if expected and (bits & COMMON or family or (before.announced and several)):
        return 0.7
    if several and bits & COMMON and (family or not (before.starts or upper or bits & WEAK)):
        return 0.6
    if several and family and not _is_plain(run, before.starts):
        return 0.5
    return 0.45 if not upper and len(run) <= 3 and _is_awaited(text, run, before) else 0.0


def _is_awaited(text: str, run: list[Token], before: _Before) -> bool:
    """Whether the place of unknown words is one where a name stands, and the words fill it."""
    after = text[run[-1].end : run[-1].end + 1]
    if before.titled:
        return True
    if before.greeted:
        return after in {",", "!", "\n", "\r"} and not before.starts
    if before.signs:
        return after in {"", "\n", "\r"}
    if before.introduced:
        sure = len(run) > 1 or run[0].bits & COMMON
        return bool(sure) and contexts.GOES_ON.match(text, run[-1].end) is not None
    return before.announced and not before.starts and not _NUMBERED.match(text, run[-1].end)


def _is_plain(run: list[Token], starts: bool) -> bool:
    """Whether the words beside what is shaped like a surname are the mere start of a sentence."""
    others = [token for token in run if not token.bits & (SURNAME | SHAPED | PATRONYMIC)]
    if any(token.bits & UPPER for token in run):
        return sum(1 for token in run if token.bits & (SURNAME | SHAPED)) < len(run)
    return starts and len(run) == 2 and others == run[:1] and len(run[0].word) < 3


def _with_initials(
    text: str, tokens: list[Token], first: int, run: list[Token], full: list[Token]
) -> float:
    """Initials with a surname: two are enough, one wants a word that is not plainly another."""
    initials = len(run) - len(full)
    if text[run[0].start : run[-1].end + 1].count(".") < 1:
        return 0.0
    if len(full) == 2 and initials == 1 and run[1].bits & INITIAL and text[run[1].end] == ".":
        return 0.0 if run[0].word.lower() in contexts.SECTION else 0.6
    if len(full) != 1:
        return 0.0
    if initials > 1 or full[0].bits & (SURNAME | SHAPED) or _labelled(text, run):
        return 0.8
    if run[0].bits & INITIAL and len(full[0].word) > 3 and not full[0].bits & UPPER:
        previous = tokens[first - 1].word.lower() if first else ""
        return 0.0 if previous in contexts.SECTION else 0.5
    return 0.0


def _merged(spans: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    merged: list[tuple[int, int, float]] = []
    for span in sorted(spans):
        if merged and span[0] < merged[-1][1]:
            start, end, score = merged[-1]
            merged[-1] = (start, max(end, span[1]), max(score, span[2]))
        else:
            merged.append(span)
    return merged


# The lists are too long for a regex over a whole column: a word is looked up faster.
KINDS = (Kind("PERSON", "PERSON", r"\pL{2}", find_persons, "gazetteer, context and shape"),)
