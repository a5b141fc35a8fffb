"""Numbers by check digits and by the word before them; the tests make the numbers."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.stages.personal.identifiers import KINDS, is_inn, is_snils

FIND = {kind.entity: kind.find for kind in KINDS}


def inn_digit(digits: str) -> str:
    weights = {9: "2 4 10 3 5 9 4 6 8", 10: "7 2 4 10 3 5 9 4 6 8", 11: "3 7 2 4 10 3 5 9 4 6 8"}
    pairs = zip(weights[len(digits)].split(), digits, strict=True)
    return str(sum(int(weight) * int(digit) for weight, digit in pairs) % 11 % 10)


def inn(dice: Random, length: int) -> str:
    digits = "77" + "".join(dice.choices("0123456789", k=length - (3 if length == 10 else 4)))
    while len(digits) < length:
        digits += inn_digit(digits)
    return digits


def snils(dice: Random) -> str:
    nine = str(dice.randint(1_001_999, 999_999_999)).zfill(9)
    total = sum(int(digit) * weight for digit, weight in zip(nine, range(9, 0, -1), strict=True))
    while total > 101:
        total %= 101
    return nine + ("00" if total in {100, 101} else f"{total:02d}")


@given(st.randoms(use_true_random=False), st.sampled_from([10, 12]))
def test_inn_by_its_check_digits(dice: Random, length: int) -> None:
    number = inn(dice, length)
    assert is_inn(number)
    assert [d for d in "0123456789" if is_inn(number[:-1] + d)] == [number[-1]]


def test_known_inn() -> None:
    assert is_inn("7707083893")  # a bank's, printed on its papers
    assert is_inn("500100732259")
    assert not any(map(is_inn, ("", "7707083894", "0000000000", "770708389", "٧٧٠٧٠٨٣٨٩٣")))


@given(st.randoms(use_true_random=False))
def test_snils_by_its_check_number(dice: Random) -> None:
    number = snils(dice)
    assert is_snils(number)
    wrong = [f"{n:02d}" for n in range(100) if is_snils(f"{number[:9]}{n:02d}")]
    assert wrong == [number[9:]]


def test_known_snils() -> None:
    assert is_snils("11223344595")
    assert not is_snils("11223344596")
    assert not is_snils("00100199800")  # has no check number


def found(entity: str, text: str) -> list[str]:
    return [text[f.start : f.end] for f in FIND[entity](text) if f.score >= 0.4]


@pytest.mark.parametrize(
    ("entity", "text", "wanted"),
    [
        ("RU_INN", "ИНН 7707083893", ["7707083893"]),
        ("RU_INN", "ИНН 7707083894", []),
        ("RU_INN", "посылка 7707083893", []),
        ("RU_SNILS", "112-233-445 95", ["112-233-445 95"]),
        ("RU_SNILS", "СНИЛС: 11223344595", ["11223344595"]),
        ("RU_SNILS", "тел. 11223344595", []),
        ("RU_PASSPORT", "паспорт 4512 123456", ["4512 123456"]),
        ("RU_PASSPORT", "серия 45 12 номер 123456", ["45 12 номер 123456"]),
        ("RU_PASSPORT", "45 12 123456", ["45 12 123456"]),
        ("RU_PASSPORT", "код 4512123456", []),
        ("CONTRACT_NUMBER", "Договор № К-2025/1187 от 01.02.2025", ["К-2025/1187"]),
        ("CONTRACT_NUMBER", "шарт нөмірі AB-12345", ["AB-12345"]),
        ("CONTRACT_NUMBER", "contract of 2025, the contract 2025", []),
        ("ORDER_NUMBER", "my order number is 4471120", ["4471120"]),
        ("ORDER_NUMBER", "order 3 lamps, заказ 12.05.2025", []),
        ("TICKET_NUMBER", "по обращению #20455-1", ["20455-1"]),
        ("TICKET_NUMBER", "in case of fire 20455", []),
        ("SERIAL_NUMBER", "S/N: AX7-0099-11, серийный номер 99120045", ["AX7-0099-11", "99120045"]),
        ("SERIAL_NUMBER", "snow 20455", []),
        ("ACCOUNT_NUMBER", "лицевой счёт 1204 5567 90", ["1204 5567 90"]),
        ("ACCOUNT_NUMBER", "счёт на 1500 тенге", []),
    ],
)
def test_numbers_in_their_context(entity: str, text: str, wanted: list[str]) -> None:
    assert found(entity, text) == wanted
