"""Two annotators, two rounds, and an adjudicator who has not got through everything.

Round 1 was labelled under guideline v1, whose gaps show in the agreement; v2 mended them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.planting import Field
from dataset_pipeline_tests.sample.record import Record

PER_ROUND = 210
ADJUDICATED = 0.7
CONFUSABLE: dict[str, tuple[str, ...]] = {
    "billing": ("cancellation", "returns", "delivery"),
    "delivery": ("returns", "billing", "cancellation"),
    "returns": ("delivery", "billing", "technical_issue"),
    "account_access": ("technical_issue", "other"),
    "technical_issue": ("account_access", "product_question", "returns"),
    "cancellation": ("billing", "delivery", "other"),
    "product_question": ("technical_issue", "other"),
    "other": ("product_question", "account_access"),
}
# The decision that settles a confusion; D12 (several requests in one message) settles the rest.
DECISIONS: dict[frozenset[str], str] = {
    frozenset({"billing", "returns"}): "D01",
    frozenset({"billing", "cancellation"}): "D02",
    frozenset({"cancellation", "delivery"}): "D03",
    frozenset({"delivery", "returns"}): "D04",
    frozenset({"returns", "technical_issue"}): "D05",
    frozenset({"account_access", "technical_issue"}): "D06",
    frozenset({"product_question", "technical_issue"}): "D07",
    frozenset({"cancellation", "other"}): "D08",
    frozenset({"billing", "delivery"}): "D09",
    frozenset({"account_access", "other"}): "D10",
    frozenset({"other", "product_question"}): "D11",
}


@dataclass(frozen=True)
class Round:
    """A round of annotation: which records it may draw from, and how often annotators part."""

    name: str
    guideline: str
    since: datetime
    until: datetime
    starts: datetime
    disagreement: float


ROUNDS = (
    Round(
        "round_1", "v1",
        datetime(2025, 11, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC),
        datetime(2026, 2, 9, 4, tzinfo=UTC), 0.2,
    ),
    Round(
        "round_2", "v2",
        datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC),
        datetime(2026, 4, 6, 4, tzinfo=UTC), 0.12,
    ),
)  # fmt: skip


@dataclass
class Sheets:
    """Rows of the three CSV files, as dictionaries."""

    rounds: dict[str, list[dict[str, str]]]
    adjudications: list[dict[str, str]]


def annotate(field: Field) -> Sheets:
    """Both rounds and the adjudications; records must have their keys."""
    sheets = Sheets({}, [])
    for number in ROUNDS:
        dice = Dice("annotations", number.name)
        rows: list[dict[str, str]] = []
        for place, record in enumerate(_chosen(field, dice, number)):
            labels, uncertain = _labels(dice, record, number), _uncertain(dice)
            moment = number.starts + timedelta(minutes=4 * place + dice.below(3))
            rows += [
                _row(
                    record,
                    number,
                    moment + timedelta(hours=5 * i),
                    who=who,
                    label=labels[i],
                    uncertain=uncertain[i],
                )
                for i, who in enumerate("ab")
            ]
            if all(uncertain):
                field.note("annotation_both_uncertain", record=record, labels=labels)
            if labels[0] != labels[1]:
                settling = Dice("settled", record.source, record.key)
                _settle(field, sheets, settling, number, (record, labels))
        sheets.rounds[number.name] = rows
    return sheets


def _chosen(field: Field, dice: Dice, number: Round) -> list[Record]:
    pool = [
        record
        for record in field.records
        if record.kind in (None, "personal_data") and number.since <= record.moment < number.until
    ]
    return sorted(dice.sample(pool, PER_ROUND), key=lambda record: (record.source, record.key))


def _labels(dice: Dice, record: Record, number: Round) -> list[str]:
    """The record's own intent twice, or once with a plausible slip beside it."""
    labels = [record.intent, record.intent]
    slip = dice.pick(CONFUSABLE[record.intent])
    if dice.chance(number.disagreement):
        labels[dice.below(2)] = slip
    elif dice.chance(0.015):
        labels = [slip, slip]
    return labels


def _uncertain(dice: Dice) -> list[bool]:
    mark = dice.below(100)
    if mark < 6:
        return [True, True]
    return [mark < 11, 11 <= mark < 16]


def _row(
    record: Record, number: Round, moment: datetime, *, who: str, label: str, uncertain: bool
) -> dict[str, str]:
    return {
        "source": record.source,
        "key": record.key,
        "annotator": f"annotator_{who}",
        "label": label,
        "uncertain": str(uncertain).lower(),
        "guideline": number.guideline,
        "annotated_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
    }


def _settle(
    field: Field, sheets: Sheets, dice: Dice, number: Round, split: tuple[Record, list[str]]
) -> None:
    """Notes a disagreement; two thirds of them are decided, nearly always for the true intent."""
    record, labels = split
    if not dice.chance(ADJUDICATED):
        field.note("annotation_disagreement_unadjudicated", record=record, labels=labels)
        return
    label = record.intent if dice.chance(0.93) else next(x for x in labels if x != record.intent)
    decided = number.starts + timedelta(days=15, minutes=11 * len(sheets.adjudications))
    sheets.adjudications.append(
        {
            "source": record.source,
            "key": record.key,
            "adjudicator": "adjudicator_m",
            "label": label,
            "guideline": number.guideline,
            "reason": DECISIONS.get(frozenset(labels), "D12"),
            "decided_at": f"{decided:%Y-%m-%dT%H:%M:%SZ}",
        }
    )
    field.note("annotation_adjudicated", record=record, labels=labels, label=label)


def kappa(rows: list[dict[str, str]]) -> float:
    """Cohen's kappa of the two annotators of a round."""
    pairs: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        pairs.setdefault((row["source"], row["key"]), {})[row["annotator"]] = row["label"]
    both: list[Any] = [tuple(labels[who] for who in sorted(labels)) for labels in pairs.values()]
    observed = sum(a == b for a, b in both) / len(both)
    names = sorted({name for pair in both for name in pair})
    chance = (
        sum(sum(a == name for a, _ in both) * sum(b == name for _, b in both) for name in names)
        / len(both) ** 2
    )
    return round((observed - chance) / (1 - chance), 4)
