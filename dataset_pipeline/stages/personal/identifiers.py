"""Numbers that name a person or a case of theirs: by check digits, by shape, by the word before.

Does not know the house's own formats: those are the policy's ``patterns``.
"""

import re
from collections.abc import Callable
from functools import partial

from dataset_pipeline.stages.personal.finding import Finding, Kind

_SURE, _LIKELY, _UNSURE = 0.9, 0.6, 0.3
_CONTEXT = 40  # characters before a number in which a word speaks for it

# ----------------------------------------------------------------- Russian numbers with checks

_INN_CONTEXT = re.compile(r"(?i)\bинн\b|\binn\b|налогоплательщик|taxpayer|tax (?:id|number)")
_SNILS_CONTEXT = re.compile(r"(?i)\bснилс|\bsnils\b|страхов\w+ (?:номер|свидетельств)")
_PASSPORT_CONTEXT = re.compile(r"(?i)паспорт|passport|\bсери[яию]\b|төлқұжат|жеке куәлік")
_INN = re.compile(r"(?<![\d-])(?:[0-9]{12}|[0-9]{10})(?![\d-])")
_SNILS = re.compile(
    r"(?<![\d-])[0-9]{3}[- ][0-9]{3}[- ][0-9]{3}[- ]?[0-9]{2}(?![\d-])|(?<!\d)[0-9]{11}(?!\d)"
)
_PASSPORT = re.compile(
    r"(?<!\d)[0-9]{2} ?[0-9]{2}(?:,? ?(?:№|N|No\.?|номер|#)? ?)[0-9]{6}(?!\d)"
    r"|(?<![^\W_])[NnН№] ?[0-9]{8,9}(?!\d)"
)
_PASSPORT_SHAPE = re.compile(r"[0-9]{2} [0-9]{2} (?:№ ?)?[0-9]{6}|[0-9]{4} ?№ ?[0-9]{6}")


def is_inn(digits: str) -> bool:
    """Whether 10 (organization) or 12 (person) digits are a Russian taxpayer number.

    Check digits as in the order of the Ministry of Taxes БГ-3-09/178 of 2004 (structure kept by
    order ММВ-7-6/435@ of 2012): weighted sum modulo 11 modulo 10; the weights of a digit are the
    last ones of 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8, as many as digits stand before it.
    """
    if not re.fullmatch(r"[0-9]{10}|[0-9]{12}", digits) or not int(digits):
        return False
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    places = (9,) if len(digits) == 10 else (10, 11)
    return all(
        sum(w * int(d) for w, d in zip(weights[-place:], digits, strict=False)) % 11 % 10
        == int(digits[place])
        for place in places
    )


def is_snils(digits: str) -> bool:
    """Whether eleven digits are a Russian pension insurance number.

    Check number as in the Pension Fund's rules for insurance records ("Algorithm of the check
    number of the insurance number"): each of nine digits times its place from the end, summed,
    modulo 101, its last two digits. Numbers up to 001-001-998 have no check number.
    """
    if not re.fullmatch(r"[0-9]{11}", digits) or int(digits[:9]) <= 1001998:
        return False
    total = sum((9 - place) * int(digit) for place, digit in enumerate(digits[:9]))
    return total % 101 % 100 == int(digits[9:])


def _inn(text: str) -> list[Finding]:
    found = []
    for match in _INN.finditer(text):
        if is_inn(match[0]):
            score = _SURE if _said_before(_INN_CONTEXT, text, match.start()) else _UNSURE
            found.append(Finding(*match.span(), "RU_INN", score))
    return found


def _snils(text: str) -> list[Finding]:
    found = []
    for match in _SNILS.finditer(text):
        if is_snils(re.sub(r"\D", "", match[0])):
            said = _said_before(_SNILS_CONTEXT, text, match.start())
            score = _SURE if said else _LIKELY if "-" in match[0] else _UNSURE
            found.append(Finding(*match.span(), "RU_SNILS", score))
    return found


def _passport(text: str) -> list[Finding]:
    found = []
    for match in _PASSPORT.finditer(text):
        said = _said_before(_PASSPORT_CONTEXT, text, match.start())
        if said or _PASSPORT_SHAPE.fullmatch(match[0]):
            found.append(Finding(*match.span(), "RU_PASSPORT", _SURE if said else _LIKELY))
    return found


def _said_before(word: re.Pattern[str], text: str, place: int) -> bool:
    return word.search(text, max(0, place - _CONTEXT), place) is not None


# ------------------------------------------------------------------ numbers named by a word

_LINK = (
    r"(?:\s*(?:number|num|no|nr|id|номер\w*|н[оө]м[іе]р\w*|нөмір\w*|код\w*|code)\b\.?)?"
    r"(?:\s*(?:№|#|:|=|–|—|\(|is\b|was\b|от имени\b))*\s*"
)
# Letters, digits and single joints; digits are counted apart.
_ID = r"(?P<value>[^\W_]+(?:[-/_.][^\W_]+)*)"
_SPACED = r"(?P<value>[^\W_]*[0-9][^\W_]*(?:[ -]?[0-9]+)*)"
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_DATE = re.compile(r"[0-9]{1,4}([./-])[0-9]{1,2}\1[0-9]{1,4}")

_WORDS = {
    "CONTRACT_NUMBER": r"contracts?|agreement|policy|договор\w*|контракт\w*|шарт\w*|келісім\w*",
    "ORDER_NUMBER": r"orders?|purchase|заказ\w*|тапсырыс\w*",
    "TICKET_NUMBER": r"tickets?|cases?|incident|request|тикет\w*|обращени\w*|заявк\w*|инцидент\w*"
    r"|өтініш\w*|өтінім\w*|сұраныс\w*",
    "SERIAL_NUMBER": r"serial|s/n|sn|imei|сери[яийню]\w*|сер\.|с/н|заводск\w+|сериял\w*",
    "ACCOUNT_NUMBER": r"accounts?|acct\.?|a/c|р/с|л/с|лицев\w+ сч[её]т\w*|расч[её]тн\w+ сч[её]т\w*"
    r"|сч[её]т\w*|аккаунт\w*|есепшот\w*|шот\w*",
}
_FEWEST = {"ACCOUNT_NUMBER": 6}
_FEWEST_DIGITS = 4
# A device's number may have few digits among its capitals: "WF6XESEWBM".
_MIXED = re.compile(r"(?=[A-Z-]*[0-9])[A-Z0-9]+(?:-[A-Z0-9]+)*")
_SHORTEST_MIXED = 7
# Kazakh names the kind behind the number, too: "4512 нөмірлі шарт", "№ 4512 шарт".
_BEHIND = (
    r"(?<![^\W_])[^\W_]+(?:[-/][^\W_]+)*(?= нөмірлі (?:{words}))"
    r"|(?:(?<=№)|(?<=№ ))[^\W_]+(?:[-/][^\W_]+)*(?= (?:{words}))"
)
_KAZAKH = {
    "CONTRACT_NUMBER": r"шарт|келісім",
    "ORDER_NUMBER": "тапсырыс",
    "TICKET_NUMBER": r"өтініш|өтінім|сұраныс",
    "ACCOUNT_NUMBER": r"есепшот|шот",
}
_MARKERS = {
    "CONTRACT_NUMBER": "CONTRACT",
    "ORDER_NUMBER": "ORDER",
    "TICKET_NUMBER": "TICKET",
    "SERIAL_NUMBER": "SERIAL",
    "ACCOUNT_NUMBER": "ACCOUNT",
}
_NAMED = {
    entity: re.compile(
        rf"(?i)(?<![^\W_])(?:{words})(?![^\W_]){_LINK}"
        rf"{_SPACED if entity == 'ACCOUNT_NUMBER' else _ID}"
    )
    for entity, words in _WORDS.items()
}


_NAMED_BEHIND = {
    entity: re.compile("(?i)" + _BEHIND.format(words=words)) for entity, words in _KAZAKH.items()
}


def _named(entity: str, text: str) -> list[Finding]:
    spans = [match.span("value") for match in _NAMED[entity].finditer(text)]
    if entity in _NAMED_BEHIND:
        spans += [match.span() for match in _NAMED_BEHIND[entity].finditer(text)]
    return [
        Finding(*span, entity, _LIKELY)
        for span in sorted(set(spans))
        if _is_number(text[span[0] : span[1]], entity)
    ]


def _is_number(value: str, entity: str) -> bool:
    """Whether it has digits enough to be a number, and is no year or date."""
    if _YEAR.fullmatch(value) or _DATE.fullmatch(value):
        return False
    if entity == "SERIAL_NUMBER" and len(value) >= _SHORTEST_MIXED and _MIXED.fullmatch(value):
        return True
    return sum(map(str.isdecimal, value)) >= _FEWEST.get(entity, _FEWEST_DIGITS)


def _number_kind(entity: str) -> Kind:
    find: Callable[[str], list[Finding]] = partial(_named, entity)
    # The word, and digits somewhere behind it; in Kazakh before it, too.
    gate = rf"(?is)(?:{_WORDS[entity]}).*\d"
    if entity in _KAZAKH:
        gate += rf"|(?i)(?:№|нөмірлі).*(?:{_KAZAKH[entity]})"
    return Kind(entity, _MARKERS[entity], gate, find, "context word and shape")


KINDS = (
    Kind("RU_INN", "INN", "[0-9]{10}", _inn, "checksum"),
    Kind("RU_SNILS", "SNILS", "[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{3}", _snils, "checksum"),
    Kind("RU_PASSPORT", "PASSPORT", "[0-9]{6}", _passport, "context word and shape"),
    *map(_number_kind, _WORDS),
)
