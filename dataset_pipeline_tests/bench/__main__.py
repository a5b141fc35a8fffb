"""``make bench``: prints a table and writes ``.bench/results.json``."""

import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from dataset_pipeline.config_file import load_dataset
from dataset_pipeline.definitions import dataset_assets
from dataset_pipeline_tests.bench.measure import Measured, executable, machine, run
from dataset_pipeline_tests.bench.personal_data import compared
from dataset_pipeline_tests.bench.pipeline import Nights, nights
from dataset_pipeline_tests.bench.rows import Row, memory, row

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / ".bench" / "results.json"
SAMPLE = "support_tickets"
REPEATS = 3
_LARGE = 2 << 30
_MOST_MIB = 1536.0
_MANY = 200_000
_MILLION = 1_000_000


def whole_runs(folder: Path) -> list[Row]:
    """The sample's first and unchanged run, against Dagster runs of as many empty assets."""
    dataset = load_dataset(ROOT / "configs", SAMPLE)
    count = len(dataset_assets(dataset))
    empty, first, unchanged = [], [], []
    records = 0
    for turn in range(REPEATS):
        home, store = folder / f"home-{turn}", folder / f"store-{turn}"
        home.mkdir()
        (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
        empty.append(run([sys.executable, "-m", f"{__package__}.empty_run", str(home), str(count)]))
        first.append(_pipeline(SAMPLE, ROOT / "configs", store))
        unchanged.append(_pipeline(SAMPLE, ROOT / "configs", store))
        records = _records(store, SAMPLE)
    base = _median(empty)
    what = f"a Dagster run of {count} empty assets ({base:.1f} s)"
    return [
        _bounded("first_run", first, 4 * base, records, f"4 x {what}"),
        _bounded("unchanged_run", unchanged, 1.5 * base, records, f"1.5 x {what}"),
    ]


def banking77(folder: Path) -> list[Row]:
    """Banking77 through the same graph, for the record."""
    shared = os.environ.get("DATASET_PIPELINE_SHARED_DATA")
    if not shared or not Path(shared, "banking77").is_dir():
        print("banking77: skipped, DATASET_PIPELINE_SHARED_DATA has no banking77/")
        return []
    from dataset_pipeline_tests.banking77 import write_config

    configs, store = folder / "banking77-configs", folder / "banking77-store"
    write_config(configs, Path(shared, "banking77"))
    measured = _pipeline("banking77", configs, store)
    records = _records(store, "banking77")
    return [row("banking77", measured, None, records, "for the record")]


def collection(folder: Path) -> list[Row]:
    """A 2 GB file through collection, against three times what Polars takes to rewrite it."""
    path = folder / "large" / "large.jsonl"
    path.parent.mkdir()
    script = [sys.executable, "-m", f"{__package__}.collection"]
    run([*script, "make", str(path), str(_LARGE)])
    with path.open("rb") as lines:
        records = sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 24), b""))
    pairs = [(run([*script, "peer", str(path)]), run([*script, "ours", str(path)])) for _ in "123"]
    bound = 3 * statistics.median(float(peer.output) for peer, _ in pairs)
    seconds = statistics.median(float(ours.output) for _, ours in pairs)
    ours = Measured(seconds, max(ours.peak_mib for _, ours in pairs))
    path.unlink()
    speed = "3 x Polars scanning the lines and writing Parquet"
    return [
        row("collection_2gb", ours, bound, records, speed),
        memory("collection_memory", ours, _MOST_MIB, records),
    ]


def copies(folder: Path) -> list[Row]:
    """Texts to verified near copies, against datasketch with the same permutations and bands.

    Beside it datatrove's MinHash pipeline, where the extra ``bench`` is installed.
    """
    path = str(folder / "texts.parquet")
    script = [sys.executable, "-m", f"{__package__}.near_duplicates"]
    run([*script, "make", path, str(_MANY)])
    found = {side: run([*script, side, path]) for side in ("ours", "peer")}
    told = {side: json.loads(measured.output.splitlines()[-1]) for side, measured in found.items()}
    recalled = json.loads(run([*script, "recall", path, "6000"]).output.splitlines()[-1])
    print(f"near_duplicates: pairs {told}, recall on 6,000 texts {recalled}")
    ours = Measured(told["ours"]["seconds"], found["ours"].peak_mib)
    what = "datasketch MinHash.bulk and MinHashLSH, without verifying"
    rows = [row("near_duplicates", ours, told["peer"]["seconds"], _MANY, what, least=6)]
    beside = json.loads(run([*script, "datatrove", path]).output.splitlines()[-1])
    if not beside:
        print("near_duplicates_datatrove: skipped, the extra `bench` is not installed")
        return rows
    what = f"datatrove's MinHash pipeline, unverified; {beside['removed']} of the texts would go"
    return [*rows, row("near_duplicates_datatrove", ours, beside["seconds"], _MANY, what)]


def personal_data(_folder: Path) -> list[Row]:
    """The same findings as Presidio's batch engine with the same recognizers."""
    told = compared(20_000)
    if not told["same"]:
        raise SystemExit(f"personal_data: the findings differ: {told}")
    what = f"Presidio's BatchAnalyzerEngine, {told['findings']} findings, the same"
    ours = Measured(told["ours"], 0.0)
    return [row("personal_data", ours, told["peer"], told["texts"], what, least=5)]


def cleaning(folder: Path) -> list[Row]:
    """Raw to clean: 200,000 records and a million, and of each 1% more the night after."""
    some, million = (nights(folder / str(number), number) for number in (_MANY, 5 * _MANY))
    return [
        row("clean_200k", some.first, 60, _MANY, "60 s"),
        memory("clean_200k_memory", some.first, 3 * 1024, _MANY),
        _night("clean_increment", some, _MANY, "clean_200k"),
        row("clean_1m", million.first, 5.5 * some.first.seconds, 5 * _MANY, "5.5 x clean_200k"),
        memory("clean_1m_memory", million.first, 6 * 1024, 5 * _MANY),
        _night("clean_increment_1m", million, 5 * _MANY, "clean_1m"),
    ]


def _night(name: str, measured: Nights, records: int, whole: str) -> Row:
    bound = 0.12 * measured.first.seconds
    return row(name, measured.next, bound, records // 100, f"12% of {whole}")


def record_trees(folder: Path) -> list[Row]:
    """Trees over a million records, and a proof from them."""
    place = folder / "records"
    script = [sys.executable, "-m", f"{__package__}.record_tree"]
    run([*script, "make", str(place), str(_MILLION)])
    built = run([*script, "build", str(place)])
    ours = Measured(float(built.output), built.peak_mib)
    read = run(["sha256sum", str(place / "records.jsonl")])
    told = json.loads(run([*script, "prove", str(place), "500"]).output)
    print(f"record_trees: {told}")
    proof = Measured(told["present_ms"] / 1000, 0.0)
    shutil.rmtree(place)
    what = "sha256sum over the same records as JSON Lines, for the record"
    return [
        row("record_trees", ours, read.seconds, _MILLION, what, least=0),
        memory("record_trees_memory", ours, 1024, _MILLION),
        row("record_proof", proof, 0.05, _MILLION, f"50 ms; {told['present_bytes']:.0f} bytes"),
    ]


def certificate(folder: Path) -> list[Row]:
    """A million records: packages, trees and certificate, against reading and copying the bytes."""
    place = folder / "certificate"
    script = [sys.executable, "-m", f"{__package__}.certificate"]
    run([*script, "make", str(place), str(_MILLION)])
    made = run([*script, "package", str(place)])
    told = json.loads(made.output.splitlines()[-1])
    peer = float(run([*script, "peer", told["package"], str(place / "copy")]).output)
    print(f"package_1m: {told}")
    shutil.rmtree(place)
    seconds = told["write"] + told["trees"] + told["certify"]
    what = f"sha256sum and cp over the same {told['mib']:.0f} MiB"
    return [
        row("package_1m", Measured(seconds, made.peak_mib), peer, _MILLION, what, least=0.5),
        memory("package_1m_memory", made, 1024, _MILLION),
    ]


def _pipeline(dataset: str, configs: Path, store: Path) -> Measured:
    command = [executable("dataset-pipeline"), "run", dataset]
    command += ["--configs", str(configs), "--store", str(store), "--json"]
    home = str(store / "dagster")
    return run(command, {"DAGSTER_HOME": home, "XDG_CONFIG_HOME": str(store.parent / "keys")})


def _records(store: Path, dataset: str) -> int:
    from dataset_pipeline.store.store import open_store

    opened = open_store(store)
    newest = opened.versions.all(dataset)[-1]
    return opened.snapshots.open(newest.snapshots["raw"]).rows("records")


def _median(measured: list[Measured]) -> float:
    return statistics.median(item.seconds for item in measured)


def _bounded(name: str, measured: list[Measured], bound: float, records: int, what: str) -> Row:
    ours = Measured(_median(measured), max(item.peak_mib for item in measured))
    return row(name, ours, bound, records, what)


BENCHES: dict[str, Callable[[Path], list[Row]]] = {
    "whole_runs": whole_runs,
    "banking77": banking77,
    "collection": collection,
    "near_duplicates": copies,
    "personal_data": personal_data,
    "cleaning": cleaning,
    "record_trees": record_trees,
    "certificate": certificate,
}


def main(names: list[str]) -> int:
    """Run the benches named, or all; 1 when a bound is not kept."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name in names or list(BENCHES):
            rows += BENCHES[name](Path(folder))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(one) for one in rows], indent=2) + "\n", "utf-8")
    _print(rows)
    return int(not all(one.kept for one in rows))


def _print(rows: list[Row]) -> None:
    table = Table(title=f"{machine()}; median of {REPEATS} whole processes", title_justify="left")
    for column in (
        "name",
        "ours",
        "peer or bound",
        "unit",
        "ratio",
        "at least",
        "records",
        "peak MiB",
    ):
        table.add_column(column, justify="left" if column in ("name", "unit") else "right")
    table.add_column("against")
    for one in rows:
        figures = (
            one.ours, one.peer, one.unit, one.ratio, one.least, one.records, one.peak_mib,
        )  # fmt: skip
        table.add_row(one.name, *("" if f is None else str(f) for f in figures), one.against)
    Console(width=150).print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
