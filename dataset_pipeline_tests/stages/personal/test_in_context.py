"""Dates and amounts that are personal only by what is said of them."""

import pytest

from dataset_pipeline.stages.personal import amounts, dates

FIND = {kind.entity: kind.find for kind in (*amounts.KINDS, *dates.KINDS)}


@pytest.mark.parametrize(
    ("entity", "text", "wanted"),
    [
        ("BIRTH_DATE", "I was born on 12 March 1985.", ["12 March 1985"]),
        ("BIRTH_DATE", "DOB: 03/12/85", ["03/12/85"]),
        ("BIRTH_DATE", "date of birth March 12, 1985", ["March 12, 1985"]),
        ("BIRTH_DATE", "Дата рождения 12.03.1985", ["12.03.1985"]),
        ("BIRTH_DATE", "12 марта 1985 года рождения", ["12 марта 1985"]),
        ("BIRTH_DATE", "1985 года рождения", ["1985"]),
        ("BIRTH_DATE", "Туған күнім 12.03.1985", ["12.03.1985"]),
        ("BIRTH_DATE", "1985 жылғы 12 наурыз, туған күнім", ["1985 жылғы 12 наурыз"]),
        ("BIRTH_DATE", "I bought it on 04.04.2026. Born to be wild!", []),
        ("BIRTH_DATE", "куплено 04.04.2026, гарантия с 2026-04-05", []),
        ("SALARY", "моя зарплата 350 000 тенге", ["350 000 тенге"]),
        ("SALARY", "my salary is $4,500 a month", ["$4,500"]),
        ("SALARY", "жалақым 280 мың теңге", ["280 мың теңге"]),
        ("SALARY", "заказ на 169 900 тенге", []),
        ("SALARY", "My salary is late. The lamp costs 5000 tenge", []),
        ("SALARY", "since 2019 my income is fine, 14 sensors", []),
        ("DEBT", "у меня долг 120 500 руб", ["120 500 руб"]),
        ("DEBT", "I owe 300 euros", ["300 euros"]),
        ("DEBT", "қарызым 45000 теңге", ["45000 теңге"]),
        ("DEBT", "paid 300 euros for it", []),
    ],
)
def test_what_is_said_decides(entity: str, text: str, wanted: list[str]) -> None:
    assert [text[f.start : f.end] for f in FIND[entity](text)] == wanted
