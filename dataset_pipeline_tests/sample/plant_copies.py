"""Plants what looks like something else: copies, templates, and one text under two labels."""

from collections.abc import Callable

from dataset_pipeline_tests.sample.compose import BOOKS
from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.ordinary import CLOSED, CRM, HELPDESK
from dataset_pipeline_tests.sample.people import Customer
from dataset_pipeline_tests.sample.personal import person
from dataset_pipeline_tests.sample.planting import Field, single
from dataset_pipeline_tests.sample.record import Record
from dataset_pipeline_tests.sample.shingles import jaccard
from dataset_pipeline_tests.sample.templates import TEMPLATES, Template

MIX = {"en": 62, "ru": 24, "kk": 14}
NEAR = (0.82, 0.985)
GROUP = 8
CONFUSED = {
    "billing": "cancellation",
    "delivery": "returns",
    "returns": "delivery",
    "account_access": "technical_issue",
    "technical_issue": "product_question",
    "cancellation": "billing",
    "product_question": "technical_issue",
    "other": "product_question",
}


def plant_exact_copies(field: Field) -> None:
    """Pairs whose prompts are equal, or equal but for case, white space or the last mark."""
    dice = Dice("exact_copy")
    variants = tuple(VARIANTS)
    for number, one in enumerate(field.free(dice, "exact_copy", 34, single, MIX)):
        variant = variants[number % len(variants)]
        customer = one.customer if dice.chance(0.5) else field.writer.other_customer(dice, one)
        copy = field.sibling(dice, one, VARIANTS[variant](one.prompt), customer)
        field.note("exact_copy", pair=[one, copy], variant=variant)


def plant_near_copies(field: Field) -> None:
    """The same customer writes again, with small edits."""
    dice = Dice("near_copy")
    for one in field.free(dice, "near_copy", 36, single, MIX):
        _near(field, dice, one, one.customer, "near_copy")


def plant_cross_customer_near_copies(field: Field) -> None:
    """Two customers, almost one text: a leak wherever a split by customer tears them apart."""
    dice = Dice("cross_customer_near_copy")
    for one in field.free(dice, "cross_customer_near_copy", 74, single, MIX):
        other = field.writer.other_customer(dice, one)
        _near(field, dice, one, other, "cross_customer_near_copy")


def plant_label_conflicts(field: Field) -> None:
    """Equal prompts of two customers that were filed under different intents."""
    dice = Dice("label_conflict")
    for one in field.free(dice, "label_conflict", 16, single, MIX):
        other = field.writer.other_customer(dice, one)
        copy = field.sibling(dice, one, one.prompt, other, CONFUSED[one.intent])
        field.note("label_conflict", pair=[one, copy], labels=[one.intent, copy.intent])


def plant_templates(field: Field) -> None:
    """Forms and notices that differ by a number, a date or a name only."""
    for name, template in TEMPLATES.items():
        dice = Dice("template", name)
        members = [_filled(field, dice, template, place) for place in range(GROUP)]
        field.note("template", group=name, members=members, differs_by=template.differs_by)


def _filled(field: Field, dice: Dice, template: Template, place: int) -> Record:
    """A record with the template's text; a name in it is personal data."""
    language = template.language
    sources = (HELPDESK, CLOSED) if language == "kk" else (HELPDESK, CRM, CLOSED)
    value = _slot_value(dice, template.differs_by, language)
    record = field.new(
        dice,
        sources[place % len(sources)],
        field.writer.customer(dice, language),
        language=language,
        intent=template.intent,
        text=template.text.replace("@@", value),
    )
    record.kind = "template"
    if template.differs_by == "name":
        field.note("personal_data", entity="PERSON", value=value, record=record, turn=0)
    return record


def _near(field: Field, dice: Dice, one: Record, customer: Customer, kind: str) -> None:
    text = edited(dice, one.prompt, one.language)
    copy = field.sibling(dice, one, text, customer)
    field.note(kind, pair=[one, copy], jaccard=round(jaccard(one.prompt, copy.prompt), 6))


def edited(dice: Dice, text: str, language: str) -> str:
    """The text after one to three small edits, near but not equal."""
    while True:
        out = text
        for _ in range(dice.between(1, 3)):
            out = dice.pick(EDITS)(dice, out, language)
        if NEAR[0] <= jaccard(text, out) <= NEAR[1]:
            return out


def _drop_sentence(dice: Dice, text: str, _language: str) -> str:
    parts = text.split(". ")
    if len(parts) > 2:
        del parts[dice.between(1, len(parts) - 2)]
    return ". ".join(parts)


def _add_sentence(dice: Dice, text: str, language: str) -> str:
    more = {
        "en": ("Any news?", "I am writing again.", "Please help.", "It is urgent."),
        "ru": ("Есть новости?", "Пишу ещё раз.", "Помогите.", "Это срочно."),
        "kk": ("Жаңалық бар ма?", "Тағы жазып отырмын.", "Көмектесіңізші.", "Бұл шұғыл."),
    }
    return f"{text} {dice.pick(more[language])}"


def _swap_letters(dice: Dice, text: str, _language: str) -> str:
    words = text.split(" ")
    place = dice.pick(
        [i for i, word in enumerate(words) if len(word) > 4 and word.isalpha()] or [0]
    )
    word, at = words[place], dice.between(1, max(1, len(words[place]) - 3))
    words[place] = word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]
    return " ".join(words)


def _filler(dice: Dice, text: str, language: str) -> str:
    more = {
        "en": ("really", "just", "so far"),
        "ru": ("вот", "просто", "уже"),
        "kk": ("тек", "енді"),
    }
    words = text.split(" ")
    words.insert(dice.between(2, max(2, len(words) - 2)), dice.pick(more[language]))
    return " ".join(words)


def _greeting(dice: Dice, text: str, language: str) -> str:
    return f"{dice.pick(BOOKS[language].openings[:4])} {text}"


def _slot_value(dice: Dice, slot: str, language: str) -> str:
    if slot == "name":
        return person(dice, language)
    if slot == "date":
        return f"{dice.between(1, 28):02d}.{dice.between(1, 4):02d}.2026"
    return dice.digits(6)


EDITS: tuple[Callable[[Dice, str, str], str], ...] = (
    _drop_sentence,
    _add_sentence,
    _swap_letters,
    _filler,
    _greeting,
)

VARIANTS: dict[str, Callable[[str], str]] = {
    "identical": lambda text: text,
    "case": lambda text: text.upper() if text == text.lower() else text.lower(),
    "white_space": lambda text: "  " + text.replace(". ", ".  ").replace("\n\n", "\n") + "\n",
    "end_punctuation": lambda text: text.rstrip(".!?") + "!!",
}
