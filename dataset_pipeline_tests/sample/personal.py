"""Invented personal data and secrets, with the sentences that carry them.

Numbers are formally valid where an entity has a check (Luhn, IBAN mod 97, IIN), because a detector
leans on it, and come from ranges set aside for fiction and documentation wherever such a range is
known (Ofcom's drama numbers, 555-01xx, RFC 2606, RFC 5737, RFC 3849, test card prefixes).
"""

import string
from dataclasses import dataclass

from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.personal_carriers import CARRIERS, DECOY_CARRIERS
from dataset_pipeline_tests.sample.personal_names import (
    FAMILIES,
    GIVEN,
    KZ_STREETS,
    LATIN_HANDLES,
)

ENTITIES: dict[str, float] = {
    "PERSON": 22,
    "PHONE": 18,
    "EMAIL": 13,
    "ADDRESS": 10,
    "BIRTH_DATE": 5,
    "CREDIT_CARD": 6,
    "IBAN": 5,
    "IIN": 6,
    "PASSPORT": 4,
    "CONTRACT": 6,
    "SERIAL": 6,
    "IP_ADDRESS": 4,
    "API_KEY": 3,
    "PASSWORD": 3,
}


@dataclass(frozen=True)
class Personal:
    """A value and the sentence that carries it; `hard` ones are written to escape simple rules."""

    entity: str
    value: str
    sentence: str
    hard: bool = False


def personal(dice: Dice, language: str, entity: str) -> Personal:
    """One invented value of the entity inside a sentence of the language."""
    value, hard = MAKERS[entity](dice, language)
    carrier = dice.pick(CARRIERS[language][entity])
    return Personal(entity, value, carrier.replace("@@", value), hard)


def decoy(dice: Dice, language: str) -> Personal:
    """Something that looks like personal data and is not; `entity` says what it looks like."""
    looks = dice.pick(tuple(DECOYS))
    value = DECOYS[looks](dice)
    carrier = dice.pick(DECOY_CARRIERS[language][looks])
    return Personal(looks.split(":")[0], value, carrier.replace("@@", value))


def person(dice: Dice, language: str) -> str:
    """A given and a family name that agree in gender where the language asks for it."""
    gender = dice.below(2)
    return f"{dice.pick(GIVEN[language][gender])} {dice.pick(FAMILIES[language][gender])}"


def luhn_digit(digits: str) -> str:
    """The check digit of ISO/IEC 7812."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        number = int(char) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


def iban(country: str, account: str) -> str:
    """An IBAN with the check digits of ISO 13616."""
    letters = f"{account}{country}00"
    number = int("".join(str(int(char, 36)) for char in letters))
    return f"{country}{98 - number % 97:02d}{account}"


def iin_digit(digits: str) -> str | None:
    """The control digit of Kazakhstan's individual number; None where there can be none."""
    for weights in (range(1, 12), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)):
        rest = sum(int(char) * weight for char, weight in zip(digits, weights, strict=True)) % 11
        if rest < 10:
            return str(rest)
    return None


def iin(dice: Dice) -> str:
    """A valid IIN: birth date, century and sex, serial number, control digit."""
    while True:
        year = dice.between(1955, 2006)
        century = (3 if year < 2000 else 5) + dice.below(2)
        head = f"{year % 100:02d}{dice.between(1, 12):02d}{dice.between(1, 28):02d}{century}"
        head += dice.digits(4)
        digit = iin_digit(head)
        if digit is not None:
            return head + digit


def phone(dice: Dice, language: str) -> tuple[str, bool]:
    """Mostly numbers of Kazakhstan, in the many ways in which people write them."""
    country = dice.weighted({"KZ": 50, "RU": 14, "GB": 14, "US": 11, "DE": 11})
    if country == "GB":
        end = dice.digits(3)
        return dice.pick((f"+44 7700 900{end}", f"07700 900{end}", f"(020) 7946 0{end}")), False
    if country == "US":
        end = dice.digits(2)
        return dice.pick((f"+1 212 555 01{end}", f"(415) 555-01{end}", f"646-555-01{end}")), False
    if country == "DE":
        end = dice.digits(3)
        return dice.pick(
            (f"+49 30 23125{end}", f"030 / 23125 {end}", f"+49 (0)30 23125-{end}")
        ), False
    area = dice.pick(("701", "702", "705", "707", "747", "777")) if country == "KZ" else "912"
    a, b = dice.digits(2), dice.digits(2)
    styles = (
        f"+7 {area} 555 {a} {b}",
        f"+7{area}555{a}{b}",
        f"8 ({area}) 555-{a}-{b}",
        f"8{area}555{a}{b}",
        f"+7 ({area}) 555 {a}{b}",
        f"8-{area}-555-{a}-{b}",
    )
    if dice.chance(0.06):
        return f"8 {area[0]} {area[1]} {area[2]} 5 5 5 {a[0]} {a[1]} {b[0]} {b[1]}", True
    return dice.pick(styles), False


def email(dice: Dice, _language: str) -> tuple[str, bool]:
    """An address below the domains of RFC 2606."""
    name = f"{dice.pick(LATIN_HANDLES)}{dice.pick(('.', '_', '', '-'))}{dice.pick(LATIN_HANDLES)}"
    name += dice.pick(("", "", dice.digits(2)))
    domain = dice.pick(("com", "org", "net"))
    if dice.chance(0.1):
        return dice.pick((f"{name}(at)example.{domain}", f"{name} at example dot {domain}")), True
    return f"{name}@example.{domain}", False


def address(dice: Dice, language: str) -> tuple[str, bool]:
    """A street address; foreign ones are in English only."""
    house, flat = dice.between(2, 190), dice.between(2, 140)
    if language == "ru":
        city = dice.pick(("Алматы", "Астана", "Караганда", "Шымкент"))
        return f"{city}, ул. {dice.pick(KZ_STREETS['ru'])}, д. {house}, кв. {flat}", False
    if language == "kk":
        city = dice.pick(("Алматы", "Астана", "Қарағанды", "Шымкент"))
        return f"{city} қ., {dice.pick(KZ_STREETS['kk'])} көшесі, {house}-үй, {flat}-пәтер", False
    street = dice.pick(KZ_STREETS["en"])
    return dice.pick(
        (
            f"{street} Street {house}, apt. {flat}, Almaty 0500{dice.digits(2)}",
            f"{street} Avenue {house}, flat {flat}, Astana",
            f"{house} Alder Court, Manchester M{dice.between(90, 99)} {dice.between(1, 9)}ZZ",
            f"{house} Old Quay Road, London E{dice.between(30, 60)} {dice.between(1, 9)}XX",
            f"Lindenweg {house}, 10{dice.between(801, 989)} Berlin",
        )
    ), False


def birth_date(dice: Dice, language: str) -> tuple[str, bool]:
    day, month, year = dice.between(1, 28), dice.between(1, 12), dice.between(1952, 2004)
    if language == "en" and dice.chance(0.5):
        names = ("January", "March", "May", "June", "August", "October", "December")
        return f"{day} {dice.pick(names)} {year}", False
    return dice.pick((f"{day:02d}.{month:02d}.{year}", f"{day:02d}/{month:02d}/{year}")), False


def card(dice: Dice, _language: str) -> tuple[str, bool]:
    digits = dice.pick(("400000", "424242", "555555", "222300")) + dice.digits(9)
    digits += luhn_digit(digits)
    groups = [digits[i : i + 4] for i in range(0, 16, 4)]
    return dice.pick((" ".join(groups), "-".join(groups), digits)), False


def account(dice: Dice, _language: str) -> tuple[str, bool]:
    value = dice.pick(
        (
            iban("KZ", dice.digits(3) + dice.letters("ABCDKNQS", 2) + dice.digits(11)),
            iban("DE", dice.digits(18)),
            iban("GB", dice.letters("QWXZ", 4) + dice.digits(14)),
        )
    )
    if dice.chance(0.5):
        return " ".join(value[i : i + 4] for i in range(0, len(value), 4)), False
    return value, False


def passport(dice: Dice, language: str) -> tuple[str, bool]:
    if language == "ru" and dice.chance(0.5):
        return f"{dice.between(10, 80)} {dice.between(10, 22)} {dice.digits(6)}", False
    return f"N{dice.between(10, 16)}{dice.digits(6)}", False


def ip_address(dice: Dice, _language: str) -> tuple[str, bool]:
    net = dice.pick(("192.0.2", "198.51.100", "203.0.113"))
    six = ":".join(
        dice.letters("123456789abcdef", 1) + dice.letters("0123456789abcdef", 2) for _ in "xx"
    )
    return dice.pick(
        (f"{net}.{dice.between(1, 254)}", f"2001:db8:{six}::{dice.between(1, 99)}")
    ), False


def password(dice: Dice, _language: str) -> tuple[str, bool]:
    words = ("Tulip", "Barys", "Kitchen", "Dombra", "Winter", "Saqta", "Medeu", "Rainbow")
    return f"{dice.pick(words)}{dice.pick('-_!#')}{dice.pick(words)}{dice.digits(2)}", False


MAKERS = {
    "PERSON": lambda dice, language: (person(dice, language), False),
    "PHONE": phone,
    "EMAIL": email,
    "ADDRESS": address,
    "BIRTH_DATE": birth_date,
    "CREDIT_CARD": card,
    "IBAN": account,
    "IIN": lambda dice, _: (iin(dice), False),
    "PASSPORT": passport,
    "CONTRACT": lambda dice, _: (f"CT-{dice.between(2021, 2026)}-{dice.digits(6)}", False),
    "SERIAL": lambda dice, _: (
        (
            f"SN SH{dice.between(2, 9)}-{dice.letters('0123456789ABCDEF', 4)}"
            f"-{dice.letters('0123456789ABCDEF', 4)}"
        ),
        False,
    ),
    "IP_ADDRESS": ip_address,
    "API_KEY": lambda dice, _: (
        "shk_live_" + dice.letters(string.ascii_letters + string.digits, 32),
        False,
    ),
    "PASSWORD": password,
}


def _bad_iin(dice: Dice) -> str:
    """Twelve digits that open like a birth date, with a control digit that is off by one."""
    good = iin(dice)
    return good[:-1] + str((int(good[-1]) + 1) % 10)


def _bad_card(dice: Dice) -> str:
    digits = "7700" + dice.digits(11)
    digits += str((int(luhn_digit(digits)) + 3) % 10)
    return " ".join(digits[i : i + 4] for i in range(0, 16, 4))


DECOYS = {
    "IIN:tracking": _bad_iin,
    "CREDIT_CARD:bonus": _bad_card,
    "IP_ADDRESS:firmware": lambda dice: (
        f"{dice.between(8, 12)}.{dice.below(10)}.{dice.between(1, 9)}"
    ),
    "PHONE:total": lambda dice: f"1 {dice.between(100, 989)} {dice.between(100, 990)}",
    "SERIAL:product": lambda dice: f"SH-HUB-{dice.between(2100, 2900)}-KZ",
    "BIRTH_DATE:purchase": lambda dice: f"{dice.between(1, 28):02d}.{dice.between(1, 12):02d}.2024",
}
