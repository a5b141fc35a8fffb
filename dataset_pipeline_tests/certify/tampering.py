"""Ways to tamper with a published version. Each leaves a package that some tool would accept."""

import base64
import json
import os
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify.bag import write_bag
from dataset_pipeline.certify.envelope import sign_statement
from dataset_pipeline.certify.keys import public_pem
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.statement import dataset_statement, training_statement
from dataset_pipeline_tests.certify.conftest import INFO, NAME, PAYLOAD, predicate, publish

Tampering = Callable[[VersionFiles], None]


def other_signer() -> CryptoSigner:
    return CryptoSigner.generate_ed25519()


def rezip(
    version: VersionFiles,
    change: Callable[[dict[str, bytes]], None] = lambda files: None,
    compression: int = zipfile.ZIP_STORED,
) -> None:
    """Write the ZIP anew with Python's zipfile, after ``change`` of its files."""
    with zipfile.ZipFile(version.package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    version.package.unlink()
    with zipfile.ZipFile(version.package, "w", compression) as archive:
        for name in sorted(files, key=str.encode):
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            info.external_attr = 0o100644 << 16
            archive.writestr(info, files[name])


def rebag(
    version: VersionFiles,
    payload: dict[str, Path | bytes] | None = None,
    tags: dict[str, bytes] | None = None,
    name: str = NAME,
) -> None:
    """A package that is valid in itself, but not the one that was certified."""
    version.package.unlink()
    write_bag(version.package, name, payload or PAYLOAD, tags or {}, INFO)


def edit_zip(version: VersionFiles, old: bytes, new: bytes, count: int = -1) -> None:
    data = version.package.read_bytes()
    assert old in data
    version.package.write_bytes(data.replace(old, new, count))


def edit_envelope(version: VersionFiles, change: Callable[[dict[str, object]], None]) -> None:
    envelope = json.loads(version.certificate.read_bytes())
    change(envelope)
    version.certificate.write_text(json.dumps(envelope, indent=2) + "\n")


def edit_statement(version: VersionFiles, old: str, new: str) -> None:
    def change(envelope: dict[str, object]) -> None:
        payload = base64.b64decode(str(envelope["payload"])).decode()
        assert old in payload
        envelope["payload"] = base64.b64encode(payload.replace(old, new).encode()).decode()

    edit_envelope(version, change)


def add_file(version: VersionFiles) -> None:
    rezip(version, lambda files: files.update({f"{NAME}/data/extra.jsonl": b"{}\n"}))


def remove_file(version: VersionFiles) -> None:
    rezip(version, lambda files: files.pop(f"{NAME}/data/test.jsonl") and None)


def swap_files(version: VersionFiles) -> None:
    def swap(files: dict[str, bytes]) -> None:
        one, two = f"{NAME}/data/test.jsonl", f"{NAME}/data/train.jsonl"
        files[one], files[two] = files[two], files[one]

    rezip(version, swap)


def stray_tag_file(version: VersionFiles) -> None:
    rezip(version, lambda files: files.update({f"{NAME}/NOTES.md": b"trust me\n"}))


def nested_folder(version: VersionFiles) -> None:
    rezip(version, lambda files: files.update({"Other/data/x": b"x"}))


def escape_the_folder(version: VersionFiles) -> None:
    rezip(version, lambda files: files.update({f"{NAME}/../../evil": b"x"}))


def fold_duplicate(version: VersionFiles) -> None:
    rezip(version, lambda files: files.update({f"{NAME}/data/Train.jsonl": b"x"}))


def two_entries_of_one_name(version: VersionFiles) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(version.package, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(zipfile.ZipInfo(f"{NAME}/data/train.jsonl"), b"other")


def folder_entry(version: VersionFiles) -> None:
    with zipfile.ZipFile(version.package, "a") as archive:
        archive.mkdir(f"{NAME}/zzz")


def symlink_entry(version: VersionFiles) -> None:
    mode = struct.pack("<I", 0o100644 << 16)
    edit_zip(version, mode, struct.pack("<I", 0o120777 << 16), 1)


def archive_comment(version: VersionFiles) -> None:
    with zipfile.ZipFile(version.package, "a") as archive:
        archive.comment = b"approved"


def extra_field(version: VersionFiles) -> None:
    def write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
        info = zipfile.ZipInfo(name)
        info.extra = b"\x99\x99\x02\x00hi"
        archive.writestr(info, data)

    with zipfile.ZipFile(version.package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(version.package, "w") as archive:
        for name, data in files.items():
            write(archive, name, data)


def encrypted_flag(version: VersionFiles) -> None:
    edit_zip(version, struct.pack("<3H", 20, 0x0800, 0), struct.pack("<3H", 20, 0x0801, 0))


def huge_size(version: VersionFiles) -> None:
    data = bytearray(version.package.read_bytes())
    data[18:26] = b"\xfe\xff\xff\xff" * 2
    version.package.write_bytes(data)


def trailing_bytes(version: VersionFiles) -> None:
    version.package.write_bytes(version.package.read_bytes() + b"\0")


def leading_bytes(version: VersionFiles) -> None:
    version.package.write_bytes(b"#!/bin/sh\n" + version.package.read_bytes())


def cut_short(version: VersionFiles) -> None:
    version.package.write_bytes(version.package.read_bytes()[:-30])


def empty_package(version: VersionFiles) -> None:
    version.package.write_bytes(b"")


def no_package(version: VersionFiles) -> None:
    version.package.unlink()


def other_signature(version: VersionFiles) -> None:
    """Signed anew by another key; the key beside stays ours."""
    signer = other_signer()
    payload = json.loads(version.certificate.read_bytes())["payload"]
    version.certificate.write_bytes(sign_statement(json.loads(base64.b64decode(payload)), signer))


def other_key_beside(version: VersionFiles) -> None:
    version.public_key.write_bytes(public_pem(other_signer()))


def no_key(version: VersionFiles) -> None:
    version.public_key.unlink()


def text_in_key_file(version: VersionFiles) -> None:
    version.public_key.write_bytes(b"Signed by the board\n" + version.public_key.read_bytes())


def forged_keyid(version: VersionFiles) -> None:
    """Another key's signature under our key's id."""
    ours = json.loads(version.certificate.read_bytes())["signatures"][0]["keyid"]
    other_signature(version)

    def change(envelope: dict[str, object]) -> None:
        envelope["signatures"][0]["keyid"] = ours  # type: ignore[index]

    edit_envelope(version, change)


def edited_statement(version: VersionFiles) -> None:
    edit_statement(version, "not in the export", "all in the export")


def spaced_statement(version: VersionFiles) -> None:
    edit_statement(version, '"_type":', '"_type": ')


def unknown_key_in_envelope(version: VersionFiles) -> None:
    edit_envelope(version, lambda envelope: envelope.update(note="approved"))


def repeated_key_in_envelope(version: VersionFiles) -> None:
    text = version.certificate.read_text()
    line = next(line for line in text.splitlines(True) if '"payloadType"' in line)
    version.certificate.write_text(text.replace(line, line * 2))


def compact_envelope(version: VersionFiles) -> None:
    version.certificate.write_text(json.dumps(json.loads(version.certificate.read_bytes())))


def repeated_signature(version: VersionFiles) -> None:
    def change(envelope: dict[str, object]) -> None:
        signatures = envelope["signatures"]
        assert isinstance(signatures, list)
        signatures.append(dict(signatures[0]))

    edit_envelope(version, change)


def certificate_of_other_content(version: VersionFiles) -> None:
    """Same name, same key, other content: a certificate that is true, but not of this."""
    signer = other_signer()
    other, _ = publish(version.folder / "other", signer, payload={"train.jsonl": b"other"})
    _take_certificate(version, other)


def certificate_of_other_version(version: VersionFiles) -> None:
    other, _ = publish(version.folder / "other", other_signer(), NAME.replace("v1", "v2"))
    _take_certificate(version, other)


def other_version_under_this_name(version: VersionFiles) -> None:
    """All three files of another version, renamed."""
    other, _ = publish(version.folder / "other", other_signer(), NAME.replace("v1", "v2"))
    version.package.write_bytes(other.package.read_bytes())
    _take_certificate(version, other)


def statement_of_other_version(version: VersionFiles) -> None:
    """A true signature on the right digests, with another version's name in the predicate."""
    payload = json.loads(version.certificate.read_bytes())["payload"]
    statement = json.loads(base64.b64decode(payload))
    subjects = {item["name"]: item["digest"]["sha256"] for item in statement["subject"]}
    signer = other_signer()
    version.certificate.write_bytes(
        sign_statement(dataset_statement(subjects, predicate("v2")), signer)
    )
    version.public_key.write_bytes(public_pem(signer))


def training_certificate(version: VersionFiles) -> None:
    payload = json.loads(version.certificate.read_bytes())["payload"]
    statement = json.loads(base64.b64decode(payload))
    subjects = {item["name"]: item["digest"]["sha256"] for item in statement["subject"]}
    signer = other_signer()
    version.certificate.write_bytes(
        sign_statement(training_statement(subjects, predicate(NAME)), signer)
    )
    version.public_key.write_bytes(public_pem(signer))


def certificate_is_a_folder(version: VersionFiles) -> None:
    version.certificate.unlink()
    version.certificate.mkdir()


def certificate_is_a_pipe(version: VersionFiles) -> None:
    version.certificate.unlink()
    os.mkfifo(version.certificate)


def package_is_a_folder(version: VersionFiles) -> None:
    version.package.unlink()
    version.package.mkdir()


def package_is_a_pipe(version: VersionFiles) -> None:
    version.package.unlink()
    os.mkfifo(version.package)


def documentation_is_a_pipe(version: VersionFiles) -> None:
    os.mkfifo(version.documentation)


def _take_certificate(version: VersionFiles, other: VersionFiles) -> None:
    version.certificate.write_bytes(other.certificate.read_bytes())
    version.public_key.write_bytes(other.public_key.read_bytes())


# What was done -> a file that some failed claim must name.
TAMPERINGS: dict[Tampering, str] = {
    add_file: "data/extra.jsonl",
    remove_file: "data/test.jsonl",
    swap_files: "data/train.jsonl",
    stray_tag_file: "NOTES.md",
    nested_folder: "Other/data/x",
    escape_the_folder: "../../evil",
    fold_duplicate: "data/train.jsonl",
    two_entries_of_one_name: f"{NAME}/data/train.jsonl",
    folder_entry: f"{NAME}/zzz/",
    symlink_entry: f"{NAME}/README.md",
    archive_comment: f"{NAME}.zip",
    extra_field: f"{NAME}/README.md",
    encrypted_flag: f"{NAME}/README.md",
    huge_size: f"{NAME}/README.md",
    trailing_bytes: f"{NAME}.zip",
    leading_bytes: f"{NAME}.zip",
    cut_short: f"{NAME}.zip",
    empty_package: f"{NAME}.zip",
    no_package: f"{NAME}.zip",
    rezip: f"{NAME}/README.md",
    rebag: f"{NAME}.zip",
    lambda version: rezip(version, compression=zipfile.ZIP_DEFLATED): f"{NAME}/README.md",
    lambda version: rebag(version, {**PAYLOAD, "new.jsonl": b""}): "manifest-sha256.txt",
    lambda version: rebag(version, tags={"README.md": b"#"}): "tagmanifest-sha256.txt",
    lambda version: rebag(version, name="Other_v1"): f"{NAME}.zip",
    lambda version: edit_zip(version, b'{"prompt": "a"}', b'{"prompt": "c"}', 1): (
        "data/train.jsonl"
    ),
    lambda version: edit_zip(version, b"Payload-Oxum: 7", b"Payload-Oxum: 8"): "bag-info.txt",
    lambda version: edit_zip(version, b"Version: 1.0", b"Version: 0.9"): "bagit.txt",
    other_signature: f"{NAME}.pub.pem",
    other_key_beside: f"{NAME}.pub.pem",
    no_key: f"{NAME}.pub.pem",
    text_in_key_file: f"{NAME}.pub.pem",
    forged_keyid: f"{NAME}.certificate.json",
    edited_statement: f"{NAME}.certificate.json",
    spaced_statement: f"{NAME}.certificate.json",
    unknown_key_in_envelope: f"{NAME}.certificate.json",
    repeated_key_in_envelope: f"{NAME}.certificate.json",
    compact_envelope: f"{NAME}.certificate.json",
    repeated_signature: f"{NAME}.certificate.json",
    certificate_of_other_content: f"{NAME}.zip",
    certificate_of_other_version: f"{NAME}.certificate.json",
    other_version_under_this_name: f"{NAME}.zip",
    statement_of_other_version: f"{NAME}.certificate.json",
    training_certificate: f"{NAME}.certificate.json",
    certificate_is_a_folder: f"{NAME}.certificate.json",
    certificate_is_a_pipe: f"{NAME}.certificate.json",
    package_is_a_folder: f"{NAME}.zip",
    package_is_a_pipe: f"{NAME}.zip",
    documentation_is_a_pipe: f"{NAME}.documentation.zip",
}
