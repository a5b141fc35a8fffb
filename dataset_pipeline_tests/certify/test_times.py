"""What a time stamp beside a certificate is worth to whoever verifies it."""

import base64
import shutil
from pathlib import Path
from random import Random

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify import time_authority
from dataset_pipeline.certify.keys import key_id, public_pem
from dataset_pipeline.certify.layout import VersionFiles, signature_files
from dataset_pipeline.certify.stamping import complete
from dataset_pipeline.certify.timestamp import Authority
from dataset_pipeline.certify.verify import Verification, verify
from dataset_pipeline_tests.certify.authority import Credentials, answering, serving
from dataset_pipeline_tests.certify.conftest import publish
from dataset_pipeline_tests.certify.stamps import approved, demand, desk, said, stamp

LEAD = CryptoSigner.generate_ecdsa()


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return Credentials(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return Credentials(tmp_path_factory.mktemp("other"), "Other")


@pytest.fixture
def trust(tmp_path: Path, signer: CryptoSigner, tsa: Credentials) -> Path:
    """Trusts the publisher's key and the authority."""
    folder = tmp_path / "trusted"
    folder.mkdir()
    (folder / "key.pem").write_bytes(public_pem(signer))
    shutil.copy(tsa.ca, folder / "tsa.pem")
    return folder


def time(found: Verification) -> tuple[str, str]:
    (only,) = (claim for claim in found.claims if claim.name == names.TIME)
    return only.status, only.detail


def stamp_of(files: VersionFiles) -> Path:
    return signature_files(files.certificate).stamp


def test_without_a_stamp_the_time_is_a_gap(version: VersionFiles) -> None:
    assert time(verify(version.folder))[0] == "not_provable"


def test_a_stamp_by_a_trusted_authority_is_proof(
    version: VersionFiles, tsa: Credentials, trust: Path
) -> None:
    data = version.certificate.read_bytes()
    done = stamp(version, tsa)
    assert (len(done.stamped), done.pending) == (1, ())
    assert version.certificate.read_bytes() == data
    found = verify(version.folder, trust=trust)
    assert found.ok, found.failed
    status, detail = time(found)
    assert status == "ok"
    assert "says CN=Test authority" in detail


def test_a_stamp_by_an_authority_that_nobody_trusts_is_a_gap(
    version: VersionFiles, tsa: Credentials
) -> None:
    stamp(version, tsa)
    found = verify(version.folder)
    assert found.ok
    status, detail = time(found)
    assert status == "not_provable"
    assert "give its certificate with --trust" in detail


def test_a_self_operated_authority_is_said_to_be_one(
    tmp_path: Path, signer: CryptoSigner, tsa: Credentials, other: Credentials, trust: Path
) -> None:
    """By the signed certificate, whoever trusts it; or by the verifier's policy."""
    files, _ = publish(tmp_path / "v", signer, more=said((tsa, False), (other, True)))
    stamp(files, tsa)
    for given in (None, trust):
        found = verify(files.folder, trust=given)
        assert found.ok, found.failed
        status, detail = time(found)
        assert status == "not_provable"
        assert "operated by the publisher: no trusted time" in detail
    files, _ = publish(tmp_path / "w", signer, more=said((tsa, True)))
    stamp(files, tsa)
    assert time(verify(files.folder, trust=trust))[0] == "ok"
    policy = trust / "trust.yaml"
    keys, authorities = [{"file": "key.pem"}], [{"ca": "tsa.pem", "trusted": False}]
    policy.write_text(yaml.safe_dump({"format": 1, "keys": keys, "time_authorities": authorities}))
    assert "no trusted time" in time(verify(files.folder, trust=policy))[1]


def test_a_stamp_by_an_authority_that_nobody_named_fails(
    tmp_path: Path, signer: CryptoSigner, tsa: Credentials, other: Credentials, trust: Path
) -> None:
    """An edited time: whoever replaces the stamp must replace the authority as well."""
    files, _ = publish(tmp_path / "v", signer, more=said((tsa, True)))
    stamp(files, other)
    for given in (None, trust):
        (wrong,) = verify(files.folder, trust=given).failed
        assert (wrong.name, wrong.file) == (names.TIME, stamp_of(files).name)
        assert "nobody named" in wrong.detail


def test_a_verifier_who_trusts_another_authority_is_told_the_publishers_word(
    tmp_path: Path, signer: CryptoSigner, tsa: Credentials, other: Credentials, trust: Path
) -> None:
    files, _ = publish(tmp_path / "v", signer, more=said((tsa, True), (other, True)))
    stamp(files, other)
    found = verify(files.folder, trust=trust)
    assert found.ok
    assert time(found)[0] == "not_provable"


def test_another_certificates_stamp_fails(
    version: VersionFiles, tmp_path: Path, signer: CryptoSigner, tsa: Credentials, trust: Path
) -> None:
    theirs, _ = publish(tmp_path / "theirs", signer, "Other_v1")
    for files in (version, theirs):
        stamp(files, tsa)
    stamp_of(version).write_bytes(stamp_of(theirs).read_bytes())
    (wrong,) = {claim.name for claim in verify(version.folder, trust=trust).failed} - {names.BUNDLE}
    assert wrong == names.TIME


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\x30\x03\x02\x01\x02"])
def test_a_damaged_stamp_fails(
    version: VersionFiles, tsa: Credentials, trust: Path, damage: bytes
) -> None:
    stamp(version, tsa)
    stamp_of(version).write_bytes(damage)
    assert names.TIME in {claim.name for claim in verify(version.folder, trust=trust).failed}


def test_a_stamp_without_its_authority_fails_unless_that_is_trusted(
    version: VersionFiles, tsa: Credentials, trust: Path
) -> None:
    stamp(version, tsa)
    signature_files(version.certificate).authority.unlink()
    assert [claim.name for claim in verify(version.folder).failed] == [names.TIME]
    assert verify(version.folder, trust=trust).ok


def test_an_authority_without_its_stamp_fails_unless_somebody_named_it(
    tmp_path: Path, signer: CryptoSigner, tsa: Credentials, other: Credentials
) -> None:
    """Any text could lie there; a killed run leaves one that the certificate names."""
    files, _ = publish(tmp_path / "v", signer, more={**demand(ml_lead=LEAD), **said((tsa, True))})
    approved(files, "ml_lead", LEAD)
    for key in (None, key_id(public_pem(LEAD))):
        beside = signature_files(files.certificate, key).authority
        for data in (b"Approved by the board.\n", other.ca.read_bytes()):
            beside.write_bytes(data)
            (wrong,) = verify(files.folder).failed
            assert (wrong.name, wrong.file) == (names.TIME, beside.name)
        beside.write_bytes(tsa.ca.read_bytes())
        assert verify(files.folder).ok


def test_a_certificate_that_demands_a_stamp_is_pending_without(
    tmp_path: Path, signer: CryptoSigner, tsa: Credentials
) -> None:
    files, _ = publish(tmp_path / "v", signer, more=said((tsa, True), required=True))
    (wrong,) = verify(files.folder).failed
    assert (wrong.name, wrong.file) == (names.PENDING, stamp_of(files).name)
    stamp(files, tsa)
    assert verify(files.folder).ok


def test_a_certificate_issued_after_its_stamp_fails(
    tmp_path: Path, signer: CryptoSigner, tsa: Credentials, trust: Path
) -> None:
    for issued, fails in (("2999-01-01T00:00:00Z", True), ("2020-01-01T00:00:00Z", False)):
        files, _ = publish(tmp_path / issued[:4], signer, more={"issued": issued})
        stamp(files, tsa)
        assert (time(verify(files.folder, trust=trust))[0] == "failed") is fails


def test_what_no_authority_stamps_is_pending_and_stamped_later(
    version: VersionFiles, tsa: Credentials, trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_authority, "WAIT", 0.001)
    data = version.certificate.read_bytes()
    with serving(answering(tsa.answer, 503)) as server:
        down = Authority("ours", tsa.ca.read_bytes(), trusted=True, url=server.url)
        done = complete(version.certificate, desk(version, down))
    assert done.stamped == ()
    assert done.pending == (f"{stamp_of(version).name}: ours: it answers 503, 3 times",)
    assert not stamp_of(version).exists()
    assert verify(version.folder).ok
    assert stamp(version, tsa).pending == ()
    assert version.certificate.read_bytes() == data
    assert verify(version.folder, trust=trust).ok
    with serving(answering(tsa.answer)) as server:  # nothing is asked twice
        up = Authority("ours", tsa.ca.read_bytes(), trusted=True, url=server.url)
        assert complete(version.certificate, desk(version, up)).stamped == ()
        assert server.asked == 0


def test_an_approval_has_a_stamp_of_its_own(
    tmp_path: Path, signer: CryptoSigner, tsa: Credentials, trust: Path
) -> None:
    """It shows that the approver signed before their key's time was over."""
    files, _ = publish(tmp_path / "v", signer, more=demand(ml_lead=LEAD))
    stamp(files, tsa)
    approved(files, "ml_lead", LEAD)
    keys = [{"file": "key.pem"}, {"pem": public_pem(LEAD).decode(), "valid_until": "2100-01-01"}]
    authorities = [{"ca": "tsa.pem", "trusted": True}]
    policy = trust / "trust.yaml"
    policy.write_text(yaml.safe_dump({"format": 1, "keys": keys, "time_authorities": authorities}))
    assert len(stamp(files, tsa).stamped) == 1
    found = verify(files.folder, trust=policy)
    assert found.ok, found.failed
    told = [claim.detail for claim in found.claims if claim.name == names.TIME]
    assert len(told) == 2
    assert told[1].startswith("approval by key ")


def test_any_damage_beside_a_certificate_gets_a_verdict(
    tmp_path: Path, signer: CryptoSigner, tsa: Credentials, trust: Path
) -> None:
    """Never a crash; what still verifies, says nothing that it did not say before."""
    files, _ = publish(tmp_path / "v", signer, more={**demand(ml_lead=LEAD), **said((tsa, True))})
    approved(files, "ml_lead", LEAD)
    stamp(files, tsa)
    (trust / "lead.pem").write_bytes(public_pem(LEAD))
    right, random = verify(files.folder, trust=trust), Random(7)
    assert right.ok, right.failed
    for path in sorted(files.folder.iterdir()):
        data = path.read_bytes()
        for _ in range(0 if path == files.package else 40):
            damaged = bytearray(data)
            damaged[random.randrange(len(data))] ^= 1 << random.randrange(8)
            path.write_bytes(damaged if random.random() < 0.7 else damaged[: random.randrange(99)])
            found = verify(files.folder, trust=trust)
            if found.ok:
                proven = {claim for claim in found.claims if claim.status == "ok"}
                assert proven <= set(right.claims), path.name
            verify(files.folder)
        path.write_bytes(data)


def test_a_certificate_that_only_openssl_cannot_read_gets_a_verdict(
    version: VersionFiles, tsa: Credentials
) -> None:
    """A name that is no UTF-8: at it the library panics."""
    stamp(version, tsa)
    der = x509.load_pem_x509_certificate(tsa.ca.read_bytes()).public_bytes(Encoding.DER)
    broken = base64.encodebytes(der.replace(b"Test root", b"Test\xff\xff\xff\xff\xff")).decode()
    beside = signature_files(version.certificate).authority
    beside.write_text(f"-----BEGIN CERTIFICATE-----\n{broken}-----END CERTIFICATE-----\n")
    assert [claim.name for claim in verify(version.folder).failed] == [names.TIME]
