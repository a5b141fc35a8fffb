"""Forms of a name: its parts, their order, and their cases in Russian and Kazakh."""

_RUSSIAN = ("nom", "gen", "dat", "acc", "ins", "pre")
_KAZAKH = ("nom", "gen", "dat", "acc", "abl", "ins")
_BACK, _FRONT = "аоұыуяю", "әөүіеэи"


def english(first: str, surname: str, middle: str) -> dict[str, str]:
    """The forms of a name in Latin letters."""
    return {
        "first": first, "full": f"{first} {surname}", "rev": f"{surname}, {first}",
        "ini": f"{first[0]}. {surname}", "sur": surname, "inir": f"{surname} {first[0]}.",
        "mid": f"{first} {middle}. {surname}", "full_lc": f"{first} {surname}".lower(),
        "first_lc": first.lower(), "caps": f"{first} {surname}".upper(),
    }  # fmt: skip


def russian(first: str, patronymic: str, surname: str) -> dict[str, str]:
    """The forms of a Russian name; ``is`` tells men from women."""
    man = patronymic.endswith("ч")
    own = _man(first) if man else _woman(first)
    family = _surname(surname, man)
    stem = patronymic if man else patronymic[:-1]
    ends = ("", "а", "у", "а", "ем", "е") if man else ("а", "ы", "е", "у", "ой", "е")
    father = [stem + end for end in ends]
    parts = zip(_RUSSIAN, own, father, family, strict=True)
    forms = {"is": "m" if man else "f"}
    for case, f, p, s in parts:
        forms |= {
            f"first_{case}": f, f"sur_{case}": s, f"full_{case}": f"{f} {s}",
            f"rev_{case}": f"{s} {f}", f"fio_{case}": f"{s} {f} {p}", f"io_{case}": f"{f} {p}",
            f"iof_{case}": f"{f} {p} {s}", f"ini_{case}": f"{s} {first[0]}. {patronymic[0]}.",
            f"inib_{case}": f"{first[0]}.{patronymic[0]}. {s}",
        }  # fmt: skip
    return forms


def _with(stem: str, *ends: str) -> list[str]:
    return [stem + end for end in ends]


def _man(name: str) -> list[str]:
    if name[-1] in "йь":
        return _with(name[:-1], name[-1], "я", "ю", "я", "ем", "и" if name[-2:-1] == "и" else "е")
    if name[-1] == "а":
        return _with(name[:-1], "а", "ы", "е", "у", "ой", "е")
    return _with(name, "", "а", "у", "а", "ем" if name[-1] in "жшчщ" else "ом", "е")


def _woman(name: str) -> list[str]:
    if name.endswith("я"):
        soft = "и" if name.endswith("ия") else "е"
        return _with(name[:-1], "я", "и", soft, "ю", "ей", soft)
    if name.endswith("а"):
        return _with(name[:-1], "а", "и" if name[-2] in "гкхжшчщ" else "ы", "е", "у", "ой", "е")
    return [name] * 6


def _surname(name: str, man: bool) -> list[str]:
    if man and name.endswith(("ов", "ев", "ёв", "ин", "ын")):
        return _with(name, "", "а", "у", "а", "ым", "е")
    if man and name.endswith("ий"):
        return _with(name[:-2], "ий", "ого", "ому", "ого", "им", "ом")
    if man and name[-1] not in "аеиоуыэюях":
        return _with(name, "", "а", "у", "а", "ом", "е")
    if not man and name.endswith(("ова", "ева", "ёва", "ина")):
        return _with(name[:-1], "а", "ой", "ой", "у", "ой", "ой")
    if not man and name.endswith("ая"):
        return _with(name[:-2], "ая", "ой", "ой", "ую", "ой", "ой")
    return [name] * 6


def kazakh(first: str, patronymic: str, surname: str) -> dict[str, str]:
    """The forms of a Kazakh name: the last part bears the ending."""
    forms = {}
    for case in _KAZAKH:
        forms |= {
            f"first_{case}": _bent(first, case), f"sur_{case}": _bent(surname, case),
            f"full_{case}": f"{first} {_bent(surname, case)}",
            f"rev_{case}": f"{surname} {_bent(first, case)}",
            f"fio_{case}": f"{surname} {first} {_bent(patronymic, case)}",
            f"io_{case}": f"{first} {_bent(patronymic, case)}",
            f"ini_{case}": f"{surname} {first[0]}. {patronymic[0]}.",
            f"inib_{case}": f"{first[0]}. {surname}",
        }  # fmt: skip
    return forms


def _bent(word: str, case: str) -> str:
    """A Kazakh word in a case, by the harmony of vowels and the last sound."""
    russian, last = word.endswith(("ов", "ев")), word[-1].lower()
    vowels = [letter for letter in word.lower() if letter in _BACK + _FRONT]
    back = russian or vowels[-1] in _BACK
    open_ = last in _BACK + _FRONT
    voiced = open_ or (last in "лмнрйузжң" and not russian)
    owned = word.endswith(("ұлы", "қызы"))
    nasal = last in "мнң"
    start = {
        "gen": "н" if open_ or nasal else "д" if voiced else "т",
        "acc": "н" if open_ else "д" if voiced else "т",
        "abl": "н" if owned or nasal else "д" if voiced else "т",
        "dat": "н" if owned else ("ғ" if back else "г") if voiced else ("қ" if back else "к"),
    }
    ends = {
        "nom": "",
        "gen": start["gen"] + ("ың" if back else "ің"),
        "acc": "н" if owned else start["acc"] + ("ы" if back else "і"),
        "abl": start["abl"] + ("ан" if back else "ен"),
        "dat": start["dat"] + ("а" if back else "е"),
        "ins": "мен" if voiced else "пен",
    }
    return word + ends[case]
