"""`truth.json` says the truth about the sample: what was planted, where, and nothing unplanned."""

import csv
import json
import re
from collections import Counter
from itertools import combinations
from typing import Any

import pytest

from dataset_pipeline_tests.sample.generate import CONFIGS
from dataset_pipeline_tests.sample.native import (
    Key,
    alike,
    csv_rows,
    customer,
    jsonl_rows,
    key_of,
    label,
    native,
    pair_of,
    planted,
    prompt,
    slow_jaccard,
    truth,
)

UNPLANNED = 0.75
PAIRS = ("exact_copy", "near_copy", "cross_customer_near_copy", "label_conflict")


def test_counts_are_those_of_the_sources() -> None:
    found = Counter(source for source, _ in native())
    assert found.items() >= truth()["counts"]["records"].items()
    assert found["partner_forum"] == len(planted("rights_forbidden"))
    assert found["beta_survey"] == len(planted("rights_expired"))


def test_planted_values_stand_where_the_truth_says() -> None:
    for kind, entries in truth()["planted"].items():
        for entry in entries:
            if "native_field" not in entry:
                continue
            text = native()[key_of(entry)][entry["native_field"]]
            for value in entry.get("values", [entry.get("value")]):
                assert value in text, (kind, key_of(entry))


def test_pairs_are_pairs() -> None:
    for kind in PAIRS:
        for entry in planted(kind):
            one, other = pair_of(entry)
            assert one != other
            likeness = slow_jaccard(prompt(one), prompt(other))
            if "jaccard" in entry:
                assert likeness == pytest.approx(entry["jaccard"], abs=1e-6)
                assert 0.82 <= likeness < 1
            else:
                assert likeness == 1


def test_exact_copies_differ_only_as_their_variant_says() -> None:
    for entry in planted("exact_copy"):
        one, other = map(prompt, pair_of(entry))
        assert (one == other) == (entry["variant"] == "identical")
        assert (one.casefold() == other.casefold()) >= (entry["variant"] == "case")
        assert (one.split() == other.split()) >= (entry["variant"] == "white_space")


def test_customers_of_pairs() -> None:
    for kind in ("cross_customer_near_copy", "label_conflict"):
        assert all(len(set(map(customer, pair_of(entry)))) == 2 for entry in planted(kind))
    assert all(len(set(map(customer, pair_of(entry)))) == 1 for entry in planted("near_copy"))


def test_label_conflicts_conflict() -> None:
    for entry in planted("label_conflict"):
        one, other = pair_of(entry)
        assert prompt(one) == prompt(other)
        assert [label(one), label(other)] == entry["labels"]
        assert label(one) != label(other)


def test_no_unplanned_pair_is_alike() -> None:
    """By brute force over all pairs, with sparse matrices instead of the generator's net."""
    keys = _comparable()
    allowed = _planned_pairs()
    for i, j, likeness in alike([prompt(key) for key in keys], UNPLANNED):
        assert frozenset({keys[i], keys[j]}) in allowed, (keys[i], keys[j], round(likeness, 3))


def test_no_task_example_stands_in_the_data() -> None:
    examples = [row["prompt"] for row in jsonl_rows("task_examples.jsonl")]
    texts = [prompt(key) for key in _comparable()]
    for i, j, likeness in alike([*examples, *texts], 0.3):
        assert min(i, j) >= len(examples), likeness


def test_formatted_personal_values_are_all_listed() -> None:
    """What has an unmistakable form stands in the data only where the truth lists it."""
    shapes = {
        "EMAIL": r"[\w.\-]+@example\.(?:com|org|net)",
        "CONTRACT": r"CT-\d{4}-\d{6}",
        "SERIAL": r"SN SH\d-[0-9A-F]{4}-[0-9A-F]{4}",
        "API_KEY": r"shk_live_[A-Za-z0-9]{32}",
        "IP_ADDRESS": r"\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+\b|2001:db8:[0-9a-f:]+",
    }
    listed = {(key_of(entry), entry["value"]) for entry in planted("personal_data")}
    for key, row in native().items():
        for field, text in row.items():
            if field == "prompt" or not isinstance(text, str):
                continue
            for entity, shape in shapes.items():
                for value in re.findall(shape, text):
                    assert (key, value) in listed, (key, field, entity)


def test_personal_data_is_in_about_a_third_of_the_records() -> None:
    carriers = {key_of(entry) for entry in planted("personal_data")}
    assert 0.25 < len(carriers) / len(native()) < 0.4
    fields = Counter(entry["field"] for entry in planted("personal_data"))
    assert set(fields) == {"prompt", "context", "completion", "attribute", "output"}


def _comparable() -> list[Key]:
    """Records whose prompts are texts; empty phrases are alike by nature."""
    empty = set(map(key_of, planted("empty_phrase")))
    return [key for key in native() if key not in empty]


def _planned_pairs() -> set[frozenset[Key]]:
    out = {frozenset(pair_of(entry)) for kind in PAIRS for entry in planted(kind)}
    for entry in planted("distillate_near_copy"):
        out.add(frozenset({key_of(entry), key_of(entry["input"])}))
    for entry in planted("template"):
        out |= {frozenset(pair) for pair in combinations(map(key_of, entry["members"]), 2)}
    return out


# --- broken rows, annotations, distillates ----------------------------------------------------


def test_broken_rows_are_broken() -> None:
    for entry in planted("malformed"):
        path = CONFIGS / entry["file"]
        assert path.is_file()
        if "line" in entry and path.suffix != ".md":
            line = path.read_bytes().split(b"\n")[entry["line"] - 1]
            complains = _complaint if path.suffix == ".jsonl" else _crm_complaint
            assert complains(line, entry), entry


def _complaint(line: bytes, entry: dict[str, Any]) -> bool:
    """Whether a strict reader has something to say against this line of the helpdesk."""
    try:
        row = json.loads(line.decode())
    except (UnicodeDecodeError, json.JSONDecodeError):
        return entry["rule"] in {"invalid_utf8", "invalid_json", "nul_byte", "truncated_line"}
    expected = {
        "missing_key": lambda: not row.get("ticket_id"),
        "duplicate_key": lambda: ("helpdesk", row["ticket_id"]) in native(),
        "wrong_type": lambda: not isinstance(row["customer_id"], str) or _untyped(row["turns"]),
        "missing_text": lambda: not any(turn["text"] for turn in row.get("turns", [])),
        "invalid_date": lambda: not re.fullmatch(r"\d{4}-\d\d-[0-3]\dT.*", row["opened_at"]),
    }
    return expected[entry["rule"]]()


def _crm_complaint(line: bytes, entry: dict[str, Any]) -> bool:
    """The same for a line of the CRM's export."""
    if entry["rule"] == "undecodable_byte":
        return b"\x98" in line
    row = next(csv.reader([line.decode("cp1251").rstrip("\r")], delimiter=";"))
    columns = len(row)
    if "columns" in entry["rule"]:
        return columns != 7 and (columns < 7) == (entry["rule"] == "too_few_columns")
    expected = {
        "missing_key": not row[0].strip(),
        "invalid_date": row[2] != "12.01.2026 10:00",
        "missing_text": not row[-1].strip(),
        "duplicate_key": ("crm", row[0]) in native(),
    }
    return columns == 7 and expected[entry["rule"]]


def _untyped(turns: Any) -> bool:
    return isinstance(turns, str) or not all(isinstance(turn, dict) for turn in turns)


def test_annotations_agree_as_told() -> None:
    labels: dict[Key, dict[str, tuple[str, str]]] = {}
    for name in ("round_1", "round_2"):
        for row in csv_rows(f"annotations/{name}.csv"):
            assert key_of(row) in native()
            labels.setdefault(key_of(row), {})[row["annotator"]] = (row["label"], row["uncertain"])
    settled = {key_of(row) for row in csv_rows("annotations/adjudications.csv")}
    parted = {key for key, both in labels.items() if len({name for name, _ in both.values()}) == 2}
    unsure = {
        key for key, both in labels.items() if {flag for _, flag in both.values()} == {"true"}
    }
    assert len(labels) == 420
    assert settled == set(map(key_of, planted("annotation_adjudicated"))) <= parted
    assert parted - settled == set(map(key_of, planted("annotation_disagreement_unadjudicated")))
    assert unsure == set(map(key_of, planted("annotation_both_uncertain")))
    assert 0.75 < truth()["kappa"]["all"] < 0.86


def test_reasons_stand_in_the_decision_log() -> None:
    codes = {row["code"] for row in csv_rows("annotation_guidelines/decisions.csv")}
    assert {row["reason"] for row in csv_rows("annotations/adjudications.csv")} <= codes


def test_distillates_lack_what_the_truth_says() -> None:
    for part in ("model", "prompt", "inputs", "parameters", "review"):
        lacking = {
            key for key, row in native().items() if key[0] == "distillates" and part not in row
        }
        assert lacking == set(map(key_of, planted(f"distillate_missing_{part}")))
    for entry in planted("distillate_near_copy"):
        likeness = slow_jaccard(prompt(key_of(entry)), prompt(key_of(entry["input"])))
        assert likeness == pytest.approx(entry["jaccard"], abs=1e-6)
        assert likeness >= 0.82
    for key, row in native().items():
        if key[0] == "distillates":
            known = all(key_of(used) in native() for used in row.get("inputs", []))
            unknown = key in set(map(key_of, planted("distillate_unknown_input")))
            assert known != unknown
            assert (
                CONFIGS / row.get("prompt", {"template": "task_examples.jsonl"})["template"]
            ).is_file()
