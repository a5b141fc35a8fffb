"""The share of rows in quarantine, with those that one took along; files that were not read."""

import gzip
import io
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from dataset_pipeline.definitions import dataset_definitions
from dataset_pipeline_tests import small

GATES = ("quarantined_share", "files_read")


def gates(
    tmp_path: Path, kind: str, files: dict[str, bytes], **settings: Any
) -> dict[str, tuple[bool, str]]:
    """What each gate on files says of a source of these, and why."""
    rows = small.source({"key": "id", "prompt": "text"}, kind=kind, path="data/*")
    folder = small.write_dataset(
        tmp_path / "configs", "small", [], sources={"rows": rows}, gates=settings
    )
    (folder / "data").mkdir()
    for name, data in files.items():
        (folder / "data" / name).write_bytes(data)
    job = dataset_definitions(tmp_path / "configs", tmp_path / "store", "small").resolve_job_def(
        "small"
    )
    result = job.execute_in_process(
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        asset_selection=[dg.AssetKey(["small", "raw", "rows"]), dg.AssetKey(["small", "raw"])],
        raise_on_error=False,
    )
    found = {
        check.check_name: (check.passed, check.description or "")
        for check in result.get_asset_check_evaluations()
        if check.check_name in GATES
    }
    assert result.success == all(passed for passed, _ in found.values())
    return found


@pytest.mark.parametrize(("after", "few"), [(40, False), (2, True)])
def test_rows_behind_a_quote_that_is_not_closed_count(
    tmp_path: Path, after: int, few: bool
) -> None:
    rows = [f"{number},a question of some length\n" for number in range(60)]
    rows[-after - 1] = '999,"a question of some length\n'
    found = gates(tmp_path, "csv", {"rows.csv": ("id,text\n" + "".join(rows)).encode()})
    assert found["quarantined_share"][0] is few
    assert found["files_read"] == (True, "every file was read to its end")


def lines(count: int) -> bytes:
    return b"".join(b'{"id": "r%d", "text": "question %d"}\n' % (n, n * n) for n in range(count))


def damaged_page() -> bytes:
    """A Parquet file whose last row group is no longer what was written."""
    data = io.BytesIO()
    columns = {"id": [f"r{n}" for n in range(3000)], "text": [f"text {n}" for n in range(3000)]}
    pl.DataFrame(columns).write_parquet(data, row_group_size=1000, compression="zstd")
    broken = bytearray(data.getvalue())
    middle = len(broken) * 2 // 3
    broken[middle : middle + 400] = b"\xff" * 400
    return bytes(broken)


DAMAGED = {
    "a cut archive": ("jsonl", "rows.jsonl.gz", gzip.compress(lines(20_000))[:20_000]),
    "a bad page": ("parquet", "rows.parquet", damaged_page()),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_one_row_that_stands_for_most_of_a_file_stops_the_run(tmp_path: Path, damage: str) -> None:
    kind, name, data = DAMAGED[damage]
    files = {name: data, "sound.jsonl": lines(200)} if kind == "jsonl" else {name: data}
    passed, told = gates(tmp_path, kind, files, max_quarantined_share=1)["files_read"]
    assert not passed
    assert f"could not be read to their end: raw/rows 1; for example data/{name}#" in told
    assert "dataset-pipeline exclusions small --stage raw/rows" in told
    assert "gates.max_unread_files" in told


def test_a_cut_archive_hides_from_the_share_and_may_be_allowed(tmp_path: Path) -> None:
    rows = "".join(f"r{n},question number {n * n}\n" for n in range(20_000))
    cut = gzip.compress(f"id,text\n{rows}".encode())[:20_000]
    found = gates(tmp_path, "csv", {"rows.csv.gz": cut}, max_unread_files=1)
    assert found["quarantined_share"][0]
    allowed = "not read to their end, as gates.max_unread_files allows: raw/rows 1"
    assert found["files_read"] == (True, allowed)


def test_a_personal_name_of_a_file_stays_out_of_the_event_log(tmp_path: Path) -> None:
    cut = gzip.compress(lines(20_000))[:20_000]
    name = "anna.karlsen@example.com.jsonl.gz"
    _, told = gates(tmp_path, "jsonl", {name: cut}, max_quarantined_share=1)["files_read"]
    assert "anna" not in told
    assert "for example data/[FILE].jsonl.gz#1" in told
