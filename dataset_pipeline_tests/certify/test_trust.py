"""Whom a verifier trusts, for what and until when; keys are rotated and old certificates stay."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.errors import TrustUnreadable
from dataset_pipeline.certify.keys import key_id, load_public_key, public_pem
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.trust import TrustedKey
from dataset_pipeline.certify.trust_files import read_trust
from dataset_pipeline.certify.verify import Verification, verify
from dataset_pipeline_tests.certify.authority import Credentials
from dataset_pipeline_tests.certify.conftest import publish
from dataset_pipeline_tests.certify.stamps import stamp

KEY = load_public_key(public_pem(CryptoSigner.generate_ed25519()))
JAN, FEB, MAR = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
DAY = timedelta(days=1)
TODAY = datetime.now(UTC)


def policy(folder: Path, *keys: Mapping[str, Any], **more: Any) -> Path:
    path = folder / "trust.yaml"
    path.write_text(yaml.safe_dump({"format": 1, "keys": list(keys), **more}))
    return path


def of(signer: CryptoSigner, **said: Any) -> dict[str, Any]:
    return {"pem": public_pem(signer).decode(), **said}


def claim(found: Verification, name: str) -> tuple[str, str]:
    (only,) = (claim for claim in found.claims if claim.name == name)
    return only.status, only.detail


@pytest.mark.parametrize(
    ("key", "proven", "now", "status"),
    [
        (TrustedKey(KEY), None, JAN, "ok"),
        (TrustedKey(KEY, valid_from=JAN, valid_until=MAR), None, FEB, "ok"),
        (TrustedKey(KEY, valid_from=JAN, valid_until=MAR), FEB, MAR + DAY, "ok"),
        (TrustedKey(KEY, valid_from=JAN, valid_until=FEB), JAN, MAR, "ok"),
        # An expired key and no trusted time: it may have signed yesterday.
        (TrustedKey(KEY, valid_until=FEB), None, MAR, "not_provable"),
        (TrustedKey(KEY, valid_until=FEB), None, FEB, "not_provable"),
        # Stamped too late: it may have signed in time, and nobody can know.
        (TrustedKey(KEY, valid_until=FEB), FEB, MAR, "not_provable"),
        (TrustedKey(KEY, valid_until=FEB), FEB + DAY, FEB - DAY, "not_provable"),
        # Before its time, it cannot have been this key's doing as agreed.
        (TrustedKey(KEY, valid_from=FEB), JAN, MAR, "failed"),
        (TrustedKey(KEY, valid_from=FEB), None, JAN, "not_provable"),
        # Revoked: only what a stamp shows to be older counts.
        (TrustedKey(KEY, valid_until=MAR, revoked=FEB), None, MAR, "not_provable"),
        (TrustedKey(KEY, valid_until=MAR, revoked=FEB), JAN, MAR, "ok"),
        (TrustedKey(KEY, valid_until=MAR, revoked=FEB), FEB + DAY, MAR, "not_provable"),
        (TrustedKey(KEY, revoked=FEB), None, JAN, "ok"),
    ],
)
def test_a_key_counts_in_its_time(
    key: TrustedKey, proven: datetime | None, now: datetime, status: str
) -> None:
    found, why = key.standing(proven, now)
    assert found == status
    assert (why == "") == (status == "ok")


def test_a_key_that_is_over_takes_its_unstamped_certificates_along(tmp_path: Path) -> None:
    old, new = CryptoSigner.generate_ed25519(), CryptoSigner.generate_ed25519()
    before, _ = publish(tmp_path / "old", old)
    after, _ = publish(tmp_path / "new", new)
    change = TODAY + DAY
    path = policy(tmp_path, of(old, valid_until=change), of(new, valid_from="2020-01-01"))
    assert verify(before.folder, trust=path).ok
    path = policy(tmp_path, of(old, valid_until=TODAY - DAY), of(new))
    found = verify(before.folder, trust=path)
    status, detail = claim(found, names.SIGNATURE)
    assert (found.ok, found.failed, status) == (False, (), "not_provable")
    assert "no trusted time stamp" in detail
    assert verify(after.folder, trust=path).ok
    assert verify(before.folder).ok  # the old key lies beside it; whose it is, is not provable


def test_a_stamp_from_its_time_lets_a_certificate_outlive_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer, tsa = CryptoSigner.generate_ed25519(), Credentials(tmp_path / "tsa")
    files, _ = publish(tmp_path, signer)
    stamp(files, tsa)
    trusted = {"time_authorities": [{"ca": "tsa/ca.pem", "trusted": True}]}
    path = policy(tmp_path, of(signer, valid_until=TODAY + DAY), **trusted)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(days=3650)

    monkeypatch.setattr("dataset_pipeline.certify.check_certificate.datetime", Later)
    assert verify(files.folder, trust=path).ok
    files.certificate.with_suffix(".tsr").unlink()
    assert claim(verify(files.folder, trust=path), names.SIGNATURE)[0] == "not_provable"
    stamp(files, tsa)
    path = policy(tmp_path, of(signer, valid_until=TODAY + DAY))  # nobody trusts the authority
    assert claim(verify(files.folder, trust=path), names.SIGNATURE)[0] == "not_provable"
    stamp(files, tsa)
    path = policy(tmp_path, of(signer, revoked=TODAY - DAY), **trusted)
    assert "was revoked" in claim(verify(files.folder, trust=path), names.SIGNATURE)[1]
    path = policy(tmp_path, of(signer, valid_from=TODAY + DAY), **trusted)
    found = verify(files.folder, trust=path)
    assert "before the key's time" in claim(found, names.SIGNATURE)[1]
    assert found.failed


def test_a_policy_is_yaml_or_json_and_names_files_beside_it(
    version: VersionFiles, tmp_path: Path
) -> None:
    (tmp_path / "ours.pem").write_bytes(version.public_key.read_bytes())
    said = {"format": 1, "keys": [{"file": "ours.pem", "valid_from": "2020-01-01T00:00:00+05:00"}]}
    for name in ("policy.yaml", "policy.yml", "policy.json"):
        path = tmp_path / name
        path.write_text(json.dumps(said))
        assert verify(version.folder, trust=path).ok
        (key,) = read_trust(path).keys.values()
        assert key.valid_from == datetime(2019, 12, 31, 19, tzinfo=UTC)


def test_a_folder_is_its_policy_or_all_its_keys(version: VersionFiles, tmp_path: Path) -> None:
    folder = tmp_path / "trusted"
    folder.mkdir()
    (folder / "ours.pem").write_bytes(version.public_key.read_bytes())
    (folder / "tsa.pem").write_bytes(Credentials(tmp_path / "tsa").ca.read_bytes())
    found = read_trust(folder)
    assert list(found.keys) == [key_id(version.public_key.read_bytes())]
    assert [authority.trusted for authority in found.authorities] == [True]
    assert verify(version.folder, trust=folder).ok
    policy(folder, of(CryptoSigner.generate_ed25519()))
    assert not verify(version.folder, trust=folder).ok
    (folder / "trust.json").write_text("{}")
    with pytest.raises(TrustUnreadable, match="2 policies"):
        read_trust(folder)


GOOD = of(CryptoSigner.generate_ed25519())


@pytest.mark.parametrize(
    "said",
    [
        "",
        "- a",
        "{",
        "\x00",
        {"keys": [GOOD]},
        {"format": 2, "keys": [GOOD]},
        {"format": 1, "keys": []},
        {"format": 1, "keys": [GOOD, GOOD]},
        {"format": 1, "keys": [{}]},
        {"format": 1, "keys": [{**GOOD, "file": "x.pem"}]},
        {"format": 1, "keys": [{"file": "missing.pem"}]},
        {"format": 1, "keys": [{"pem": "text"}]},
        {"format": 1, "keys": [{**GOOD, "valid_til": "2026-01-01"}]},
        {"format": 1, "keys": [{**GOOD, "valid_until": "soon"}]},
        {"format": 1, "keys": [{**GOOD, "valid_until": "9999-12-31T23:59:59-05:00"}]},
        {"format": 1, "keys": [{**GOOD, "valid_from": "2026-02-01", "valid_until": "2026-01-01"}]},
        {"format": 1, "keys": [GOOD], "time_authorities": [{"ca": "missing.pem"}]},
        {"format": 1, "keys": [GOOD], "time_authorities": [{"ca": "policy.yaml"}]},
        {"format": 1, "keys": [GOOD], "approvals": {"roles": ["a"], "threshold": 2}},
        {"format": 1, "keys": [GOOD], "approvals": {"roles": []}},
    ],
)
def test_an_unusable_policy_is_no_answer(tmp_path: Path, said: Any) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(said if isinstance(said, str) else yaml.safe_dump(said))
    with pytest.raises(TrustUnreadable):
        read_trust(path)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (5, "format: 1\nkeys:\n- file: k.pem\n  revoked: 2020-01-01\n  revoked: null\n"),
        (4, "format: 1\nkeys:\n- file: k.pem\nkeys:\n- file: k.pem\n"),
        (6, "format: 1\nkeys:\n- file: k.pem\napprovals:\n  roles: [ml_lead]\napprovals: null\n"),
    ],
)
def test_what_a_policy_says_twice_hides_nothing(tmp_path: Path, line: int, text: str) -> None:
    """YAML has the last count: a revocation, or what must be approved, would be gone unseen."""
    (tmp_path / "k.pem").write_text(GOOD["pem"])
    (tmp_path / "trust.yaml").write_text(text)
    with pytest.raises(TrustUnreadable, match=f"line {line}: the key .* twice"):
        read_trust(tmp_path / "trust.yaml")
