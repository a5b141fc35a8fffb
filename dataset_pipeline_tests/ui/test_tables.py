"""Tables and pictures of counts: right, small, and without text."""

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from PIL import Image

from dataset_pipeline.assets.compute import compute
from dataset_pipeline.config import Rights
from dataset_pipeline.records import EXCLUSION_SCHEMA, QUARANTINE_SCHEMA, empty_exclusions
from dataset_pipeline.ui import tables, words
from dataset_pipeline.ui.metadata import scores_metadata, shown_metadata, stage_metadata
from dataset_pipeline_tests.sample_run import SampleRun, specs
from dataset_pipeline_tests.system.place import small_place

KIBI = 1024


def by_name(shown: tables.Shown) -> dict[str, Any]:
    return {entry["name"]: entry for entry in shown}


def shown_of(run: SampleRun, stage: str) -> dict[str, Any]:
    return by_name(run.outcomes[stage].facts["shown"])


def test_exclusions_are_counted_by_rule_with_the_reason(sample_run: SampleRun) -> None:
    for stage, outcome in sample_run.outcomes.items():
        rows = shown_of(sample_run, stage).get("exclusions", {"rows": []})["rows"]
        assert {row[0]: row[1] for row in rows} == outcome.facts["excluded"], stage
        assert all(row[3] for row in rows), stage


def test_the_largest_rule_comes_first() -> None:
    rules = ["short", "long", "long"]
    rows = [{"record_id": str(n), "rule": r, "reason": f"too {r}"} for n, r in enumerate(rules)]
    excluded = pl.DataFrame(rows, schema=EXCLUSION_SCHEMA)
    found = tables.stage_tables({"records": pl.DataFrame({"x": [1]}), "excluded": excluded})
    assert found[0]["rows"] == [
        ["long", 2, "50.0%", "too long"],
        ["short", 1, "25.0%", "too short"],
    ]


def test_lines_without_a_record_are_shown_by_file_and_rule() -> None:
    places = [("record_not_here", f"b.csv#{line}") for line in range(20, 2, -1)]
    places += [("unknown_source", "a#1.csv#7"), ("annotation_uncertain", None)]
    rows = [{"record_id": str(n), "rule": r, "source_ref": p} for n, (r, p) in enumerate(places)]
    excluded = pl.DataFrame(rows, schema=QUARANTINE_SCHEMA)
    (found,) = tables.unplaced({"excluded": excluded})
    assert found["rows"] == [
        ["a#1.csv", "unknown_source", 1, "7"],
        ["b.csv", "record_not_here", 18, "3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, …"],
    ]
    assert tables.unplaced({"excluded": excluded.tail(1)}) == []


def test_shares_add_up_to_the_splits(sample_run: SampleRun) -> None:
    facts = sample_run.outcomes["splits"].facts
    for name in ("kept_by_label", "kept_by_source", "kept_by_language"):
        text = shown_of(sample_run, "splits")[name]["markdown"]
        *rows, total = [line.strip("|").split("|") for line in text.splitlines()[2:]]
        for column, split in enumerate(tables.SPLITS, start=1):
            counts = [int(row[column].split(" ")[0]) for row in rows]
            assert sum(counts) == facts["metrics"][split]
            assert total[column] == f"**{sum(counts)}**"
        assert len(text) < 1000, "the UI hides longer Markdown behind a click"


def test_sources_with_as_many_records_stand_in_one_order() -> None:
    for names in ("ab", "ba"):
        made = pl.DataFrame({"source_id": [*names, "c", "c"], "split": pl.Series([None] * 4)})
        (shown,) = tables.stage_tables({"records": made, "excluded": empty_exclusions()})
        assert shown["rows"] == [["c", 2], ["a", 1], ["b", 1]]


def test_small_categories_are_one_row() -> None:
    counted = pl.DataFrame(
        {"label": [f"l{n:02}" for n in range(30)], "split": ["train"] * 30, "records": [2] * 30}
    )
    found = tables.split_counts(counted, "label")
    assert len(found) == 13
    assert found["(others)"] == [36, 0, 0]


def test_a_record_without_a_split_is_left_to_the_laws() -> None:
    counted = pl.DataFrame({"label": ["a", "a"], "split": ["test", None], "records": [1, 5]})
    assert tables.split_counts(counted, "label") == {"a": [0, 0, 1]}


def test_the_plot_is_a_small_picture(sample_run: SampleRun) -> None:
    text = shown_of(sample_run, "splits")["plot"]["markdown"]
    assert len(text) < 60 * KIBI
    picture = base64.b64decode(text.split("base64,")[1].rstrip(")"))
    image = Image.open(io.BytesIO(picture))
    assert image.format == "PNG"
    assert image.width > 600
    assert len(image.convert("RGB").getcolors(1 << 24) or []) > 10


@pytest.mark.parametrize("count", [0, 1, 12])
def test_plots_of_any_number_of_categories(count: int) -> None:
    from dataset_pipeline.ui.plots import share_plot

    shares = {f"$label_{n}$ қазақша": [0.1, 0.2, 0.7] for n in range(count)}
    assert share_plot({"by label": shares}, tables.SPLITS).startswith("![by label](data:image/png")


def test_the_same_counts_give_the_same_plot() -> None:
    from dataset_pipeline.ui.plots import share_plot

    shares = {"by label": {"a": [0.5, 0.1, 0.2], "b": [0.5, 0.9, 0.8]}}
    assert share_plot(shares, tables.SPLITS) == share_plot(shares, tables.SPLITS)


def test_what_is_shown_is_remembered_not_made_again(sample_run: SampleRun) -> None:
    (splits,) = [spec for spec in specs(sample_run.dataset) if spec.name == "splits"]
    inputs = {name: sample_run.snapshot(stage) for name, stage in splits.inputs.items()}
    again = compute(sample_run.store, splits, inputs)
    assert again.reused
    assert again.facts["shown"] == sample_run.outcomes["splits"].facts["shown"]


def test_nothing_that_is_shown_comes_from_a_text(sample_run: SampleRun) -> None:
    """No longer stretch of any record's text, before or after masking, is in the metadata."""
    texts: set[str] = set()
    for stage in ("raw", "splits", "distilled"):
        records = sample_run.records(stage)
        for column in ("prompt", "completion"):
            texts |= {text[:40] for text in records[column].drop_nulls() if len(text) >= 40}
    assert len(texts) > 1000
    for stage, outcome in sample_run.outcomes.items():
        seen = json.dumps(outcome.facts["shown"], ensure_ascii=False)
        assert not [text for text in texts if text in seen], stage


def test_metadata_keeps_what_programs_read(sample_run: SampleRun) -> None:
    outcome = sample_run.outcomes["deduplicated"]
    facts = {**outcome.facts, "external": {}}
    metadata = stage_metadata(outcome.snapshot, facts, {}, reused=False, seconds=1.0)
    assert metadata["excluded_by_rule"] == outcome.facts["excluded"]
    assert set(metadata["metrics"]) == set(outcome.facts["metrics"])
    assert isinstance(metadata["exclusions"], dg.TableMetadataValue)
    columns = metadata["dagster/column_schema"].columns
    assert [column.name for column in columns if not column.description] == []
    older = {key: value for key, value in facts.items() if key != "shown"}
    assert "exclusions" not in stage_metadata(outcome.snapshot, older, {}, reused=True, seconds=1)


def test_of_two_with_one_name_the_later_is_shown() -> None:
    found = shown_metadata([tables.markdown("a", "first"), tables.markdown("a", "second")])
    assert found["a"].value == "second"


def test_scores_are_a_row_for_each_part() -> None:
    found = scores_metadata({"test": {"macro_f1": 0.91847, "examples": 272}, "other": {}})
    rows = [record.data for record in found["scores"].records]
    assert rows[0] == {"measured on": "test", "examples": "272", "macro_f1": "0.918"}
    assert rows[1] == {"measured on": "other", "examples": "", "macro_f1": ""}


def test_markdown_shows_names_to_the_letter() -> None:
    assert tables.escaped("a_b|c*") == "a\\_b\\|c\\*"
    rights = Rights(basis="consent", training="unknown", evidence="form_1 *draft*")
    assert "form\\_1 \\*draft\\*; approved by nobody" in words.rights_text(rights)


@pytest.mark.slow
def test_an_unchanged_run_draws_nothing(tmp_path: Path) -> None:
    """The second of two runs in a process of its own never loads matplotlib."""
    place = small_place(tmp_path / "place")
    place.run()
    code = (
        "import sys; from dataset_pipeline.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: code = end.code\n"
        "print(code, [name for name in ('matplotlib', 'PIL') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, "run", "support_tickets", "--json"]
    done = subprocess.run(
        command, cwd=place.root, env=place.env(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 []"
