"""What every planter works on: the records so far, a way to claim free ones, and the truth."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dataset_pipeline_tests.sample.compose import Voice, for_cp1251, joined
from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.ordinary import CLOSED, CRM, HELPDESK, Writer, moment
from dataset_pipeline_tests.sample.people import CHANNELS, Customer
from dataset_pipeline_tests.sample.record import AGENT, CUSTOMER, Record, Turn

LONG_ENOUGH = 120


@dataclass
class Field:
    """The garden: records, and truth entries that still hold `Record` objects instead of keys.

    `distilled` pairs a record with what a model is to make of it.
    """

    writer: Writer
    records: list[Record]
    truth: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    distilled: list[tuple[Record, str]] = field(default_factory=list)

    def note(self, kind: str, **entry: Any) -> None:
        self.truth.setdefault(kind, []).append(entry)

    def free(
        self, dice: Dice, kind: str, count: int, fits: Callable[[Record], bool], mix: dict[str, int]
    ) -> list[Record]:
        """Claims `count` ordinary records for a kind, languages in the proportions of `mix`."""
        pool = [r for r in dice.shuffled(self.records) if r.kind is None and fits(r)]
        out: list[Record] = []
        for language, share in mix.items():
            wanted = round(count * share / sum(mix.values()))
            out += [record for record in pool if record.language == language][:wanted]
        for record in out:
            record.kind = kind
        return out

    def sibling(
        self, dice: Dice, original: Record, text: str, customer: Customer, intent: str | None = None
    ) -> Record:
        """A new record like the original, with this text, in any source that can hold it."""
        sources = [HELPDESK, HELPDESK, CLOSED]
        if original.language != "kk" and fits_cp1251(text):
            sources += [CRM, CRM]
        copy = self.new(
            dice,
            dice.pick(sources),
            customer,
            language=original.language,
            intent=intent or original.intent,
            text=text,
            after=original.moment,
        )
        copy.kind = original.kind
        return copy

    def new(
        self,
        dice: Dice,
        source: str,
        customer: Customer,
        *,
        language: str,
        intent: str,
        text: str,
        after: datetime | None = None,
    ) -> Record:
        """A record with a given prompt; helpdesk and closed cases get an answer to it.

        One that comes `after` another comes within a month, so that the dates in its text hold.
        """
        when = moment(dice, customer.region)
        if after:
            when = when.replace(year=after.year, month=after.month, day=after.day)
            when = min(
                when + timedelta(days=dice.between(1, 30)), when.replace(year=2026, month=4, day=30)
            )
        voice = Voice(dice, language, intent, when, customer.region)
        turns = [Turn(CUSTOMER, text)]
        if source != CRM:
            turns.append(Turn(AGENT, joined(voice.answer(), dice)))
        record = Record(
            source=source,
            customer=customer,
            moment=when,
            channel=dice.weighted(CHANNELS),
            region=customer.region,
            language=language,
            intent=intent,
            turns=turns,
            subject=voice.subject() if source == HELPDESK else "",
        )
        self.records.append(record)
        return record


def fits_cp1251(text: str) -> bool:
    """Whether the CRM can hold the text exactly as it is."""
    try:
        return for_cp1251(text) == text
    except UnicodeEncodeError:
        return False


def single(record: Record) -> bool:
    """One customer turn, long enough to be compared with others."""
    return (
        sum(turn.author == CUSTOMER for turn in record.turns) == 1
        and len(record.prompt) >= LONG_ENOUGH
    )
