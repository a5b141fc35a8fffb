"""What became of a version: told by the ledger of its store, or by a notice that somebody sent."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from dataset_pipeline.certify.claims import Claim, Verification
from dataset_pipeline.certify.envelope import read_envelope, sign_statement
from dataset_pipeline.certify.errors import CannotVerify
from dataset_pipeline.certify.keys import public_pem
from dataset_pipeline.certify.layout import TRAINING_CERTIFICATE, VersionFiles
from dataset_pipeline.certify.lifecycle import Lifecycle, version_standings
from dataset_pipeline.certify.log import Log, prove
from dataset_pipeline.certify.model import model_subjects
from dataset_pipeline.certify.standing import STANDING, Standing, standings
from dataset_pipeline.certify.statement import training_statement
from dataset_pipeline.certify.verify import verify
from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.errors import NotFoundError, StoreError
from dataset_pipeline.retrospective.certify import Wanted, certify_folder
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.certify.conftest import NAME, Sample

TIME = "2026-05-02T12:00:00Z"
OTHER = "Sample_Dataset_v1.0.1_2026-05-02"


@pytest.fixture
def lifecycle(tmp_path: Path, sample: Sample, signer: CryptoSigner) -> Lifecycle:
    """A store with the version in it, and another one that the ledger alone has."""
    store = Store(tmp_path / "store")
    files = sample.copy(tmp_path / "store" / "versions" / "sample")
    log = Log(store.ledger, lambda: signer)
    statement = sha256_hex(read_envelope(files.certificate.read_bytes()).payload)
    for name, digest in ((NAME, statement), (OTHER, "b" * 64)):
        log.enter("certified", TIME, dataset="sample", version=name, statement_sha256=digest)
    return Lifecycle(store, log, TIME)


def in_store(lifecycle: Lifecycle) -> Path:
    return lifecycle.store.root / "versions" / "sample" / NAME


def told(found: Verification) -> list[Claim]:
    return [claim for claim in found.claims if claim.name == STANDING]


def notice(lifecycle: Lifecycle, path: Path, index: int) -> Path:
    path.write_bytes(prove(lifecycle.store.ledger, index).write())
    return path


def test_a_version_that_stands(lifecycle: Lifecycle) -> None:
    found = verify(in_store(lifecycle))
    assert found.ok
    assert [claim.status for claim in told(found)] == ["ok"]


@pytest.mark.parametrize("entered", [OTHER, NAME])
def test_a_ledger_that_never_had_the_certificate_does_not_say_that_it_stands(
    lifecycle: Lifecycle, signer: CryptoSigner, tmp_path: Path, entered: str
) -> None:
    """A copy in another store of the same publisher, where a version of that name may be, too."""
    lifecycle.withdraw(NAME, "why")
    other = Store(tmp_path / "other")
    copy = shutil.copytree(in_store(lifecycle), other.root / "versions" / "sample" / NAME)
    said = {"dataset": "sample", "version": entered, "statement_sha256": "b" * 64}
    Log(other.ledger, lambda: signer).enter("certified", TIME, **said)
    (claim,) = told(verify(copy))
    assert (claim.status, "no entry of this certificate" in claim.detail) == ("not_provable", True)


def test_a_withdrawn_version_does_not_verify(lifecycle: Lifecycle, version: VersionFiles) -> None:
    entry, fresh = lifecycle.withdraw(NAME, "consent  was\ntaken back")
    assert fresh
    (failed,) = verify(in_store(lifecycle)).failed
    assert failed.name == STANDING
    assert failed.detail == f"{NAME} was withdrawn on 2026-05-02 because consent was taken back"
    assert not verify(in_store(lifecycle) / f"{NAME}.zip").ok
    # Elsewhere nobody knows, unless they are told.
    (unknown,) = told(verify(version.folder))
    assert (unknown.status, verify(version.folder).ok) == ("not_provable", True)
    sent = notice(lifecycle, version.folder.parent / "n.tlog-proof", entry["index"])
    found = verify(version.folder, notices=[sent])
    assert [claim.detail for claim in found.failed] == [failed.detail]


def test_a_superseded_version_verifies_and_says_so(
    lifecycle: Lifecycle, version: VersionFiles
) -> None:
    entry, _ = lifecycle.supersede(NAME, OTHER, "better labels")
    sent = notice(lifecycle, version.folder.parent / "n.tlog-proof", entry["index"])
    for found in (verify(in_store(lifecycle)), verify(version.folder, notices=[sent])):
        assert found.ok
        (claim,) = told(found)
        assert claim.status == "not_provable"
        assert f"superseded by {OTHER} on 2026-05-02 because better labels" in claim.detail


def test_a_withdrawal_outweighs_whatever_else_was_said(lifecycle: Lifecycle) -> None:
    lifecycle.withdraw(NAME, "first")
    assert lifecycle.withdraw(NAME, "second")[1] is False
    lifecycle.supersede(NAME, OTHER, "third")
    assert version_standings(lifecycle.store.ledger) == {NAME: Standing("withdrawn", TIME, "first")}


def test_the_newest_successor_counts() -> None:
    told = {"kind": "superseded", "version": "a", "reason": "r", "time": TIME}
    entries = [{"kind": "certified", "version": "a"}, {**told, "by": "b"}, {**told, "by": "c"}]
    assert standings(entries) == {"a": Standing("superseded", TIME, "r", "c")}


def test_the_first_withdrawal_counts_whatever_comes_after() -> None:
    told = {"version": "a", "time": TIME}
    first = {**told, "kind": "withdrawn", "reason": "first"}
    later = [
        {**told, "kind": "superseded", "reason": "r", "by": "b"},
        {**first, "reason": "second"},
    ]
    assert standings([first, *later]) == {"a": Standing("withdrawn", TIME, "first")}
    assert standings([*later, first])["a"].reason == "second"


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 501, "a\x1b[31mb", "a\u202eb"])
def test_a_reason_is_a_line_for_people(lifecycle: Lifecycle, reason: str) -> None:
    with pytest.raises(StoreError, match="a reason is"):
        lifecycle.withdraw(NAME, reason)
    with pytest.raises(StoreError, match="a reason is"):
        lifecycle.supersede(NAME, OTHER, reason)


def test_what_cannot_supersede(lifecycle: Lifecycle) -> None:
    with pytest.raises(StoreError, match="itself"):
        lifecycle.supersede(NAME, NAME, "why")
    with pytest.raises(NotFoundError):
        lifecycle.supersede(NAME, "unknown", "why")
    for unknown in ("unknown", "caf\udce9", "../../etc"):
        with pytest.raises(NotFoundError):
            lifecycle.withdraw(unknown, "why")
    lifecycle.supersede(NAME, OTHER, "why")
    assert lifecycle.supersede(NAME, OTHER, "again")[1] is False
    with pytest.raises(StoreError, match="was superseded by"):
        lifecycle.supersede(OTHER, NAME, "and back")


def test_a_version_of_another_dataset_supersedes_nothing(lifecycle: Lifecycle) -> None:
    name = "Other_Dataset_v1.0.1_2026-05-02"
    said = {"dataset": "other", "version": name, "statement_sha256": "c" * 64}
    lifecycle.log.enter("certified", TIME, **said)
    before = lifecycle.store.ledger.read()
    for old, new, theirs, ours in (
        (NAME, name, "other", "sample"),
        (name, NAME, "sample", "other"),
    ):
        with pytest.raises(StoreError, match=f"{new} is .* '{theirs}' .*{old}, .* '{ours}'; name"):
            lifecycle.supersede(old, new, "why")
    assert lifecycle.store.ledger.read() == before


def test_an_old_folder_may_become_a_version_of_any_dataset(lifecycle: Lifecycle) -> None:
    digest = "d" * 64
    said = {"dataset": "exports", "version": digest, "statement_sha256": "c" * 64}
    lifecycle.log.enter("retrospective", TIME, **said)
    assert lifecycle.supersede(digest, NAME, "built anew")[1]


def test_a_ledger_from_which_the_withdrawal_was_taken_fails(lifecycle: Lifecycle) -> None:
    ledger = lifecycle.store.ledger
    before = ledger.read()
    lifecycle.withdraw(NAME, "why")
    ledger.path.write_bytes(before)
    found = verify(in_store(lifecycle))
    (claim,) = told(found)
    assert (claim.status, claim.file) == ("failed", "ledger.jsonl")
    assert "1 of 3 lines are gone" in claim.detail


def test_a_withdrawal_in_a_damaged_ledger_is_still_told(lifecycle: Lifecycle) -> None:
    lifecycle.withdraw(NAME, "why")
    data = lifecycle.store.ledger.read()
    lifecycle.store.ledger.path.write_bytes(
        data.replace(OTHER.encode(), OTHER[:-1].encode() + b"3")
    )
    assert not verify(in_store(lifecycle)).ok


def test_whom_the_ledger_beside_must_be_signed_by(lifecycle: Lifecycle, tmp_path: Path) -> None:
    shutil.rmtree(lifecycle.store.ledger.path.parent)
    other = Log(lifecycle.store.ledger, CryptoSigner.generate_ed25519)
    other.enter("certified", TIME, dataset="sample", version=NAME, statement_sha256="a" * 64)
    trust = tmp_path / "trust.pem"
    trust.write_bytes((in_store(lifecycle) / f"{NAME}.pub.pem").read_bytes())
    (claim,) = told(verify(in_store(lifecycle), trust=trust))
    assert (claim.status, "none of the given keys" in claim.detail) == ("not_provable", True)


def test_notices_that_do_not_hold(
    lifecycle: Lifecycle, version: VersionFiles, tmp_path: Path
) -> None:
    entry, _ = lifecycle.withdraw(NAME, "why")
    sent = notice(lifecycle, tmp_path / "n.tlog-proof", entry["index"])
    trust = tmp_path / "trust.pem"
    trust.write_bytes(public_pem(CryptoSigner.generate_ed25519()))
    (claim,) = told(verify(version.folder, trust=trust, notices=[sent]))
    assert (claim.status, "none of the given keys signed it" in claim.detail) == ("failed", True)
    version.public_key.unlink()
    (claim,) = told(verify(version.folder, notices=[sent]))
    assert claim.status == "failed"
    forged = prove(lifecycle.store.ledger, entry["index"])
    sent.write_bytes(forged.write().replace(b"index 2", b"index 1"))
    (claim,) = told(verify(version.folder, notices=[sent]))
    assert claim.status == "failed"


def test_a_notice_by_a_later_key_needs_that_key(
    lifecycle: Lifecycle, version: VersionFiles, signer: CryptoSigner, tmp_path: Path
) -> None:
    later = CryptoSigner.generate_ed25519()
    log = Log(lifecycle.store.ledger, lambda: later)
    entry, _ = Lifecycle(lifecycle.store, log, TIME).supersede(NAME, OTHER, "better labels")
    sent = notice(lifecycle, tmp_path / "n.tlog-proof", entry["index"])
    (claim,) = told(verify(version.folder, notices=[sent]))
    assert (claim.status, "give the publisher's later ones" in claim.detail) == ("failed", True)
    trust = tmp_path / "trust.pem"
    trust.write_bytes(public_pem(signer) + public_pem(later))
    assert verify(version.folder, notices=[sent], trust=trust).ok


def test_notices_about_something_else(
    lifecycle: Lifecycle, version: VersionFiles, tmp_path: Path
) -> None:
    entry, _ = lifecycle.withdraw(OTHER, "why")
    wrong = notice(lifecycle, tmp_path / "other.tlog-proof", entry["index"])
    with pytest.raises(CannotVerify, match=f"about {OTHER}"):
        verify(version.folder, notices=[wrong])
    with pytest.raises(CannotVerify, match="cannot be read"):
        verify(version.folder, notices=[tmp_path / "nowhere"])
    certified = notice(lifecycle, tmp_path / "certified.tlog-proof", 0)
    (claim,) = told(verify(version.folder, notices=[certified]))
    assert (claim.status, "is no notice" in claim.detail) == ("not_provable", True)


def test_a_renamed_certificate_does_not_escape_its_notice(
    lifecycle: Lifecycle, version: VersionFiles, tmp_path: Path
) -> None:
    """The notice names the statement too."""
    entry, _ = lifecycle.withdraw(NAME, "why")
    sent = notice(lifecycle, tmp_path / "n.tlog-proof", entry["index"])
    certificate, key = (version.folder / f"x{end}" for end in (".certificate.json", ".pub.pem"))
    version.certificate.rename(certificate)
    version.public_key.rename(key)
    version.package.rename(version.folder / "x.zip")
    found = verify(version.folder / "x.zip", certificate=certificate, notices=[sent])
    assert STANDING in {claim.name for claim in found.failed}


def test_a_model_says_what_became_of_its_version(
    lifecycle: Lifecycle, model: Path, signer: CryptoSigner
) -> None:
    place = lifecycle.store.models / "abc"
    shutil.copytree(model, place)
    predicate = {"gaps": [], "version": {"name": NAME}}
    statement = training_statement(model_subjects(place), predicate)
    (place / TRAINING_CERTIFICATE).write_bytes(sign_statement(statement, signer))
    assert told(verify(place)) == []
    lifecycle.withdraw(NAME, "why")
    found = verify(place)
    assert found.ok
    (claim,) = told(found)
    assert "withdrawn on 2026-05-02 because why" in claim.detail


def test_a_withdrawn_certificate_of_an_old_folder_does_not_verify(
    lifecycle: Lifecycle, signer: CryptoSigner, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.txt").write_text("a")
    now = datetime(2026, 5, 1, tzinfo=UTC)
    done = certify_folder(Wanted(tmp_path / "old"), lifecycle.store, lambda: signer, now)
    (claim,) = told(verify(done.folder))
    assert claim.status == "ok"
    entry, _ = lifecycle.withdraw(done.digest, "not ours to use")
    (failed,) = verify(done.folder).failed
    assert (failed.name, "not ours to use" in failed.detail) == (STANDING, True)
    away = shutil.copytree(done.folder, tmp_path / "away")
    assert verify(away).ok
    sent = notice(lifecycle, tmp_path / "n.tlog-proof", entry["index"])
    assert [claim.name for claim in verify(away, notices=[sent]).failed] == [STANDING]


def test_what_would_not_be_looked_at_is_refused(
    lifecycle: Lifecycle, model: Path, version: VersionFiles, tmp_path: Path
) -> None:
    entry, _ = lifecycle.withdraw(NAME, "why")
    sent = notice(lifecycle, tmp_path / "n.tlog-proof", entry["index"])
    with pytest.raises(CannotVerify, match="of a model, nothing is said by --notice"):
        verify(model, notices=[sent])
    with pytest.raises(CannotVerify, match="of a proof, nothing is said by --notice"):
        verify(sent, notices=[sent])
    with pytest.raises(CannotVerify, match="of a version, nothing is said by --folder"):
        verify(version.folder, folder=tmp_path)


def test_a_ledger_whose_lines_are_gone_proves_nothing(lifecycle: Lifecycle) -> None:
    """With them went the withdrawal; the checkpoint over them is still there."""
    lifecycle.withdraw(NAME, "why")
    lifecycle.store.ledger.path.unlink()
    (failed,) = verify(in_store(lifecycle)).failed
    assert (failed.name, "gone at the end" in failed.detail) == (STANDING, True)


def test_a_withdrawal_that_was_taken_out_is_missed_though_a_successor_is_named(
    lifecycle: Lifecycle,
) -> None:
    lifecycle.supersede(NAME, OTHER, "better labels")
    lifecycle.withdraw(NAME, "why")
    path = lifecycle.store.ledger.path
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    found = verify(in_store(lifecycle))
    assert ["superseded" in claim.detail for claim in told(found)] == [True, False]
    (failed,) = found.failed
    assert "gone at the end" in failed.detail


def test_a_removal_is_entered_once(lifecycle: Lifecycle) -> None:
    lifecycle.note_erasure("sample")
    assert lifecycle.store.ledger.find(kind="erasure") == []
    stones = lifecycle.store.tombstones("sample")
    for _ in range(2):
        stones.add([{"kind": "batch", "digest": "c" * 64}])
        for _ in range(2):
            lifecycle.note_erasure("sample")
    first, second = lifecycle.store.ledger.find(kind="erasure")
    assert (first["tombstones"], second["tombstones"]) == (1, 2)
    assert second["tombstones_sha256"] == stones.check().head
    assert lifecycle.store.ledger.check().intact
