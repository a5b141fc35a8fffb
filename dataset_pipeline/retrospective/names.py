"""What names give away: dates, splits, kinds of media. All of it is inferred."""

import mimetypes
import re
from datetime import date
from pathlib import PurePosixPath

_SPLITS = {
    "train": "train", "training": "train",
    "valid": "validation", "validation": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test", "heldout": "test", "eval": "test",
}  # fmt: skip
_WORD = re.compile(r"[^a-z0-9]+")
_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])(?:[-_.]?(0[1-9]|[12]\d|3[01]))?(?!\d)"
)
_FORMATS = {
    ".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json",
    ".parquet": "parquet", ".xlsx": "excel", ".txt": "lines", ".md": "lines",
}  # fmt: skip
_PACKED = (".gz", ".zst")
_LICENCE = re.compile(r"(licen[cs]e|copying)([-_.].*)?", re.IGNORECASE)
_PHRASES = (
    ("Apache-2.0", "apache license version 2.0"),
    ("MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"),
    ("CC0-1.0", "cc0 1.0 universal"),
    ("CC-BY-SA-4.0", "attribution-sharealike 4.0 international"),
    ("CC-BY-NC-4.0", "attribution-noncommercial 4.0 international"),
    ("CC-BY-4.0", "attribution 4.0 international"),
    ("GPL-3.0-only", "gnu general public license version 3"),
    ("ODbL-1.0", "open database license"),
)


def split_of(name: str) -> str | None:
    """The split that a path names, if it names just one."""
    words = _WORD.split(name.lower())
    found = {_SPLITS[word] for word in words if word in _SPLITS}
    return found.pop() if len(found) == 1 else None


def date_of(name: str) -> str | None:
    """The last day or month in a path, as ISO 8601."""
    for year, month, day in reversed(_DATE.findall(name)):
        try:
            date(int(year), int(month), int(day or 1))
        except ValueError:
            continue
        return "-".join(part for part in (year, month, day) if part)
    return None


def format_of(name: str) -> str | None:
    """The data format that a name ends in; None for what is no data file."""
    path = PurePosixPath(name.lower())
    if path.suffix in _PACKED:
        path = path.with_suffix("")
    return _FORMATS.get(path.suffix)


def media_type_of(name: str) -> str | None:
    """The media type that a name ends in."""
    known = {"jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}
    return known.get(format_of(name) or "") or mimetypes.guess_type(name)[0]


def is_licence(name: str) -> bool:
    """Whether a path names a licence's text."""
    return bool(_LICENCE.fullmatch(PurePosixPath(name).name))


def licence_in(text: str) -> str | None:
    """The SPDX identifier of a well-known licence by a phrase of its text."""
    said = " ".join(text.lower().replace(",", " ,").split()).replace(" ,", ",")
    said_bare = said.replace(",", "")
    return next((name for name, phrase in _PHRASES if phrase in said or phrase in said_bare), None)
