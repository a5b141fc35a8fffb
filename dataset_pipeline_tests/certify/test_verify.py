import json
import shutil
import zipfile
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.errors import CertificateMissing, NotAPackage, TrustUnreadable
from dataset_pipeline.certify.keys import load_or_create_signer, public_pem
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.standing import STANDING
from dataset_pipeline.certify.verify import Verification, verify
from dataset_pipeline_tests.certify.conftest import GAPS, NAME


def unpacked(version: VersionFiles) -> Path:
    with zipfile.ZipFile(version.package) as archive:
        archive.extractall(version.folder)
    return version.folder / NAME


def statuses(found: Verification) -> dict[str, str]:
    return {claim.name: claim.status for claim in found.claims}


def test_a_published_version_verifies_in_every_form(version: VersionFiles) -> None:
    for path, kind in (
        (version.folder, "version"),
        (version.package, "package"),
        (unpacked(version), "bag"),
    ):
        found = verify(path)
        assert found.ok, found.failed
        assert found.kind == kind
        beside = {names.BESIDE: "not_provable"} if kind == "version" else {}  # the unpacked bag
        assert statuses(found) == {
            **beside,
            names.FORM: "ok",
            names.DECLARATION: "ok",
            names.MANIFEST: "ok",
            names.DIGESTS: "ok",
            names.EXTENT: "ok",
            names.TAGS: "ok",
            names.CERTIFICATE: "ok",
            names.TIME: "not_provable",
            names.SIGNATURE: "ok",
            names.OWNER: "not_provable",
            names.SUBJECTS: "ok",
            names.VERSION: "ok",
            STANDING: "not_provable",
            GAPS[0]["claim"]: "not_provable",
        }


def test_a_relative_path_is_enough(version: VersionFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    bag = unpacked(version)
    monkeypatch.chdir(bag)
    assert verify(Path()).ok
    monkeypatch.chdir(version.folder)
    assert verify(Path(f"{NAME}.zip")).ok


def test_a_model_verifies(model: Path) -> None:
    found = verify(model)
    assert found.ok, found.failed
    assert found.kind == "model"


@pytest.mark.parametrize("form", ["file", "bundle", "folder"])
def test_a_trusted_key_proves_the_owner(version: VersionFiles, tmp_path: Path, form: str) -> None:
    ours = version.public_key.read_bytes()
    other = public_pem(load_or_create_signer(tmp_path / "other" / "key.pem"))
    trust = tmp_path / "trust"
    if form == "folder":
        trust.mkdir()
        (trust / "a.pem").write_bytes(other)
        (trust / "b.pem").write_bytes(ours)
    else:
        trust.write_bytes(ours if form == "file" else b"# keys\n" + other + b"\n" + ours)
    found = verify(version.folder, trust=trust)
    assert found.ok, found.failed
    assert statuses(found)[names.OWNER] == "ok"
    version.public_key.unlink()
    assert verify(version.folder, trust=trust).ok


def test_a_key_that_is_not_trusted_fails(version: VersionFiles, tmp_path: Path) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(public_pem(load_or_create_signer(tmp_path / "other" / "key.pem")))
    found = verify(version.folder, trust=trust)
    assert [claim.name for claim in found.failed] == [names.SIGNATURE]


@pytest.mark.parametrize("content", [None, b"", b"no key", b"-----BEGIN PUBLIC KEY-----\n%%%\n"])
def test_unusable_trust_is_no_answer(
    version: VersionFiles, tmp_path: Path, content: bytes | None
) -> None:
    trust = tmp_path / "trust.pem"
    if content is not None:
        trust.write_bytes(content)
    with pytest.raises(TrustUnreadable):
        verify(version.folder, trust=trust)
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrustUnreadable):
        verify(version.folder, trust=tmp_path / "empty")


def test_an_intact_package_without_certificate_is_no_answer(version: VersionFiles) -> None:
    certificate = version.folder / "elsewhere.certificate.json"
    version.certificate.rename(certificate)
    version.public_key.rename(version.folder / "elsewhere.pub.pem")
    for path in (version.package, unpacked(version)):
        with pytest.raises(CertificateMissing):
            verify(path)
        assert verify(path, certificate=certificate).ok


def test_a_damaged_package_without_certificate_still_fails(version: VersionFiles) -> None:
    version.certificate.unlink()
    data = bytearray(version.package.read_bytes())
    data[data.index(b'{"prompt": "a"}')] ^= 1
    version.package.write_bytes(data)
    found = verify(version.package)
    assert not found.ok
    assert {claim.file for claim in found.failed} == {"data/train.jsonl"}


def test_what_is_no_package_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"text")
    (tmp_path / "empty").mkdir()
    for path in ("missing", "a.txt", "empty", "bad\0name"):
        with pytest.raises(NotAPackage):
            verify(tmp_path / path)
    several = tmp_path / "several"
    several.mkdir()
    for name in ("a.zip", "b.zip"):
        (several / name).write_bytes(b"")
    with pytest.raises(NotAPackage, match="2 packages"):
        verify(several)


def test_a_certificate_alone_is_no_answer(version: VersionFiles) -> None:
    with pytest.raises(NotAPackage, match="a certificate; verify the package"):
        verify(version.certificate)


def test_a_folder_of_versions_names_the_one_it_is_called_after(version: VersionFiles) -> None:
    (version.folder / "other.zip").write_bytes(b"")
    found = verify(version.folder)
    assert [(claim.name, claim.file) for claim in found.failed] == [(names.BESIDE, "other.zip")]
    assert verify(version.package).ok
    renamed = version.folder.rename(version.folder.with_name("download"))
    (renamed / "other.zip").unlink()
    assert verify(renamed).ok


@pytest.mark.parametrize(
    ("name", "package_too"),
    [
        ("NOTES.md", False),
        (".hidden", False),
        (f"{NAME}.md", True),
        (f"{NAME}.approval-0123456789abcdef.pub.pem", True),
        (f"{NAME}.documentation.zip", True),
        (f"{NAME}.intoto.jsonl", True),
    ],
)
def test_what_no_signature_calls_for_may_not_lie_there(
    version: VersionFiles, name: str, package_too: bool
) -> None:
    """By its folder all in it is verified; by its package what bears its name."""
    (version.folder / name).write_bytes(b"approved by the board\n")
    assert name in {claim.file for claim in verify(version.folder).failed}
    assert verify(version.package).ok != package_too


def test_the_answer_is_a_value(version: VersionFiles) -> None:
    found = verify(version.package)
    with pytest.raises(FrozenInstanceError):
        found.claims[0].status = "ok"  # type: ignore[misc]
    told = json.loads(json.dumps(found.to_json()))
    assert told["ok"] is True
    assert told["kind"] == "package"
    assert told["claims"][0] == {
        "name": names.FORM,
        "status": "ok",
        "detail": found.claims[0].detail,
        "file": None,
    }
    assert found == verify(version.package)


def test_nothing_is_written_next_to_what_is_verified(version: VersionFiles) -> None:
    before = sorted(version.folder.rglob("*"))
    verify(version.folder)
    assert sorted(version.folder.rglob("*")) == before


def test_a_gap_that_says_nothing_fails(tmp_path: Path, signer: object) -> None:
    from dataset_pipeline.certify.envelope import sign_statement
    from dataset_pipeline.certify.statement import dataset_statement
    from dataset_pipeline_tests.certify.conftest import publish

    files, digests = publish(tmp_path, signer)  # type: ignore[arg-type]
    for gaps in ([1], [{"claim": "x"}], "none", [{"claim": 1, "why": "x"}]):
        statement = dataset_statement(
            digests.subjects(NAME), {"version": {"name": NAME}, "gaps": gaps}
        )
        files.certificate.write_bytes(sign_statement(statement, signer))  # type: ignore[arg-type]
        assert [c.name for c in verify(files.folder).failed] == [names.CERTIFICATE]
    shutil.rmtree(files.folder)
