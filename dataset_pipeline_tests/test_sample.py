"""The sample is what its generator writes, and `truth.json` says the truth about it.

The readers below are written for this test alone, so that neither the generator nor the pipeline is
judged by its own code.
"""

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.generate import (
    CONFIGS,
    GENERATED_FOLDERS,
    TRUTH,
    Sample,
    generate,
)
from dataset_pipeline_tests.sample.personal import iban, iin, iin_digit, luhn_digit
from dataset_pipeline_tests.sample.shingles import Net, jaccard

TWO_MEGABYTES = 2_000_000
UNPLANNED = 0.75
PAIRS = ("exact_copy", "near_copy", "cross_customer_near_copy", "label_conflict")
Key = tuple[str, str]
Native = dict[str, str]


@pytest.fixture(scope="module")
def sample() -> Sample:
    return generate()


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
    for row in _jsonl("distillates/paraphrases.jsonl"):
        out["distillates", row["id"]] = row
    for row in _jsonl("sources/partner_forum/posts.jsonl"):
        out["partner_forum", row["post_id"]] = row
    for row in _csv("sources/beta_survey/answers.csv"):
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


# --- the committed files are the generated ones -----------------------------------------------


def test_committed_files_are_what_the_generator_writes(sample: Sample) -> None:
    for path, data in sample.files.items():
        committed = CONFIGS / path
        if path.suffix == ".parquet":  # another Polars may lay out equal rows in other bytes
            assert pl.read_parquet(committed).equals(pl.read_parquet(io.BytesIO(data))), path
        else:
            assert committed.read_bytes() == data, path


def test_nothing_else_lies_in_the_generated_folders(sample: Sample) -> None:
    found = {
        path.relative_to(CONFIGS).as_posix()
        for folder in GENERATED_FOLDERS
        for path in (CONFIGS / folder).rglob("*")
        if path.is_file()
    }
    assert found == {path.as_posix() for path in sample.files}


def test_truth_file_is_what_the_generator_writes(sample: Sample) -> None:
    assert TRUTH.read_bytes() == sample.truth


def test_writes_equal_bytes_twice(sample: Sample, tmp_path: Path) -> None:
    generate().write(tmp_path, tmp_path / "truth.json")
    assert (tmp_path / "truth.json").read_bytes() == sample.truth
    assert all((tmp_path / path).read_bytes() == data for path, data in sample.files.items())


def test_sample_is_small() -> None:
    files = [path for path in CONFIGS.rglob("*") if path.is_file()] + [TRUTH]
    assert sum(path.stat().st_size for path in files) < TWO_MEGABYTES


# --- the truth file is true -------------------------------------------------------------------


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
            likeness = _slow_jaccard(prompt(one), prompt(other))
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
    for i, j, likeness in _alike([prompt(key) for key in keys], UNPLANNED):
        assert frozenset({keys[i], keys[j]}) in allowed, (keys[i], keys[j], round(likeness, 3))


def test_no_task_example_stands_in_the_data() -> None:
    examples = [row["prompt"] for row in _jsonl("task_examples.jsonl")]
    texts = [prompt(key) for key in _comparable()]
    for i, j, likeness in _alike([*examples, *texts], 0.3):
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
        for row in _csv(f"annotations/{name}.csv"):
            assert key_of(row) in native()
            labels.setdefault(key_of(row), {})[row["annotator"]] = (row["label"], row["uncertain"])
    settled = {key_of(row) for row in _csv("annotations/adjudications.csv")}
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
    codes = {row["code"] for row in _csv("annotation_guidelines/decisions.csv")}
    assert {row["reason"] for row in _csv("annotations/adjudications.csv")} <= codes


def test_distillates_lack_what_the_truth_says() -> None:
    for part in ("model", "prompt", "inputs", "parameters", "review"):
        lacking = {
            key for key, row in native().items() if key[0] == "distillates" and part not in row
        }
        assert lacking == set(map(key_of, planted(f"distillate_missing_{part}")))
    for entry in planted("distillate_near_copy"):
        likeness = _slow_jaccard(prompt(key_of(entry)), prompt(key_of(entry["input"])))
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


# --- the generator's tools --------------------------------------------------------------------


def test_known_check_digits() -> None:
    assert luhn_digit("7992739871") == "3"  # ISO/IEC 7812, the textbook example
    assert iban("DE", "370400440532013000") == "DE89370400440532013000"
    assert iban("GB", "WEST12345698765432") == "GB82WEST12345698765432"
    value = iin(Dice("test"))
    assert iin_digit(value[:-1]) == value[-1]


def test_planted_numbers_pass_their_checks_and_decoys_fail_them() -> None:
    checks = {
        "CREDIT_CARD": lambda value: luhn_digit(value[:-1]) == value[-1],
        "IBAN": lambda value: iban(value[:2], value[4:]) == value,
        "IIN": lambda value: iin_digit(value[:-1]) == value[-1],
    }
    planted_values = [(entry["entity"], entry["value"], True) for entry in planted("personal_data")]
    decoys = [(entry["looks_like"], entry["values"][0], False) for entry in planted("decoy")]
    for entity, value, valid in planted_values + decoys:
        if entity in checks:
            assert checks[entity](value.replace(" ", "").replace("-", "")) == valid, entity


@given(
    st.lists(st.text("abcde ", min_size=6, max_size=40), max_size=12), st.sampled_from((0.4, 0.7))
)
def test_net_catches_exactly_what_is_alike(texts: list[str], threshold: float) -> None:
    net = Net(threshold, texts[:3])
    for place, text in enumerate(texts):
        alike = any(jaccard(text, earlier) >= threshold for earlier in texts[:place])
        assert net.catches(text) == (alike and bool(text.strip()))
        net.add(text)


# --- helpers ----------------------------------------------------------------------------------


def _jsonl(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CONFIGS / path).read_text("utf-8").splitlines()]


def _csv(path: str) -> list[dict[str, str]]:
    with (CONFIGS / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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


def _grams(text: str) -> set[str]:
    chars = (c for c in text.casefold() if unicodedata.category(c)[0] in "LMN" or c.isspace())
    plain = " ".join("".join(chars).split())
    return {plain[i : i + 5] for i in range(max(1, len(plain) - 4))}


def _slow_jaccard(one: str, other: str) -> float:
    left, right = _grams(one), _grams(other)
    return len(left & right) / len(left | right)


def _alike(texts: list[str], threshold: float) -> list[tuple[int, int, float]]:
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
