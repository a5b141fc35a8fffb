"""What well-known licences ask for and forbid, and what an SPDX expression of them comes to.

The terms of content and data licences stand in a table here; those of other SPDX licences follow
from their category in the index of the library ``license-expression``. A licence outside both
has terms of its own, which only a person can read.
"""

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

ATTRIBUTION = "attribution"
SHARE_ALIKE = "share_alike"
NON_COMMERCIAL = "non_commercial"
NO_DERIVATIVES = "no_derivatives"
NO_TRAINING = "no_training"
RESEARCH_ONLY = "research_only"
NON_PRODUCTION = "non_production"
USE_RESTRICTIONS = "use_restrictions"
OWN_TERMS = "own_terms"

MAX_CHARACTERS = 500
_MOST_BRANCHES = 64

_BY, _SHARED = (ATTRIBUTION,), (ATTRIBUTION, SHARE_ALIKE)
# The first pattern that matches all of an identifier decides; case does not matter.
_TABLE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"CC0-1\.0|CC-PDDC|CC-PDM-1\.0|PDDL-1\.0|Unlicense|DL-DE-ZERO-2\.0|MIT-0|0BSD", ()),
    (r"CC-(BY|NC|ND|SA)(-(BY|NC|ND|SA))*-[1-4]\.\d(-[A-Z]+)*", ()),  # its parts are its terms
    (r"ODbL-1\.0|CDLA-Sharing-1\.0|GFDL-.+|LAL-1\.[23]|SSPL-1\.0", _SHARED),
    (r"ODC-By-1\.0|CDLA-Permissive-[12]\.0|O-UDA-1\.0|NLOD-[12]\.0|DL-DE-BY-2\.0|etalab-2\.0", _BY),
    (r"OGL-UK-[123]\.0|OGL-Canada-2\.0|OGC-1\.0|MIT|Apache-2\.0|BSD-[23]-Clause", _BY),
    (r"C-UDA-1\.0|Elastic-2\.0", (ATTRIBUTION, USE_RESTRICTIONS)),
    (r"LicenseRef-(.+-)?(open-?|bigscience-)rail(-.+|\+\+.*)?", (ATTRIBUTION, USE_RESTRICTIONS)),
    (r"PolyForm-Noncommercial-1\.0\.0", (ATTRIBUTION, NON_COMMERCIAL)),
    (r"BUSL-1\.1", (ATTRIBUTION, NON_PRODUCTION)),
)
_CATEGORIES = {
    "Public Domain": (),
    "Permissive": _BY,
    "Copyleft": _SHARED,
    "Copyleft Limited": _SHARED,
}
# Words in a name only ever restrict: also in the name of a licence that nobody knows.
_EDGE, _END = r"(?<![A-Z0-9])", r"(?![A-Z0-9])"
_WORDS = {
    ATTRIBUTION: rf"{_EDGE}CC[ _-]BY{_END}",
    SHARE_ALIKE: rf"{_EDGE}(CC.*[ _-]SA|SHARE[ _-]?ALIKE){_END}",
    NON_COMMERCIAL: rf"{_EDGE}NC{_END}|NON[ _-]?COMMERCIAL",
    NO_DERIVATIVES: rf"{_EDGE}ND{_END}|NO[ _-]?DERIV",
    NO_TRAINING: rf"{_EDGE}NO[ _-]?(AI|ML|TDM|MINING|TRAIN(ING)?|MACHINE[ _-]?LEARNING){_END}",
    RESEARCH_ONLY: rf"{_EDGE}(RESEARCH|ACADEMIC|EVALUATION)([ _-]?(USE|ONLY)){{0,2}}{_END}",
}
# Licences that a share-alike licence lets its works go over to, besides itself.
_ALSO = {"CC-BY-SA-4.0": ("GPL-3.0-only", "LAL-1.3"), "LAL-1.3": ("CC-BY-SA-4.0", "GPL-3.0-only")}
_VERSIONED = re.compile(r"(?P<family>.+?)-v?(?P<version>\d+(\.\d+)*)(?P<more>-.*)?")


@dataclass(frozen=True)
class Branch:
    """One way to accept an expression: all its licences at once.

    ``unknown`` are the parts that are no SPDX identifier and no ``LicenseRef-…``.
    """

    licences: frozenset[str]
    terms: frozenset[str]
    unknown: frozenset[str] = frozenset()

    def __and__(self, other: "Branch") -> "Branch":
        return Branch(
            self.licences | other.licences, self.terms | other.terms, self.unknown | other.unknown
        )

    @property
    def known(self) -> bool:
        """Whether all its terms are known here."""
        return not self.unknown and OWN_TERMS not in self.terms


@cache
def read_licence(expression: str) -> tuple[Branch, ...]:
    """The ways to accept an SPDX expression: OR gives a choice, AND and WITH give none."""
    try:
        found = _branches(_parsed(expression))
    except Exception:  # of a text that is no expression the parser raises anything
        found = []
    return tuple(found or [_unknown(expression)])


def compatible(theirs: str, ours: str) -> bool:
    """Whether works under a share-alike licence may be given on under ours."""
    if theirs == ours or ours in _ALSO.get(theirs, ()):
        return True
    old, new = _VERSIONED.fullmatch(theirs), _VERSIONED.fullmatch(ours)
    if not old or not new or old["family"] != new["family"]:
        return False
    creative = theirs.startswith("CC-") and _number(old) >= (2, 0) and not new["more"]
    return (creative or old["more"] == "-or-later") and _number(new) >= _number(old)


def suggestion(identifier: str) -> str:
    """What may have been meant by an identifier that nobody knows."""
    known = {key.lower(): key for key, _ in _index().values()}
    asked = re.sub(r"[\s_/]+", "-", identifier.strip()).lower()
    close = difflib.get_close_matches(asked, sorted(known), n=1, cutoff=0.7)
    return f"did you mean {known[close[0]]}? " if close else ""


def _number(match: re.Match[str]) -> tuple[int, ...]:
    return tuple(int(part) for part in match["version"].split("."))


def _parsed(expression: str) -> Any:
    if not expression.strip() or len(expression) > MAX_CHARACTERS:
        return None
    return _parser().parse(expression)


@cache
def _parser() -> Any:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


def _branches(parsed: Any) -> list[Branch]:
    from license_expression import LicenseWithExceptionSymbol

    if parsed is None:
        return []
    operator = getattr(parsed, "operator", "").strip()
    if operator == "OR":
        found = [branch for part in parsed.args for branch in _branches(part)]
    elif operator == "AND":
        found = [Branch(frozenset(), frozenset())]
        for part in parsed.args:
            found = [left & right for left in found for right in _branches(part)][:_MOST_BRANCHES]
    elif isinstance(parsed, LicenseWithExceptionSymbol):
        exception = parsed.exception_symbol.key
        spoilt = frozenset() if _is_exception(exception) else frozenset({exception})
        found = [_one(parsed.license_symbol.key) & Branch(frozenset(), frozenset(), spoilt)]
    else:
        found = [_one(parsed.key)]
    return found[:_MOST_BRANCHES]


def _one(identifier: str) -> Branch:
    key, category = _index().get(identifier.lower(), (identifier, ""))
    reference = re.fullmatch(r"(DocumentRef-[\w.-]+:)?LicenseRef-[\w.+-]+", key, re.IGNORECASE)
    if not reference and category in ("", "exception"):
        return _unknown(identifier)
    terms = next((t for p, t in _TABLE if re.fullmatch(p, key, re.IGNORECASE)), None)
    if terms is None:
        terms = _CATEGORIES.get(category, (OWN_TERMS,))
    return Branch(frozenset({key}), frozenset(terms) | _by_words(key))


def _unknown(text: str) -> Branch:
    shown = " ".join(text.split())[:80]
    return Branch(frozenset({shown}), _by_words(text), frozenset({shown}))


def _by_words(name: str) -> frozenset[str]:
    return frozenset(term for term, words in _WORDS.items() if re.search(words, name.upper()))


def _is_exception(identifier: str) -> bool:
    return _index().get(identifier.lower(), ("", ""))[1] == "exception"


@cache
def _index() -> dict[str, tuple[str, str]]:
    """Lower-case SPDX identifier, deprecated ones too -> today's identifier and its category."""
    from license_expression import get_license_index

    found: dict[str, tuple[str, str]] = {}
    for entry in get_license_index():
        key = entry.get("spdx_license_key")
        if key:
            category = "exception" if entry.get("is_exception") else entry["category"]
            for name in (key, *entry.get("other_spdx_license_keys", ())):
                found.setdefault(name.lower(), (key, category))
    return found
