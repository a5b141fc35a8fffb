"""From raw to clean on many ticket-like records: a first night, a bigger one, and 1% more.

``python -m dataset_pipeline_tests.bench.pipeline NUMBER`` prints the three for that many records.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dataset_pipeline_tests.bench.corpus import corpus
from dataset_pipeline_tests.bench.measure import Measured, executable, run

NAME = "tickets"
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
    records = corpus(number + number // 100)
    records.head(number).write_ndjson(dataset / "tickets-1.jsonl")
    first = _clean(folder)
    records.tail(number // 100).write_ndjson(dataset / "tickets-2.jsonl")
    return Nights(first, _clean(folder))


def _clean(folder: Path) -> Measured:
    store = folder / "store"
    command = [executable("dataset-pipeline"), "run", NAME, "--select", "+clean", "--json"]
    command += ["--configs", str(folder / "configs"), "--store", str(store)]
    return run(command, {"DAGSTER_HOME": str(store / "dagster")})


def main(number: str) -> None:
    """Print seconds and peak memory of both nights."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        told = nights(Path(folder), int(number))
        for name, night in (("first", told.first), ("next", told.next)):
            print(f"{name}: {night.seconds:.1f} s, {night.peak_mib:.0f} MiB")
            for stage in json.loads(night.output)["stages"]:
                print("   ", {key: stage[key] for key in ("stage", "kept", "excluded", "seconds")})


if __name__ == "__main__":
    main(*sys.argv[1:])
