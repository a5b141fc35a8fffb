"""Banking77 as a dataset of this project: 13,083 questions with one of 77 intents.

Casanueva et al. 2020, https://arxiv.org/abs/2003.04807, CC BY 4.0. The data are not part of the
project: ``write_config`` is given the folder that holds ``train.csv`` and ``test.csv``.
"""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import yaml

NAME = "banking77"
EXAMPLES = (
    ("The card that I ordered has not come, when will it be here?", "card_arrival"),
    ("Which currencies can my account hold?", "fiat_currency_support"),
    ("My purse was taken from me with the card in it", "lost_or_stolen_card"),
    ("One coffee, and the shop took the money two times", "transaction_charged_twice"),
    ("From what age on can people be customers of yours?", "age_limit"),
)


def write_config(configs: Path, data: Path) -> Path:
    """Write ``configs/banking77`` with copies of the files in ``data``; the dataset's folder."""
    folder = configs / NAME
    folder.mkdir(parents=True)
    for split in ("train", "test"):
        shutil.copyfile(data / f"{split}.csv", folder / f"{split}.csv")
    with (folder / "train.csv").open(encoding="utf-8", newline="") as file:
        labels = sorted({row["category"] for row in csv.DictReader(file)})
    examples = [
        json.dumps({"id": f"e{number}", "prompt": prompt, "label": label})
        for number, (prompt, label) in enumerate(EXAMPLES, start=1)
    ]
    (folder / "task_examples.jsonl").write_text("\n".join(examples) + "\n", encoding="utf-8")
    (folder / "dataset.yaml").write_text(yaml.safe_dump(_config(labels)), encoding="utf-8")
    return folder


def _config(labels: list[str]) -> dict[str, Any]:
    return {
        "format": 1,
        "title": "Banking77",
        "version": "1.0",
        "description": "Questions to an online bank, each with one of 77 intents.",
        "owners": ["team:ml"],
        "task": {
            "behaviour": "Name the intent of a customer's question about online banking.",
            "type": "classification",
            "labels": labels,
            "examples": "task_examples.jsonl",
            "restrictions": {"use": "commercial", "languages": ["en"]},
        },
        "sources": {split: _source(split) for split in ("train", "test")},
        "stages": {
            "normalized": {
                "group_key": "banking77",
                "split": {"by": "group", "validation": 0.1, "test": 0.1},
            }
        },
        "certificate": {
            "licence": "CC-BY-4.0",
            "contact": "ml@example.com",
            "intended_use": "Comparing classifiers of intents.",
        },
        "training": {"trainer": "baseline", "regularization": [10.0]},
    }


def _source(split: str) -> dict[str, Any]:
    """A published file, whole in its published split; its rows have no key."""
    return {
        "kind": "csv",
        "description": f"The published {split} file.",
        "system": "PolyAI-LDN/task-specific-datasets",
        "owner": "PolyAI",
        "path": f"{split}.csv",
        "split": split,
        "fields": {"prompt": "text", "label": "category"},
        "rights": {
            "basis": "licence",
            "licence": "CC-BY-4.0",
            "training": "allowed",
            "redistribution": "allowed",
            "approved_by": "legal@example.com",
            "evidence": "https://arxiv.org/abs/2003.04807",
        },
    }
