"""The sample and its truth file as they lie on the disk, read with code of their own.

Written for the tests of the sample alone, so that neither the generator nor the pipeline is judged
by its own code.
"""

import csv
import io
import json
import unicodedata
from functools import cache
from typing import Any

import polars as pl

from dataset_pipeline_tests.sample.generate import CONFIGS, TRUTH

Key = tuple[str, str]
Native = dict[str, str]


@cache
def truth() -> dict[str, Any]:
    return json.loads(TRUTH.read_text("utf-8"))


def planted(kind: str) -> list[dict[str, Any]]:
    return truth()["planted"][kind]


def bad_lines(file: str) -> set[int]:
    return {
        entry["line"] for entry in planted("malformed") if entry["file"] == file and "line" in entry
    }


@cache
def native() -> dict[Key, Native]:
    """(source, key) -> native field -> text, of every readable row."""
    out: dict[Key, Native] = {}
    for path in sorted((CONFIGS / "sources/helpdesk").glob("*.jsonl")):
        bad = bad_lines(f"sources/helpdesk/{path.name}")
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
            if line and number not in bad:
                row = json.loads(line)
                out["helpdesk", row["ticket_id"]] = _flat(row)
    out |= {("crm", row["id"]): row for row in crm_rows()}
    bad_rows = {entry["row"] for entry in planted("malformed") if "row" in entry}
    cases = pl.read_parquet(CONFIGS / "sources/closed_cases/cases.parquet").rows(named=True)
    for number, row in enumerate(cases, start=1):
        if number not in bad_rows:
            out["closed_cases", row["case_id"]] = row
    return out | _small_sources()


def _small_sources() -> dict[Key, Native]:
    """Articles, distillates, and what must not be trained on."""
    out: dict[Key, Native] = {}
    bad = {entry["file"] for entry in planted("malformed") if entry["source"] == "kb"}
    for path in sorted((CONFIGS / "sources/kb").glob("*.md")):
        if f"sources/kb/{path.name}" not in bad:
            out["kb", path.stem] = {"text": path.read_text("utf-8").split("\n---\n", 1)[1]}
    for row in jsonl_rows("distillates/paraphrases.jsonl"):
        out["distillates", row["id"]] = row
    for row in jsonl_rows("sources/partner_forum/posts.jsonl"):
        out["partner_forum", row["post_id"]] = row
    for row in csv_rows("sources/beta_survey/answers.csv"):
        out["beta_survey", row["answer_id"]] = row
    return out


def _flat(row: dict[str, Any]) -> Native:
    """A ticket with its turns as `turns[0].text` and so on."""
    turns = {f"turns[{i}].text": turn["text"] for i, turn in enumerate(row["turns"])}
    last = max(i for i, turn in enumerate(row["turns"]) if turn["from"] == "customer")
    return {**row, **turns, "prompt": turns[f"turns[{last}].text"]}


def crm_rows() -> list[Native]:
    """The export without its broken rows; no broken row spans two lines."""
    data = (CONFIGS / "sources/crm/crm_export.csv").read_bytes()
    bad = bad_lines("sources/crm/crm_export.csv")
    good = [line for i, line in enumerate(data.split(b"\n"), start=1) if i not in bad]
    text = b"\n".join(good).decode("cp1251")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def prompt(key: Key) -> str:
    row = native()[key]
    fields = {"helpdesk": "prompt", "closed_cases": "question", "distillates": "output"}
    return row[fields.get(key[0], "text")]


def customer(key: Key) -> str:
    row = native()[key]
    return row["customer"] if key[0] == "crm" else row["customer_id"]


def label(key: Key) -> str:
    row = native()[key]
    return row["topic"] if key[0] == "crm" else row["intent"]


def key_of(entry: dict[str, Any]) -> Key:
    return entry["source"], entry["key"]


def pair_of(entry: dict[str, Any]) -> tuple[Key, Key]:
    one, other = map(key_of, entry["pair"])
    return one, other


def jsonl_rows(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CONFIGS / path).read_text("utf-8").splitlines()]


def csv_rows(path: str) -> list[dict[str, str]]:
    with (CONFIGS / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _grams(text: str) -> set[str]:
    chars = (c for c in text.casefold() if unicodedata.category(c)[0] in "LMN" or c.isspace())
    plain = " ".join("".join(chars).split())
    return {plain[i : i + 5] for i in range(max(1, len(plain) - 4))}


def slow_jaccard(one: str, other: str) -> float:
    left, right = _grams(one), _grams(other)
    return len(left & right) / len(left | right)


def alike(texts: list[str], threshold: float) -> list[tuple[int, int, float]]:
    """Every pair of texts with that likeness, as (i, j, likeness) with i < j."""
    import numpy as np
    from scipy.sparse import csr_matrix

    sets = [_grams(text) for text in texts]
    columns = {gram: number for number, gram in enumerate(sorted(set().union(*sets)))}
    rows = np.repeat(np.arange(len(sets)), [len(grams) for grams in sets])
    cells = [columns[gram] for grams in sets for gram in grams]
    matrix = csr_matrix((np.ones(len(cells), np.int32), (rows, cells)))
    sizes = np.array([len(grams) for grams in sets])
    out = []
    for start in range(0, len(sets), 400):
        shared = (matrix[start : start + 400] @ matrix.T).toarray()
        likeness = shared / (sizes[start : start + 400, None] + sizes[None, :] - shared)
        for i, j in np.argwhere(likeness >= threshold):
            if start + i < j:
                out.append((int(start + i), int(j), float(likeness[i, j])))
    return out
