"""What was found in a folder: the inventory, and claims about it, each with its basis."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from dataset_pipeline.certify.completeness import Basis, Gap, completeness, gap
from dataset_pipeline.certify.inventory import Entry, entries
from dataset_pipeline.retrospective.about import About
from dataset_pipeline.retrospective.names import (
    date_of,
    format_of,
    is_licence,
    licence_in,
    media_type_of,
    split_of,
)
from dataset_pipeline.retrospective.profile import Profile, profile, shared_rows

Plain = dict[str, Any]
OBSERVED: Basis = "observed"
RECONSTRUCTED: Basis = "reconstructed"
DECLARED: Basis = "declared"
# What a certificate of an old folder speaks of, and the claims that belong there.
SECTIONS = {
    "inventory": ("files", "bytes", "not_read", "duplicate_files"),
    "content": ("data_files", "data_files_unreadable", "rows", "unreadable_rows"),
    "description": ("title", "description", "owners", "contact", "intended_use", "limits"),
    "sources": ("sources",),
    "rights": ("rights", "licence"),
    "collection": ("collected", "date"),
    "history": (),
    "transformations": ("transformations",),
    "annotations": ("annotators", "labels"),
    "splits": ("splits", "split"),
    "leakage": ("rows_in_several_splits",),
    "privacy": (),
}
_SECTION_OF = {claim: section for section, claims in SECTIONS.items() for claim in claims}
_LICENCE_BYTES = 1 << 20


@dataclass(frozen=True)
class Found:
    """A folder's files, those that could not be read, and the profiles of its data files."""

    files: list[Entry]
    not_read: list[Entry]
    profiles: Mapping[str, Profile]
    unprofiled: list[str] = field(default_factory=list)

    def inventory(self) -> Plain:
        """Every file, as it is published and signed."""
        return {
            "format": 1,
            "files": [self._file(entry) for entry in self.files],
            "not_read": [{"path": entry.name, "why": entry.why} for entry in self.not_read],
            "duplicates": self.duplicates(),
        }

    def duplicates(self) -> list[list[str]]:
        """Files with the same bytes."""
        same: dict[str, list[str]] = defaultdict(list)
        for entry in self.files:
            if entry.size:
                same[str(entry.sha256)].append(entry.name)
        return sorted(names for names in same.values() if len(names) > 1)

    def _file(self, entry: Entry) -> Plain:
        told: Plain = {
            "path": entry.name,
            "sha256": entry.sha256,
            "bytes": entry.size,
            "mtime_reported": entry.mtime,
            "media_type": media_type_of(entry.name),
        }
        if entry.name in self.profiles:
            told["data"] = self.profiles[entry.name].told()
        elif entry.name in self.unprofiled:
            told["data"] = {"unreadable": "the file is not what its name says, or it is damaged"}
        return told


def look(folder: Path) -> Found:
    """Read all of a folder, file by file."""
    every = list(entries(folder))
    files = [entry for entry in every if entry.sha256]
    profiles: dict[str, Profile] = {}
    unprofiled = []
    for entry in files:
        if kind := format_of(entry.name):
            found = profile(entry.name, entry.path, kind)
            if found:
                profiles[entry.name] = found
            else:
                unprofiled.append(entry.name)
    return Found(files, [entry for entry in every if not entry.sha256], profiles, unprofiled)


def claims(found: Found, about: About) -> list[Plain]:
    """What is claimed, and on what basis: seen, inferred, or only said."""
    rows = {name: item.rows for name, item in found.profiles.items()}
    observed = {
        "files": len(found.files),
        "bytes": sum(entry.size for entry in found.files),
        "not_read": len(found.not_read),
        "data_files": len(rows),
        "data_files_unreadable": len(found.unprofiled),
        "rows": sum(rows.values()),
        "unreadable_rows": sum(item.unreadable.total() for item in found.profiles.values()),
        "duplicate_files": sum(len(names) - 1 for names in found.duplicates()),
    }
    return [
        *(_claim(name, OBSERVED, value) for name, value in observed.items()),
        *(_claim("rows_in_several_splits", OBSERVED, value) for value in overlaps(found)),
        *_inferred(found),
        *(_claim(name, DECLARED, value) for name, value in about.said().items()),
    ]


def overlaps(found: Found) -> list[Plain]:
    """Rows that stand, exactly, in two files whose names say different splits."""
    named = [
        (name, split, item)
        for name, item in sorted(found.profiles.items())
        if (split := split_of(name)) and item.digests
    ]
    return [
        {"files": [one, other], "splits": [first, second], "rows": shared}
        for (one, first, left), (other, second, right) in combinations(named, 2)
        if first != second and (shared := shared_rows(left, right))
    ]


def _inferred(found: Found) -> Iterator[Plain]:
    for entry in found.files:
        if day := date_of(entry.name):
            yield _claim("date", RECONSTRUCTED, day, "a date in the name", entry.name)
        if entry.name in found.profiles and (split := split_of(entry.name)):
            yield _claim("split", RECONSTRUCTED, split, "a word in the name", entry.name)
        if is_licence(entry.name) and (licence := _licence(entry)):
            yield _claim("licence", RECONSTRUCTED, licence, "a phrase in the file", entry.name)
    for name, item in sorted(found.profiles.items()):
        for column, labels in item.labels():
            value = {"column": column, **labels}
            yield _claim("labels", RECONSTRUCTED, value, "a column named like one", name)


def _licence(entry: Entry) -> str | None:
    with entry.path.open("rb") as file:
        return licence_in(file.read(_LICENCE_BYTES).decode("utf-8", "replace"))


def _claim(name: str, basis: Basis, value: Any, inferred: str = "", file: str = "") -> Plain:
    told = {"section": _SECTION_OF[name], "claim": name, "basis": basis, "value": value}
    return {**told, "from": inferred, "file": file} if inferred else told


def sections_told(claimed: Sequence[Plain], missing: Sequence[Gap]) -> Plain:
    """How complete each section is: nothing was seen as it happened, all was found out later."""
    basis: dict[str, set[Basis]] = {name: set() for name in SECTIONS}
    for claim in claimed:
        basis[claim["section"]].add(claim["basis"])
    absent = {name: "nothing here tells of it" for name, found in basis.items() if not found}
    return completeness(basis, missing, absent, "reconstructed")


def gaps(about: About, claimed: Sequence[Plain]) -> list[Gap]:
    """What is not known, and would be of a version that was made here."""
    why = {
        "by what right the data is used": ("rights", "nobody declared it, and files cannot tell"),
        "who owns it": ("owners", "nobody declared it"),
        "when it was collected": ("collected", "nobody declared it; dates of files prove nothing"),
        "where it comes from": ("sources", "nobody declared it"),
        "what was changed, and what was thrown away": ("transformations", "nobody declared it"),
        "who labelled it": ("annotators", "nobody declared it"),
        "how it was split": ("splits", "nobody declared it"),
    }
    said = about.said()
    missing = [
        gap(_SECTION_OF[name], claim, reason)
        for claim, (name, reason) in why.items()
        if name not in said
    ]
    unproven = [
        gap(_SECTION_OF[name], f"declared: {name}", "somebody said so; nothing here proves it")
        for name in sorted(said)
    ]
    guessed = sorted({claim["claim"] for claim in claimed if claim["basis"] == RECONSTRUCTED})
    return [
        *missing,
        *unproven,
        *(
            gap(_SECTION_OF[n], f"reconstructed: {n}", "inferred from what was found")
            for n in guessed
        ),
        *_unread(claimed),
        *_ALWAYS,
    ]


def _unread(claimed: Sequence[Plain]) -> Iterator[Gap]:
    """Files without a digest, and data files of which nothing, or not all, could be told."""
    count = {claim["claim"]: claim["value"] for claim in claimed}
    if count["not_read"]:
        why = f"{count['not_read']} links, special or unreadable files have no digest"
        yield gap("inventory", "all that lies in the folder", why)
    if count["data_files_unreadable"]:
        why = f"{count['data_files_unreadable']} are not what their names say, or are damaged"
        yield gap("content", "what every data file holds", why)
    if count["unreadable_rows"]:
        why = f"in {count['unreadable_rows']} places rows, or all that follows, could not be read"
        yield gap("content", "every row of the data files", why)


_ALWAYS = (
    gap("history", "the history before this certificate",
        "the files were read on the day of signing; what they were before is not known"),
    gap("leakage", "splits that share nothing",
        "only exact rows of files with telling names were compared"),
    gap("privacy", "no personal data",
        "nothing here looked for it, nothing was masked, and names of files are told as found"),
    gap(None, "modification times", "as the file system reports them; anybody can set them"),
    gap(None, "trusted time", "no time-stamping authority was asked"),
)  # fmt: skip
