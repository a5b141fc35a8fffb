"""What a run left out is shown though it stopped, by the command that its failure names."""

import json
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dataset_pipeline.cli.main import app
from dataset_pipeline.cli.places import asked_again
from dataset_pipeline_tests import small

SECRET = "zanzibar"
SOUND = [
    {"id": f"r{n}", "text": f"a sentence about {'abcdefgh'[n % 8] * (n + 2)}", "at": "2026-05-01"}
    for n in range(20)
]
LATE = [{"id": f"l{n}", "text": f"late {SECRET} {n}", "at": f"{SECRET} {n}"} for n in range(5)]
SILENT = {"id": "s0", "text": " ", "at": "2026-05-01"}
Ask = Callable[..., Result]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("DATASET_PIPELINE_SIGNING_KEY", str(tmp_path / "key.pem"))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    configs, store = tmp_path / "configs", tmp_path / "store"

    def asked(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--configs", str(configs), "--store", str(store)])

    return asked


def written(tmp_path: Path, rows: Sequence[dict[str, Any]], **changes: Any) -> None:
    time = {"event_time": {"column": "at"}}
    rows_source = small.source({"key": "id", "prompt": "text", **time})
    made = {"sources": {"rows": rows_source}, **changes}
    small.write_dataset(tmp_path / "configs", "small", rows, **made)


def listed(answer: Result) -> list[dict[str, Any]]:
    assert answer.exit_code == 0, answer.output
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found


def test_the_failure_names_rows_and_a_command_that_lists_all(tmp_path: Path, ask: Ask) -> None:
    written(tmp_path, [*SOUND, SILENT, *LATE])
    report = json.loads((failed := ask("run", "small", "--json")).stdout)
    assert (failed.exit_code, report["ok"]) == (1, False)
    (told,) = report["failures"]
    assert "raw/rows 23.08%" in told
    assert (
        "for example rows.jsonl#22: bad_time in at, rows.jsonl#21: missing_text in text, "
        "rows.jsonl#23: bad_time in at; "
    ) in told
    assert SECRET not in failed.output

    command = shlex.split(re.search(r"all of them: (.*)$", told)[1])  # type: ignore[index]
    rows = listed(ask(*command[1:], "--json"))
    assert {(row["stage"], row["rule"]) for row in rows} == {
        ("raw/rows", "bad_time"), ("raw/rows", "missing_text"),
    }  # fmt: skip
    assert {row["place"] for row in rows} == {f"rows.jsonl#{line}" for line in range(21, 27)}
    assert SECRET not in json.dumps(rows)


def test_the_newest_state_ends_where_the_run_stopped(tmp_path: Path, ask: Ask) -> None:
    short = {"screened": {"min_characters": 12}}
    written(tmp_path, [*SOUND, {"id": "short", "text": "tiny", "at": "2026-05-01"}],
            stages=small.stages(**short))  # fmt: skip
    assert ask("run", "small", "--select", "+splits").exit_code == 0
    whole = ask("exclusions", "small", "--json")
    assert "screened" in {row["stage"] for row in listed(whole)}
    assert "not made" not in whole.stderr

    small.write_jsonl(tmp_path / "configs" / "small" / "rows.jsonl", [*SOUND, *LATE])
    said = ask("run", "small")
    assert said.exit_code == 1
    places = f"--configs {tmp_path}/configs --store {tmp_path}/store"
    assert (
        f"what was left out, and why: dataset-pipeline exclusions small {places}\n" in said.output
    )
    stopped = ask("exclusions", "small", "--json")
    assert {row["stage"] for row in listed(stopped)} == {"raw/rows"}
    assert "nothing of it is here: normalized, screened, redacted" in stopped.stderr


def test_one_stage_or_rule_is_asked_for(tmp_path: Path, ask: Ask) -> None:
    written(tmp_path, [*SOUND, SILENT, *LATE])
    ask("run", "small")
    asked = ("exclusions", "small", "--json", "--stage", "raw/rows", "--rule")
    assert len(listed(ask(*asked, "missing_text"))) == 1
    nothing = ask("exclusions", "small", "--json", "--stage", "raw")
    assert listed(nothing) == []
    assert "rules that took something out: bad_time, missing_text" in nothing.stderr


def test_a_name_that_is_neither_is_told(tmp_path: Path, ask: Ask) -> None:
    written(tmp_path, [*SOUND, *LATE])
    ask("run", "small")
    answer = ask("exclusions", "large")
    assert answer.exit_code == 2
    assert "no version 'large'" in answer.stderr


def test_a_command_to_copy_names_only_the_places_that_it_must(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DATASET_PIPELINE_CONFIGS", raising=False)
    monkeypatch.setenv("DATASET_PIPELINE_STORE", "/data/the store")
    asked = ["exclusions", "small"]
    same = asked_again(asked, Path("configs"), Path("/data/the store"))
    assert same == "dataset-pipeline exclusions small"
    other = asked_again(asked, Path("my configs"), Path("store"))
    assert other == f"{same} --configs 'my configs' --store store"
