"""A large file through collection, and its peer: Polars scanning and rewriting it.

``python -m dataset_pipeline_tests.bench.collection make FILE BYTES`` writes JSON Lines;
``… ours FILE`` collects it into a new store beside it: batch, records, digests, snapshot;
``… peer FILE`` rewrites it to Parquet. The two print their seconds, without imports; the peer is
Polars as it comes, so neither sees the other's settings of the allocator.
"""

import json
import random
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

TEXT = """the router loses its connection after an update please help my order has not arrived
and the invoice shows a wrong amount camera offline sensor battery refund warranty address
спасибо вопрос заказ доставка оплата возврат пароль қосылым жоқ тапсырыс"""
WORDS = TEXT.split()
CONFIG = """
format: 1
title: Large
version: "1.0"
description: One large file.
owners: ["team:bench"]
task:
  behaviour: Name the intent of a message.
  type: classification
  labels: [billing, delivery, other]
  examples: task_examples.jsonl
  restrictions: {use: internal, languages: [en]}
sources:
  large:
    kind: jsonl
    description: One large file.
    system: Helpdesk
    owner: bench
    path: large.jsonl
    fields:
      key: ticket_id
      group_id: customer_id
      event_time: {column: opened_at}
      prompt: text
      completion: answer
      label: intent
      attributes: {channel: channel, region: region}
    rights: {basis: own_work, training: allowed, approved_by: bench, evidence: ours}
stages:
  normalized: {group_key: bench-only, split: {by: group, validation: 0.1, test: 0.1}}
certificate: {licence: other, contact: bench@example.org, intended_use: bench}
"""


def make(path: Path, size: int) -> None:
    """Write about ``size`` bytes of JSON Lines: support records of 1.2 KB on average."""
    import polars as pl

    part = 50_000
    text = pl.Series([_text(number) for number in range(part)])
    answer = text.reverse()
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(_rows(int(file.tell()), text, answer).write_ndjson().encode())


def _text(number: int) -> str:
    dice = random.Random(number)
    return " ".join(dice.choices(WORDS, k=dice.randint(20, 110)))


def _rows(first: int, text: "pl.Series", answer: "pl.Series") -> "pl.DataFrame":
    import polars as pl

    number = pl.int_range(first, first + len(text), eager=True)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = start + pl.Series([timedelta(seconds=i) for i in range(len(text))])
    return pl.DataFrame(
        {
            "ticket_id": "T-" + number.cast(pl.String),
            "customer_id": "C-" + (number % 100_003).cast(pl.String),
            "opened_at": times.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "channel": pl.Series(["mail", "chat"] * (len(text) // 2)),
            "region": pl.Series(["KZ", "EU"] * (len(text) // 2)),
            "priority": number % 5,
            "text": text + " " + number.cast(pl.String),
            "answer": answer,
            "intent": pl.Series(["billing", "delivery"] * (len(text) // 2)),
        }
    )


def ours(path: Path) -> float:
    """Collect the file as the asset ``raw/large`` does; seconds."""
    from dataset_pipeline.assets.compute import compute
    from dataset_pipeline.assets.raw import raw_specs
    from dataset_pipeline.config_file import load_dataset
    from dataset_pipeline.store.store import Store

    place = path.parent / "ours"
    folder = place / "configs" / "large"
    folder.mkdir(parents=True)
    (folder / "dataset.yaml").write_text(CONFIG, encoding="utf-8")
    examples = [{"id": str(n), "prompt": f"text {n}", "label": "other"} for n in range(5)]
    lines = "".join(json.dumps(example) + "\n" for example in examples)
    (folder / "task_examples.jsonl").write_text(lines, encoding="utf-8")
    (folder / "large.jsonl").hardlink_to(path)
    dataset = load_dataset(place / "configs", "large")
    (spec,) = (spec for spec in raw_specs(dataset) if spec.name == "raw/large")
    store = Store(place / "store")
    started = time.monotonic()
    outcome = compute(store, spec, {})
    seconds = time.monotonic() - started
    broken = [law for law in outcome.facts["laws"] if not law["holds"]]
    if broken:
        raise SystemExit(f"laws do not hold: {broken}")
    shutil.rmtree(place)
    return seconds


def peer(path: Path) -> float:
    """Polars alone: scan the lines, write them as Parquet; seconds."""
    import polars as pl

    target = path.with_suffix(".parquet")
    started = time.monotonic()
    pl.scan_ndjson(path).sink_parquet(target)
    seconds = time.monotonic() - started
    target.unlink()
    return seconds


def main(what: str, path: Path, *size: str) -> None:
    """Do one of the three."""
    if what == "make":
        make(path, int(size[0]))
        return
    timed: dict[str, Callable[[Path], float]] = {"ours": ours, "peer": peer}
    print(timed[what](path))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
