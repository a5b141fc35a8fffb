"""Names of many countries, as the library Faker lists them: the project's own lists are short.

They stay in the library. Which of them are words, towns or brands too, ``ordinary_names`` says.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from dataset_pipeline.stages.personal.gazetteers import words

_ROOM = "faker.providers.person"
# Lists that are believed alone; a name of any other list has to stand in two.
_BELIEVED = frozenset({
    "az_AZ", "da_DK", "de_DE", "en_GB", "en_IE", "en_IN", "en_KE", "en_NG", "en_NZ", "en_PK",
    "en_US", "es_ES", "fr_FR", "ha_NG", "id_ID", "ig_NG", "it_IT", "ja_JP", "ko_KR", "nl_NL",
    "no_NO", "pl_PL", "sv_SE", "tr_TR", "uz_UZ", "vi_VN", "yo_NG", "zh_CN", "zh_TW",
})  # fmt: skip
_RUSSIAN = "ru_RU"
_GIVEN = re.compile(r"first_names|first_romanized")
_SURNAMES = re.compile(r"last_names|last_romanized|unisex_last")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’-][A-Za-zÀ-ɏ]+)*")
_SHORTEST = 3  # letters


@cache
def given_names() -> frozenset[str]:
    """Given names in Latin letters, in lower case."""
    return _listed(_GIVEN)


@cache
def surnames() -> frozenset[str]:
    """Surnames in Latin letters, in lower case, that are not ordinary words and no given names."""
    return _listed(_SURNAMES) - words("ordinary_names") - given_names()


@cache
def russian_given_names() -> frozenset[str]:
    """Russian given names, in lower case and without ё."""
    names = _names_of(_RUSSIAN, _GIVEN)
    return frozenset(name.lower().replace("ё", "е") for name in names if " " not in name)


def _listed(kind: re.Pattern[str]) -> frozenset[str]:
    counted: Counter[str] = Counter()
    believed: set[str] = set()
    for place in _places():
        names = {name.lower() for name in _names_of(place, kind) if _LATIN.fullmatch(name)}
        counted.update(names)
        if place in _BELIEVED:
            believed |= names
    found = believed | {name for name, lists in counted.items() if lists > 1}
    found |= {plain for name in found if _LATIN.fullmatch(plain := _without_marks(name))}
    return frozenset(name.replace("’", "'") for name in found if len(name) >= _SHORTEST)


@cache
def _places() -> tuple[str, ...]:
    room = import_module(_ROOM)
    return tuple(found.name for found in iter_modules(room.__path__) if found.ispkg)


def _names_of(place: str, kind: re.Pattern[str]) -> Iterator[str]:
    provider = import_module(f"{_ROOM}.{place}").Provider
    for attribute in dir(provider):
        values = getattr(provider, attribute) if kind.match(attribute) else ()
        if isinstance(values, list | tuple | dict):
            yield from (name for name in values if isinstance(name, str))


def _without_marks(name: str) -> str:
    parts = unicodedata.normalize("NFD", name)
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
