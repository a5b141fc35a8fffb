"""Finds dangling references in a configuration, however incomplete the rest of it is.

Works on the parsed YAML, not on the models, so that these problems show beside all others.
"""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Location = tuple[str | int, ...]
Found = tuple[Location, str]
_OWNER = re.compile(r"^(team:.+|[^@\s]+@[^@\s]+\.[^@\s]+)$")


def reference_problems(data: dict[str, Any], folder: Path) -> list[Found]:
    """Every reference in ``data`` that leads nowhere, as (location, what is expected)."""
    return [
        *_examples(data, folder),
        *_files(data, folder),
        *_sources(data, folder),
        *_labels(data),
        *_patterns(data),
        *_split(data),
        *_names(data),
    ]


def _dig(data: Any, *path: str | int) -> Any:
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        else:
            return None
    return data


def _mapping(data: Any, *path: str) -> dict[str, Any]:
    found = _dig(data, *path)
    return found if isinstance(found, dict) else {}


def _inside(folder: Path, relative: str) -> bool:
    return (folder / relative).resolve().is_relative_to(folder.resolve())


def _file(folder: Path, loc: Location, relative: Any) -> Iterator[Found]:
    if not isinstance(relative, str):
        return
    if not _inside(folder, relative):
        yield loc, f"{relative!r} is outside the dataset's folder; keep its files together"
    elif not (folder / relative).is_file():
        yield loc, f"no file {relative!r} in the dataset's folder"


def _files(data: dict[str, Any], folder: Path) -> Iterator[Found]:
    for part in ("labels", "adjudications", "guidelines"):
        for name, path in _mapping(data, "annotations", part).items():
            yield from _file(folder, ("annotations", part, name), path)
    yield from _file(folder, ("annotations", "decisions"), _dig(data, "annotations", "decisions"))
    for part in ("distillates", "prompts"):
        for name, path in _mapping(data, part).items():
            yield from _file(folder, (part, name), path)


def _examples(data: dict[str, Any], folder: Path) -> Iterator[Found]:
    loc: Location = ("task", "examples")
    relative = _dig(data, *loc)
    if not isinstance(relative, str):
        return
    missing = list(_file(folder, loc, relative))
    if missing:
        yield from missing
        return
    lines = (folder / relative).read_text(encoding="utf-8", errors="replace").splitlines()
    labels = _dig(data, "task", "labels")
    count = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        count += 1
        try:
            example = json.loads(line)
        except ValueError:
            example = None
        if not isinstance(example, dict) or not isinstance(example.get("prompt"), str):
            yield loc, f"{relative}:{number}: expected a JSON object with id and prompt"
        elif isinstance(labels, list) and labels and example.get("label") not in labels:
            yield loc, f"{relative}:{number}: the label is not one of task.labels"
    if not 5 <= count <= 10:
        yield loc, f"{relative} holds {count} examples; write 5 to 10 by hand"


def _sources(data: dict[str, Any], folder: Path) -> Iterator[Found]:
    for name, source in _mapping(data, "sources").items():
        loc: Location = ("sources", name)
        pattern, encoding = _dig(source, "path"), _dig(source, "encoding")
        if isinstance(pattern, str):
            if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
                yield (*loc, "path"), "expected a path or glob below the dataset's folder"
            elif not any(path.is_file() for path in folder.glob(pattern)):
                yield (*loc, "path"), f"no file matches {pattern!r} in the dataset's folder"
        if isinstance(encoding, str):
            yield from _encoding((*loc, "encoding"), encoding)
        zone = _dig(source, "fields", "event_time", "timezone")
        if isinstance(zone, str):
            yield from _timezone((*loc, "fields", "event_time", "timezone"), zone)
        fields = _mapping(source, "fields")
        if fields and not {"prompt", "turns"} & set(fields):
            yield (*loc, "fields"), "expected prompt or turns: what does the model read?"


def _encoding(loc: Location, encoding: str) -> Iterator[Found]:
    try:
        codecs.lookup(encoding)
    except LookupError:
        yield loc, f"unknown encoding {encoding!r}"


def _timezone(loc: Location, zone: str) -> Iterator[Found]:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        yield loc, f"unknown time zone {zone!r}; expected a name like Asia/Almaty"


def _labels(data: dict[str, Any]) -> Iterator[Found]:
    labels, kind = _dig(data, "task", "labels"), _dig(data, "task", "type")
    if kind == "classification" and not labels:
        yield ("task", "labels"), "a classification task needs its labels"
    if _dig(data, "training", "trainer") == "baseline" and kind not in (None, "classification"):
        yield ("training", "trainer"), "the baseline learns classification tasks only"
    if isinstance(labels, list) and len({str(label) for label in labels}) < len(labels):
        yield ("task", "labels"), "each label stands once"


def _patterns(data: dict[str, Any]) -> Iterator[Found]:
    for name, pattern in _mapping(data, "stages", "redacted", "patterns").items():
        regex = _dig(pattern, "regex")
        if isinstance(regex, str):
            try:
                re.compile(regex)
            except re.error as error:
                loc: Location = ("stages", "redacted", "patterns", name, "regex")
                yield loc, f"not a regular expression: {error}"


def _split(data: dict[str, Any]) -> Iterator[Found]:
    loc: Location = ("stages", "normalized", "split")
    split = _mapping(data, *(str(part) for part in loc))
    shares = [split.get("validation"), split.get("test")]
    if all(isinstance(share, int | float) for share in shares) and sum(shares) >= 1:  # type: ignore[arg-type]
        yield loc, "validation and test together leave nothing to train on"
    first, last = split.get("validation_from"), split.get("test_from")
    if first and last and str(first) > str(last):
        yield loc, "validation_from must not be later than test_from"


def _names(data: dict[str, Any]) -> Iterator[Found]:
    owners = _dig(data, "owners")
    for index, owner in enumerate(owners if isinstance(owners, list) else []):
        if not _OWNER.match(str(owner)):
            yield ("owners", index), "expected an e-mail address or team:<name>"
    zone = _dig(data, "schedule", "timezone")
    if isinstance(zone, str):
        yield from _timezone(("schedule", "timezone"), zone)
    cron = _dig(data, "schedule", "cron")
    if isinstance(cron, str) and len(cron.split()) != 5:
        yield ("schedule", "cron"), "expected five fields, like '0 2 * * *'"
