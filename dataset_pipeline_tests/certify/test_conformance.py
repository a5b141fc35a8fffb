"""The Library of Congress's BagIt conformance suite, held against what ``verify`` accepts.

Source: github.com/LibraryOfCongress/bagit-conformance-suite (a public domain work of the United
States Government): its bags of BagIt 1.0, and those of 0.97 whose fault is one in 1.0 too. Re-typed
for the profile of our packages, which is stricter: SHA-256 alone, tag manifests with two spaces,
everything listed, nothing fetched. Each bag is as the suite has it but for these; a name that says
what is wrong with it stands for the suite's folder.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from dataset_pipeline.certify.check_bag import check_bag
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.read_folder import read_folder

BAGIT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
HELLO = {"data/hello.txt": b"hello\n"}
Files = Mapping[str, bytes]


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def manifest(files: Files, separator: str = "  ") -> bytes:
    return "".join(f"{sha(files[name])}{separator}{name}\n" for name in sorted(files)).encode()


def bag(payload: Files = HELLO, **changes: bytes | None) -> dict[str, bytes]:
    """A valid bag, in which tag files are replaced, added or (by None) left out.

    ``changes`` name them without ``.txt``, and with ``_`` for a hyphen.
    """
    named = {f"{name.replace('_', '-')}.txt": data for name, data in changes.items()}
    size = sum(len(data) for data in payload.values())
    tags: dict[str, bytes | None] = {
        "bagit.txt": BAGIT.encode(),
        "bag-info.txt": f"Bagging-Date: 2017-11-07\nPayload-Oxum: {size}.{len(payload)}\n".encode(),
        "manifest-sha256.txt": manifest(payload),
        **named,
    }
    kept = {name: data for name, data in tags.items() if data is not None}
    sealed = {name: data for name, data in kept.items() if name != "tagmanifest-sha256.txt"}
    return {**payload, "tagmanifest-sha256.txt": manifest(sealed), **kept}


def problems(files: Files, folder: Path) -> list[str]:
    """What is wrong with the bag, as written to a folder."""
    root = folder / "bag"
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    findings = Findings()
    check_bag(read_folder(root, findings), findings)
    return [
        f"{claim.file}: {claim.detail}" for claim in findings.claims if claim.status == "failed"
    ]


def info(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in (*lines, "Payload-Oxum: 6.1")).encode()


VALID = {
    "basicBag": bag(),
    "bag-in-a-bag": bag({f"data/inner/{name}": data for name, data in bag().items()}),
    "bag-with-space": bag({"data/a file with spaces.txt": b"hello\n"}),
    "duplicate-metadata-entries": bag(
        bag_info=info("Contact-Email: a@example.org", "Contact-Email: b@example.org")
    ),
    "names in NFC beyond ASCII": bag({"data/Núñez.txt": b"", "data/имя.txt": b"x"}),
}
LISTED = {"data/hello.txt": b"hello\n", "data/missingFromManifest.txt": b"this file is missing\n"}
LINE = f"{sha(HELLO['data/hello.txt'])}  data/hello.txt\n"
INVALID = {
    "bagit-with-invalid-whitespace": bag(
        bagit=b"BagIt-Version : 1.0\nTag-File-Character-Encoding : UTF-8\n"
    ),
    "white space behind the version": bag(bagit=BAGIT.replace("1.0", "1.0 ").encode()),
    "notAllManifestsListAllFiles": bag(LISTED, manifest_sha256=manifest(HELLO)),
    "same-filename-listed-twice-with-different-hashes": bag(
        manifest_sha256=(LINE + "deadbeef" + LINE[8:]).encode()
    ),
    "same-filename-listed-twice-with-the-same-hash": bag(manifest_sha256=(2 * LINE).encode()),
    "baginfo-missing-encoding": bag(bagit=b"BagIt-Version: 1.0\n"),
    "bom-in-bagit.txt": bag(bagit=b"\xef\xbb\xbf" + BAGIT.encode()),
    "corrupt-data-file": {**bag(), "data/hello.txt": b"INVALID hello\n"},
    "corrupt-tag-file": {**bag(), "bag-info.txt": info("Bagging-Date: 2017-11-08")},
    "extra-file-in-bag": {**bag(), "data/bar": b"Fri Feb 26 18:29:32 EST 2016\n"},
    "invalid-version-number": bag(bagit=BAGIT.replace("1.0", ".97").encode()),
    "missing-bagit.txt": bag(bagit=None),
    "listed and missing": {k: v for k, v in bag(LISTED).items() if k != "data/hello.txt"},
    **{
        f"out-of-scope-file-paths: {path}": bag(
            manifest_sha256=manifest(HELLO) + f"{'3' * 64}  {path}\n".encode()
        )
        for path in ("data/../../foo", "/foo", "~/foo", "~root/foo", "C:\\foo", "\\\\host\\foo")
    },
    **{
        f"out-of-scope-file-paths-for-fetch: {path}": bag(
            fetch=f"https://example.org - {path}\n".encode()
        )
        for path in ("../test.txt", "/test.txt", "~/test.txt", "C:\\test.txt")
    },
}
# What BagIt allows, and a package of ours never has: refused, so that there is one way to write it.
STRICTER = {
    "another algorithm (basicBag has SHA-512)": bag(
        manifest_sha256=None,
        manifest_sha512=f"{hashlib.sha512(b'hello').hexdigest()}  data/hello.txt\n".encode(),
    ),
    "missing-baginfo: Payload-Oxum is required": bag(bag_info=None),
    "no tag manifest": {k: v for k, v in bag().items() if k != "tagmanifest-sha256.txt"},
    "holey-bag: nothing is fetched": bag(fetch=b"https://example.org/x - data/hello.txt\n"),
    "ISO-8859-1-encoded-tag-files": bag(bagit=BAGIT.replace("UTF-8", "ISO-8859-1").encode()),
    "UTF-16-encoded-tag-files": bag(bag_info=info().decode().encode("utf-16")),
    "uncommon-metadata-separators": bag(bag_info=info("Source-Organization \t:\t X")),
    "folded metadata": bag(bag_info=info("External-Description: One", "   two")),
    "bag-with-leading-dot-slash-in-manifest": bag(
        manifest_sha256=LINE.replace("  ", "  ./").encode()
    ),
    "made-with-md5sum-tools: binary mode": bag(manifest_sha256=manifest(HELLO, " *")),
    "one space between digest and path": bag(manifest_sha256=manifest(HELLO, " ")),
    "upper case digests": bag(
        manifest_sha256=re.sub(rb"^\w+", lambda m: m[0].upper(), manifest(HELLO))
    ),
    "bag-with-encoded-names: %": bag({"data/100%25.txt": b"hello\n"}),
    "bag-with-escapable-characters": bag({"data/a\\b.txt": b"hello\n"}),
    "special-system-files: desktop clutter that nobody listed": {**bag(), "data/.DS_Store": b""},
    "duplicate-file-with-different-case": bag({"data/A": b"a", "data/a": b"b"}),
    "a stray tag file": {**bag(), "NOTES.md": b"nobody listed it\n"},
    "no payload": bag({}),
}
if os.name == "nt":
    del STRICTER["duplicate-file-with-different-case"]


@pytest.mark.parametrize("name", VALID)
def test_valid_bags_are_accepted(name: str, tmp_path: Path) -> None:
    assert problems(VALID[name], tmp_path) == []


@pytest.mark.parametrize("name", INVALID)
def test_invalid_bags_are_refused(name: str, tmp_path: Path) -> None:
    assert problems(INVALID[name], tmp_path)


@pytest.mark.parametrize("name", STRICTER)
def test_bags_that_only_our_profile_excludes_are_refused(name: str, tmp_path: Path) -> None:
    assert problems(STRICTER[name], tmp_path)


def test_a_name_that_stands_twice_after_normalization_is_refused(tmp_path: Path) -> None:
    """same-filename-listed-twice-with-different-normalization: one name in NFC, one in NFD."""
    assert problems(bag({"data/Núñez": b"", "data/Nu\u0301n\u0303ez": b""}), tmp_path)
