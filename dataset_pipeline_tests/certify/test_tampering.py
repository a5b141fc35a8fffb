import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_pipeline.certify.errors import CannotVerify
from dataset_pipeline.certify.layout import TRAINING_CERTIFICATE, TRAINING_KEY, VersionFiles
from dataset_pipeline.certify.verify import verify
from dataset_pipeline_tests.certify.conftest import NAME, Sample
from dataset_pipeline_tests.certify.tampering import TAMPERINGS, Tampering


@pytest.mark.parametrize(("tamper", "file"), TAMPERINGS.items())
def test_tampering_is_found_and_named(version: VersionFiles, tamper: Tampering, file: str) -> None:
    tamper(version)
    found = verify(version.folder)
    assert not found.ok
    assert file in {claim.file for claim in found.failed}, found.failed
    assert all(claim.file for claim in found.failed)


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_no_tampered_package_passes_without_its_certificate(
    version: VersionFiles, tamper: Tampering
) -> None:
    tamper(version)
    if version.certificate.is_dir():
        version.certificate.rmdir()
    else:
        version.certificate.unlink()
    try:
        found = verify(version.package)
    except CannotVerify:
        return
    assert not found.ok
    assert found.failed


def test_every_bit_flip_is_found(sample: Sample, tmp_path: Path) -> None:
    version = sample.copy(tmp_path)
    data = bytearray(version.package.read_bytes())
    text = range(data.index(b"# How to verify"), data.index(b"takes the publisher's key"))
    # Everywhere, but only here and there in the one long text.
    for offset in (offset for offset in range(len(data)) if offset not in text or offset % 16 == 0):
        data[offset] ^= 1 << (offset % 8)
        version.package.write_bytes(data)
        found = verify(version.package)
        assert not found.ok, offset
        assert all(claim.file for claim in found.failed), offset
        data[offset] ^= 1 << (offset % 8)


def test_every_bit_flip_in_the_certificate_and_the_key_is_found(
    sample: Sample, tmp_path: Path
) -> None:
    version = sample.copy(tmp_path)
    for path in (version.certificate, version.public_key):
        intact = path.read_bytes()
        for offset in range(len(intact)):
            data = bytearray(intact)
            data[offset] ^= 1 << (offset % 8)
            path.write_bytes(data)
            found = verify(version.package)
            assert not found.ok, (path.name, offset)
            named = {claim.file for claim in found.failed}
            assert named & {version.certificate.name, version.public_key.name}, (path.name, offset)
        path.write_bytes(intact)
    assert verify(version.package).ok


@pytest.fixture
def bag(version: VersionFiles) -> Path:
    with zipfile.ZipFile(version.package) as archive:
        archive.extractall(version.folder)
    return version.folder / NAME


def _change(path: str) -> Callable[[Path], object]:
    return lambda bag: (bag / path).write_bytes(b"changed")


BAG_TAMPERINGS: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed payload": (_change("data/train.jsonl"), "data/train.jsonl"),
    "changed tag file": (_change("README.md"), "README.md"),
    "changed declaration": (_change("bagit.txt"), "bagit.txt"),
    "changed info": (_change("bag-info.txt"), "bag-info.txt"),
    "changed manifest": (_change("manifest-sha256.txt"), "manifest-sha256.txt"),
    "changed tag manifest": (_change("tagmanifest-sha256.txt"), "tagmanifest-sha256.txt"),
    "added payload": (_change("data/new.jsonl"), "data/new.jsonl"),
    "added tag file": (_change("NOTES.md"), "NOTES.md"),
    "added hidden file": (_change(".hidden"), ".hidden"),
    "added manifest": (_change("manifest-md5.txt"), "manifest-md5.txt"),
    "removed payload": (lambda b: (b / "data/empty.jsonl").unlink(), "data/empty.jsonl"),
    "removed declaration": (lambda b: (b / "bagit.txt").unlink(), "bagit.txt"),
    "removed manifest": (
        lambda b: (b / "manifest-sha256.txt").unlink(),
        "manifest-sha256.txt",
    ),
    "no payload": (lambda b: shutil.rmtree(b / "data"), "data/"),
    "link": (lambda b: (b / "data/link").symlink_to("/etc/passwd"), "data/link"),
    "linked payload": (
        lambda b: [
            (b / "data/train.jsonl").rename(b.parent / "moved"),
            (b / "data/train.jsonl").symlink_to(b.parent / "moved"),
        ],
        "data/train.jsonl",
    ),
    "linked folder": (lambda b: (b / "data/folder").symlink_to("/etc"), "data/folder"),
    "pipe": (lambda b: os.mkfifo(b / "data/pipe"), "data/pipe"),
    "name that is not text": (lambda b: Path(os.fsdecode(bytes(b) + b"/\xff")).touch(), "\\udcff"),
    "name with a line end": (lambda b: (b / "data/a\nb").touch(), "data/a\\nb"),
}


@pytest.mark.parametrize(("tamper", "file"), BAG_TAMPERINGS.values(), ids=[*BAG_TAMPERINGS])
def test_tampering_with_an_unpacked_bag_is_found(
    bag: Path, tamper: Callable[[Path], object], file: str
) -> None:
    tamper(bag)
    found = verify(bag)
    assert not found.ok
    assert file in {claim.file for claim in found.failed}, found.failed


def test_a_bag_under_another_name_fails(bag: Path) -> None:
    other = bag.rename(bag.with_name("Other_v1"))
    certificate = bag.parent / f"{NAME}.certificate.json"
    found = verify(other, certificate=certificate)
    assert certificate.name in {claim.file for claim in found.failed}


def test_a_bag_under_a_name_that_no_package_has_fails(bag: Path) -> None:
    other = bag.rename(bag.with_name(os.fsdecode(b"old-\xff")))
    found = verify(other, certificate=bag.parent / f"{NAME}.certificate.json")
    assert "old-\\udcff" in {claim.file for claim in found.failed}, found.failed


MODEL_TAMPERINGS: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed": (_change("weights/model.safetensors"), "weights/model.safetensors"),
    "changed run": (_change("run.json"), "run.json"),
    "added": (_change("weights/extra.bin"), "weights/extra.bin"),
    "removed": (lambda m: (m / "run.json").unlink(), "run.json"),
    "link": (lambda m: (m / "link").symlink_to("run.json"), "link"),
    "certificate": (_change(TRAINING_CERTIFICATE), TRAINING_CERTIFICATE),
    "key": (_change(TRAINING_KEY), TRAINING_KEY),
}


@pytest.mark.parametrize(("tamper", "file"), MODEL_TAMPERINGS.values(), ids=[*MODEL_TAMPERINGS])
def test_tampering_with_a_model_is_found(
    model: Path, tamper: Callable[[Path], object], file: str
) -> None:
    tamper(model)
    found = verify(model)
    assert not found.ok
    assert file in {claim.file for claim in found.failed}, found.failed


Edit = tuple[str, int, bytes]
edits = st.tuples(
    st.sampled_from(["replace", "insert", "delete", "copy", "cut"]),
    st.integers(0, 1 << 20),
    st.binary(min_size=1, max_size=40)
    | st.sampled_from([b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\xff" * 4, b"\0" * 8]),
)


def mutated(data: bytes, changes: list[Edit]) -> bytes:
    for kind, place, new in changes:
        at = place % (len(data) + 1)
        if kind == "replace":
            data = data[:at] + new + data[at + len(new) :]
        elif kind == "insert":
            data = data[:at] + new + data[at:]
        elif kind == "delete":
            data = data[:at] + data[at + len(new) :]
        elif kind == "copy":
            data = data[:at] + data[: place % 997] + data[at:]
        else:
            data = data[:at]
    return data


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    target=st.sampled_from(["package", "certificate", "public_key"]),
    changes=st.lists(edits, min_size=1, max_size=4),
)
def test_no_mutation_passes_or_crashes(
    sample: Sample, tmp_path: Path, target: str, changes: list[Edit]
) -> None:
    version = VersionFiles(tmp_path / NAME, NAME)
    if not version.folder.exists():
        sample.copy(tmp_path)
    path: Path = getattr(version, target)
    intact = path.read_bytes()
    damaged = mutated(intact, changes)
    path.write_bytes(damaged)
    try:
        found = verify(version.folder)
        assert found.ok == (damaged == intact)
        assert found.ok or all(claim.file for claim in found.failed)
    finally:
        path.write_bytes(intact)
