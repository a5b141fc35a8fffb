"""What a word may be: a given name, a surname by its shape, a hint that a name follows, a stop.

Each distinct word is looked up once.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from dataset_pipeline.stages.personal import faker_names
from dataset_pipeline.stages.personal import name_contexts as contexts
from dataset_pipeline.stages.personal.gazetteers import words

# What a word may be, as bits.
CAPITAL, UPPER, INITIAL, GIVEN, COMMON, SURNAME, SHAPED, PATRONYMIC, STOP, LOWER = (
    1 << place for place in range(10)
)
# What a word may be the end of: a title, an announcement, a greeting and so on.
HINTS = (
    (1 << 10, contexts.TITLE_HINTS, contexts.TITLE),
    (1 << 11, contexts.SIGNING_HINTS, contexts.SIGNS),
    (1 << 12, contexts.ANNOUNCING_HINTS, contexts.ANNOUNCES),
    (1 << 13, contexts.GREETING_HINTS, contexts.GREETING),
    (1 << 14, contexts.INTRODUCING_HINTS, contexts.INTRODUCES),
)
FOLLOWER = 1 << 15
# A weak COMMON or SURNAME, of other countries' lists; a name of theirs in lower case; "van der".
WEAK, LOWER_NAME, PARTICLE = (1 << place for place in (16, 17, 18))
HINT = sum(bit for bit, _, _ in HINTS)
FAMILY = SURNAME | SHAPED | PATRONYMIC
KNOWN = GIVEN | COMMON | FAMILY
EVIDENCE = KNOWN | INITIAL
LOWER_SIGN = GIVEN | COMMON | PATRONYMIC | LOWER_NAME
MOST = 4  # words of one name
_SHORTEST_UPPER = 5  # letters: GIL and BERT are no persons

WORD = re.compile(r"\w+(?:['’-](?![sS]\b)\w+)*")  # "Ann's" is Ann
_ARTICLE = re.compile(r"(?:a[dlnrst]|ash|el|bin|ibn|abu|[dl])['’-](?=[^\W\d_])", re.IGNORECASE)
_PARTICLES = words("particles")
_OTHER = re.compile(r"[\d_]")
_PATRONYMIC = re.compile(
    r"..+(?:[оеё]вич|ьич|[аеи]тич|мич|лич)(?:а|у|ем|е)?|..+(?:[ое]вн|ичн|иничн)(?:а|ы|е|у|ой|ою)"
    r"|..+(?:ұлы|улы|қызы|кызы|ulu?y|qyzy|kyzy)(?:на|не|ның|нің|ды|ді|ны|ні|нан|нен|мен|ға|ге)?"
)
_SHAPES = re.compile(
    r"..+(?:[оеё]в|[иы]н)(?:а|у|ым|е|ой|ою|ы|ых|ым|ыми)?|..+[сц]к(?:ий|ого|ому|им|ом|ая|ой|ую)"
    r"|..+(?:енко|чук|щук|юк|дзе|швили|ова|ева)|..+(?:чук|щук|юк)(?:а|у|ом|е)"
    r"|...+(?:бай|бек|баев|беков|ханов)(?:а|ой|у|ым)?"
    r"|..+(?:ов|ев|ин)а?(?:ға|ге|қа|ке|ның|нің|дың|дің|тың|тің|ты|ті|пен|бен|мен|ды|ді|на|не|ны|ні"
    r"|дан|ден|тан|тен|нан|нен)"
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


class Token(NamedTuple):
    """A word, where it stands, and what it may be."""

    start: int
    end: int
    word: str
    bits: int


def joined(text: str, left: Token, right: Token) -> bool:
    """Whether nothing stands between two words but what stands between parts of a name."""
    gap = text[left.end : right.start]
    if left.bits & INITIAL:
        return gap in {".", ". ", " ", ".\u00a0"}
    return gap in {" ", "\u00a0", "  "}


@lru_cache(maxsize=1 << 16)
def bits_of(word: str) -> int:
    """What a word may be, by the lists and by its shape."""
    if _OTHER.search(word):
        return STOP
    low = word.lower().replace("’", "'").replace("ё", "е")
    bits = sum(bit for bit, ends, _ in HINTS if low[:4] in ends or low in ends)
    bits |= LOWER if low in contexts.LOWER_HINTS else 0
    bits |= PARTICLE if low in _PARTICLES else 0
    bits |= FOLLOWER if low[:4] in contexts.FOLLOWERS else 0
    if word[0].isupper() or _capital_behind_article(word):
        bits |= CAPITAL
        if len(word) == 1:
            return bits | INITIAL
        bits |= UPPER if word.isupper() else 0
    elif low in _wide():
        return bits | (0 if low in _wide_common() else LOWER_NAME)
    return (
        bits
        | _listed(low, acronym=bool(bits & UPPER) and len(word) < _SHORTEST_UPPER)
        | _shape(low)
    )


def _capital_behind_article(word: str) -> bool:
    article = _ARTICLE.match(word)
    return article is not None and word[article.end()].isupper()


def _listed(low: str, *, acronym: bool = False) -> int:
    """By the lists. A name that is a common word, too, is no sure sign; a surname is no stop."""
    bits = SURNAME if low in _surnames() else 0
    if low in _wide_surnames():
        bits |= SURNAME | WEAK
    if low in _wide_common() or (acronym and low in _wide()):
        return bits | COMMON | WEAK
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
    return stem != low and len(stem) > 2 and stem in _kazakh()


@lru_cache(maxsize=1)
def _kazakh() -> frozenset[str]:
    return words("given_kk") - _common()


@lru_cache(maxsize=1)
def _given() -> frozenset[str]:
    russian = words("given_ru")
    own = words("given_en") | words("given_kk") | russian.union(*map(_cases, russian))
    return (own | _wide()) - _common()


@lru_cache(maxsize=1)
def _wide() -> frozenset[str]:
    """Given names of other countries that our own lists lack; Russian ones in all cases."""
    russian = faker_names.russian_given_names()
    lists = faker_names.given_names() | russian.union(*map(_cases, russian))
    return lists - _stop() - words("given_en") - words("given_kk") - words("given_ru")


@lru_cache(maxsize=1)
def _wide_common() -> frozenset[str]:
    own = words("given_en") | words("given_kk") | words("given_ru") | words("given_common_en")
    own |= words("given_common_ru") | words("given_common_kk")
    return (words("ordinary_names") & _wide()) - own


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    own = words("given_common_en") | words("given_common_ru") | words("given_common_kk")
    return own | _wide_common()


@lru_cache(maxsize=1)
def _surnames() -> frozenset[str]:
    return words("surnames_en") - words("surnames_common_en")


@lru_cache(maxsize=1)
def _wide_surnames() -> frozenset[str]:
    return faker_names.surnames() - _stop()


def is_plain_surname(word: str) -> bool:
    """Whether a word may be a surname and is a common word, too."""
    return word.lower() in words("surnames_common_en")


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
