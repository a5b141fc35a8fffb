"""Every command takes the places of configurations and of the store."""

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from dataset_pipeline.cli.main import app
from dataset_pipeline.cli.options import CONFIGS_VARIABLE, STORE_VARIABLE


def commands(group: Any, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, command in group.commands.items():
        inside = getattr(command, "commands", None)
        found += [(*before, name), *(commands(command, (*before, name)) if inside else [])]
    return found


def options(path: tuple[str, ...]) -> set[str]:
    command: Any = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("path", commands(typer.main.get_command(app)), ids=" ".join)
def test_each_command_takes_both_places(path: tuple[str, ...]) -> None:
    assert {"--configs", "--store"} <= options(path)


def test_a_place_that_is_not_needed_changes_nothing(tmp_path: Path) -> None:
    asked = ["verify", str(tmp_path / "none.zip"), "--json"]
    places = ["--store", str(tmp_path / "s"), "--configs", str(tmp_path / "c")]
    plain, placed = (CliRunner().invoke(app, [*asked, *more]) for more in ([], places))
    assert (placed.exit_code, placed.output) == (plain.exit_code, plain.output) == (2, plain.output)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "folder", "option"),
    [
        (["validate", "small"], "configs", "--configs"),
        (["versions", "small"], "store", "--store"),
        (["ledger"], "store", "--store"),
    ],
)
def test_from_another_folder_it_is_told_where_was_looked_and_how_to_say_where(
    words: list[str], folder: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    monkeypatch.delenv(CONFIGS_VARIABLE, raising=False)
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 2
    said = answer.output
    assert str(tmp_path / folder) in said
    assert option in said
