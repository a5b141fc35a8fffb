"""Several runs at once, of the same dataset and of different ones, on one store."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.system.place import (
    DATASET,
    Place,
    finished,
    lines,
    small_place,
    write_lines,
)

pytestmark = pytest.mark.slow
OTHER = "other_tickets"


def at_once(place: Place, *datasets: str) -> list[dict[str, Any]]:
    """Run them all at the same time; their reports."""
    processes = [place.start("run", dataset, "--json") for dataset in datasets]
    answers = [finished(process) for process in processes]
    for answer in answers:
        assert answer.code == 0, answer.out + answer.err
        assert "Traceback" not in answer.err
    return [answer.json for answer in answers]


def check(place: Place, report: dict[str, Any]) -> None:
    assert place.ask("verify", str(Path(report["package"]).parent)).code == 0


def entries(place: Place) -> Counter[tuple[str, str]]:
    """How many ledger entries there are of each kind about each version."""
    ledger = Store(place.store).ledger
    assert ledger.check().intact
    found = list(ledger.entries())
    assert len({entry["statement_sha256"] for entry in found}) == len(found)
    return Counter((entry["kind"], entry["version"]) for entry in found)


def test_two_first_runs_at_once(tmp_path: Path) -> None:
    """On an empty store and an empty home: the databases are made once, the key is made once."""
    place = small_place(tmp_path / "place")
    first, second = at_once(place, DATASET, DATASET)
    assert first["version"] == second["version"]
    assert list(place.versions()) == ["1.0.0"]
    assert entries(place) == {("certified", first["version"]): 1}
    check(place, first)


def edit(configs: Path, text: str) -> None:
    """Add to the last turn of one thread."""
    (path,) = (configs / DATASET / "sources" / "helpdesk").glob("*.jsonl")
    row = json.loads(lines(path)[5])
    row["turns"][-1]["text"] += text
    write_lines(path, [*lines(path)[:5], json.dumps(row), *lines(path)[6:]])


def test_two_runs_at_once_on_a_changed_source(small: Place) -> None:
    edit(small.configs, " And the siren stays silent.")
    first, second = at_once(small, DATASET, DATASET)
    assert first["version"] == second["version"]
    assert list(small.versions()) == ["1.0.0", "1.0.1"]
    assert entries(small)["certified", first["version"]] == 1
    check(small, first)


def test_two_runs_at_once_on_different_content(small: Place) -> None:
    """Two people's checkouts and one store: no version's name comes to mean both contents."""
    theirs = small.root / "their configs"
    shutil.copytree(small.configs, theirs)
    edit(small.configs, " And the siren stays silent.")
    edit(theirs, " And the valve stays open.")
    processes = [
        small.start("run", DATASET, "--configs", str(configs), "--json")
        for configs in (small.configs, theirs)
    ]
    reports = [finished(process).json for process in processes]
    assert [report["failures"] for report in reports] == [[], []]
    assert len({report["version"] for report in reports}) == 2
    assert list(small.versions()) == ["1.0.0", "1.0.1", "1.0.2"]
    for report in reports:
        check(small, report)


def test_two_datasets_at_once(small: Place) -> None:
    shutil.copytree(small.configs / DATASET, small.configs / OTHER)
    small.configure(lambda c: c.update(title="Other Tickets"), OTHER)
    first, second = at_once(small, DATASET, OTHER)
    assert first["version"].startswith("Customer_Support_AI_Dataset_v1.0.0_")
    assert second["version"].startswith("Other_Tickets_v1.0.0_")
    assert set(entries(small)) == {
        ("certified", first["version"]),
        ("certified", second["version"]),
    }
    check(small, first)
    check(small, second)
    ambiguous = small.ask("exclusions", "1.0.0", "--json")
    assert ambiguous.code == 2
    assert "2 versions are called 1.0.0" in ambiguous.json["error"]
