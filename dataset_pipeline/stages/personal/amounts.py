"""Salaries and debts: an amount near a word that says what it is. Prices are no personal data."""

import re
from collections.abc import Callable
from functools import partial

from dataset_pipeline.stages.personal.finding import Finding, Kind

_BEFORE, _AFTER = 45, 30  # characters around an amount in which the word is looked for
_CURRENCY = (
    r"₸|₽|\$|€|£|(?:kzt|rub|usd|eur|gbp|tenge|roubles?|rubles?|dollars?|euros?|pounds?|тенге|теңге"
    r"|тг|рубл\w*|руб|р|доллар\w*|евро)\b\.?"
)
_SCALE = r"(?:k|m|thousand|million|тыс|тысяч\w*|млн|миллион\w*|мың|миллион)\b\.?"
_NUMBER = r"[0-9]{1,3}(?:[ \u00a0\u202f,.'’][0-9]{3})+(?:[.,][0-9]{1,2})?|[0-9]+(?:[.,][0-9]{1,2})?"
_AMOUNT = re.compile(
    rf"(?i)(?<![\w.,/-])(?:(?P<sign>[₸₽$€£]|kzt|rub|usd|eur|gbp) ?)?(?P<number>{_NUMBER})"
    rf"(?: ?(?P<scale>{_SCALE}))?(?: ?(?P<currency>{_CURRENCY}))?(?![\w/-]|[.,][0-9])"
)
_WORDS = {
    "SALARY": r"salar(?:y|ies)|wages?\b|\bincome\b|\bearn(?:s|ed|ing|ings)?\b|paycheck|take-home"
    r"|\b(?:i|he|she|we|they) (?:am|is|are|was|were) paid\b|\bgets? paid\b|\bpays (?:me|him|her)\b"
    r"|\bstipend|\bpension\b|remuneration"
    r"|зарплат|заработн|\bоклад|\bз/?п\b|\bдоход|зарабатыва|\bполуча(?:ю|ет)\b"
    r"|\bна руки\b|пенси[яиюе]\b|стипенди|жалақы|айлы[қғ]|еңбекақы|зейнетақы|табыс[ыi]",
    "DEBT": r"\bdebts?\b|\bow(?:e|es|ed|ing)\b|\barrears\b|\boutstanding\b|\boverdue\b|\bloans?\b"
    r"|\bmortgage|\bдолг|задолж|задолжен|\bкредит|\bдолжен\b|\bдолжна\b|просроч|\bза[йё]м|ипотек"
    r"|қарыз|береше[кг]|несие",
}
_NAMED = {entity: re.compile(f"(?i){words}") for entity, words in _WORDS.items()}
_ENDS = re.compile(r"[!?;\n]|\.\s+[^\W\d_]")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def _amounts(entity: str, text: str) -> list[Finding]:
    return [
        Finding(*match.span(), entity, 0.7)
        for match in _AMOUNT.finditer(text)
        if _is_money(match) and _is_said(_NAMED[entity], text, *match.span())
    ]


def _is_money(match: re.Match[str]) -> bool:
    """Whether a number has a currency or a scale, or is large and no year."""
    if match["sign"] or match["currency"] or match["scale"]:
        return True
    return sum(map(str.isdecimal, match["number"])) >= 4 and not _YEAR.fullmatch(match["number"])


def _is_said(word: re.Pattern[str], text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    said = [found.end() for found in word.finditer(before)]
    if said and not _ENDS.search(before, said[-1]):
        return True
    behind = word.search(after)
    return behind is not None and not _ENDS.search(after, 0, behind.start() + 1)


def _kind(entity: str) -> Kind:
    find: Callable[[str], list[Finding]] = partial(_amounts, entity)
    gate = "(?i)" + _WORDS[entity].replace(r"\b", "")
    return Kind(entity, entity, gate, find, "context word and shape")


KINDS = tuple(map(_kind, _WORDS))
