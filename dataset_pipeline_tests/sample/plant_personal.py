"""Plants personal data and its look-alikes in ordinary records, in every field of theirs."""

import re

from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.ordinary import HELPDESK
from dataset_pipeline_tests.sample.personal import (
    ENTITIES,
    MAKERS,
    Personal,
    decoy,
    person,
    personal,
    phone,
)
from dataset_pipeline_tests.sample.personal_carriers import AGENT_CARRIERS
from dataset_pipeline_tests.sample.planting import Field, fits_cp1251
from dataset_pipeline_tests.sample.record import AGENT, CUSTOMER, Record

SHARE = 0.41
DECOYS = {"en": 62, "ru": 22, "kk": 16}
_BOUNDARY = re.compile(r"(?<=[.!?])[ \n]+(?=\S)")


def plant_decoys(field: Field) -> None:
    """Versions, totals, product codes, tracking and bonus numbers: not personal data."""
    dice = Dice("decoy")
    for record in field.free(dice, "decoy", 64, lambda r: True, DECOYS):
        found = decoy(dice, record.language)
        _insert(dice, record, record.prompt_turn, found, [])
        field.note(
            "decoy",
            record=record,
            looks_like=found.entity,
            values=[found.value],
            turn=record.prompt_turn,
        )


def plant_personal_data(field: Field) -> None:
    """One to three values in about four of ten records that nothing else was planted in."""
    dice = Dice("personal_data")
    for record in field.records:
        if record.kind is not None or not dice.chance(SHARE):
            continue
        values: list[str] = []
        for _ in range(dice.weighted({1: 68.0, 2: 24.0, 3: 8.0})):
            turn = _turn(dice, record)
            found = _value(dice, record, turn)
            if found.value in values or _unstorable(record, found):
                continue
            _insert(dice, record, turn, found, values)
            values.append(found.value)
            field.note(
                "personal_data",
                entity=found.entity,
                value=found.value,
                hard=found.hard,
                record=record,
                turn=turn,
            )
        if values:
            record.kind = "personal_data"


def plant_personal_attributes(field: Field) -> None:
    """Clerks who type a phone into the region, customers who put their name into the subject."""
    dice = Dice("personal_attributes")
    for record in field.free(dice, "personal_data", 12, lambda r: True, {"en": 9, "ru": 3}):
        value, hard = phone(dice, record.language)
        record.region = f"{record.region}, {value}"
        field.note(
            "personal_data",
            entity="PHONE",
            value=value,
            hard=hard,
            record=record,
            attribute="region",
        )
    fits = {"en": 9, "ru": 5, "kk": 2}
    for record in field.free(dice, "personal_data", 16, lambda r: r.source == HELPDESK, fits):
        value = person(dice, record.language)
        record.subject = f"{record.subject} ({value})"
        field.note(
            "personal_data", entity="PERSON", value=value, record=record, attribute="subject"
        )


def _unstorable(record: Record, found: Personal) -> bool:
    return record.source == "crm" and not fits_cp1251(found.sentence)


def _turn(dice: Dice, record: Record) -> int:
    """Mostly the prompt, now and then an earlier turn or an agent's answer."""
    return record.prompt_turn if dice.chance(0.62) else dice.below(len(record.turns))


def _value(dice: Dice, record: Record, turn: int) -> Personal:
    if record.turns[turn].author == CUSTOMER:
        return personal(dice, record.language, dice.weighted(ENTITIES))
    carriers = AGENT_CARRIERS[record.language]
    entity = dice.pick(tuple(carriers))
    value, hard = MAKERS[entity](dice, record.language)
    return Personal(entity, value, dice.pick(carriers[entity]).replace("@@", value), hard)


def _insert(dice: Dice, record: Record, turn: int, found: Personal, keep: list[str]) -> None:
    """Puts the sentence between two others, never inside a value that stands there already."""
    text = record.turns[turn].text
    spots = [match.start() for match in _BOUNDARY.finditer(text)]
    out = f"{text.rstrip()} {found.sentence}"
    if found.sentence.endswith(",") and record.turns[turn].author == AGENT:
        out = f"{found.sentence} {text}"
    elif spots and dice.chance(0.6):
        spot = dice.pick(spots)
        middle = f"{text[:spot]} {found.sentence}{text[spot:]}"
        if all((value in text) == (value in middle) for value in keep):
            out = middle
    record.turns[turn].text = out
