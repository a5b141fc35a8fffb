"""The package of documentation, a subject of the certificate: beside the data, or alone."""

import shutil
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify.bag import write_bag
from dataset_pipeline.certify.claims import Verification
from dataset_pipeline.certify.envelope import sign_statement
from dataset_pipeline.certify.keys import public_pem
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.package import Packages
from dataset_pipeline.certify.statement import dataset_statement
from dataset_pipeline.certify.verify import verify
from dataset_pipeline_tests.certify.conftest import INFO, NAME, PAYLOAD, predicate

TOLD: dict[str, Path | bytes] = {"logs/stages.jsonl": b"{}\n"}


@pytest.fixture
def version(tmp_path: Path, signer: CryptoSigner) -> VersionFiles:
    """A version of two packages."""
    files = VersionFiles(tmp_path / NAME, NAME)
    files.folder.mkdir()
    packages = Packages(
        write_bag(files.package, NAME, PAYLOAD, {}, INFO),
        write_bag(files.documentation, f"{NAME}.documentation", TOLD, {}, INFO),
    )
    statement = dataset_statement(packages.subjects(NAME), predicate(NAME))
    files.certificate.write_bytes(sign_statement(statement, signer))
    files.public_key.write_bytes(public_pem(signer))
    return files


def unseen(found: Verification) -> set[str]:
    """What was not looked at."""
    told = [claim for claim in found.claims if claim.status == "not_provable"]
    return {claim.name for claim in told if claim.name.endswith("is what was certified")}


def test_both_are_verified_together(version: VersionFiles) -> None:
    for path in (version.folder, version.package):
        found = verify(path)
        assert found.ok, found.failed
        assert unseen(found) == set()


def test_the_data_without_it_is_sound_and_says_so(version: VersionFiles) -> None:
    version.documentation.unlink()
    found = verify(version.folder)
    assert found.ok
    assert unseen(found) == {f"{version.documentation.name} is what was certified"}


def test_it_alone_is_sound_and_says_so(version: VersionFiles) -> None:
    version.package.unlink()
    found = verify(version.documentation)
    assert found.ok, found.failed
    assert f"{version.package.name} is what was certified" in unseen(found)


def test_a_version_without_its_data_is_not_sound(version: VersionFiles) -> None:
    version.package.unlink()
    assert not verify(version.folder).ok


def test_a_flipped_byte_in_it_is_found_from_both_sides(version: VersionFiles) -> None:
    data = version.documentation.read_bytes()
    for place in (0, len(data) // 2, len(data) - 1):
        version.documentation.write_bytes(
            data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        )
        assert version.documentation.name in {c.file for c in verify(version.folder).failed}
        assert not verify(version.documentation).ok


def test_another_one_that_is_whole_in_itself_is_found(version: VersionFiles) -> None:
    version.documentation.unlink()
    write_bag(version.documentation, f"{NAME}.documentation", {"x": b"other"}, {}, INFO)
    for path in (version.folder, version.documentation):
        assert {c.file for c in verify(path).failed} == {version.documentation.name}


def test_one_that_the_certificate_does_not_name_is_found(
    version: VersionFiles, signer: CryptoSigner
) -> None:
    digests = write_bag(version.folder.parent / "again.zip", NAME, PAYLOAD, {}, INFO)
    statement = dataset_statement(digests.subjects(NAME), predicate(NAME))
    version.certificate.write_bytes(sign_statement(statement, signer))
    assert {c.file for c in verify(version.folder).failed} == {version.documentation.name}
    assert not verify(version.documentation).ok


def test_the_data_under_its_name_does_not_pass_for_it(version: VersionFiles) -> None:
    shutil.copy(version.package, version.documentation)
    assert not verify(version.folder).ok
    assert not verify(version.documentation).ok
