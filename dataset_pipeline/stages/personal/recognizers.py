"""What finds personal data: Presidio's pattern recognizers, our own, and patterns of the policy.

Presidio is imported when the first recognizer is used; nothing here needs a language model, and
nothing reaches the network. A model that the policy names finds persons and places as well.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from dataset_pipeline.config import NOT_COVERED, Redacted
from dataset_pipeline.stages.personal import (
    addresses,
    amounts,
    dates,
    identifiers,
    models,
    names,
    secrets,
)
from dataset_pipeline.stages.personal.finding import Finding, Kind

__all__ = ["Finding", "Recognizer", "find_all", "is_iin", "load", "methods", "recognizers"]

_OURS: dict[str, Kind] = {
    kind.entity: kind
    for module in (names, addresses, identifiers, dates, amounts, secrets)
    for kind in module.KINDS
}
MARKERS = {
    "EMAIL_ADDRESS": "EMAIL",
    "PHONE_NUMBER": "PHONE",
    "CREDIT_CARD": "CARD",
    "IBAN_CODE": "IBAN",
    "IP_ADDRESS": "IP",
    **{entity: kind.marker for entity, kind in _OURS.items()},
}

# What a text must hold for a recognizer to find anything in it (Rust regexes, over the column).
GATES = {
    "EMAIL_ADDRESS": r"(?i)@|%40|\bat\b",
    "PHONE_NUMBER": r"(?:\d\D{0,5}?){6}\d",
    "CREDIT_CARD": r"(?:\d[- ]?){11}\d",
    "IBAN_CODE": r"(?i)[A-Z]{2}[ -]?\d",
    "IP_ADDRESS": r"\d\.\d|:[0-9A-Fa-f]*:",
    "IIN": r"\d{6}[ -]?\d{3}[ -]?\d{3}|\d{3} \d{3} \d{3} \d{3}",
    **{entity: kind.gate for entity, kind in _OURS.items()},
}
_METHODS = {
    "EMAIL_ADDRESS": "Presidio pattern and list of public suffixes",
    "PHONE_NUMBER": "Presidio, phonenumbers",
    "CREDIT_CARD": "Presidio pattern and checksum",
    "IBAN_CODE": "Presidio pattern and checksum",
    "IP_ADDRESS": "Presidio pattern",
    "IIN": "checksum",
    **{entity: kind.method for entity, kind in _OURS.items()},
}
_EVERYTHING = ""
_SPELLED_AT = r" ?[(\[{](?:at|@)[)\]}] ?| at |%40"
_SPELLED_DOT = r" ?[(\[{]dot[)\]}] ?| dot "
_SPELLED_DOMAIN = rf"[\w-]+(?:(?:\.|{_SPELLED_DOT})[\w-]+)+"
_MIN_PHONE_DIGITS = 7
_DATE = re.compile(
    r"\d{1,2}([./-])\d{1,2}\1(?:19|20)\d{2}(?!\d)|(?:19|20)\d{2}([./-])\d{1,2}\2\d{1,2}(?!\d)"
)


@dataclass(frozen=True)
class Recognizer:
    """Finds one entity; ``gate`` is a Rust regex without which there is nothing to find.

    It is Presidio's (``regions`` for phone numbers), or a pattern of one's own with its score.
    """

    entity: str
    marker: str
    gate: str
    regions: tuple[str, ...] = ()
    regex: str | None = None
    score: float = 0.0
    model: models.Model | None = None

    def find(self, text: str) -> list[Finding]:
        """Where the entity stands in a text."""
        if self.model is None:
            return self._by_rule(text)
        ruled = self._by_rule(text) if self.entity in _OURS else []
        return sorted({*ruled, *models.find(self.model, self.entity, text)})

    def _by_rule(self, text: str) -> list[Finding]:
        if self.regex is not None:
            return self._matches(re.compile(self.regex, re.MULTILINE), text)
        if self.entity in _OURS:
            return _OURS[self.entity].find(text)
        phone = self.entity == "PHONE_NUMBER"
        recognizer = _phone(self.regions) if phone else _MAKERS[self.entity]()
        found = recognizer.analyze(text, [self.entity]) or []
        return [Finding(item.start, item.end, self.entity, float(item.score)) for item in found]

    def _matches(self, pattern: re.Pattern[str], text: str) -> list[Finding]:
        part = "value" if "value" in pattern.groupindex else 0
        spans = (match.span(part) for match in pattern.finditer(text))
        return [Finding(start, end, self.entity, self.score) for start, end in spans if start < end]


def recognizers(policy: Redacted) -> list[Recognizer]:
    """The recognizers that the policy asks for. Presidio is loaded when one of them is used."""
    regions, model = tuple(policy.phone_regions), models.named(policy)
    built = [_recognizer(entity, regions, model) for entity in policy.entities]
    own = [
        Recognizer(name, name, _EVERYTHING, regex=spec.regex, score=spec.score)
        for name, spec in sorted(policy.patterns.items())
    ]
    return [recognizer for recognizer in built if recognizer] + own


def _recognizer(
    entity: str, regions: tuple[str, ...], model: models.Model | None
) -> Recognizer | None:
    """None for what only a model could find, where there is none."""
    marker = MARKERS.get(entity, entity)
    if model is not None and entity in models.ENTITIES:
        return Recognizer(entity, marker, models.GATE, model=model)
    return Recognizer(entity, marker, GATES[entity], regions) if entity in GATES else None


def methods(policy: Redacted) -> dict[str, str]:
    """Which method covers each entity, for the certificate; also what none covers."""
    known = dict.fromkeys(_METHODS, NOT_COVERED)
    known |= dict.fromkeys((*models.ENTITIES, *policy.not_covered), NOT_COVERED)
    for recognizer in recognizers(policy):
        entity = recognizer.entity
        ways = [] if recognizer.model is None else [models.told(recognizer.model)]
        ways += ["pattern of the policy" if recognizer.regex else _METHODS.get(entity, "")]
        known[entity] = "; ".join(filter(None, ways))
    return dict(sorted(known.items()))


def find_all(
    active: Sequence[Recognizer], asked: Sequence[tuple[str, Sequence[int]]]
) -> list[list[Finding]]:
    """For each (text, positions of recognizers), what those recognizers find in the text."""
    return [
        [finding for position in positions for finding in active[position].find(text)]
        for text, positions in asked
    ]


def load() -> None:
    """Import and build all that is used here: Presidio's recognizers, lists, detect-secrets."""
    for make in _MAKERS.values():
        make()
    _phone(())
    _email().validate_result("a@b.org")  # reads the list of public suffixes
    secrets.plugins()
    names.find_persons("Ann")


@cache
def _email() -> Any:
    import tldextract
    from presidio_analyzer import Pattern
    from presidio_analyzer.predefined_recognizers import EmailRecognizer

    extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

    class OfflineEmailRecognizer(EmailRecognizer):  # type: ignore[misc]
        """Presidio's, with the suffix list that tldextract ships: no look-up over the network.

        Finds addresses that are spelled out, too: ``name(at)example.org``.
        """

        def validate_result(self, pattern_text: str) -> bool:
            domain = re.split(rf"@|{_SPELLED_AT}", pattern_text)[-1]
            return bool(extract(re.sub(_SPELLED_DOT, ".", domain)).fqdn)

    spelled = [
        Pattern("bracketed", rf"\b[\w.+-]+ ?[(\[{{](?:at|@)[)\]}}] ?{_SPELLED_DOMAIN}\b", 0.5),
        Pattern("worded", r"\b[\w.+-]+ at [\w-]+(?: dot [\w-]+)+\b", 0.5),
        Pattern("in a link", r"\b[\w.+%-]+%40[\w-]+(?:\.[\w-]+)+\b", 0.5),
    ]
    return OfflineEmailRecognizer(patterns=[*EmailRecognizer.PATTERNS, *spelled])


@cache
def _phone(regions: tuple[str, ...]) -> Any:
    from presidio_analyzer.predefined_recognizers import PhoneRecognizer

    class PhoneNumbers(PhoneRecognizer):  # type: ignore[misc]
        """Presidio's, more lenient to numbers with a country code, less so to dates and totals.

        A number of a region's own form must be valid there; one that begins with + and a country
        code need only be possible, for new and reserved ranges are in no list.
        """

        def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
            found = super().analyze(text, entities, nlp_artifacts)
            found += international.analyze(text, entities, nlp_artifacts)
            return [item for item in found if _is_dialled(text[item.start : item.end])]

    international = PhoneRecognizer(supported_regions=(None,), leniency=0)
    return PhoneNumbers(supported_regions=regions)


def _is_dialled(span: str) -> bool:
    """Whether a span can be a number that one dials: long enough, and not a date."""
    return sum(map(str.isdecimal, span)) >= _MIN_PHONE_DIGITS and not _DATE.match(span)


@cache
def _credit_card() -> Any:
    from presidio_analyzer import Pattern
    from presidio_analyzer.predefined_recognizers import CreditCardRecognizer

    # Mastercard's second range, 2221 to 2720 (ISO/IEC 7812), which Presidio's pattern leaves out.
    second = Pattern("2-series", r"\b2[2-7]\d{2}(?:[- ]?\d{4}){3}\b", 0.3)
    return CreditCardRecognizer(patterns=[*CreditCardRecognizer.PATTERNS, second])


@cache
def _iban() -> Any:
    from presidio_analyzer.predefined_recognizers import IbanRecognizer

    return IbanRecognizer()


@cache
def _ip() -> Any:
    from presidio_analyzer.predefined_recognizers import IpRecognizer

    return IpRecognizer()


@cache
def _iin() -> Any:
    from presidio_analyzer import Pattern, PatternRecognizer

    class IinRecognizer(PatternRecognizer):  # type: ignore[misc]
        """Kazakhstan's individual identification number, by its check digit."""

        def validate_result(self, pattern_text: str) -> bool:
            return is_iin(re.sub("[ -]", "", pattern_text))

    pattern = Pattern("IIN", r"(?<!\d)\d{12}(?!\d)", 0.3)
    # As people write it: the date apart, or threes; with no other number beside it.
    groups = r"\d{6}[ -]\d{3}[ -]?\d{3}|\d{3} \d{3} \d{3} \d{3}"
    grouped = Pattern("IIN in groups", rf"(?<!\d)(?<!\d[ -])(?:{groups})(?![ -]?\d)", 0.3)
    return IinRecognizer(supported_entity="IIN", patterns=[pattern, grouped])


_MAKERS: dict[str, Callable[[], Any]] = {
    "EMAIL_ADDRESS": _email,
    "CREDIT_CARD": _credit_card,
    "IBAN_CODE": _iban,
    "IP_ADDRESS": _ip,
    "IIN": _iin,
}


def is_iin(digits: str) -> bool:
    """Whether twelve digits are an IIN: date of birth, century, number, check digit.

    Check digit as in the rules of Kazakhstan's national registers (Government decree 853 of 2003):
    weights 1 to 11 modulo 11; on 10, weights 3 to 11, 1, 2; on 10 again, not a number.
    """
    if not re.fullmatch(r"[0-9]{12}", digits):
        return False
    month, day, century = int(digits[2:4]), int(digits[4:6]), int(digits[6])
    if not (1 <= month <= 12 and 1 <= day <= 31 and 0 <= century <= 6):
        return False
    first = [int(digit) for digit in digits[:11]]
    for weights in (range(1, 12), [*range(3, 12), 1, 2]):
        check = sum(a * b for a, b in zip(first, weights, strict=True)) % 11
        if check < 10:
            return str(check) == digits[11]
    return False
