"""Personal data: ours, and Presidio's batch engine with the very same recognizers.

    python -m dataset_pipeline_tests.bench.personal_data [COUNT]
    python -m dataset_pipeline_tests.bench.personal_data make texts.parquet 20000
    python -m dataset_pipeline_tests.bench.personal_data ours|peer texts.parquet findings.parquet

The first form runs both in processes of their own, compares what they found, and prints
{"texts", "findings", "same", "ours", "peer", "peer_processes", "ratio"}, times in seconds. The
others print {"seconds"} and write the findings.

What is compared: the peer is an ``AnalyzerEngine`` whose registry holds the recognizer objects that
we use, with Presidio's own no-op NLP engine (none of these recognizers needs a model), driven by
``BatchAnalyzerEngine.analyze_iterator``, its faster result of one and of two processes. That engine
leaves ``n_process`` to its NLP engine, and the no-op one has no use for it. Without tokens there
are no context words, so scores are the recognizers' own on both sides. ``AnalyzerEngine.analyze``
ends with ``remove_duplicates`` (of one entity's findings, those within another that is as sure);
we take its findings by the same function, inside our time. Loading is in neither time: recognizers
and, on our side, workers stand ready, and a few texts have been looked at.
"""

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from dataset_pipeline.config import Redacted
from dataset_pipeline.stages.personal import recognizers as room
from dataset_pipeline.stages.redaction.scan import detector
from dataset_pipeline_tests.bench.corpus import corpus
from dataset_pipeline_tests.bench.measure import run

POLICY = Redacted(phone_regions=["KZ", "RU", "GB", "US", "DE"])
FINDING: Any = {
    "text": pl.UInt32,
    "start": pl.UInt32,
    "end": pl.UInt32,
    "entity": pl.String,
    "score": pl.Float64,
}
_WARM = ["write to a@example.org, call +7 701 555 12 34"] * 300


def make(path: Path, count: int) -> None:
    """Write so many ticket-like texts, 30% of them with personal data."""
    corpus(count).select("text").write_parquet(path)


def ours(texts: Sequence[str]) -> tuple[pl.DataFrame, float]:
    """Our findings, and the seconds from texts to findings."""
    from dataset_pipeline.engines.workers import spread
    from dataset_pipeline.stages.evidence import found_here

    without_duplicates(pl.DataFrame(schema=FINDING))  # imports Presidio, as the peer has by now
    looks = detector(room.recognizers(POLICY))
    found_here(looks, pl.Series(_WARM) + pl.Series(map(str, range(len(_WARM)))), spread)
    started = time.perf_counter()
    found = found_here(looks, pl.Series(texts, dtype=pl.String), spread)
    rows = (
        found.with_row_index("text")
        .filter(pl.col("findings").list.len() > 0)
        .explode("findings")
        .unnest("findings")
    )
    decided = without_duplicates(rows)
    return decided, time.perf_counter() - started


def without_duplicates(rows: pl.DataFrame) -> pl.DataFrame:
    """Presidio's ``remove_duplicates``, asked only where a text has several of one entity."""
    from presidio_analyzer import EntityRecognizer, RecognizerResult

    rows = rows.unique()  # as it does first
    several = pl.len().over("text", "entity") > 1
    out = []
    for _, group in rows.filter(several).group_by("text", "entity"):
        (text,), (entity,) = group["text"].unique(), group["entity"].unique()
        results = [
            RecognizerResult(entity, start, end, score)
            for start, end, score in group.select("start", "end", "score").iter_rows()
        ]
        kept = EntityRecognizer.remove_duplicates(results)
        out += [(text, r.start, r.end, entity, r.score) for r in kept]
    return pl.concat(
        [rows.filter(~several).cast(FINDING), pl.DataFrame(out, FINDING, orient="row")]
    )


def peer(texts: Sequence[str], processes: int = 1) -> tuple[pl.DataFrame, float]:
    """What Presidio's batch engine finds with the same recognizers, and the seconds it takes."""
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    engine = NoOpNlpEngine([{"lang_code": "en", "model_name": ""}])
    makers = [room._MAKERS[entity] for entity in POLICY.entities if entity in room._MAKERS]
    objects = [room._phone(tuple(POLICY.phone_regions)), *(make() for make in makers)]
    registry = RecognizerRegistry(recognizers=objects, supported_languages=["en"])
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
    batch = BatchAnalyzerEngine(analyzer_engine=analyzer)
    batch.analyze_iterator(_WARM[:10], language="en")
    started = time.perf_counter()
    found = batch.analyze_iterator(texts, language="en", n_process=processes, batch_size=512)
    seconds = time.perf_counter() - started
    rows = [
        (number, item.start, item.end, item.entity_type, float(item.score))
        for number, items in enumerate(found)
        for item in items
    ]
    return pl.DataFrame(rows, FINDING, orient="row"), seconds


def compared(count: int) -> dict[str, Any]:
    """Both, each in a process of its own, and whether they found the same."""
    with tempfile.TemporaryDirectory(prefix="personal-") as name:
        folder = Path(name)
        texts = folder / "texts.parquet"
        make(texts, count)
        told, found = {}, {}
        for side in ("ours", "peer", "peer2"):
            out = folder / f"{side}.parquet"
            command = [sys.executable, "-m", __spec__.name, side, str(texts), str(out)]
            told[side] = json.loads(run(command).output.splitlines()[-1])["seconds"]
            found[side] = pl.read_parquet(out).sort(list(FINDING))
    best = min(told["peer"], told["peer2"])
    return {
        "texts": count,
        "findings": found["ours"].height,
        "same": found["ours"].equals(found["peer"]) and found["peer"].equals(found["peer2"]),
        "ours": told["ours"],
        "peer": best,
        "peer_processes": 1 if best == told["peer"] else 2,
        "ratio": round(best / told["ours"], 2),
    }


def main(arguments: list[str]) -> None:
    """See the module's own words."""
    if arguments and arguments[0] == "make":
        make(Path(arguments[1]), int(arguments[2]))
    elif arguments and arguments[0] in ("ours", "peer", "peer2"):
        texts = pl.read_parquet(arguments[1])["text"].to_list()
        side = arguments[0]
        found, seconds = ours(texts) if side == "ours" else peer(texts, 2 if side == "peer2" else 1)
        found.write_parquet(arguments[2])
        print(json.dumps({"seconds": round(seconds, 3)}))
    else:
        print(json.dumps(compared(int(arguments[0]) if arguments else 20_000)))


if __name__ == "__main__":
    main(sys.argv[1:])
