"""Ordinary records: what the sample would be if nothing were planted in it.

No two prompts may be as alike as `UNLIKE`; what comes out too much alike is written again.
"""

from datetime import UTC, datetime, timedelta

from dataset_pipeline_tests.sample.compose import Voice, for_cp1251, joined
from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.people import CHANNELS, Customer, customers
from dataset_pipeline_tests.sample.record import AGENT, CUSTOMER, Record, Turn
from dataset_pipeline_tests.sample.shingles import Net

HELPDESK, CRM, CLOSED = "helpdesk", "crm", "closed_cases"
INTENT_WEIGHTS: dict[str, float] = {
    "billing": 32,
    "delivery": 22,
    "returns": 14,
    "account_access": 11,
    "technical_issue": 9,
    "cancellation": 4,
    "product_question": 2,
    "other": 6,
}
LANGUAGE_WEIGHTS: dict[str, dict[str, float]] = {
    HELPDESK: {"en": 78, "ru": 16, "kk": 6},
    CRM: {"en": 82, "ru": 18},
    CLOSED: {"en": 78, "ru": 16, "kk": 6},
}
CRM_CHANNELS = {"phone": 40.0, "email": 25.0, "web": 20.0, "chat": 15.0}
FIRST_DAY = datetime(2025, 11, 1, tzinfo=UTC)
DAYS = 181
UNLIKE = 0.68
TRIES = 60


class Writer:
    """Makes records, and remembers every text so that no later one is its twin by accident."""

    def __init__(self) -> None:
        people = customers()
        self.by_language = {
            language: [person for person in people if person.language == language]
            for language in ("en", "ru", "kk")
        }
        self._weights = {
            language: {person: person.eagerness for person in group}
            for language, group in self.by_language.items()
        }
        self._net = Net(UNLIKE, _rehearsal())

    def customer(self, dice: Dice, language: str) -> Customer:
        return dice.weighted(self._weights[language])

    def other_customer(self, dice: Dice, record: Record) -> Customer:
        """Somebody of the same language who is not the record's customer."""
        while True:
            person = self.customer(dice, record.language)
            if person != record.customer:
                return person

    def ordinary(self, source: str, number: int) -> Record:
        """One natural record; the same `number` always gets the same first draft."""
        dice = Dice("ordinary", source, number)
        language = dice.weighted(LANGUAGE_WEIGHTS[source])
        person = self.customer(dice, language)
        record = Record(
            source=source,
            customer=person,
            moment=moment(dice, person.region),
            channel=dice.weighted(CRM_CHANNELS if source == CRM else CHANNELS),
            region=person.region,
            language=language,
            intent=dice.weighted(INTENT_WEIGHTS),
            turns=[],
        )
        self._converse(record, dice)
        return record

    def novel(self, text: str) -> bool:
        """Whether no earlier text is like this one; if so, it is remembered."""
        if self._net.catches(text):
            return False
        self._net.add(text)
        return True

    def _converse(self, record: Record, dice: Dice) -> None:
        """Fills in the turns, and for the helpdesk the subject."""
        voice, text = self._opening(record, dice)
        record.situation, record.slots = voice.situation, voice.fixed
        record.turns = [Turn(CUSTOMER, text)]
        if record.source == CRM:
            return
        if record.source == CLOSED:
            record.turns.append(Turn(AGENT, joined(voice.answer(), dice)))
            return
        record.subject = voice.subject()
        more = dice.weighted({1: 8.0, 2: 56.0, 3: 5.0, 4: 22.0, 5: 2.0, 6: 7.0}) - 1
        for place in range(more):
            if place % 2 == 0:
                record.turns.append(Turn(AGENT, joined(voice.answer(), dice)))
            elif (answer := self._followup(voice, dice)) is not None:
                record.turns.append(Turn(CUSTOMER, answer))
            else:
                return

    def _opening(self, record: Record, dice: Dice) -> tuple[Voice, str]:
        for _ in range(TRIES):
            voice = Voice(dice, record.language, record.intent, record.moment, record.region)
            length = dice.weighted({0.0: 1.0, 0.3: 3.0, 0.6: 3.0, 0.9: 2.0, 1.4: 1.0})
            text = joined(voice.opening(length), dice)
            if record.source == CRM:
                text = _clerked(for_cp1251(text), dice)
            if len(text.split()) >= 8 and self.novel(text):
                return voice, text
        raise RuntimeError(f"the {record.language} phrases on {record.intent} are used up")

    def _followup(self, voice: Voice, dice: Dice) -> str | None:
        for _ in range(TRIES):
            text = joined(voice.followup(), dice)
            if self.novel(text):
                return text
        return None


def moment(dice: Dice, region: str) -> datetime:
    """A second in the waking hours of the region, never on another local day than the UTC one."""
    hour = dice.between(13, 22) if region == "New York" else dice.between(5, 15)
    return FIRST_DAY + timedelta(
        days=dice.below(DAYS), hours=hour, minutes=dice.below(60), seconds=dice.below(60)
    )


def _clerked(text: str, dice: Dice) -> str:
    """Semicolons and quotation marks here and there: what a `;`-delimited export must quote."""
    if dice.chance(0.08):
        return text.replace(". ", "; ", 1)
    if dice.chance(0.08):
        return text.replace("Saqta Home", '"Saqta Home"').replace("Care", '"Care"')
    return text


def _rehearsal() -> list[str]:
    """A few hundred texts from which the net learns which shingles are rare."""
    out = []
    for number in range(500):
        dice = Dice("rehearsal", number)
        language = dice.weighted({"en": 70, "ru": 20, "kk": 10})
        voice = Voice(dice, language, dice.weighted(INTENT_WEIGHTS), FIRST_DAY, "Almaty")
        out.append(" ".join(voice.opening(0.9)))
    return out
