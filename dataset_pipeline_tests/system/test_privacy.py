"""No record's text and no personal value leaves the raw zone but by the published stages."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dataset_pipeline_tests.sample_run import planted
from dataset_pipeline_tests.system.haystack import forms, told, where
from dataset_pipeline_tests.system.place import DATASET, Place, walk

pytestmark = pytest.mark.slow
SHORTEST = 6  # characters; below that, a value is an ordinary word or number somewhere


def personal_values() -> tuple[set[str], set[str]]:
    """The planted values, and those too short to be looked for."""
    values = {entry["value"] for entry in planted("personal_data")}
    short = {value for value in values if len(value) < SHORTEST}
    return values - short, short


def test_the_planted_values_can_be_looked_for() -> None:
    """None of the sample's values is too short; the search itself finds what is there."""
    values, short = personal_values()
    assert (len(values) > 1000, len(short)) == (True, 0)
    one = "Қарлығаш Төлегенова"
    for spelt in forms(one):
        assert where({"here": b"x" + spelt + b"y"}, [one]) == {"here": 1}
    assert where({"here": b"nothing"}, [one]) == {}


def test_no_personal_value_is_told_anywhere(
    sample: tuple[Place, dict[str, Any]], tmp_path: Path
) -> None:
    place = sample[0].copy(tmp_path / "place")
    again = place.ask("run", DATASET)  # for people: progress and tables
    assert again.code == 0
    haystack = told(place, json.dumps(sample[1], ensure_ascii=False), again.out, again.err)
    for part in ("dagster/", "computations/", "ledger/", "payload of", "raw/batches", "printed"):
        assert any(name.startswith(part) for name in haystack), f"nothing to search in {part}"
    assert sum(map(len, haystack.values())) > 1_000_000
    values, _ = personal_values()
    assert where(haystack, values) == {}


def test_no_text_is_told_anywhere(sample: tuple[Place, dict[str, Any]], tmp_path: Path) -> None:
    """Not only personal values: no prompt of any record, from any snapshot."""
    place = sample[0].copy(tmp_path / "place")
    texts: set[str] = set()
    for path in walk(place.store):
        if path.name == "records.parquet" and "prompt" in pl.read_parquet_schema(path):
            texts.update(pl.read_parquet(path, columns=["prompt"])["prompt"].to_list())
    long = {text for text in texts if len(text) >= 40}
    assert len(long) > 2000
    assert where(told(place, json.dumps(sample[1])), long) == {}


def test_the_raw_zone_is_its_owners_alone(sample: tuple[Place, dict[str, Any]]) -> None:
    raw = sample[0].store / "raw"
    assert raw.stat().st_mode & 0o777 == 0o700
    assert (sample[0].store / "tmp").stat().st_mode & 0o777 == 0o700
    readable = [path.name for path in walk(raw) if path.stat().st_mode & 0o077]
    assert readable == []


# --------------------------------------------------------------------------------- what goes wrong

PATCH = """
import polars as pl
from dataset_pipeline.stages import screened

def quoting(records, *_, **__):
    text = records.select("prompt").collect()["prompt"].max()
    {body}

screened.screened = quoting
from dataset_pipeline.cli import main
main()
"""
FAILURES = {
    "an exception that quotes a record": "raise ValueError('cannot use ' + text)",
    "its cause": """
    try:
        raise KeyError(text)
    except KeyError as error:
        raise RuntimeError(text) from error""",
    "Polars, in the plan": """
    from dataset_pipeline.records import no_exclusions
    from dataset_pipeline.stages.result import StageResult
    broken = records.filter(pl.col("prompt") == text)
    broken = broken.with_columns(pl.col("prompt").str.to_integer(strict=True))
    return StageResult(broken, no_exclusions(), {})""",
    "a panic of Polars": "raise pl.exceptions.PanicException(text)",
    "an exit": "raise SystemExit(text)",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failing_stage_quotes_nobody(small: Place, failure: str) -> None:
    shutil.rmtree(small.store / "computations")
    code = PATCH.format(body=FAILURES[failure])
    answer = small.ask(
        "run", DATASET, "--select", "screened", "--json", command=[sys.executable, "-c", code]
    )
    assert answer.code == 1, answer
    assert not answer.json["ok"]

    (normalized,) = (
        path.parent
        for path in small.store.glob("raw/snapshots/*/*/manifest.json")
        if json.loads(path.read_bytes())["stage"] == "normalized"
    )
    text = pl.read_parquet(normalized / "records.parquet")["prompt"].max()
    assert where(told(small, answer.out, answer.err), [str(text), str(text)[:30]]) == {}

    (kept,) = (small.store / "raw" / "errors").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert str(text)[:30] in kept.read_text("utf-8")
    (failed,) = answer.json["failures"]
    assert str(kept) in failed
    assert "screened failed: " in failed
    assert "dataset_pipeline.errors" not in failed
