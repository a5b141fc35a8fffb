"""A place of its own for a system test: configurations, store and key in one folder."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from dataset_pipeline_tests.sample.generate import CONFIGS

DATASET = CONFIGS.name
COMMAND = [sys.executable, "-m", "dataset_pipeline.cli"]
MAY_2026 = "1777593600"
DAY = "2026-05-01"
TIMEOUT = 300
LOCAL = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON; fails when it holds anything else."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """All that it printed, without the line breaks that a narrow terminal makes."""
        return " ".join((self.out + self.err).split())


@dataclass(frozen=True)
class Place:
    """A folder with ``configs``, ``store`` and ``keys``; commands run with these alone."""

    root: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def configs(self) -> Path:
        return self.root / "configs"

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def yaml(self) -> Path:
        return self.configs / DATASET / "dataset.yaml"

    def env(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in LOCAL if name in os.environ}
        return {
            **kept,
            "HOME": str(self.root / "home"),
            "XDG_CONFIG_HOME": str(self.keys),
            "DATASET_PIPELINE_CONFIGS": str(self.configs),
            "DATASET_PIPELINE_STORE": str(self.store),
            "SOURCE_DATE_EPOCH": MAY_2026,
            "COLUMNS": "200",
            **self.extra,
        }

    def copy(self, root: Path, **extra: str) -> "Place":
        """The same place, to be changed elsewhere."""
        shutil.copytree(self.root, root)
        return Place(root, extra)

    def start(
        self,
        *args: str,
        before: Sequence[str] = (),
        command: Sequence[str] = COMMAND,
        own_session: bool = False,
    ) -> subprocess.Popen[str]:
        """Start a command; ``before`` is put in front of it, like ``nice``."""
        return subprocess.Popen(
            [*before, *command, *args],
            cwd=self.root,
            env=self.env(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=own_session,
        )

    def ask(self, *args: str, **options: Any) -> Answer:
        """Run a command to its end. No command may ever show a traceback."""
        answer = finished(self.start(*args, **options))
        assert "Traceback" not in answer.out + answer.err, answer.err
        return answer

    def yes(self, *args: str) -> Any:
        """The JSON that a command answers with exit code 0."""
        answer = self.ask(*args, "--json")
        assert answer.code == 0, answer.out + answer.err
        return answer.json

    def run(self, *select: str, dataset: str = DATASET, code: int = 0) -> dict[str, Any]:
        """Run a dataset; the report, and by ``clock`` how many seconds it took from outside."""
        started = time.monotonic()
        options = [part for pattern in select for part in ("--select", pattern)]
        answer = self.ask("run", dataset, *options, "--json")
        assert answer.code == code, answer.out + answer.err
        report: dict[str, Any] = answer.json
        return {**report, "clock": time.monotonic() - started}

    def versions(self, dataset: str = DATASET) -> dict[str, str]:
        """Content digest by version number, the oldest first."""
        found = self.yes("versions", dataset)
        return {row["version"].split("_v")[1].split("_")[0]: row["content_digest"] for row in found}

    def configure(self, change: Callable[[dict[str, Any]], Any], dataset: str = DATASET) -> None:
        """Change a dataset.yaml."""
        path = self.configs / dataset / "dataset.yaml"
        config = yaml.safe_load(path.read_text("utf-8"))
        change(config)
        path.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), "utf-8")

    def source(self, name: str, dataset: str = DATASET) -> Path:
        return self.configs / dataset / "sources" / name


def finished(process: subprocess.Popen[str]) -> Answer:
    """Wait for a started command."""
    out, err = process.communicate(timeout=TIMEOUT)
    return Answer(process.returncode, out, err)


def sample_place(root: Path) -> Place:
    """The sample dataset as it stands in the repository."""
    shutil.copytree(CONFIGS, root / "configs" / DATASET)
    return Place(root)


def small_place(root: Path) -> Place:
    """A part of the sample, with every stage and no training: quick enough to run many times."""
    place = sample_place(root)
    for path in sorted(place.source("helpdesk").glob("*.jsonl"))[1:]:
        path.unlink()
    for name in ("crm", "partner_forum"):
        shutil.rmtree(place.source(name))
    cases = place.source("closed_cases") / "cases.parquet"
    pl.read_parquet(cases).head(150).write_parquet(cases)

    def reduce(config: dict[str, Any]) -> None:
        for name in ("crm", "partner_forum"):
            del config["sources"][name]
        config["stages"]["normalized"]["split_off_in"].remove("crm")
        config["gates"] = {
            "min_records": 100,
            "min_kappa": 0.6,
            "max_quarantined_share": 0.5,
            "go_on_without": ["beta_survey"],
        }
        del config["training"]

    place.configure(reduce)
    return place


def files(folder: Path, *, without: tuple[str, ...] = ()) -> dict[str, tuple[int, bytes]]:
    """Modification time and bytes of every file below a folder, by relative path."""
    return {
        name: (path.stat().st_mtime_ns, path.read_bytes())
        for path in walk(folder)
        if not (name := path.relative_to(folder).as_posix()).startswith(without)
    }


def walk(folder: Path) -> Iterator[Path]:
    """The files below a folder, in order."""
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def lines(path: Path) -> list[str]:
    """A file's lines with their ends; bytes that are no UTF-8 survive ``write_lines``."""
    return path.read_bytes().decode("utf-8", "surrogateescape").split("\n")[:-1]


def write_lines(path: Path, content: Iterable[str]) -> None:
    """The opposite of ``lines``."""
    text = "".join(f"{line}\n" for line in content)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


def jsonl(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file; what is no JSON object is left out."""
    rows = []
    for line in lines(path):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(row)
    return rows
