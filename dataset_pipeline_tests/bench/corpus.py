"""Ticket-like records in any number, made up: the same for the same seed and count.

15% are near copies of earlier ones (a few characters or words changed), 30% hold personal data.
``python -m dataset_pipeline_tests.bench.corpus tickets.jsonl 200000`` writes them as JSON Lines.
"""

import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

COPIES = 0.15
PERSONAL = 0.3
SCHEMA = {
    "id": pl.String,
    "customer": pl.String,
    "opened_at": pl.String,
    "channel": pl.String,
    "region": pl.String,
    "text": pl.String,
    "answer": pl.String,
    "intent": pl.String,
}
_FIRST = datetime(2025, 11, 1, tzinfo=UTC)
_CHANNELS = ("email", "chat", "web", "phone")
_REGIONS = ("Almaty", "Astana", "Shymkent", "Karaganda", "Aktobe", "Atyrau", "Pavlodar", "Semey")
_INTENTS = {
    "billing": ("invoice", "payment", "charge", "receipt", "refund", "счёт", "оплата", "чек"),
    "delivery": ("parcel", "courier", "tracking", "shipment", "посылка", "курьер", "доставка"),
    "returns": ("return", "exchange", "box", "label", "возврат", "обмен", "коробка"),
    "account_access": ("login", "password", "account", "code", "вход", "пароль", "аккаунт"),
    "technical_issue": ("hub", "sensor", "camera", "firmware", "датчик", "камера", "прошивка"),
    "product_question": ("manual", "battery", "range", "warranty", "гарантия", "батарея"),
}
_ENGLISH = (
    "Since {word} the {thing} does not {verb} any more",
    "I tried to {verb} the {thing} {number} times and it is still {state}",
    "Your {person_role} told me that the {thing} would be {state} by {word}",
    "The {thing} in the {place} shows a {state} {word} light",
    "Could you please {verb} my {thing} before the {word}",
    "My neighbour has the same {thing} and says it is {state} with the {word}",
    "We bought {number} of them for the {place} and only the {word} one is {state}",
    "After the {word} update the {thing} became {state}, so I had to {verb} it",
    "Nobody has answered my question about the {thing} and the {word}",
    "It says error {number} next to the {word} when I {verb} it",
)
_RUSSIAN = (
    "Уже {number} дней {thing} не работает, горит {word}",
    "Пожалуйста, проверьте мой {thing}, он стоит в {place} рядом с {word}",
    "После {word} обновления {thing} снова {state}",
    "Мне обещали, что {thing} заменят, но {word} так и не пришёл",
    "Я пробовал {verb} {thing} {number} раз, а он всё равно {state}",
)
_VERBS = [
    "open",
    "reset",
    "replace",
    "cancel",
    "restart",
    "update",
    "move",
    "check",
    "install",
    "pair",
    "charge",
    "mount",
]
_STATES = [
    "broken",
    "offline",
    "late",
    "empty",
    "silent",
    "blocked",
    "missing",
    "wrong",
    "cold",
    "loose",
    "noisy",
    "stuck",
]
_PLACES = [
    "kitchen",
    "hall",
    "garage",
    "office",
    "cellar",
    "garden",
    "bedroom",
    "attic",
    "shop",
    "school",
    "clinic",
]
_ROLES = ["agent", "colleague", "manager", "technician", "driver"]
_NAMES = [
    "Aigerim",
    "Dmitry",
    "Anna",
    "Nurlan",
    "Olga",
    "Timur",
    "Saule",
    "Pavel",
    "Maria",
    "Arman",
    "Elena",
    "Daniyar",
]
_FAMILIES = [
    "Serikova",
    "Ivanov",
    "Petrova",
    "Akhmetov",
    "Smirnova",
    "Kim",
    "Omarov",
    "Volkova",
    "Bekov",
    "Jones",
]
_SYLLABLES = [
    "ba",
    "ke",
    "li",
    "mo",
    "nu",
    "ra",
    "si",
    "to",
    "va",
    "ze",
    "pol",
    "tir",
    "gan",
    "dem",
    "sor",
    "fel",
    "mik",
    "lun",
    "har",
    "bex",
]


def corpus(count: int, seed: int = 4) -> pl.DataFrame:
    """``count`` records, in the order in which they were opened."""
    dice = random.Random(seed)
    words = ["".join(dice.choices(_SYLLABLES, k=dice.randint(2, 4))) for _ in range(6000)]
    originals: list[tuple[str, str, str]] = []
    rows = []
    for number in range(count):
        if originals and dice.random() < COPIES:
            text, answer, intent = originals[int(dice.random() * len(originals))]
            text = _edited(dice, text, words)
        else:
            intent = dice.choice(list(_INTENTS))
            text, answer = _text(dice, intent, words), _answer(dice, words)
            originals.append((text, answer, intent))
        opened = _FIRST + timedelta(seconds=75 * number)
        rows.append(
            (
                f"T-{number:08d}",
                f"CU-{int(dice.random() * count / 2):06d}",
                opened.isoformat(),
                dice.choice(_CHANNELS),
                dice.choice(_REGIONS),
                text,
                answer,
                intent,
            )
        )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _text(dice: random.Random, intent: str, words: list[str]) -> str:
    frames = _RUSSIAN if dice.random() < 0.3 else _ENGLISH
    sentences = [
        frame.format(
            thing=dice.choice(_INTENTS[intent]),
            word=f"{dice.choice(words)} {dice.choice(words)}",
            verb=dice.choice(_VERBS),
            state=dice.choice(_STATES),
            place=dice.choice(_PLACES),
            person_role=dice.choice(_ROLES),
            number=int(dice.random() * 90) + 2,
        )
        for frame in dice.sample(frames, k=int(dice.random() * 3) + 2)
    ]
    if dice.random() < PERSONAL:
        sentences.insert(int(dice.random() * len(sentences)) + 1, _personal(dice))
    return ". ".join(sentences) + "."


def _answer(dice: random.Random, words: list[str]) -> str:
    part = " ".join(dice.choices(words, k=4))
    return f"We have looked at it: please {dice.choice(_VERBS)} the part {part} and tell us."


def _personal(dice: random.Random) -> str:
    name, family = dice.choice(_NAMES), dice.choice(_FAMILIES)
    digits = f"{int(dice.random() * 10**7):07d}"
    kinds = (
        f"Write to {name.lower()}.{family.lower()}{digits[:3]}@example.com",
        f"Call me at +7 701 {digits[:3]} {digits[3:5]} {digits[5:]}",
        f"I paid with the card {_card(digits)}",
        f"My name is {name} {family}",
        f"Contract number CT-{digits[:4]}-{digits[1:]}",
        f"Меня зовут {name} {family}, телефон 8 (705) {digits[:3]}-{digits[3:5]}-{digits[5:]}",
    )
    return dice.choice(kinds)


def _card(digits: str) -> str:
    """A card number with a right last digit (Luhn)."""
    body = f"42424242{digits}"
    doubled = [int(d) * (2 - place % 2) for place, d in enumerate(body)]
    whole = body + str(-sum(d // 10 + d % 10 for d in doubled) % 10)
    return " ".join(whole[i : i + 4] for i in range(0, 16, 4))


def _edited(dice: random.Random, text: str, words: list[str]) -> str:
    """A copy with one to three small changes."""
    for _ in range(int(dice.random() * 3) + 1):
        place = int(dice.random() * len(text))
        kind = int(dice.random() * 4)
        if kind == 0:
            text = text[:place] + text[place + 1 :]
        elif kind == 1:
            text = text[:place] + dice.choice("aeioxyz") + text[place:]
        elif kind == 2:
            text = f"{dice.choice(('Hello', 'Please', 'Again', 'Hi'))}, {text}"
        else:
            text = f"{text} {dice.choice(words)}"
    return text


def main(path: str, count: str) -> None:
    """Write ``count`` records to ``path`` as JSON Lines."""
    corpus(int(count)).write_ndjson(Path(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
