"""From raw to clean on many ticket-like records: a first night, a bigger one, and 1% more.

``python -m dataset_pipeline_tests.bench.pipeline NUMBER`` prints both nights of so many records;
``… pipeline make FOLDER NUMBER`` writes the two files, in a process of its own: what the measuring
process holds in memory, the kernel counts for the processes that it starts.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dataset_pipeline_tests.bench.corpus import corpus
from dataset_pipeline_tests.bench.measure import Measured, executable, run

NAME = "tickets"
_FIRST, _NEXT = "tickets-1.jsonl", "tickets-2.jsonl"
CONFIG = """
format: 1
title: Tickets
version: "1.0"
description: Ticket-like records.
owners: ["team:bench"]
task:
  behaviour: Name the intent of a message.
  type: classification
  labels: [billing, delivery, other]
  examples: task_examples.jsonl
  restrictions: {use: internal, languages: [en, ru, kk]}
sources:
  tickets:
    kind: jsonl
    description: Made for this measurement.
    system: Helpdesk
    owner: bench
    path: tickets-*.jsonl
    fields:
      key: id
      group_id: customer
      event_time: {column: opened_at}
      prompt: text
      completion: answer
      label: intent
      attributes: {channel: channel, region: region}
    rights: {basis: own_work, training: allowed, approved_by: bench, evidence: ours}
stages:
  normalized: {group_key: bench-only, split: {by: group, validation: 0.1, test: 0.1}}
  screened: {min_characters: 10, max_characters: 20000, empty_phrases: [ok, thanks]}
  redacted: {phone_regions: [US, GB]}
certificate: {licence: other, contact: bench@example.org, intended_use: bench}
"""


@dataclass(frozen=True)
class Nights:
    """The first collection of all records, and the next one with 1% more."""

    first: Measured
    next: Measured


def nights(folder: Path, number: int) -> Nights:
    """Run raw to clean on ``number`` new records in ``folder``; then with 1% more."""
    dataset = folder / "configs" / NAME
    dataset.mkdir(parents=True)
    (dataset / "dataset.yaml").write_text(CONFIG, encoding="utf-8")
    examples = [{"id": str(n), "prompt": f"text {n}", "label": "other"} for n in range(5)]
    lines = "".join(json.dumps(example) + "\n" for example in examples)
    (dataset / "task_examples.jsonl").write_text(lines, encoding="utf-8")
    run([sys.executable, "-m", f"{__package__}.pipeline", "make", str(folder), str(number)])
    (folder / _FIRST).rename(dataset / _FIRST)
    first = _clean(folder)
    (folder / _NEXT).rename(dataset / _NEXT)
    return Nights(first, _clean(folder))


def make(folder: Path, number: int) -> None:
    """Write the records of both nights."""
    records = corpus(number + number // 100)
    records.head(number).write_ndjson(folder / _FIRST)
    records.tail(number // 100).write_ndjson(folder / _NEXT)


def _clean(folder: Path) -> Measured:
    store = folder / "store"
    command = [executable("dataset-pipeline"), "run", NAME, "--select", "+clean", "--json"]
    command += ["--configs", str(folder / "configs"), "--store", str(store)]
    return run(command, {"DAGSTER_HOME": str(store / "dagster")})


def main(*asked: str) -> None:
    """Make the records, or print seconds and peak memory of both nights."""
    if asked[0] == "make":
        make(Path(asked[1]), int(asked[2]))
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        told = nights(Path(folder), int(asked[0]))
        for name, night in (("first", told.first), ("next", told.next)):
            print(f"{name}: {night.seconds:.1f} s, {night.peak_mib:.0f} MiB")
            for stage in json.loads(night.output)["stages"]:
                print("   ", {key: stage[key] for key in ("stage", "kept", "excluded", "seconds")})


if __name__ == "__main__":
    main(*sys.argv[1:])
