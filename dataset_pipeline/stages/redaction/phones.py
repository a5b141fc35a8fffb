"""Phone numbers as the recognizer finds them, several times as fast; a test holds them equal.

The recognizer runs libphonenumber's matcher once a region and once more for numbers with a country
code. What is the same for all of them is found once here: where a number may stand, and what is
behind a plus sign and a country code. What cannot be a number is not parsed. Loads no Polars.
"""

import re
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from dataset_pipeline.stages.personal.recognizers import _is_dialled

_SCORE = 0.4  # Presidio's ``PhoneRecognizer.SCORE``
_PLUS = re.compile("[+\uff0b]")
_FEWEST_DIGITS = 7  # of numbers that are dialled with a country code, and its prefix
Span = tuple[int, int]


def phones_in(text: str, regions: tuple[str, ...]) -> list[tuple[int, int, str, float]]:
    """Where phone numbers stand in a text: start, end, entity, score."""
    known = _Known(text)
    national = [span for region in regions for span in _matches(text, region, 1, known)]
    spans = _outermost(national)
    if _PLUS.search(text):
        spans += _outermost(_matches(text, None, 0, known))
    dialled = [span for span in spans if _is_dialled(text[span[0] : span[1]])]
    return [(start, end, "PHONE_NUMBER", _SCORE) for start, end in dialled]


class _Known:
    """What is known of a text, whatever the region."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.candidates: dict[int, Any] = {}  # the next candidate, by where the search begins


def _matches(text: str, region: str | None, leniency: int, known: _Known) -> list[Span]:
    # libphonenumber gives up after 65,535 numbers that are none; behind them may stand one that is.
    matcher = _matcher()(text, region, leniency=leniency, max_tries=len(text))
    matcher.known = known
    matcher.fewest = _fewest(region)
    return [(match.start, match.end) for match in matcher]


def _outermost(spans: list[Span]) -> list[Span]:
    """Spans that lie in no other, each once: Presidio's ``remove_duplicates`` at equal scores."""
    kept: list[Span] = []
    reach = 0
    for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if end > reach:
            kept.append((start, end))
            reach = end
    return kept


@cache
def _fewest(region: str | None) -> int:
    """Digits below which nothing in the region's own form is a valid number; 0: not known."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, country_code_for_region

    if region is None:
        return 0
    sharing = COUNTRY_CODE_TO_REGION_CODE.get(country_code_for_region(region), ())
    fewest = _FEWEST_DIGITS
    for name in sharing:
        metadata: Any = PhoneMetadata.metadata_for_region(name, None)
        if metadata is None or metadata.national_prefix_transform_rule:
            return 0
        lengths = metadata.general_desc.possible_length
        if not lengths:
            return 0
        fewest = min(fewest, *lengths)
    return fewest if sharing else 0


@cache
def _matcher() -> Any:
    matcher_module: Any = import_module("phonenumbers.phonenumbermatcher")
    pattern = matcher_module._PATTERN
    second = matcher_module._SECOND_NUMBER_START_PATTERN
    lead = matcher_module._LEAD_PATTERN.match

    class Matcher(matcher_module.PhoneNumberMatcher):  # type: ignore[misc]
        """libphonenumber's, asking what is known first."""

        known: _Known
        fewest: int

        def _find(self, index: int) -> Any:
            while self._max_tries > 0:
                start, candidate = self._candidate(index)
                if candidate is None:
                    return None
                match = self._extract_match(candidate, start)
                if match is not None:
                    return match
                self._max_tries -= 1
                index = start + len(candidate)
            return None

        def _candidate(self, index: int) -> tuple[int, str | None]:
            if index not in self.known.candidates:
                match = pattern.search(self.text, index)
                text = self._trim_after_first_match(second, match[0]) if match else None
                self.known.candidates[index] = (match.start() if match else 0, text)
            found: tuple[int, str | None] = self.known.candidates[index]
            return found

        def _parse_and_verify(self, candidate: str, offset: int) -> Any:
            if not _PLUS.search(candidate):
                if self.preferred_region is None:
                    return None  # without a region there must be a country code
                if self.fewest and sum(map(str.isdecimal, candidate)) < self.fewest:
                    return None
            if self.leniency >= 1 and self._stands_in_a_word(candidate, offset):
                return None
            number = _number(candidate, _region_that_matters(candidate, self), self.leniency)
            return number and matcher_module.PhoneNumberMatch(offset, candidate, number)

        def _stands_in_a_word(self, candidate: str, offset: int) -> bool:
            """Whether a Latin letter or a sign of money touches it (as libphonenumber asks)."""
            end = offset + len(candidate)
            before = self.text[offset - 1 : offset] if offset and not lead(candidate) else ""
            return any(map(self._belongs_to_a_word, (before, self.text[end : end + 1])))

        def _belongs_to_a_word(self, letter: str) -> bool:
            if letter in {"", " "}:
                return False
            return bool(
                self._is_invalid_punctuation_symbol(letter) or self._is_latin_letter(letter)
            )

    return Matcher


def _region_that_matters(candidate: str, matcher: Any) -> str | None:
    """The region by which a candidate is read: any, where a country code is written."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
    from phonenumbers.phonenumberutil import normalize_digits_only

    region: str | None = matcher.preferred_region
    if region is None or not _PLUS.search(candidate):
        return region
    digits = normalize_digits_only(candidate)
    coded = any(int(digits[:n] or 0) in COUNTRY_CODE_TO_REGION_CODE for n in (1, 2, 3))
    return "US" if coded else region


@lru_cache(maxsize=1 << 15)
def _number(candidate: str, region: str | None, leniency: int) -> Any:
    """The number that a candidate is, wherever it stands; None: it is none."""
    return _plain()("", region, leniency=leniency)._parse_and_verify(candidate, 0)


@cache
def _plain() -> Any:
    """libphonenumber's own matcher, of a candidate that stands alone."""
    from phonenumbers import PhoneNumberMatcher

    return PhoneNumberMatcher


def same_digits(value: str, regions: tuple[str, ...]) -> str:
    """The digits with country code, by which forms of a number are known as the same one.

    A number in a region's own form ("8 701 …" for "+7 701 …") is that of the first region where it
    is valid; what is valid nowhere keeps its digits as they are.
    """
    from phonenumbers import (
        NumberParseException,
        is_valid_number,
        normalize_digits_only,
        parse,
    )

    for region in (None, *regions) if _PLUS.search(value) else regions:
        try:
            number = parse(value, region)
        except NumberParseException:
            continue
        if is_valid_number(number):
            return f"{number.country_code}{'0' * _zeros(number)}{number.national_number}"
    return normalize_digits_only(value)


def _zeros(number: Any) -> int:
    """Leading zeros that belong to the number, as in Italy."""
    return (number.number_of_leading_zeros or 1) if number.italian_leading_zero else 0
