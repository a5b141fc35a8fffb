"""``make bench``: prints a table and writes ``.bench/results.json``."""

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from dataset_pipeline.config_file import load_dataset
from dataset_pipeline.definitions import dataset_assets
from dataset_pipeline_tests.bench.measure import Measured, executable, machine, run

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / ".bench" / "results.json"
SAMPLE = "support_tickets"
REPEATS = 3
_LARGE = 2 << 30
_MOST_MIB = 1536.0


@dataclass(frozen=True)
class Row:
    """One measurement. ``ratio``: how many times better than the peer, or than the bound."""

    name: str
    ours: float
    peer: float | None
    unit: str
    ratio: float | None
    records: int
    peak_mib: float
    machine: str
    against: str


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
    return [_row("banking77", measured, None, None, records, "for the record")]


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
    memory = Row(
        "collection_memory", ours.peak_mib, _MOST_MIB, "MiB", round(_MOST_MIB / ours.peak_mib, 3),
        records, round(ours.peak_mib, 1), machine(), "1.5 GiB",
    )  # fmt: skip
    return [_row("collection_2gb", ours, bound, bound / seconds, records, speed), memory]


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
    return _row(name, ours, bound, bound / ours.seconds, records, what)


def _row(
    name: str, ours: Measured, peer: float | None, ratio: float | None, records: int, against: str
) -> Row:
    return Row(
        name=name,
        ours=round(ours.seconds, 3),
        peer=None if peer is None else round(peer, 3),
        unit="s",
        ratio=None if ratio is None else round(ratio, 3),
        records=records,
        peak_mib=round(ours.peak_mib, 1),
        machine=machine(),
        against=against,
    )


BENCHES: dict[str, Callable[[Path], list[Row]]] = {
    "whole_runs": whole_runs,
    "banking77": banking77,
    "collection": collection,
}


def main(names: list[str]) -> int:
    """Run the benches named, or all; 1 when a bound is not kept."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name in names or list(BENCHES):
            rows += BENCHES[name](Path(folder))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", "utf-8")
    _print(rows)
    return int(any(row.ratio is not None and row.ratio < 1 for row in rows))


def _print(rows: list[Row]) -> None:
    table = Table(title=f"{machine()}; median of {REPEATS} whole processes", title_justify="left")
    for column in ("name", "ours", "peer or bound", "unit", "ratio", "records", "peak MiB"):
        table.add_column(column, justify="left" if column in ("name", "unit") else "right")
    table.add_column("against")
    for row in rows:
        figures = (row.ours, row.peer, row.unit, row.ratio, row.records, row.peak_mib)
        table.add_row(row.name, *("" if f is None else str(f) for f in figures), row.against)
    Console(width=140).print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
