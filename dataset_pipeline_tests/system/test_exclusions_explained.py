"""Whatever a rule took out of the sample explains itself, as people ask: by the commands.

What is shown must lead further: a record that is named exists, a similarity can be measured again,
a file stands where it is said to, a vote was given.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import open_store
from dataset_pipeline_tests.system.place import DATASET, DAY, Place

pytestmark = pytest.mark.slow
Report = dict[str, Any]
Shown = dict[str, Any]

SHINGLE = 5  # characters, as the config of the sample has it by default
RIGHTS = {"basis", "evidence", "expires", "licence", "redistribution", "rules", "terms", "training"}
MEASURES = {"characters", "confidence", "hits", "language"}
COPY = {"kept", "similarity"}

# Every rule that takes something out of the sample, and what it must show; of a row that became no
# record the place is shown besides.
ROWS: dict[str, set[str]] = {
    "bad_encoding": {"byte", "field_number"},  # one of them
    "bad_time": {"field"},
    "broken_front_matter": {"line"},
    "broken_json": {"column"},
    "duplicate_key": {"kept"},
    "empty_file": set(),
    "missing_key": {"field"},
    "missing_text": {"field"},
    "missing_time": {"field"},
    "no_front_matter": set(),
    "nul_bytes": {"byte"},
    "too_few_columns": {"expected", "found"},
    "too_many_columns": {"expected", "found"},
    "wrong_type": {"field", "found"},
}
RECORDS: dict[tuple[str, str], set[str]] = {
    ("raw", "rights_expired"): RIGHTS,
    ("raw", "rights_forbidden"): RIGHTS,
    ("screened", "empty_phrase"): MEASURES,
    ("screened", "too_short"): MEASURES,
    ("deduplicated", "exact_duplicate"): COPY,
    ("deduplicated", "label_conflict"): {"labels", "records"},
    ("deduplicated", "near_duplicate"): COPY,
    ("clean", "held_out_overlap"): {"group", "held_out", "measure", "overlap", "span"},
    ("annotated", "annotation_disagreement"): {"votes"},
    ("annotated", "annotation_uncertain"): {"votes"},
    ("distilled", "copy_of_clean_record"): COPY,
    ("distilled", "filter_failed"): {"filters"},
    ("distilled", "held_out_input"): {"inputs"},
    ("distilled", "missing_provenance"): {"missing"},
    ("distilled", "review_rejected"): {"decision", "guideline"},
    ("distilled", "unknown_input"): {"inputs"},
}
RULES = sorted({*ROWS, *(rule for _, rule in RECORDS)})


@pytest.fixture(scope="module")
def place(sample: tuple[Place, Report]) -> Place:
    return sample[0]


@pytest.fixture(scope="module")
def snapshots(place: Place) -> dict[str, Snapshot]:
    """Every stage's snapshot of the sample's version, from the store itself."""
    store = open_store(place.store)
    version = store.versions.find("1.0.0")
    return {stage: store.snapshots.open(digest) for stage, digest in version.snapshots.items()}


@pytest.fixture(scope="module")
def out(snapshots: dict[str, Snapshot]) -> dict[str, dict[str, set[str]]]:
    """Rule -> stage -> ids of what it took out, as the store has it."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for stage, snapshot in snapshots.items():
        for record, rule in snapshot.excluded.collect().select("record_id", "rule").iter_rows():
            found[rule][stage].add(record)
    return found


@pytest.fixture(scope="module")
def splits(snapshots: dict[str, Snapshot]) -> dict[str, str]:
    return column(snapshots, "normalized", pl.col("split").cast(pl.String))


@pytest.fixture(scope="module")
def told(place: Place) -> Callable[[str], list[Shown]]:
    """What the command lists for a rule; each rule is asked for once."""
    known: dict[str, list[Shown]] = {}

    def ask(rule: str) -> list[Shown]:
        if rule not in known:
            known[rule] = place.yes("exclusions", "1.0.0", "--rule", rule)
        return known[rule]

    return ask


def column(snapshots: dict[str, Snapshot], stage: str, of: pl.Expr) -> dict[str, Any]:
    return dict(snapshots[stage].records.select("record_id", of).collect().iter_rows())


def ids(snapshots: dict[str, Snapshot], stage: str) -> set[str]:
    return set(snapshots[stage].records.select("record_id").collect()["record_id"])


def test_no_rule_is_missing_and_none_is_new(out: dict[str, dict[str, set[str]]]) -> None:
    by_row = {rule for rule, stages in out.items() for s in stages if "/" in s}
    by_record = {(s, rule) for rule, stages in out.items() for s in stages if "/" not in s}
    assert by_row == set(ROWS)
    assert by_record == set(RECORDS)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_tells_all_that_it_took_out(
    rule: str, told: Callable[[str], list[Shown]], out: dict[str, dict[str, set[str]]]
) -> None:
    listed: dict[str, set[str]] = defaultdict(set)
    for item in told(rule):
        listed[item["stage"]].add(item["record_id"])
        assert item["rule"] == rule
        assert len(item["reason"].split()) > 1
        assert set(item["evidence"]) == wanted(item), item
        assert (item["place"] is not None) == ("/" in item["stage"])
    assert listed == out[rule]


def wanted(item: Shown) -> set[str]:
    if (item["stage"], item["rule"]) in RECORDS:
        return RECORDS[item["stage"], item["rule"]]
    keys = ROWS[item["rule"]]
    return keys & set(item["evidence"]) if item["rule"] == "bad_encoding" else keys


@pytest.mark.parametrize("rule", RULES)
def test_a_trace_ends_with_the_same_words(
    rule: str, place: Place, told: Callable[[str], list[Shown]]
) -> None:
    of_each_stage = {item["stage"]: item for item in told(rule)}
    for stage, item in of_each_stage.items():
        last = place.yes("trace", item["record_id"])["steps"][-1]
        assert (last["stage"], last["outcome"]) == (stage, "excluded")
        place_told = {"source_ref": item["place"]} if item["place"] else {}
        why = {"rule": rule, "reason": item["reason"], **item["evidence"]}
        assert last["about"] == {**why, **place_told}


# ------------------------------------------------------------------------------- rows and rights


@pytest.mark.parametrize("rule", ROWS)
def test_the_place_of_a_row_is_there(
    rule: str, place: Place, told: Callable[[str], list[Shown]]
) -> None:
    for item in told(rule):
        name, _, number = item["place"].rpartition("#")
        path = place.configs / DATASET / name
        assert 1 <= int(number) <= rows_of(path), item["place"]


def rows_of(path: Path) -> int:
    if path.suffix == ".parquet":
        return pl.read_parquet(path).height
    return path.read_bytes().count(b"\n") + 1


def test_a_row_whose_key_stands_already_names_the_record_that_has_it(
    snapshots: dict[str, Snapshot], told: Callable[[str], list[Shown]]
) -> None:
    for item in told("duplicate_key"):
        places = column(snapshots, item["stage"], pl.col("source_ref"))
        assert places[item["evidence"]["kept"]] != item["place"]


@pytest.mark.parametrize("rule", ["nul_bytes", "bad_encoding"])
def test_the_byte_that_is_wrong_stands_where_it_is_said_to(
    rule: str, place: Place, told: Callable[[str], list[Shown]]
) -> None:
    for item in (item for item in told(rule) if "byte" in item["evidence"]):
        name, _, number = item["place"].rpartition("#")
        line = (place.configs / DATASET / name).read_bytes().split(b"\n")[int(number) - 1]
        byte = line[item["evidence"]["byte"]]
        assert byte == 0 if rule == "nul_bytes" else byte > 127


@pytest.mark.parametrize("rule", ["rights_expired", "rights_forbidden"])
def test_rights_show_the_paper_that_they_go_by(
    rule: str, place: Place, told: Callable[[str], list[Shown]]
) -> None:
    for item in told(rule):
        shown = item["evidence"]
        paper = place.configs / DATASET / shown["evidence"]["reference"]
        assert hashlib.sha256(paper.read_bytes()).hexdigest() == shown["evidence"]["sha256"]
        assert rule in shown["rules"]
        if rule == "rights_expired":
            assert date.fromisoformat(shown["expires"]) < date.fromisoformat(DAY)
        else:
            assert shown["training"] == "forbidden"


# -------------------------------------------------------------------------------------- by its text


@pytest.mark.parametrize("rule", ["empty_phrase", "too_short"])
def test_measures_are_those_of_the_text(
    rule: str, snapshots: dict[str, Snapshot], told: Callable[[str], list[Shown]]
) -> None:
    lengths = column(snapshots, "normalized", pl.col("prompt").str.len_chars())
    for item in told(rule):
        assert item["evidence"]["characters"] == lengths[item["record_id"]]
        hits = {hit["rule"]: hit for hit in item["evidence"]["hits"]}
        assert hits[rule]["value"] == lengths[item["record_id"]]
        assert rule == "empty_phrase" or hits[rule]["value"] < hits[rule]["threshold"]


def folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def alike(one: str, other: str) -> float:
    """The Jaccard of two texts' shingles, without the code under test."""
    left, right = (
        {text[i : i + SHINGLE] for i in range(max(len(text) - SHINGLE, 0) + 1)}
        for text in map(folded, (one, other))
    )
    return len(left & right) / len(left | right)


@pytest.mark.parametrize("rule", ["exact_duplicate", "near_duplicate"])
def test_a_copy_names_a_kept_record_that_is_as_like_as_it_says(
    rule: str, snapshots: dict[str, Snapshot], told: Callable[[str], list[Shown]]
) -> None:
    texts = column(snapshots, "redacted", pl.col("prompt"))
    kept = ids(snapshots, "deduplicated")
    for item in told(rule):
        shown = item["evidence"]
        assert shown["kept"] in kept
        measured = alike(texts[item["record_id"]], texts[shown["kept"]])
        assert shown["similarity"] == pytest.approx(measured, abs=1e-6)
        assert measured == 1 if rule == "exact_duplicate" else measured >= 0.8


def test_a_conflict_names_records_with_one_text_and_several_labels(
    snapshots: dict[str, Snapshot], told: Callable[[str], list[Shown]]
) -> None:
    texts = column(snapshots, "redacted", pl.col("prompt"))
    labels = column(snapshots, "redacted", pl.col("label"))
    for item in told("label_conflict"):
        named = item["evidence"]["records"]
        assert item["record_id"] in named
        assert len({folded(texts[record]) for record in named}) == 1
        assert len({labels[record] for record in named}) == item["evidence"]["labels"] > 1


def test_a_leak_names_what_is_held_out_and_how_much_of_it_stands_where(
    snapshots: dict[str, Snapshot], splits: dict[str, str], told: Callable[[str], list[Shown]]
) -> None:
    texts = column(snapshots, "deduplicated", pl.col("prompt"))
    kept = ids(snapshots, "clean")
    for item in told("held_out_overlap"):
        shown, text = item["evidence"], texts[item["record_id"]]
        assert (splits[item["record_id"]], splits[shown["held_out"]]) in {
            ("train", "validation"), ("train", "test"), ("validation", "test")
        }  # fmt: skip
        # What is held out stays, unless it was itself mended against test.
        assert shown["held_out"] in kept or splits[shown["held_out"]] == "validation"
        assert shown["span"] == {"field": "prompt", "start": 0, "end": len(text)}
        measured = alike(text, texts[shown["held_out"]])
        assert shown["overlap"] == pytest.approx(measured, abs=1e-6)
        assert shown["measure"] == ("exact" if measured == 1 else "near")


# ------------------------------------------------------------------------- by people and models


def annotations(snapshots: dict[str, Snapshot]) -> Iterator[Shown]:
    for stage in (stage for stage in snapshots if stage.startswith("annotations/")):
        yield from snapshots[stage].records.collect().iter_rows(named=True)


@pytest.mark.parametrize("rule", ["annotation_disagreement", "annotation_uncertain"])
def test_votes_are_those_that_were_given(
    rule: str, snapshots: dict[str, Snapshot], told: Callable[[str], list[Shown]]
) -> None:
    columns = ("annotator", "label", "uncertain", "guideline")
    given: dict[str, list[Shown]] = defaultdict(list)
    for row in annotations(snapshots):
        given[row["record_id"]].append({name: row[name] for name in columns})
    for item in told(rule):
        votes = item["evidence"]["votes"]
        assert votes == sorted(given[item["record_id"]], key=lambda vote: vote["annotator"])
        certain = {vote["label"] for vote in votes if not vote["uncertain"]}
        assert len(certain) > 1 if rule == "annotation_disagreement" else not certain


def test_a_distillate_that_copies_names_the_record(
    snapshots: dict[str, Snapshot], told: Callable[[str], list[Shown]]
) -> None:
    texts = column(snapshots, "clean", pl.col("prompt"))
    made = column(snapshots, "distillates/paraphrases", pl.col("prompt"))
    for item in told("copy_of_clean_record"):
        measured = alike(made[item["record_id"]], texts[item["evidence"]["kept"]])
        assert item["evidence"]["similarity"] == pytest.approx(measured, abs=1e-6)


def test_inputs_that_are_named_are_held_out_or_no_clean_records(
    snapshots: dict[str, Snapshot], splits: dict[str, str], told: Callable[[str], list[Shown]]
) -> None:
    clean = ids(snapshots, "clean")
    held = [key for item in told("held_out_input") for key in item["evidence"]["inputs"]]
    assert {splits[key] for key in held} <= {"validation", "test"}
    unknown = {key for item in told("unknown_input") for key in item["evidence"]["inputs"]}
    assert unknown
    assert not unknown & clean


def test_a_distillate_shows_what_its_provenance_says(
    snapshots: dict[str, Snapshot], told: Callable[[str], list[Shown]]
) -> None:
    parts = {
        name: column(snapshots, "distillates/paraphrases", pl.col(f"{name}_json"))
        for name in ("filters", "review", "model", "parameters", "prompt", "inputs")
    }
    for item in told("filter_failed"):
        for name in item["evidence"]["filters"]:
            assert f'{{"name":"{name}","passed":false}}' in parts["filters"][item["record_id"]]
    for item in told("review_rejected"):
        for name in ("decision", "guideline"):
            said = f'"{name}":"{item["evidence"][name]}"'
            assert said in parts["review"][item["record_id"]]
    for item in told("missing_provenance"):
        assert item["evidence"]["missing"]
        for name in item["evidence"]["missing"]:
            assert parts[name][item["record_id"]] is None
