"""Benchmarks from their files: one row an item, and no file taken for whole that is not."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from dataset_pipeline.config.clean import Benchmark
from dataset_pipeline.errors import CollectError
from dataset_pipeline.stages.readers.compressed import DamagedArchive, open_binary
from dataset_pipeline.stages.readers.rows import SourceFile

ITEMS_SCHEMA = {"benchmark": pl.String, "item_id": pl.String, "text": pl.String}
SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".jsonl.zst", ".ndjson.zst")


def benchmark_files(folder: Path, benchmark: Benchmark) -> list[Path]:
    """The files of a benchmark, in the order of their names; none where the path leads nowhere."""
    if (folder / benchmark.path).is_dir():
        found = [path for path in (folder / benchmark.path).rglob("*") if _is_lines(path)]
    else:
        found = [path for path in folder.glob(benchmark.path) if path.is_file()]
    return sorted(found)


def read_benchmarks(folder: Path, benchmarks: Mapping[str, Benchmark]) -> pl.DataFrame:
    """All items of all benchmarks: benchmark, item_id, text.

    Raises CollectError where there is no file, where a line is no JSON object, lacks a field or its
    id, and where two items have the same id: half a benchmark would prove too much.
    """
    parts = [pl.DataFrame(schema=ITEMS_SCHEMA)]
    for name, benchmark in sorted(benchmarks.items()):
        files = benchmark_files(folder, benchmark)
        if not files:
            raise CollectError(f"benchmark {name}: no file matches {benchmark.path!r}")
        rows = [row for path in files for row in _items(name, benchmark, folder, path)]
        if not rows:
            raise CollectError(f"benchmark {name}: its {len(files)} files hold no item")
        frame = pl.DataFrame(rows, schema=ITEMS_SCHEMA, orient="row")
        if twice := frame.height - frame["item_id"].n_unique():
            raise CollectError(f"benchmark {name}: {twice} items have the id of another one")
        parts.append(frame)
    return pl.concat(parts)


def _is_lines(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(SUFFIXES)


def _items(
    name: str, benchmark: Benchmark, folder: Path, path: Path
) -> Iterator[tuple[str, str, str]]:
    place = path.relative_to(folder).as_posix()
    for number, line in _lines(path, f"benchmark {name}: {place}"):
        where = f"benchmark {name}: {place}:{number}"
        value = _object(line, where)
        text = "\n".join(_text(value, field, where) for field in benchmark.fields)
        yield name, _name(value, benchmark, f"{place}#{number}", where), text


def _lines(path: Path, where: str) -> Iterator[tuple[int, bytes]]:
    """Lines that hold something, with their numbers from 1."""
    try:
        with open_binary(SourceFile(path.name, path)) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line
    except DamagedArchive:
        raise CollectError(f"{where}: the file ends too early, or is broken inside") from None


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise CollectError(f"{where}: the line is not UTF-8") from None
    except (ValueError, RecursionError):
        raise CollectError(f"{where}: the line is not JSON") from None
    if not isinstance(value, dict):
        raise CollectError(f"{where}: expected a JSON object")
    return value


def _text(value: Mapping[str, Any], field: str, where: str) -> str:
    """A field's text; lists of texts, and objects of them, are joined by line breaks."""
    if field not in value:
        raise CollectError(f"{where}: there is no field {field!r}")
    texts = _texts(value[field])
    if texts is None:
        raise CollectError(f"{where}: expected text, or a list of texts, in {field!r}")
    try:
        return "\n".join(texts).encode().decode()
    except UnicodeEncodeError:
        raise CollectError(f"{where}: half of a surrogate pair in {field!r}") from None


def _texts(value: Any) -> Sequence[str] | None:
    if isinstance(value, str):
        return [value]
    members = list(value.values()) if isinstance(value, dict) else value
    if isinstance(members, list) and all(isinstance(member, str) for member in members):
        return members
    return None


def _name(value: Mapping[str, Any], benchmark: Benchmark, place: str, where: str) -> str:
    if benchmark.id is None:
        return place
    told = value.get(benchmark.id)
    if isinstance(told, bool) or not isinstance(told, str | int) or told == "":
        raise CollectError(f"{where}: expected a text or a whole number in {benchmark.id!r}")
    return str(told)
