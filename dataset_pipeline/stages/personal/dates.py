"""Dates of birth: a date near a word that speaks of birth. Other dates are no personal data."""

import re

from dataset_pipeline.stages.personal.finding import Finding, Kind

_BEFORE, _AFTER = 40, 25  # characters around a date in which the word is looked for
_MONTHS = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|январ[ья]|феврал[ья]|марта?|апрел[ья]|ма[йя]"
    r"|июн[ья]|июл[ья]|августа?|сентябр[ья]|октябр[ья]|ноябр[ья]|декабр[ья]|қаңтар\w*|ақпан\w*"
    r"|наурыз\w*|сәуір\w*|мамыр\w*|маусым\w*|шілде\w*|тамыз\w*|қыркүйек\w*|қазан\w*|қараша\w*"
    r"|желтоқсан\w*"
)
_YEAR = r"(?:19|20)[0-9]{2}"
_DATE = re.compile(
    rf"(?i)(?<![\w.])(?:[0-9]{{1,2}}(?P<one>[./-])[0-9]{{1,2}}(?P=one)(?:{_YEAR}|[0-9]{{2}})"
    rf"|{_YEAR}(?P<two>[./-])[0-9]{{1,2}}(?P=two)[0-9]{{1,2}}"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTHS})\.?,? (?:{_YEAR}|[0-9]{{2}}(?![0-9:]))"
    rf"|(?:{_MONTHS})\.? [0-9]{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}"
    rf"|{_YEAR}(?: жыл\w*| ж\.)?,? [0-9]{{1,2}}[- ](?:{_MONTHS})"
    rf"|{_YEAR}(?= ?(?:года? рождения|г\. ?р|жылғы туған|жылы туған))"
    r")(?![0-9])"
)
_WORD = r"born|birth|d\.?o\.?b\b|рожд|родил|родом|\bд\.? ?р\.|\bг\.? ?р\.|туған|туылған|дүниеге кел"
_BORN = re.compile(rf"(?i){_WORD}")
_ENDS = re.compile(r"[!?\n]|\.\s+[^\W\d_]")  # a word of another sentence does not speak for a date


def _birth_dates(text: str) -> list[Finding]:
    return [
        Finding(*match.span(), "BIRTH_DATE", 0.8)
        for match in _DATE.finditer(text)
        if _is_of_birth(text, *match.span())
    ]


def _is_of_birth(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    said = [found.end() for found in _BORN.finditer(before)]
    if said and not _ENDS.search(before, said[-1]):
        return True
    word = _BORN.search(after)
    return word is not None and not _ENDS.search(after, 0, word.start() + 1)


KINDS = (
    Kind(
        "BIRTH_DATE", "BIRTH_DATE", "(?i)" + _WORD.replace(r"\b", ""), _birth_dates,
        "context word and shape",
    ),
)  # fmt: skip
