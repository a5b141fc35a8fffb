"""Persons' names without a model: word lists, what stands before them, and the shape of names.

Each word is looked up once; the rules then look at runs of words that stand together. Nothing is
a name for its capital letter alone: a run needs a known given name, the shape of a surname or a
patronymic beside another name, initials, or a word before it that announces a name.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from dataset_pipeline.stages.personal import name_contexts as contexts
from dataset_pipeline.stages.personal.finding import Finding, Kind
from dataset_pipeline.stages.personal.gazetteers import words

# What a word may be, as bits.
CAPITAL, UPPER, INITIAL, GIVEN, COMMON, SURNAME, SHAPED, PATRONYMIC, STOP, LOWER = (
    1 << place for place in range(10)
)
# What a word may be the end of: a title, an announcement, a greeting and so on.
_HINTS = (
    (1 << 10, contexts.TITLE_HINTS, contexts.TITLE),
    (1 << 11, contexts.SIGNING_HINTS, contexts.SIGNS),
    (1 << 12, contexts.ANNOUNCING_HINTS, contexts.ANNOUNCES),
    (1 << 13, contexts.GREETING_HINTS, contexts.GREETING),
    (1 << 14, contexts.INTRODUCING_HINTS, contexts.INTRODUCES),
)
HINT = sum(bit for bit, _, _ in _HINTS)
_FAMILY = SURNAME | SHAPED | PATRONYMIC
_KNOWN = GIVEN | COMMON | _FAMILY
_EVIDENCE = _KNOWN | INITIAL
_LOWER_SIGN = GIVEN | COMMON | PATRONYMIC
_MOST = 4  # words of one name

_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_OTHER = re.compile(r"[\d_]")
_WINDOW = (2, 12)  # words before and from a word on that its rules look at
_REACH = 32  # characters before a name in which it is announced
_PATRONYMIC = re.compile(
    r"..+(?:[оеё]вич|ьич|[аеи]тич|мич|лич)(?:а|у|ем|е)?|..+(?:[ое]вн|ичн|иничн)(?:а|ы|е|у|ой|ою)"
    r"|..+(?:ұлы|улы|қызы|кызы|ulu?y|qyzy|kyzy)(?:на|не|ның|нің|ды|ді|ны|ні|нан|нен|мен|ға|ге)?"
)
_SHAPES = re.compile(
    r"..+(?:[оеё]в|[иы]н)(?:а|у|ым|е|ой|ою|ы|ых|ым|ыми)?|..+[сц]к(?:ий|ого|ому|им|ом|ая|ой|ую)"
    r"|..+(?:енко|чук|щук|юк|дзе|швили|ова|ева)|..+(?:чук|щук|юк)(?:а|у|ом|е)"
    r"|...+(?:бай|бек|баев|беков|ханов)(?:а|ой|у|ым)?"
    r"|..+(?:ов|ев|ин)а?(?:ға|ге|қа|ке|ның|нің|дың|дің|тың|тің|ты|ті|пен|бен|мен|ды|ді|на|не)"
    r"|..+(?:ov|ev|in)a?|..+(?:sk[iy]|skaya|enko|chuk|bayev|baev|bekov)a?"
    r"|..+(?:son|sen|ton|ford|wood|well|ham|worth|ley|berg|stein|mann|sson|etti|elli|ini|wicz|chuk"
    r"|escu|opoulos|oglu|shire|field|stone|house|hurst|dale|more|wick)"
    r"|o['’].{3,}|mc.{3,}|mac[^hk].{3,}"
)
_ENDINGS_KK = re.compile(
    r"(?:ға|ге|қа|ке|на|не|ның|нің|дың|дің|тың|тің|ды|ді|ты|ті|ны|ні|дан|ден|тан|тен|нан|нен"
    r"|мен|бен|пен|да|де|та|те)$"
)
_KAZAKH = re.compile("[әғқңөұүһі]")


class _Token(NamedTuple):
    start: int
    end: int
    word: str
    bits: int


class _Before(NamedTuple):
    """What stands before a run of words."""

    starts: bool = False  # a sentence
    titled: bool = False
    signs: bool = False
    announced: bool = False
    greeted: bool = False
    introduced: bool = False


# ------------------------------------------------------------------------------------- words


@lru_cache(maxsize=1 << 16)
def _bits(word: str) -> int:
    """What a word may be, by the lists and by its shape."""
    if _OTHER.search(word):
        return STOP
    low = word.lower().replace("’", "'").replace("ё", "е")
    bits = sum(bit for bit, ends, _ in _HINTS if low[:4] in ends or low in ends)
    bits |= LOWER if low in contexts.LOWER_HINTS else 0
    if word[0].isupper():
        bits |= CAPITAL
        if len(word) == 1:
            return bits | INITIAL
        bits |= UPPER if word.isupper() else 0
    return bits | _listed(low) | _shape(low)


def _listed(low: str) -> int:
    """By the lists. A name that is a common word, too, is no sure sign; a surname is no stop."""
    bits = SURNAME if low in _surnames() else 0
    if low in _common():
        return bits | COMMON
    if low in _given() or (low not in _stop() and _stripped(low)):
        return bits | GIVEN
    return bits or (STOP if low in _stop() else 0)


def _shape(low: str) -> int:
    """By the ending."""
    listed = _listed(low)
    if listed & STOP or len(low) < 5:
        return 0
    if _PATRONYMIC.fullmatch(low):
        return PATRONYMIC
    return SHAPED if not listed & (GIVEN | COMMON) and _SHAPES.fullmatch(low) else 0


def _stripped(low: str) -> bool:
    """Whether it is a Kazakh given name with a case ending."""
    stem = _ENDINGS_KK.sub("", low)
    return stem != low and len(stem) > 2 and stem in words("given_kk") - words("given_common_kk")


@lru_cache(maxsize=1)
def _given() -> frozenset[str]:
    russian = words("given_ru")
    return (
        words("given_en") | words("given_kk") | russian.union(*map(_cases, russian))
    ) - _common()


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return words("given_common_en") | words("given_common_ru") | words("given_common_kk")


@lru_cache(maxsize=1)
def _surnames() -> frozenset[str]:
    return words("surnames_en") - words("surnames_common_en")


@lru_cache(maxsize=1)
def _stop() -> frozenset[str]:
    return words("no_names") | words("cities")


def _cases(name: str) -> list[str]:
    """A Russian given name in its other cases."""
    irregular = {"павел": "павла павлу павлом павле", "петр": "петра петру петром петре"}
    if name in irregular:
        return irregular[name].split()
    if name.endswith("ия"):
        return [name[:-1] + ending for ending in ("и", "ю", "ей")]
    if name.endswith("а"):
        soft = name[-2] in "гкхжшчщц"
        return [name[:-1] + e for e in ("и" if soft else "ы", "е", "у", "ой", "ей")]
    if name.endswith(("я", "ь")):
        return [name[:-1] + e for e in ("и", "е", "ю", "ей", "ёй", "я", "ем")]
    if name.endswith("й"):
        return [name[:-1] + ending for ending in ("я", "ю", "ем", "и")]
    return [name + ending for ending in ("а", "у", "ом", "е")]


# -------------------------------------------------------------------------------------- runs


def find_persons(text: str) -> list[Finding]:
    """Where names of persons stand."""
    bits = list(map(_bits, _WORD.findall(text)))
    starts = _worth_a_look(bits)
    if not starts:
        return []
    found = list(_WORD.finditer(text))
    spans: list[tuple[int, int, float]] = []
    done = 0
    for index in starts:
        if index < done:
            continue
        first = max(0, index - _WINDOW[0])
        tokens = [
            _Token(*match.span(), match[0], bits[place])
            for place, match in enumerate(found[first : index + _WINDOW[1]], first)
        ]
        more, end = _at(text, tokens, index - first)
        spans += more
        done = first + end
    return [Finding(start, end, "PERSON", score) for start, end, score in _merged(spans)]


def _worth_a_look(bits: list[int]) -> list[int]:
    """The places of words that may begin a name; most texts have few."""
    places, previous = [], 0
    for place, own in enumerate(bits):
        if not own & CAPITAL:
            if own & _LOWER_SIGN or (previous & LOWER and not own & STOP):
                places.append(place)
        elif not own & STOP and (
            own & _EVIDENCE or previous & HINT or (bits[place + 1 : place + 2] or [0])[0] & CAPITAL
        ):
            places.append(place)
        previous = own
    return places


def _at(text: str, tokens: list[_Token], index: int) -> tuple[list[tuple[int, int, float]], int]:
    """The names that begin at a word, and the place after what was looked at."""
    bits = tokens[index].bits
    if bits & CAPITAL:
        end = _run_end(text, tokens, index)
        return (_in_run(text, tokens, index, end), end) if end > index else ([], index + 1)
    if bits & _LOWER_SIGN:
        return _known_lower(text, tokens, index), index + 1
    return _announced_lower(text, tokens, index), index + 1


def _run_end(text: str, tokens: list[_Token], index: int) -> int:
    """Where the run of capitalised words that may be a name ends; ``index`` if there is none."""
    end = index
    while end < len(tokens) and _may_be_name(text, tokens[end], end > index):
        if end > index and not _joined(text, tokens[end - 1], tokens[end]):
            break
        end += 1
    return end


def _may_be_name(text: str, token: _Token, within: bool) -> bool:
    if token.bits & INITIAL:
        return within or text[token.end : token.end + 1] == "."
    return token.bits & (CAPITAL | STOP) == CAPITAL


def _joined(text: str, left: _Token, right: _Token) -> bool:
    gap = text[left.end : right.start]
    if left.bits & INITIAL:
        return gap in {".", ". ", " ", ".\u00a0"}
    return gap in {" ", "\u00a0", "  "}


def _before(text: str, tokens: list[_Token], first: int, look: bool) -> _Before:
    if not first:
        return _Before(starts=True)
    previous, start = tokens[first - 1], tokens[first].start
    starts = not contexts.STARTS.isdisjoint(text[previous.end : start])
    if not (look and previous.bits & HINT):
        return _Before(starts)
    before = text[max(0, start - _REACH) : start]
    titled, signs, announced, greeted, introduced = (
        bool(previous.bits & bit) and pattern.search(before) is not None
        for bit, _, pattern in _HINTS
    )
    return _Before(starts, titled, signs, announced or titled or signs, greeted, introduced)


def _in_run(text: str, tokens: list[_Token], first: int, end: int) -> list[tuple[int, int, float]]:
    """The names in a run of capitalised words."""
    run = tokens[first:end]
    hinted = first and tokens[first - 1].bits & HINT
    if not hinted and not any(token.bits & _EVIDENCE for token in run):
        return []
    if all(token.bits & UPPER for token in run) and len(run) > _MOST:
        return []  # somebody shouts
    if _is_street(text, tokens, first, end):
        return []
    known = any(token.bits & GIVEN for token in run)
    before = _before(text, tokens, first, look=not known)
    expected = before.announced or before.greeted
    kept = _trimmed(run, before.starts and not expected)
    score = _score(text, tokens, first, kept, before) if kept else 0.0
    if not score:
        return []
    start, stop = kept[0].start, kept[-1].end
    if kept[-1].bits & INITIAL and text[stop : stop + 1] == ".":
        stop += 1
    family_first = _reversed(text, tokens, end) if len(kept) == 1 else 0
    return [(start, family_first or stop, score)]


def _is_street(text: str, tokens: list[_Token], first: int, end: int) -> bool:
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


def _trimmed(run: list[_Token], dubious: bool) -> list[_Token]:
    """A run without a plain first word of a sentence, cut to what names consist of."""
    if dubious and len(run) > 1 and not run[0].bits & _EVIDENCE and _names(run[1:]) > 1:
        run = run[1:]
    if len(run) > _MOST:
        marks = [place for place, token in enumerate(run) if token.bits & _EVIDENCE]
        if not marks:
            return []
        run = run[max(0, marks[0] - 1) : marks[0] + 3]
    known = [place for place, token in enumerate(run) if token.bits & _EVIDENCE]
    if known and len(run) - 1 > known[-1] + 1:
        run = run[: known[-1] + 2]
    return run


def _names(run: list[_Token]) -> int:
    return sum(1 for token in run if token.bits & _EVIDENCE)


def _score(
    text: str, tokens: list[_Token], first: int, run: list[_Token], before: _Before
) -> float:
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


def _by_neighbours(text: str, run: list[_Token], bits: int, before: _Before) -> float:
    """How sure a run without a known given name and without initials is a name."""
    several, upper, family = len(run) > 1, bits & UPPER, bits & _FAMILY
    expected = before.announced or before.greeted
    if expected and (bits & COMMON or family or (before.announced and several)):
        return 0.7
    if several and bits & COMMON and (family or not (before.starts or upper)):
        return 0.6
    if several and family and not _is_plain(run, before.starts):
        return 0.5
    return 0.45 if not upper and len(run) <= 3 and _is_awaited(text, run, before) else 0.0


def _is_awaited(text: str, run: list[_Token], before: _Before) -> bool:
    """Whether the place of unknown words is one where a name stands, and the words fill it."""
    after = text[run[-1].end : run[-1].end + 1]
    if before.titled:
        return True
    if before.greeted:
        return after in {",", "!", "\n", "\r"} and not before.starts
    if before.signs:
        return after in {"", "\n", "\r"}
    if before.introduced:
        return len(run) > 1 and after in {"", ".", ",", ";", "!", "\n"}
    return before.announced and not before.starts


def _is_plain(run: list[_Token], starts: bool) -> bool:
    """Whether the words beside what is shaped like a surname are the mere start of a sentence."""
    others = [token for token in run if not token.bits & (SURNAME | SHAPED | PATRONYMIC)]
    if any(token.bits & UPPER for token in run):
        return sum(1 for token in run if token.bits & (SURNAME | SHAPED)) < len(run)
    return starts and len(run) == 2 and others == run[:1] and len(run[0].word) < 3


def _with_initials(
    text: str, tokens: list[_Token], first: int, run: list[_Token], full: list[_Token]
) -> float:
    """Initials with a surname: two are enough, one wants a word that is not plainly another."""
    initials = len(run) - len(full)
    if len(full) != 1 or text[run[0].start : run[-1].end + 1].count(".") < 1:
        return 0.0
    if initials > 1 or full[0].bits & (SURNAME | SHAPED):
        return 0.8
    if run[0].bits & INITIAL and len(full[0].word) > 3 and not full[0].bits & UPPER:
        previous = tokens[first - 1].word.lower() if first else ""
        return 0.0 if previous in contexts.SECTION else 0.5
    return 0.0


def _reversed(text: str, tokens: list[_Token], end: int) -> int:
    """Where "Surname, Given" ends, if a given name follows after the comma."""
    if end >= len(tokens) or not end:
        return 0
    token = tokens[end]
    given = token.bits & CAPITAL and token.bits & (GIVEN | COMMON)
    after = text[tokens[end - 1].end : token.start]
    return token.end if given and after == ", " else 0


# -------------------------------------------------------------------------------- lower case


def _announced_lower(text: str, tokens: list[_Token], index: int) -> list[tuple[int, int, float]]:
    """A name typed in lower case after words that cannot but announce one."""
    token = tokens[index]
    before = text[max(0, token.start - 30) : token.start]
    if token.word in contexts.FUNCTION or not contexts.LOWER_AFTER.search(before):
        return []
    last = index
    if index + 1 < len(tokens) and _follows(text, tokens, index):
        last = index + 1
    return [(token.start, tokens[last].end, 0.6)]


def _known_lower(text: str, tokens: list[_Token], index: int) -> list[tuple[int, int, float]]:
    """A known given name in lower case, with the surname beside it."""
    token = tokens[index]
    if _is_handle(text, token):
        return []
    announced = _announced_lower(text, tokens, index)
    if announced:
        return announced
    if not token.bits & GIVEN and not _has_family(text, tokens, index):
        return []
    start, last = token.start, index
    if index and _joined(text, tokens[index - 1], token) and _is_family(tokens[index - 1]):
        start = tokens[index - 1].start
    while last + 1 < len(tokens) and _joined(text, tokens[last], tokens[last + 1]):
        following = tokens[last + 1]
        if not (_is_family(following) or following.bits & PATRONYMIC) or last - index > 1:
            break
        last += 1
    return [(start, tokens[last].end, 0.5)]


def _is_handle(text: str, token: _Token) -> bool:
    """Whether a word is a part of an e-mail address, of a domain or of a file's name."""
    before, after = text[max(0, token.start - 1) : token.start], text[token.end : token.end + 2]
    joined = len(after) == 2 and after[0] in contexts.JOINTS and after[1].isalnum()
    return before in contexts.JOINTS or joined or after[:1] in {"_", "@"}


def _follows(text: str, tokens: list[_Token], index: int) -> bool:
    following = tokens[index + 1]
    return (
        _joined(text, tokens[index], following)
        and following.word.lower() not in contexts.FUNCTION
        and not following.bits & STOP
    )


def _has_family(text: str, tokens: list[_Token], index: int) -> bool:
    beside = [tokens[place] for place in (index - 1, index + 1) if 0 <= place < len(tokens)]
    return any(
        _is_family(other) and _joined(text, *sorted((tokens[index], other), key=lambda t: t.start))
        for other in beside
    )


def _is_family(token: _Token) -> bool:
    return bool(token.bits & (SURNAME | SHAPED)) and token.word not in contexts.FUNCTION


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
