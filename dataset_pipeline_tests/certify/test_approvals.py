"""Several signatures on one certificate, and the threshold that they must meet."""

import json
import multiprocessing
from pathlib import Path

import pytest
import yaml
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.errors import ApprovalRefused
from dataset_pipeline.certify.keys import key_id, load_or_create_signer, public_pem
from dataset_pipeline.certify.layout import VersionFiles, signature_files
from dataset_pipeline.certify.verify import Verification, verify
from dataset_pipeline_tests.certify import tampering
from dataset_pipeline_tests.certify.conftest import publish
from dataset_pipeline_tests.certify.stamps import approved, demand

LEAD, LAW = CryptoSigner.generate_ed25519(), CryptoSigner.generate_ecdsa()


@pytest.fixture
def files(tmp_path: Path, signer: CryptoSigner) -> VersionFiles:
    return publish(tmp_path / "v", signer, more=demand(ml_lead=LEAD, compliance=LAW))[0]


def pending(found: Verification) -> str:
    """What is pending, when that is all that is wrong."""
    assert not found.ok
    (only,) = found.failed
    assert only.name == names.PENDING
    return only.detail


def told(found: Verification, name: str) -> list[str]:
    return [f"{claim.status}: {claim.detail}" for claim in found.claims if claim.name == name]


def key_of(files: VersionFiles, signer: CryptoSigner) -> Path:
    return signature_files(files.certificate, key_id(public_pem(signer))).key


def test_a_certificate_waits_for_all_whom_it_names(files: VersionFiles) -> None:
    payload = read_envelope(files.certificate.read_bytes()).payload
    assert "has 0; pending: compliance, ml_lead" in pending(verify(files.folder))
    assert approved(files, "ml_lead", LEAD).fresh
    assert pending(verify(files.folder)).endswith("has 1; pending: compliance")
    assert approved(files, "compliance", LAW).fresh
    found = verify(files.folder)
    assert found.ok, found.failed
    (given,) = told(found, names.APPROVALS)
    assert given.startswith("ok: 2 as the certificate demands: compliance by key ")
    assert read_envelope(files.certificate.read_bytes()).payload == payload
    assert told(found, names.OWNER)[0].startswith("not_provable")


def test_a_threshold_may_be_less_than_all(tmp_path: Path, signer: CryptoSigner) -> None:
    files, _ = publish(tmp_path, signer, more=demand(1, ml_lead=LEAD, compliance=LAW))
    assert not verify(files.folder).ok
    approved(files, "compliance", LAW)
    assert verify(files.folder).ok


def test_an_approval_is_given_once(files: VersionFiles) -> None:
    """An ECDSA signature is another each time; the first stays."""
    first = approved(files, "compliance", LAW)
    data = files.certificate.read_bytes()
    assert not approved(files, "compliance", LAW).fresh
    assert files.certificate.read_bytes() == data
    key_of(files, LAW).unlink()  # as by a run that was killed in between
    assert approved(files, "compliance", LAW).statement == first.statement
    assert key_of(files, LAW).read_bytes() == public_pem(LAW)


def test_what_is_not_demanded_is_refused(files: VersionFiles, version: VersionFiles) -> None:
    data = files.certificate.read_bytes()
    with pytest.raises(ApprovalRefused, match=r"no role 'board' .*\(compliance, ml_lead\)"):
        approved(files, "board", LEAD)
    with pytest.raises(ApprovalRefused, match=r"does not name .* for compliance"):
        approved(files, "compliance", LEAD)
    with pytest.raises(ApprovalRefused, match="demands no approvals"):
        approved(version, "ml_lead", LEAD)
    assert files.certificate.read_bytes() == data
    assert [p.name for p in files.folder.iterdir() if "approval" in p.name] == []


@pytest.mark.parametrize(
    "tamper", [tampering.swap_files, tampering.edited_statement, tampering.no_key]
)
def test_nobody_approves_what_is_damaged(files: VersionFiles, tamper: tampering.Tampering) -> None:
    tamper(files)
    with pytest.raises(ApprovalRefused, match="does not verify"):
        approved(files, "ml_lead", LEAD)


def test_what_is_not_certified_is_not_approved(files: VersionFiles) -> None:
    files.certificate.unlink()
    with pytest.raises(ApprovalRefused, match="is not certified"):
        approved(files, "ml_lead", LEAD)


def test_a_publisher_who_is_the_approver_is_no_publisher(
    tmp_path: Path, signer: CryptoSigner
) -> None:
    files, _ = publish(tmp_path, signer, more=demand(ml_lead=signer))
    (wrong,) = verify(files.folder).failed
    assert (wrong.name, "as its publisher" in wrong.detail) == (names.SIGNATURE, True)


def _approve(task: tuple[Path, str, str, Path]) -> bool:
    folder, name, role, key = task
    return approved(VersionFiles(folder, name), role, load_or_create_signer(key)).fresh


def test_approvals_at_once_are_all_kept(tmp_path: Path, signer: CryptoSigner) -> None:
    signers = {f"role{n}": load_or_create_signer(tmp_path / "keys" / f"{n}.pem") for n in range(4)}
    files, _ = publish(tmp_path, signer, more=demand(**signers))
    tasks = [
        (files.folder, files.name, f"role{n % 4}", tmp_path / "keys" / f"{n % 4}.pem")
        for n in range(8)
    ]
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        fresh = pool.map(_approve, tasks, chunksize=1)
    assert sum(fresh) == 4
    assert verify(files.folder).ok


def edit(files: VersionFiles, change: object) -> None:
    envelope = json.loads(files.certificate.read_bytes())
    change(envelope["signatures"])  # type: ignore[operator]
    files.certificate.write_text(json.dumps(envelope, indent=2) + "\n")


@pytest.fixture
def both(files: VersionFiles) -> VersionFiles:
    approved(files, "ml_lead", LEAD)
    approved(files, "compliance", LAW)
    return files


def test_a_signature_taken_away_is_missed(both: VersionFiles) -> None:
    edit(both, lambda signatures: signatures.pop())
    (stray,) = (claim for claim in verify(both.folder).failed if claim.name == names.BESIDE)
    (both.folder / str(stray.file)).unlink()
    assert "pending: compliance" in pending(verify(both.folder))


def test_an_approval_of_something_else_is_found(
    both: VersionFiles, tmp_path: Path, signer: CryptoSigner
) -> None:
    """A true signature of the same person, for another version."""
    other, _ = publish(
        tmp_path / "other", signer, "Other_v1", more=demand(ml_lead=LEAD, compliance=LAW)
    )
    approved(other, "compliance", LAW)
    theirs = json.loads(other.certificate.read_bytes())["signatures"][1]
    edit(both, lambda signatures: signatures.__setitem__(2, theirs))
    (wrong,) = {claim.name for claim in verify(both.folder).failed} - {names.PENDING}
    assert wrong == names.SIGNATURE


def test_signatures_in_another_order_are_found(both: VersionFiles) -> None:
    edit(both, lambda signatures: signatures.reverse())
    assert names.SIGNATURE in {claim.name for claim in verify(both.folder).failed}


def test_another_key_in_an_approvers_file_is_found(both: VersionFiles) -> None:
    key_of(both, LAW).write_bytes(public_pem(CryptoSigner.generate_ed25519()))
    failed = {claim.file for claim in verify(both.folder).failed}
    assert key_of(both, LAW).name in failed
    key_of(both, LAW).unlink()
    assert "its key is not here" in pending(verify(both.folder))


def test_an_approver_is_no_publisher(both: VersionFiles, tmp_path: Path) -> None:
    trust = tmp_path / "lead.pem"
    trust.write_bytes(public_pem(LEAD))
    failed = verify(both.folder, trust=trust).failed
    assert "none of the given keys signed it as its publisher" in failed[0].detail


def test_a_verifier_counts_only_whom_they_trust(
    both: VersionFiles, tmp_path: Path, signer: CryptoSigner
) -> None:
    trust = tmp_path / "keys.pem"
    trust.write_bytes(public_pem(signer) + public_pem(LEAD))
    assert "compliance by key " in pending(verify(both.folder, trust=trust))
    trust.write_bytes(public_pem(signer) + public_pem(LEAD) + public_pem(LAW))
    found = verify(both.folder, trust=trust)
    assert found.ok, found.failed
    assert told(found, names.OWNER)[0].startswith("ok")


def test_a_policy_gives_roles_and_demands_approvals_of_its_own(
    both: VersionFiles, version: VersionFiles, tmp_path: Path, signer: CryptoSigner
) -> None:
    def policy(law: str, roles: list[str]) -> Path:
        pems = {None: signer, "ml_lead": LEAD, law: LAW}
        keys = [
            {"pem": public_pem(s).decode(), **({"role": r} if r else {})} for r, s in pems.items()
        ]
        path = tmp_path / "trust.yaml"
        path.write_text(yaml.safe_dump({"format": 1, "keys": keys, "approvals": {"roles": roles}}))
        return path

    assert verify(both.folder, trust=policy("compliance", ["compliance", "ml_lead"])).ok
    assert "the trust policy demands 1 approvals and has 0" in pending(
        verify(version.folder, trust=policy("compliance", ["compliance"]))
    )
    # Whom the publisher calls compliance is somebody else to this verifier.
    assert "pending: compliance" in pending(
        verify(both.folder, trust=policy("intern", ["ml_lead"]))
    )


def test_an_expired_approver_does_not_count_without_a_stamp(
    both: VersionFiles, tmp_path: Path, signer: CryptoSigner
) -> None:
    keys = [
        {"pem": public_pem(signer).decode()},
        {"pem": public_pem(LEAD).decode(), "valid_until": "2026-01-01"},
        {"pem": public_pem(LAW).decode()},
    ]
    path = tmp_path / "trust.yaml"
    path.write_text(yaml.safe_dump({"format": 1, "keys": keys}))
    assert "no trusted time stamp says" in pending(verify(both.folder, trust=path))


def test_a_stray_signature_says_nothing(version: VersionFiles) -> None:
    stray = {"keyid": "0" * 64, "sig": "AAAA"}
    edit(version, lambda signatures: signatures.append(stray))
    found = verify(version.folder)
    assert found.ok
    assert told(found, names.OTHER_SIGNATURES)[0].startswith("not_provable: there is one by key 00")


@pytest.mark.parametrize(
    "said",
    [
        "all",
        {"roles": {"a": ["0" * 64]}},
        {"roles": {"a": ["0" * 64]}, "threshold": 0},
        {"roles": {"a": ["0" * 64]}, "threshold": 2},
        {"roles": {"a": ["0" * 64]}, "threshold": True},
        {"roles": {"a": "0" * 64}, "threshold": 1},
        {"roles": {"a": ["../.."]}, "threshold": 1},
        {"roles": [], "threshold": 1},
    ],
)
def test_a_demand_that_is_none_fails(tmp_path: Path, signer: CryptoSigner, said: object) -> None:
    files, _ = publish(tmp_path, signer, more={"approvals": said})
    assert [claim.name for claim in verify(files.folder).failed] == [names.CERTIFICATE]
