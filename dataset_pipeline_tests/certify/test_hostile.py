"""Packages whose certificate is true of them, and that are wrong all the same.

The digests and the signature hold here, so each check stands alone.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify import bag_text
from dataset_pipeline.certify.envelope import sign_statement
from dataset_pipeline.certify.errors import CertificateMissing
from dataset_pipeline.certify.keys import public_pem
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.statement import dataset_statement
from dataset_pipeline.certify.verify import verify
from dataset_pipeline.certify.zip_form import Entry, directory, local_record
from dataset_pipeline.digests import sha256_hex
from dataset_pipeline_tests.certify.conftest import NAME, predicate

Files = dict[str, bytes]
Change = Callable[[Files], object]


def bag_files(change_payload: Change, change_own: Change) -> Files:
    """A bag's files with manifests that fit them, but for what ``change_own`` does at the end."""
    payload: Files = {"data/a.jsonl": b"{}\n", "data/b.jsonl": b"[]\n"}
    change_payload(payload)
    data = {path: text for path, text in payload.items() if path.startswith("data/")}
    size = sum(len(text) for text in data.values())
    own: Files = {
        bag_text.DECLARATION: bag_text.DECLARATION_BYTES,
        bag_text.INFO: f"Bagging-Date: 2026-05-01\nPayload-Oxum: {size}.{len(data)}\n".encode(),
        bag_text.MANIFEST: bag_text.manifest_bytes({p: sha256_hex(t) for p, t in data.items()}),
    }
    change_own(own)
    tags = {**own, **{path: text for path, text in payload.items() if path not in data}}
    manifest = bag_text.manifest_bytes({p: sha256_hex(t) for p, t in tags.items()})
    return {**payload, **own, bag_text.TAG_MANIFEST: manifest}


def archive(files: list[tuple[str, bytes]], crc: Callable[[bytes], int] = zlib.crc32) -> bytes:
    entries = [Entry(name, len(data), crc(data)) for name, data in files]
    body = b"".join(
        local_record(entry) + data for entry, (_, data) in zip(entries, files, strict=True)
    )
    return body + b"".join(record for _, record in directory(entries))


def named(files: Files) -> list[tuple[str, bytes]]:
    return [(f"{NAME}/{path}", files[path]) for path in sorted(files, key=str.encode)]


def certified(folder: Path, package: bytes, files: Files, signer: CryptoSigner) -> VersionFiles:
    version = VersionFiles(folder / NAME, NAME)
    version.folder.mkdir()
    version.package.write_bytes(package)
    subjects = {
        path: sha256_hex(files[path]) for path in (bag_text.MANIFEST, bag_text.TAG_MANIFEST)
    }
    subjects[version.package.name] = hashlib.sha256(package).hexdigest()
    version.certificate.write_bytes(
        sign_statement(dataset_statement(subjects, predicate(NAME)), signer)
    )
    version.public_key.write_bytes(public_pem(signer))
    return version


def nothing(files: Files) -> None:
    pass


def fails(version: VersionFiles, file: str) -> None:
    """Fails with the certificate and without it, and names the file."""
    found = verify(version.package)
    assert file in {claim.file for claim in found.failed}, found.claims
    version.certificate.unlink()
    assert file in {claim.file for claim in verify(version.package).failed}


def test_the_builder_itself_is_right(tmp_path: Path, signer: CryptoSigner) -> None:
    files = bag_files(nothing, nothing)
    version = certified(tmp_path, archive(named(files)), files, signer)
    assert verify(version.package).ok, verify(version.package).failed
    version.certificate.unlink()
    with pytest.raises(CertificateMissing):
        verify(version.package)


def put(path: str, data: bytes) -> Change:
    return lambda files: files.update({path: data})


def swap(path: str, old: bytes, new: bytes) -> Change:
    def change(files: Files) -> None:
        assert old in files[path]
        files[path] = files[path].replace(old, new)

    return change


def reverse_lines(path: str) -> Change:
    return lambda files: files.update(
        {path: b"".join(reversed(files[path].splitlines(keepends=True)))}
    )


def repeat(path: str) -> Change:
    return lambda files: files.update({path: files[path] * 2})


OWN: dict[str, tuple[Change, str]] = {
    "bytes in oxum": (swap("bag-info.txt", b": 6.2", b": 7.2"), "bag-info.txt"),
    "files in oxum": (swap("bag-info.txt", b": 6.2", b": 6.1"), "bag-info.txt"),
    "no oxum": (put("bag-info.txt", b"A: b\n"), "bag-info.txt"),
    "oxum twice": (put("bag-info.txt", b"Payload-Oxum: 6.2\n" * 2), "bag-info.txt"),
    "info without colon": (put("bag-info.txt", b"x\nPayload-Oxum: 6.2\n"), "bag-info.txt"),
    "info without end": (put("bag-info.txt", b"Payload-Oxum: 6.2"), "bag-info.txt"),
    "info not UTF-8": (put("bag-info.txt", b"A: \xff\nPayload-Oxum: 6.2\n"), "bag-info.txt"),
    "no info": (lambda files: files.pop("bag-info.txt"), "bag-info.txt"),
    "other BagIt": (swap("bagit.txt", b"1.0", b"0.97"), "bagit.txt"),
    "other encoding": (swap("bagit.txt", b"UTF-8", b"UTF-16"), "bagit.txt"),
    "no declaration": (lambda files: files.pop("bagit.txt"), "bagit.txt"),
    "unsorted": (reverse_lines("manifest-sha256.txt"), "manifest-sha256.txt"),
    "listed twice": (repeat("manifest-sha256.txt"), "manifest-sha256.txt"),
    "one space": (swap("manifest-sha256.txt", b"  ", b" "), "manifest-sha256.txt"),
    "binary mark": (swap("manifest-sha256.txt", b"  ", b" *"), "manifest-sha256.txt"),
    "capital digits": (
        lambda files: files.update({"manifest-sha256.txt": b"A" * 64 + b"  data/a.jsonl\n"}),
        "manifest-sha256.txt",
    ),
    "blank line": (put("manifest-sha256.txt", b"\n"), "manifest-sha256.txt"),
    "empty manifest": (put("manifest-sha256.txt", b""), "data/a.jsonl"),
    "wrong digest": (
        lambda files: files.update(
            {"manifest-sha256.txt": bag_text.manifest_bytes(
                {"data/a.jsonl": "0" * 64, "data/b.jsonl": "1" * 64})}
        ),
        "data/b.jsonl",
    ),
    "listed and not there": (
        lambda files: files.update(
            {"manifest-sha256.txt": files["manifest-sha256.txt"] + b"0" * 64 + b"  data/c\n"}
        ),
        "data/c",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "file"), OWN.values(), ids=[*OWN])
def test_a_bag_that_is_not_valid(
    tmp_path: Path, signer: CryptoSigner, change: Change, file: str
) -> None:
    files = bag_files(nothing, change)
    fails(certified(tmp_path, archive(named(files)), files, signer), file)


@pytest.mark.parametrize(
    "path",
    ["data/../../x", "data/A.jsonl", "data/a.jsonl/x", "data/x\ny", "data/x\\y", "data/cafe\u0301",
     "data//x", "data/", "data/x ", "data/50%", "fetch.txt", "manifest-md5.txt", "DATA/x"],
)  # fmt: skip
def test_a_file_that_should_not_be_there(tmp_path: Path, signer: CryptoSigner, path: str) -> None:
    files = bag_files(put(path, b"x"), nothing)
    version = certified(tmp_path, archive(named(files)), files, signer)
    assert not verify(version.package).ok
    version.certificate.unlink()
    assert verify(version.package).failed


def test_a_bag_without_payload(tmp_path: Path, signer: CryptoSigner) -> None:
    files = bag_files(lambda files: files.clear(), nothing)
    fails(certified(tmp_path, archive(named(files)), files, signer), "data/")


def test_a_stray_tag_file(tmp_path: Path, signer: CryptoSigner) -> None:
    files = bag_files(nothing, nothing)
    package = archive(named({**files, "NOTES.md": b"trust me"}))
    fails(certified(tmp_path, package, files, signer), "NOTES.md")


def moved(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [*files[1:], files[0]]


def doubled(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [files[0], *files]


def outside(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [*files, ("Z/data/x", b"x")]


@pytest.mark.parametrize(
    ("arrange", "file"),
    [
        (moved, f"{NAME}/bag-info.txt"),
        (doubled, f"{NAME}/bag-info.txt"),
        (outside, "Z/data/x"),
    ],
)
def test_entries_out_of_place(
    tmp_path: Path,
    signer: CryptoSigner,
    arrange: Callable[[list[tuple[str, bytes]]], list[tuple[str, bytes]]],
    file: str,
) -> None:
    files = bag_files(nothing, nothing)
    fails(certified(tmp_path, archive(arrange(named(files))), files, signer), file)


def test_a_wrong_crc_in_both_places(tmp_path: Path, signer: CryptoSigner) -> None:
    files = bag_files(nothing, nothing)
    package = archive(named(files), crc=lambda data: zlib.crc32(data) ^ 1)
    fails(certified(tmp_path, package, files, signer), "data/a.jsonl")


def test_a_time_in_a_local_record(tmp_path: Path, signer: CryptoSigner) -> None:
    files = bag_files(nothing, nothing)
    package = archive(named(files))
    dated = package.replace(struct.pack("<2H", 0, 0x21), struct.pack("<2H", 1, 0x21), 1)
    fails(certified(tmp_path, dated, files, signer), f"{NAME}/bag-info.txt")


@pytest.mark.parametrize("extra", [b"\0", b"PK\x05\x06" + bytes(18)])
def test_bytes_behind_the_end(tmp_path: Path, signer: CryptoSigner, extra: bytes) -> None:
    files = bag_files(nothing, nothing)
    package = archive(named(files)) + extra
    fails(certified(tmp_path, package, files, signer), f"{NAME}.zip")


def test_a_flood_of_failures_stays_readable(tmp_path: Path, signer: CryptoSigner) -> None:
    files = bag_files(nothing, nothing)
    many = {f"data/{number:05}": b"" for number in range(3000)}
    version = certified(tmp_path, archive(named({**files, **many})), files, signer)
    found = verify(version.package)
    assert not found.ok
    assert len(found.claims) < 250
    assert any("2900 more" in claim.detail for claim in found.failed)
    assert all(claim.file for claim in found.failed)


def test_no_control_character_reaches_the_reader(tmp_path: Path, signer: CryptoSigner) -> None:
    files = bag_files(put("data/\x1b[31mred\u202egpj.exe", b"x"), nothing)
    version = certified(tmp_path, archive(named(files)), files, signer)
    for claim in verify(version.package).claims:
        assert (claim.name + claim.detail + (claim.file or "")).isprintable()


def test_a_name_that_runs_on_into_a_record_shows_nothing_of_it(
    tmp_path: Path, signer: CryptoSigner
) -> None:
    secret = "call me on 555 0100"
    files = bag_files(put("data/a.jsonl", f'{{"text":"{secret}"}}\n'.encode()), nothing)
    package = bytearray(archive(named(files)))
    start = package.index(f"{NAME}/data/a.jsonl".encode())
    package[start - 4] += 32  # the length of the name
    found = verify(certified(tmp_path, bytes(package), files, signer).package)
    assert f"{NAME}/data/a.jsonl{{" in {claim.file for claim in found.failed}
    assert "555" not in str(found.to_json())
