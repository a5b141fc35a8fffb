"""What a forger does to a published version, which tool must notice, and what ``verify`` says.

Each works on a copy (``Case``) of all that the publisher gives away. The forger knows our formats,
so what can be made to agree again without the key is made to agree.
"""

import json
import re
import shutil
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify import bag_text
from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.layout import (
    VersionFiles,
)
from dataset_pipeline.digests import sha256_hex
from dataset_pipeline_tests.certify.test_hostile import archive

TRAIN, TEST = "data/splits/train.jsonl", "data/splits/test.jsonl"
EXCLUDED = "data/exclusions/deduplicated.jsonl"
Files = dict[str, bytes]


@dataclass(frozen=True)
class Case:
    """A copy of what was given away, and what a forger may have besides.

    ``other``: another version's files; ``model``, ``ledger``: folders; ``proof``: about a record of
    ``files``; ``signer``: the publisher's key, for what the publisher itself could sign by mistake.
    """

    files: VersionFiles
    other: VersionFiles
    model: Path
    ledger: Path
    proof: Path
    signer: CryptoSigner
    room: Path


Forge = Callable[[Case], object]


@dataclass(frozen=True)
class Row:
    """``tools``: which must notice; ``claim`` and ``file``: what ``verify`` must name.

    ``about``: what it is done to. In ``file``, ``{}`` stands for the version's name.
    """

    forge: Forge
    tools: frozenset[str]
    claim: str
    file: str
    about: str = "version"


TABLE: dict[str, Row] = {}


def row(name: str, tools: str, claim: str, file: str, **more: Any) -> Callable[[Forge], Forge]:
    def add(forge: Forge) -> Forge:
        assert name not in TABLE
        TABLE[name] = Row(forge, frozenset(tools.split()), claim, file, **more)
        return forge

    return add


# ------------------------------------------------------------------------------------- the package


def repack(
    files: VersionFiles, change: Callable[[Files], object], *, manifests: bool = False
) -> None:
    """A canonical ZIP of the changed files; with ``manifests``, they agree with the files again."""
    with zipfile.ZipFile(files.package) as source:
        top = len(files.name) + 1
        found = {name[top:]: source.read(name) for name in source.namelist()}
    change(found)
    if manifests:
        data = {path: text for path, text in found.items() if path.startswith(bag_text.PAYLOAD)}
        size = f"{sum(map(len, data.values()))}.{len(data)}"
        info = found[bag_text.INFO]
        found[bag_text.INFO] = re.sub(rb"(?<=Payload-Oxum: )[0-9.]+", size.encode(), info)
        found[bag_text.MANIFEST] = _manifest(data)
        skipped = {*data, bag_text.TAG_MANIFEST}
        found[bag_text.TAG_MANIFEST] = _manifest(
            {path: text for path, text in found.items() if path not in skipped}
        )
    listed = [(f"{files.name}/{path}", found[path]) for path in sorted(found, key=str.encode)]
    files.package.write_bytes(archive(listed))


def _manifest(files: Mapping[str, bytes]) -> bytes:
    return bag_text.manifest_bytes({path: sha256_hex(text) for path, text in files.items()})


def replace(path: str, old: bytes, new: bytes) -> Callable[[Files], object]:
    def change(files: Files) -> None:
        assert old in files[path]
        files[path] = files[path].replace(old, new, 1)

    return change


def flip(path: Path, mark: bytes) -> None:
    """One bit, at the first place where ``mark`` stands."""
    data = bytearray(path.read_bytes())
    data[data.index(mark)] ^= 1
    path.write_bytes(data)


def without_a_row(files: Files) -> None:
    _, files[EXCLUDED] = files[EXCLUDED].split(b"\n", 1)


def swap(files: Files) -> None:
    files[TRAIN], files[TEST] = files[TEST], files[TRAIN]


def other_digest(files: Files) -> None:
    """The forger's train.parquet, by its SHA-256."""
    data = json.loads(files["croissant.json"])
    (item,) = (one for one in data["distribution"] if one["@id"].endswith("train.parquet"))
    item["sha256"] = sha256_hex(b"forged")
    files["croissant.json"] = json.dumps(data, indent=2).encode()


def append(case: Case, write: Callable[[zipfile.ZipFile, str], object]) -> None:
    with zipfile.ZipFile(case.files.package, "a") as package:
        write(package, case.files.name)


def flipped(path: str) -> Forge:
    """One bit of a file in the package, a little behind its name."""

    def forge(case: Case) -> None:
        data = bytearray(case.files.package.read_bytes())
        name = f"{case.files.name}/{path}".encode()
        data[data.index(name) + len(name) + 5] ^= 1
        case.files.package.write_bytes(data)

    return forge


for name, path, claim in (
    ("byte flip in a data file", TRAIN, names.DIGESTS),
    ("byte flip in the manifest", "manifest-sha256.txt", names.TAGS),
):
    row(name, "unzip sha256sum bagit", claim, path)(flipped(path))


@row("swapped files", "sha256sum bagit croissant", names.DIGESTS, TRAIN)
def _(case: Case) -> None:
    def both(files: Files) -> None:
        swap(files)
        one, two = (path.replace(".jsonl", ".parquet") for path in (TRAIN, TEST))
        files[one], files[two] = files[two], files[one]

    repack(case.files, both)


for name, change, tools, claim, file in (
    ("removed exclusion", without_a_row, "sha256sum bagit", names.DIGESTS, EXCLUDED),
    ("stray file in data/", lambda f: f.update({"data/x": b"x"}), "sha256sum bagit",
     names.MANIFEST, "data/x"),
    ("missing file", lambda f: f.pop(EXCLUDED), "sha256sum bagit", names.MANIFEST, EXCLUDED),
    ("unsigned tag file", lambda f: f.update({"NOTES.md": b"x"}), "sha256sum", names.TAGS,
     "NOTES.md"),
    ("edited bag-info.txt", replace("bag-info.txt", b"Bag", b"Bog"), "sha256sum bagit",
     names.TAGS, "bag-info.txt"),
    ("edited croissant.json", other_digest, "sha256sum bagit croissant", names.TAGS,
     "croissant.json"),
    ("edited RO-Crate", replace("data/ro-crate-metadata.json", b"2026", b"2020"),
     "sha256sum bagit", names.DIGESTS, "data/ro-crate-metadata.json"),
    ("edited dataset card", replace("README.md", b"# ", b"## "), "sha256sum bagit", names.TAGS,
     "README.md"),
    ("edited policy", replace("data/policies/gates.json", b"{", b"{ "), "sha256sum bagit",
     names.DIGESTS, "data/policies/gates.json"),
):  # fmt: skip
    row(name, tools, claim, file)(lambda case, change=change: repack(case.files, change))
for name, change in (
    ("removed exclusion, manifests made anew", without_a_row),
    ("swapped files, manifests made anew", swap),
    ("added file, manifests made anew", lambda files: files.update({"data/x": b"x"})),
):
    row(name, "subjects", names.SUBJECTS, "manifest-sha256.txt")(
        lambda case, change=change: repack(case.files, change, manifests=True)
    )


@row("file twice in the ZIP", "subjects", names.FORM, f"{{}}/{TRAIN}")
def _(case: Case) -> None:
    with warnings.catch_warnings(action="ignore"):  # that the name is there already
        append(case, lambda package, name: package.writestr(f"{name}/{TRAIN}", b"other"))


@row("path out of the folder", "subjects", names.FORM, "../../evil")
def _(case: Case) -> None:
    append(case, lambda package, name: package.writestr(f"{name}/../../evil", b"x"))


@row("symbolic link in the ZIP", "subjects sha256sum", names.FORM, "{}/data/link")
def _(case: Case) -> None:
    link = zipfile.ZipInfo(f"{case.files.name}/data/link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    append(case, lambda package, name: package.writestr(link, b"/etc/passwd"))


@row("ZIP comment", "subjects", names.FORM, "{}.zip")
def _(case: Case) -> None:
    append(case, lambda package, name: setattr(package, "comment", b"approved"))


@row("bytes after the ZIP", "subjects", names.FORM, "{}.zip")
def _(case: Case) -> None:
    case.files.package.write_bytes(case.files.package.read_bytes() + b"#")


@row("bytes before the ZIP", "unzip subjects", names.FORM, "{}.zip")
def _(case: Case) -> None:
    case.files.package.write_bytes(b"#!/bin/sh\n" + case.files.package.read_bytes())


@row("extra field in the ZIP", "subjects", names.FORM, "{}/README.md")
def _(case: Case) -> None:
    data = bytearray(case.files.package.read_bytes())
    (length,) = struct.unpack_from("<H", data, 26)
    data[28:30] = struct.pack("<H", 4)
    data[30 + length : 30 + length] = b"\x99\x99\0\0"
    case.files.package.write_bytes(data)


@row("zip bomb", "subjects sha256sum", names.FORM, "{}/data/zeros")
def _(case: Case) -> None:
    def bomb(package: zipfile.ZipFile, name: str) -> None:
        package.writestr(f"{name}/data/zeros", bytes(20 << 20), zipfile.ZIP_DEFLATED, 9)

    append(case, bomb)


@row("package of another version", "sha256sum subjects", names.VERSION, "{}.zip")
def _(case: Case) -> None:
    shutil.copy(case.other.package, case.files.package)


@row("documentation of another version", "subjects", names.SUBJECTS, "{}.documentation.zip")
def _(case: Case) -> None:
    shutil.copy(case.other.documentation, case.files.documentation)


@row("byte flip in the documentation", "subjects", names.SUBJECTS, "{}.documentation.zip")
def _(case: Case) -> None:
    flip(case.files.documentation, b"# ")
