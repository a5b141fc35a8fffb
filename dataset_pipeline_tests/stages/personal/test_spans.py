"""Where a name or an address begins and ends, case by case; and what is none."""

import pytest

from dataset_pipeline.stages.personal.addresses import KINDS as ADDRESSES
from dataset_pipeline.stages.personal.names import find_persons


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("I live at 14 Oak Lane, London. Thanks", "14 Oak Lane, London"),
        ("It is 12 Tole Bi Street, office 305, you know", "12 Tole Bi Street, office 305"),
        ("To 56 Abay Avenue, apt. 12, Almaty 050000.", "56 Abay Avenue, apt. 12, Almaty 050000"),
        ("ул. Мира, 5, 127427, Москва. Жду вас", "ул. Мира, 5, 127427, Москва"),
        ("наб. Мойки, д. 34, лит. А. Позвоните", "наб. Мойки, д. 34, лит. А"),
        ("Красный проспект, д. 25", "Красный проспект, д. 25"),
        ("I live at Абай даңғылы, 52-үй, ok", "Абай даңғылы, 52-үй"),
        ("мен абай көшесі 5 тұрамын", "абай көшесі 5"),
        ("at 31 Highway 101 North now", "31 Highway 101 North"),
        ("chez 12 bis avenue Victor Hugo", "12 bis avenue Victor Hugo"),
        ("in Calle de Alcalá 42, 28014 Madrid", "Calle de Alcalá 42, 28014 Madrid"),
        ("see page 12 The Court decided", ""),
        ("please place Order 1234, paid via PayPal 50", ""),
    ],
)
def test_address(text: str, address: str) -> None:
    assert [text[f.start : f.end] for f in ADDRESSES[0].find(text)] == [address] * bool(address)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Заявитель: Мельник Захар Никитич, у дома", ["Мельник Захар Никитич"]),
        ("Позвонила Мария Петровна", ["Мария Петровна"]),
        ("Исполнитель: Штольц Э. К.\nСрок: июнь", ["Штольц Э. К."]),
        ("Дәрігер Қожахмет С. М. қабылдады", ["Қожахмет С. М."]),
        ("Г-н Штольц недоволен", ["Штольц"]),
        ("Reviewer: Emeka Zqorth\nStatus: Open", ["Emeka Zqorth"]),
        ("Classifier: Zqorth Vlomb :: x", []),
        ("Router: Zqorth Vlomb\n", []),
        ("the holder is Zqorth J. Vlomb; the", ["Zqorth J. Vlomb"]),
        ("Plan B. Vlomb it", []),
        ("to Kirsty Vlomb's boss. Vlomb is out", ["Kirsty Vlomb", "Vlomb"]),
        ("by Jan van der Vlomb today", ["Jan van der Vlomb"]),
        ("Prof. al-Hashimi needs it", ["al-Hashimi"]),
        ("Signed: Vlomb, Rosalie\nx", ["Vlomb, Rosalie"]),
        ("cc: Carlos Ibarra; Zqorth Vlomb; helpdesk", ["Carlos Ibarra", "Zqorth Vlomb"]),
        ("Well, June says it works", ["June"]),
        ("the shop in London says no", []),
        ("the BERT and GIL models", []),
        ("customer tobias vlomb called", ["tobias vlomb"]),
        ("P.O. Box 44", []),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert [text[f.start : f.end] for f in find_persons(text) if f.score >= 0.4] == names
