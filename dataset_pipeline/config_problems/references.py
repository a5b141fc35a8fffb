"""Finds dangling references in a configuration, however incomplete the rest of it is.

Works on the parsed YAML, not on the models, so that these problems show beside all others.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dataset_pipeline.config.keys import Location
from dataset_pipeline.config_problems.contract import contract_problems
from dataset_pipeline.config_problems.expressions import expression_problems
from dataset_pipeline.config_problems.found import Found, mapping
from dataset_pipeline.config_problems.places import source_place_problems
from dataset_pipeline.config_problems.rights import rights_problems
from dataset_pipeline.config_problems.times import time_problems

_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()  # noqa: SIM905
_DAYS = "SUN MON TUE WED THU FRI SAT".split()  # noqa: SIM905
_CRON_NAMES = {name: str(number) for number, name in enumerate(_MONTHS, start=1)}
_CRON_NAMES |= {name: str(number) for number, name in enumerate(_DAYS)}
_CRON_NAME = re.compile(rf"\b(?:{'|'.join(_CRON_NAMES)})\b", re.IGNORECASE)
_CRON_PART = re.compile(
    r"(?:\*|(?P<first>[0-9]{1,2})(?:-(?P<last>[0-9]{1,2}))?)(?:/(?P<step>[1-9]?[0-9]))?"
)

_OWNER = re.compile(r"^(team:.+|[^@\s]+@[^@\s]+\.[^@\s]+)$")


def reference_problems(data: dict[str, Any], folder: Path) -> list[Found]:
    """Every reference in ``data`` that leads nowhere, as (location, what is expected)."""
    return [
        *_examples(data, folder),
        *_files(data, folder),
        *_authorities(data, folder),
        *_sources(data, folder),
        *rights_problems(data, folder),
        *_labels(data),
        *_patterns(data),
        *_split(data),
        *_split_off(data),
        *_names(data),
    ]


def _dig(data: Any, *path: str | int) -> Any:
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        else:
            return None
    return data


def _inside(folder: Path, relative: str) -> bool:
    try:
        return (folder / relative).resolve().is_relative_to(folder.resolve())
    except (ValueError, OSError):  # what no file system takes for a path
        return False


def _matching(folder: Path, pattern: str) -> bool | None:
    """Whether a glob finds a file; None when it is none, or leads out of the folder."""
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        return None
    try:
        return any(path.is_file() for path in folder.glob(pattern))
    except (ValueError, OSError, NotImplementedError, IndexError):
        return None


def _file(folder: Path, loc: Location, relative: Any) -> Iterator[Found]:
    if not isinstance(relative, str):
        return
    if not _inside(folder, relative):
        yield loc, f"{relative!r} is outside the dataset's folder; keep its files together"
    elif not (folder / relative).is_file():
        yield loc, f"no file {relative!r} in the dataset's folder"


def _files(data: dict[str, Any], folder: Path) -> Iterator[Found]:
    for part in ("labels", "adjudications", "guidelines"):
        for name, path in mapping(data, "annotations", part).items():
            yield from _file(folder, ("annotations", part, name), path)
    yield from _file(folder, ("annotations", "decisions"), _dig(data, "annotations", "decisions"))
    for part in ("distillates", "prompts"):
        for name, path in mapping(data, part).items():
            yield from _file(folder, (part, name), path)
    for part, key in (("lists", "file"), ("classifiers", "examples")):
        for name, rule in mapping(data, "stages", "screened", part).items():
            location = ("stages", "screened", part, name, key)
            yield from _file(folder, location, _dig(rule, key))
    for name, benchmark in mapping(data, "stages", "clean", "benchmarks").items():
        pattern = _dig(benchmark, "path")
        if (
            isinstance(pattern, str)
            and not _matching(folder, pattern)
            and not _folder(folder, pattern)
        ):
            location = ("stages", "clean", "benchmarks", name, "path")
            yield location, f"no file matches {pattern!r} in the dataset's folder"


def _authorities(data: dict[str, Any], folder: Path) -> Iterator[Found]:
    from cryptography.x509 import load_pem_x509_certificates

    listed = _dig(data, "certificate", "time_stamps", "authorities")
    for index, authority in enumerate(listed if isinstance(listed, list) else ()):
        loc: Location = ("certificate", "time_stamps", "authorities", index, "ca")
        relative = _dig(authority, "ca")
        missing = list(_file(folder, loc, relative))
        yield from missing
        if isinstance(relative, str) and not missing:
            try:
                load_pem_x509_certificates((folder / relative).read_bytes())
            except ValueError:
                yield loc, f"{relative} holds no certificates in PEM form"


def _folder(folder: Path, relative: str) -> bool:
    return _inside(folder, relative) and (folder / relative).is_dir()


def _examples(data: dict[str, Any], folder: Path) -> Iterator[Found]:
    loc: Location = ("task", "examples")
    relative = _dig(data, *loc)
    if not isinstance(relative, str):
        return
    missing = list(_file(folder, loc, relative))
    if missing:
        yield from missing
        return
    try:
        lines = (folder / relative).read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        yield loc, f"{relative} is not UTF-8; save it as UTF-8"
        return
    labels = _dig(data, "task", "labels")
    count = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        count += 1
        try:
            example = json.loads(line)
        except (ValueError, RecursionError):
            example = None
        if not isinstance(example, dict) or not all(
            isinstance(example.get(name), str) for name in ("id", "prompt")
        ):
            yield loc, f"{relative}:{number}: expected a JSON object with id and prompt"
        elif isinstance(labels, list) and labels and example.get("label") not in labels:
            yield loc, f"{relative}:{number}: the label is not one of task.labels"
    if not 5 <= count <= 10:
        yield loc, f"{relative} holds {count} examples; write 5 to 10 by hand"


def _sources(data: dict[str, Any], folder: Path) -> Iterator[Found]:
    for name, source in mapping(data, "sources").items():
        loc: Location = ("sources", name)
        pattern, encoding = _dig(source, "path"), _dig(source, "encoding")
        if isinstance(pattern, str):
            matching = _matching(folder, pattern)
            if matching is None:
                yield (*loc, "path"), "expected a path or glob below the dataset's folder"
            elif not matching:
                yield (*loc, "path"), f"no file matches {pattern!r} in the dataset's folder"
        if _dig(source, "delimiter") in ("\n", "\r", _dig(source, "quote") or '"'):
            yield (*loc, "delimiter"), "expected a character that is no quote and no line break"
        yield from source_place_problems(loc, source)
        yield from contract_problems(loc, source)
        found = encoding == "detect" and _dig(source, "kind") != "jsonl"
        if isinstance(encoding, str) and not found:
            in_lines = _dig(source, "kind") == "jsonl"
            yield from _encoding((*loc, "encoding"), encoding, in_lines=in_lines)
        zone = _dig(source, "fields", "event_time", "timezone")
        if isinstance(zone, str):
            yield from _timezone((*loc, "fields", "event_time", "timezone"), zone)
        fields = mapping(source, "fields")
        yield from time_problems((*loc, "fields"), fields)
        yield from expression_problems((*loc, "fields"), fields)
        yield from _read_and_answered((*loc, "fields"), fields, _dig(source, "kind"))


def _read_and_answered(loc: Location, fields: dict[str, Any], kind: Any) -> Iterator[Found]:
    if fields and kind != "files" and not {"prompt", "turns"} & set(fields):
        yield loc, "expected prompt or turns: what does the model read?"
    for name in ("prompt", "completion"):
        if fields.get("turns") and fields.get(name):
            yield (*loc, name), f"turns gives the {name}: leave out one of the two"


def _encoding(loc: Location, encoding: str, *, in_lines: bool) -> Iterator[Found]:
    try:
        "a".encode(encoding)
        if in_lines and b"\n".decode(encoding, "replace") != "\n":
            yield loc, f"lines cannot be told apart in {encoding}; convert the files to UTF-8"
    except (LookupError, ValueError):
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
    for name, pattern in mapping(data, "stages", "redacted", "patterns").items():
        regex = _dig(pattern, "regex")
        if isinstance(regex, str):
            loc: Location = ("stages", "redacted", "patterns", name, "regex")
            try:
                if re.compile(regex).search(""):
                    yield loc, "it matches nothing at all, that is, everywhere; ask for a character"
            except (re.error, RecursionError, OverflowError) as error:
                yield loc, f"not a regular expression: {error}"


def _split_off(data: dict[str, Any]) -> Iterator[Found]:
    loc: Location = ("stages", "normalized", "split_off_in")
    named = _dig(data, *loc)
    for name in named if isinstance(named, list) else []:
        if name not in mapping(data, "sources"):
            yield loc, f"there is no source {name!r}"


def _split(data: dict[str, Any]) -> Iterator[Found]:
    loc: Location = ("stages", "normalized", "split")
    split = mapping(data, *(str(part) for part in loc))
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
    if isinstance(cron, str) and not _is_cron(cron):
        what = "expected five fields: minute, hour, day, month, weekday, like '0 2 * * *'"
        yield ("schedule", "cron"), what


def _is_cron(text: str) -> bool:
    """Whether a text is five fields of numbers, ranges, steps and lists within their bounds.

    Months and weekdays may be named.
    """
    numbers = _CRON_NAME.sub(lambda name: _CRON_NAMES[name[0].upper()], text)
    fields = numbers.split()
    bounds = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    return len(fields) == len(bounds) and all(
        _in_bounds(part, *limits)
        for field, limits in zip(fields, bounds, strict=True)
        for part in field.split(",")
    )


def _in_bounds(part: str, low: int, high: int) -> bool:
    match = _CRON_PART.fullmatch(part)
    if not match or match["step"] == "0":
        return False
    first, last = (int(match[name]) if match[name] else low for name in ("first", "last"))
    return low <= first <= high and low <= last <= high and (not match["last"] or first <= last)
