"""Writes what customers and agents say: picks sentences, fills slots, adds the human touch."""

from datetime import datetime, timedelta

from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.people import ABROAD, REGIONS
from dataset_pipeline_tests.sample.phrases import Phrasebook
from dataset_pipeline_tests.sample.phrases_en import ENGLISH
from dataset_pipeline_tests.sample.phrases_kk import KAZAKH
from dataset_pipeline_tests.sample.phrases_ru import RUSSIAN
from dataset_pipeline_tests.sample.shingles import shingles

BOOKS: dict[str, Phrasebook] = {"en": ENGLISH, "ru": RUSSIAN, "kk": KAZAKH}
CITIES = {
    "en": tuple(REGIONS),
    "ru": ("Алматы", "Астана", "Шымкент", "Караганда", "Актобе", "Атырау", "Павлодар", "Берлин"),
    "kk": ("Алматы", "Астана", "Шымкент", "Қарағанды", "Ақтөбе", "Атырау", "Павлодар"),
}


BRANDS = ("Care", "Cam", "Cloud", "Guard", "Hub", "Saqta")


class Voice:
    """Speaks one language about one intent; `slots` stay the same for a whole conversation."""

    def __init__(
        self, dice: Dice, language: str, intent: str, moment: datetime, region: str
    ) -> None:
        self.dice = dice
        self.book = BOOKS[language]
        self.topic = self.book.topics[intent]
        self.moment = moment
        self.region = region
        self.fixed = {
            "order": f"SQ-{dice.between(100000, 989999)}",
            "product": dice.pick(self.book.products),
            "plan": dice.pick(self.book.plans),
            "tracking": f"SQT{dice.digits(9)}",
            "version": f"{dice.between(3, 5)}.{dice.between(0, 14)}.{dice.between(0, 9)}",
            "amount": self._amount(),
        }
        self.situation = dice.below(len(self.topic.situations))
        self.about = self.topic.situations[self.situation]

    def fill(self, phrase: str) -> str:
        """The phrase with its slots filled; dates lie before the record's own, months around it."""
        dice = self.dice
        if self.fixed["product"][0] in "aeiou":
            phrase = phrase.replace(" a {product}", " an {product}")
        return phrase.format(
            **self.fixed,
            date=self._date(dice.between(1, 40)),
            days=dice.between(3, 21),
            n=dice.between(2, 6) if self.book.language != "ru" else dice.between(2, 4),
            minutes=dice.pick((5, 10, 15, 20, 25, 30, 35, 40, 45)),
            hour=f"{dice.between(7, 21)}:{dice.pick(('00', '15', '30', '45'))}",
            city=dice.pick(CITIES[self.book.language]),
            room=dice.pick(self.book.rooms),
            month=self.book.months[(self.moment.month - 1 - dice.below(3)) % 12],
        )

    def subject(self) -> str:
        return self._capital(self.fill(self._fitting(self.topic.subjects)))

    def opening(self, length: float) -> list[str]:
        """A customer's first message as sentences; `length` in [0, 1] is how talkative they are."""
        dice, topic, book = self.dice, self.topic, self.book
        out = [dice.pick(book.openings)] if dice.chance(0.3 + 0.5 * length) else []
        out.append(topic.situations[self.situation])
        out += dice.sample(topic.details, self._count(0.35 + 2.1 * length))
        out += dice.sample(book.attempts, self._count(1.3 * length))
        out += dice.sample(book.moods, self._count(1.1 * length))
        if dice.chance(0.85):
            out.append(dice.pick(topic.asks))
        if dice.chance(0.1 + 0.6 * length):
            out.append(dice.pick(book.closings))
        return self._finish(out)

    def followup(self) -> list[str]:
        """What a customer writes after an answer."""
        dice, topic, book = self.dice, self.topic, self.book
        self.about = dice.pick(topic.followups)
        out = [dice.pick(book.acknowledgements), self.about]
        if dice.chance(0.35):
            out.append(dice.pick(topic.details))
        if dice.chance(0.3):
            out.append(dice.pick((*book.moods, *book.attempts)))
        out.append(dice.pick((*topic.asks, *book.nudges)))
        return self._finish(out)

    def answer(self) -> list[str]:
        """An agent's message as sentences."""
        dice, topic, book = self.dice, self.topic, self.book
        out = [dice.pick(book.agent_openings), self._fitting(topic.answers)]
        out += dice.sample(topic.steps, dice.between(1, min(2, len(topic.steps))))
        if dice.chance(0.55):
            out.append(dice.pick(book.agent_closings))
        return [self._capital(self.fill(phrase)) for phrase in out]

    def _fitting(self, phrases: tuple[str, ...]) -> str:
        """One of the three phrases that share most with what the customer is on about."""
        about = shingles(self.about)
        return self.dice.pick(
            sorted(phrases, key=lambda phrase: -len(shingles(phrase) & about))[:3]
        )

    def _finish(self, phrases: list[str]) -> list[str]:
        sentences = [self._capital(self.fill(phrase)) for phrase in phrases]
        return self._registered(self._mistyped(sentences))

    def _mistyped(self, sentences: list[str]) -> list[str]:
        """One of the language's usual slips, in one message out of five."""
        if not self.dice.chance(0.2):
            return sentences
        right, wrong = self.dice.pick(self.book.typos)
        return [sentence.replace(right, wrong) for sentence in sentences]

    def _registered(self, sentences: list[str]) -> list[str]:
        """Chat style without capitals, or an excited one, now and then."""
        mark = self.dice.below(100)
        if mark < 12:
            return [sentence.lower().rstrip(".") for sentence in sentences]
        if mark < 18:
            return [
                sentence[:-1] + "!" if sentence.endswith(".") else sentence
                for sentence in sentences
            ]
        if mark < 21:
            return [
                sentence[:-1] + "..." if sentence.endswith(".") else sentence
                for sentence in sentences
            ]
        return sentences

    def _count(self, mean: float) -> int:
        return int(mean) + self.dice.chance(mean % 1)

    def _amount(self) -> str:
        dice = self.dice
        sign = ABROAD.get(self.region)
        if sign:
            return f"{sign}{dice.between(4, 240)}.{dice.pick(('00', '50', '90', '99'))}"
        number = f"{dice.between(1, 180)} {dice.pick(('490', '900', '990', '500', '250'))}"
        unit = {"en": ("₸", "tenge", "KZT"), "ru": ("₸", "тенге", "тг"), "kk": ("₸", "теңге", "тг")}
        return f"{number} {dice.pick(unit[self.book.language])}"

    def _date(self, days_ago: int) -> str:
        day = self.moment - timedelta(days=days_ago)
        if self.dice.chance(0.2):
            return f"{day:%d.%m.%Y}" if self.region not in ABROAD else f"{day:%d/%m/%Y}"
        return self.book.day_month.format(day=day.day, month=self.book.months[day.month - 1])

    @staticmethod
    def _capital(sentence: str) -> str:
        return sentence[:1].upper() + sentence[1:]


def joined(sentences: list[str], dice: Dice) -> str:
    """The sentences as one message, sometimes with greeting and farewell on lines of their own."""
    if len(sentences) > 4 and dice.chance(0.4):
        return f"{sentences[0]}\n\n{' '.join(sentences[1:-1])}\n\n{sentences[-1]}"
    if len(sentences) > 1 and sentences[0].endswith(","):
        sentences = [sentences[0], _continued(sentences[1]), *sentences[2:]]
    return " ".join(sentences)


def _continued(sentence: str) -> str:
    """The sentence without its capital, as it follows a comma, unless it opens with a brand."""
    if sentence.startswith(BRANDS) or not sentence[1:2].islower():
        return sentence
    return sentence[:1].lower() + sentence[1:]


def for_cp1251(text: str) -> str:
    """The text with what windows-1251 lacks spelled out, as the old CRM's clerks do."""
    for char, spelled in (("₸", "KZT"), ("£", "GBP "), ("’", "'")):
        text = text.replace(char, spelled)
    text.encode("cp1251")
    return text
