"""Sentences, names and addresses by a third hand, written before it read a rule or a word list.

No rule is to be fitted to its sentences. What it did lead to, by its figures alone: surnames from
elsewhere (names in no list were missed), whole addresses, words for salaries, births, passwords
and serials that were missing; and by one sentence that was shown, a gate that a comma closed.

A folder's file holds a language: names, addresses and templates, with ⏎ for a new line. Slots:
``{p.…}`` and ``{q.…}`` are persons, ``{m.…}`` a man, ``{f.…}`` a woman, by the form of the name
(``grammar``); ``{a}`` is an address, whose street and house stand in < >.
``numbers.txt``: language, entity, value and sentence.
"""

import re
from functools import cache
from pathlib import Path
from random import Random

from dataset_pipeline_tests.stages.personal.held_out import Case
from dataset_pipeline_tests.stages.personal.third_hand.grammar import english, kazakh, russian

FILLS = 4  # of each template
LANGUAGES = ("en", "ru", "kk")
_HERE = Path(__file__).parent
_SLOT = re.compile(r"\{(?:(?P<who>[pqmf])\.(?P<form>\w+)|a)\}")


@cache
def _sections(language: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (_HERE / f"{language}.txt").read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]") and " " not in line and "{" not in line:
            lines = found.setdefault(line[1:-1], [])
        else:
            lines.append(line.replace("⏎", "\n"))
    return found


def templates(language: str) -> list[str]:
    """The sentences with their slots."""
    return _sections(language)["templates"]


def cases(language: str) -> list[Case]:
    """Every template filled a few times; those without a slot hold nothing personal."""
    return [
        _filled(language, template, Random(f"{language} {number} {turn}"))
        for number, template in enumerate(templates(language))
        for turn in range(FILLS if "{" in template else 1)
    ]


def numbers() -> list[tuple[str, str, str]]:
    """Entity, value, text."""
    rows = [line.split("|") for line in (_HERE / "numbers.txt").read_text("utf-8").splitlines()]
    return [(entity, value, text.replace("{v}", value)) for _, entity, value, text in rows]


def _persons(language: str, dice: Random) -> dict[str, dict[str, str]]:
    forms = {"en": english, "ru": russian, "kk": kazakh}[language]
    people = [forms(*line.split("|")) for line in _sections(language)["names"]]
    if language != "ru":
        return dict(zip("pq", dice.sample(people, 2), strict=True))
    men = dice.sample([p for p in people if p["is"] == "m"], 2)
    women = dice.sample([p for p in people if p["is"] == "f"], 2)
    return dict(zip("pqmf", [*dice.sample(men + women, 2), men[0], women[0]], strict=True))


def _filled(language: str, template: str, dice: Random) -> Case:
    persons = _persons(language, dice)
    spans, text, end = [], "", 0
    for slot in _SLOT.finditer(template):
        text += template[end : slot.start()]
        end = slot.end()
        entity, value = "STREET_ADDRESS", dice.choice(_sections(language)["addresses"])
        if slot["who"]:
            entity, value = "PERSON", persons[slot["who"]][slot["form"]]
        value = re.sub("[<>]", "", value)
        spans.append((len(text), len(text) + len(value), entity))
        text += value
    return Case(language, text + template[end:], tuple(spans))
