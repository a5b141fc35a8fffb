"""All that a place holds where no record's text may stand, as bytes to search in."""

import base64
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from dataset_pipeline_tests.system.place import Place, walk


def told(place: Place, *printed: str) -> dict[str, bytes]:
    """What is looked through, by where it stands; ``printed``: what commands printed."""
    found = {f"printed {index}": text.encode() for index, text in enumerate(printed)}
    for part in ("dagster", "computations", "ledger", "locks", "versions", "raw/batches"):
        for path in walk(place.store / part):
            if path.suffix not in (".zip", ".db"):
                found[str(path.relative_to(place.store))] = path.read_bytes()
            elif path.suffix == ".db":
                found[str(path.relative_to(place.store))] = b"\n".join(_database(path))
            if path.name.endswith(".certificate.json"):
                payload = json.loads(path.read_bytes())["payload"]
                found[f"payload of {path.name}"] = base64.b64decode(payload)
    return found


def _database(path: Path) -> Iterator[bytes]:
    """The file as it lies there, freed pages included, and every value with the WAL's."""
    yield path.read_bytes()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in tables:
            for row in database.execute(f'select * from "{name}"'):  # noqa: S608
                yield repr(row).encode()
                yield from (str(value).encode() for value in row if value is not None)


def forms(value: str) -> Iterable[bytes]:
    """How a text may look inside other texts: plain, in JSON, in JSON within JSON, in a repr."""
    escaped = json.dumps(value)[1:-1]
    return {
        value.encode(),
        escaped.encode(),
        json.dumps(escaped)[1:-1].encode(),
        json.dumps(value, ensure_ascii=False)[1:-1].encode(),
        repr(value)[1:-1].encode(),
    }


def where(haystack: dict[str, bytes], values: Iterable[str]) -> dict[str, int]:
    """How many of the values stand where; empty when none does. Never the values themselves."""
    needles = {value: forms(value) for value in values}
    hits = {
        place: sum(any(form in text for form in spelt) for spelt in needles.values())
        for place, text in haystack.items()
    }
    return {place: count for place, count in hits.items() if count}
