# ruff: noqa: E501 - prose is easier to read unbroken
"""Paraphrases that a model is said to have written, with their papers, some of them incomplete."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.ordinary import HELPDESK
from dataset_pipeline_tests.sample.personal import personal
from dataset_pipeline_tests.sample.plant_copies import edited
from dataset_pipeline_tests.sample.planting import Field, single
from dataset_pipeline_tests.sample.record import Record
from dataset_pipeline_tests.sample.shingles import jaccard

COUNT = 28
MODEL = {"name": "steppe-writer-8b-instruct", "version": "2026.02", "provider": "self-hosted"}
STARTS = datetime(2026, 4, 8, 6, tzinfo=UTC)
# place in the file -> what is wrong with the paper
LACKING = {3: "model", 7: "prompt", 11: "inputs", 15: "parameters", 19: "review"}
REJECTED, UNKNOWN_INPUT, FAILED_FILTER, NEAR_COPY = (5, 21), (9, 23), 13, (17, 25)
PERSONAL = {2: "EMAIL", 10: "PHONE", 14: "PERSON"}

# (language, intent, number of the situation in the phrasebook) -> the same said otherwise
PARAPHRASES: dict[tuple[str, str, int], str] = {
    ("en", "billing", 0): "Your system took {amount} from me two times for a single purchase, {order}. One of these payments has to come back.",
    ("en", "billing", 3): "{plan} is paid for, but I still cannot use it: the app insists that I have no subscription at all.",
    ("en", "billing", 4): "I was told that I would soon see my money for {order} again. So far nothing has turned up at my bank.",
    ("en", "billing", 6): "After the switch to {plan} I am paying for the old tariff as well. Take one of the two off my bill, please.",
    ("en", "billing", 8): "The document for {order} is of no use to our bookkeeping: there is no tax on it, only a total.",
    ("en", "billing", 16): "Why do I owe a penalty of {amount}? I never pay by hand, everything runs by itself.",
    ("en", "billing", 19): "Although a new card is stored in my profile, you keep taking the money for {plan} from the one before it.",
    ("en", "delivery", 1): "Nothing moves on the page for {tracking}. It looks as if somebody forgot the box in a corner.",
    ("en", "delivery", 2): "Supposedly I already hold the {product} in my hands. I do not, and no one was at the door.",
    ("en", "delivery", 4): "There should have been more in the package: apart from the {product} it was empty. When do the other things of {order} come?",
    ("en", "delivery", 5): "{order} will go to the wrong place because I mistyped where I live. Is there still time to correct it?",
    ("en", "delivery", 12): "What I unpacked was meant for another customer. I never asked for a {product}; who collects it?",
    ("en", "returns", 0): "The {product} is the wrong size for our entrance. How do I give it back, it belongs to {order}?",
    ("en", "returns", 1): "Hardly unpacked, already broken: the {product} gave up within its first weeks. I would like a working one.",
    ("en", "returns", 3): "I am waiting for the paper that goes on the parcel so that I can mail the {product} to you.",
    ("en", "returns", 5): "You sent the dark version of the {product}, I had picked the light one. May I swap?",
    ("en", "account_access", 1): "I type in my number, wait, and no text message with the digits ever shows up.",
    ("en", "account_access", 2): "My old handset is gone, and with it the generator for the second factor. I am stuck at the door of my own account.",
    ("en", "account_access", 8): "Somebody in a city where I have never been has opened my account. What must I do at once?",
    ("en", "technical_issue", 0): "Once a day, always at the same time, the {product} loses contact, and later it is back as if nothing had happened.",
    ("en", "technical_issue", 1): "Ever since {version} was installed I can tap whatever I like, the {product} stays as it is.",
    ("en", "technical_issue", 6): "Opening one of the rooms is enough to make the program on my phone quit.",
    ("en", "cancellation", 0): "Please end {plan} for me when the next month begins.",
    ("en", "cancellation", 5): "Delete everything that you have recorded and shut my profile down for good.",
    ("ru", "billing", 0): "Один заказ, {order}, а оплата ушла два раза, по {amount}. Прошу вернуть вторую.",
    ("ru", "delivery", 1): "На странице {tracking} давно ничего не меняется, будто коробку где-то забыли.",
    ("ru", "returns", 1): "Не проработав и месяца, {product} сломался. Нужен исправный взамен.",
    ("ru", "account_access", 1): "Жду цифры из сообщения, а его всё нет, поэтому войти не получается.",
    ("kk", "billing", 0): "Бір ғана {order} үшін ақша қайталап кетіпті, әрқайсысы {amount}. Біреуін кері аударыңыз.",
    ("kk", "delivery", 1): "{tracking} парағында көптен жаңалық жоқ, жолда ұмытылып қалған сияқты.",
}  # fmt: skip


def distil(field: Field) -> list[dict[str, Any]]:
    """The rows of `paraphrases.jsonl`; records must have their keys."""
    dice = Dice("distillates")
    rows = []
    for place, (record, text) in enumerate(field.distilled, start=1):
        output = edited(dice, record.prompt, record.language) if place in NEAR_COPY else text
        if place in PERSONAL:
            found = personal(dice, record.language, PERSONAL[place])
            output = f"{output} {found.sentence}"
            field.note(
                "personal_data",
                source="distillates",
                key=f"DS-{place:04d}",
                entity=found.entity,
                value=found.value,
                hard=found.hard,
                field="output",
                native_field="output",
            )
        rows.append(_spoiled(field, _row(dice, place, record, output), place, record))
    return rows


def claim_inputs(field: Field) -> None:
    """Sets aside an ordinary helpdesk record for each paraphrase, before anything else is planted."""
    dice = Dice("distillate_inputs")
    for (language, intent, situation), text in dice.shuffled(list(PARAPHRASES.items())):
        fits = [
            record
            for record in field.records
            if (record.source, record.language, record.intent, record.situation)
            == (HELPDESK, language, intent, situation)
            and single(record)
        ]
        if fits and len(field.distilled) < COUNT:
            record = dice.pick(fits)
            record.kind = "distillate_input"
            filled = text.format(**record.slots)
            field.distilled.append((record, filled[:1].upper() + filled[1:]))


def _row(dice: Dice, place: int, record: Record, output: str) -> dict[str, Any]:
    version = "v1" if place <= COUNT // 2 else "v2"
    generated = STARTS + timedelta(seconds=41 * place)
    reviewed = generated + timedelta(days=3, minutes=place)
    return {
        "id": f"DS-{place:04d}",
        "output": output,
        "label": record.intent,
        "language": record.language,
        "model": dict(MODEL),
        "prompt": {"template": f"prompts/paraphrase_{version}.md", "version": version},
        "inputs": [{"source": HELPDESK, "key": record.key}],
        "parameters": {"temperature": 0.7, "top_p": 0.95, "max_tokens": 256, "seed": 6 + place},
        "filters": [
            {"name": "length", "passed": True},
            {"name": "language", "passed": True},
            {"name": "label_kept", "passed": True},
        ],
        "review": {
            "reviewer": dice.pick(("reviewer_c", "reviewer_d")),
            "decision": "accepted",
            "reviewed_at": f"{reviewed:%Y-%m-%dT%H:%M:%SZ}",
            "guideline": "v2",
        },
        "generated_at": f"{generated:%Y-%m-%dT%H:%M:%SZ}",
    }


def _spoiled(field: Field, row: dict[str, Any], place: int, record: Record) -> dict[str, Any]:
    """The row with what is planted at its place."""
    at = {"source": "distillates", "key": row["id"]}
    if place in LACKING:
        del row[LACKING[place]]
        field.note(f"distillate_missing_{LACKING[place]}", **at)
    if place in REJECTED:
        row["review"]["decision"] = "rejected"
        field.note("distillate_rejected", **at)
    if place in UNKNOWN_INPUT:
        row["inputs"] = [{"source": HELPDESK, "key": f"HD-1990{place:02d}"}]
        field.note("distillate_unknown_input", **at, inputs=row["inputs"])
    if place == FAILED_FILTER:
        row["filters"][2]["passed"] = False
        field.note("distillate_failed_filter", **at, filter="label_kept")
    if place in NEAR_COPY:
        measure = round(jaccard(record.prompt, row["output"]), 6)
        field.note("distillate_near_copy", **at, input=record, jaccard=measure)
    return row
