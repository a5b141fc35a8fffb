"""What a configuration may demand of approvals and time stamps."""

from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.config_file import Dataset, InvalidDatasetError, load_dataset
from dataset_pipeline_tests.certify.authority import Credentials
from dataset_pipeline_tests.small import config, write_dataset

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)
ROLES = {"ml_lead": [ONE], "compliance": [TWO, THREE]}


def loaded(tmp_path: Path, **certificate: Any) -> Dataset:
    write_dataset(tmp_path, "small", [], certificate={**config()["certificate"], **certificate})
    return load_dataset(tmp_path, "small")


def told(tmp_path: Path, **certificate: Any) -> str:
    with pytest.raises(InvalidDatasetError) as caught:
        loaded(tmp_path, **certificate)
    return str(caught.value)


def stamps(**authority: Any) -> dict[str, Any]:
    return {"authorities": [{"url": "https://tsa.example/", "ca": "ca.pem", **authority}]}


def test_every_role_is_needed_unless_a_threshold_says_less(tmp_path: Path) -> None:
    for approvals, needed in (({"roles": ROLES}, 2), ({"roles": ROLES, "threshold": 1}, 1)):
        found = loaded(tmp_path, approvals=approvals).config.certificate.approvals
        assert found is not None
        assert found.needed == needed


@pytest.mark.parametrize(
    ("approvals", "why"),
    [
        ({"roles": ROLES, "threshold": 3}, "threshold is 3, and there are 2 roles"),
        ({"roles": ROLES, "threshold": 0}, "greater than or equal to 1"),
        ({"roles": {"ml_lead": [ONE], "compliance": [ONE]}}, "has two roles"),
        ({"roles": {"ml_lead": ["abc"]}}, "expected a SHA-256: 64 digits"),
        ({"roles": {"ml_lead": []}}, "at least 1"),
        ({"roles": {}}, "at least 1"),
    ],
)
def test_a_demand_that_nobody_can_meet_is_told(tmp_path: Path, approvals: Any, why: str) -> None:
    assert why in told(tmp_path, approvals=approvals)


def test_an_authority_needs_its_certificate(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path, "small", [])
    assert "no file 'ca.pem'" in told(tmp_path, time_stamps=stamps())
    (folder / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    assert "no certificates in PEM form" in told(tmp_path, time_stamps=stamps())
    (folder / "ca.pem").write_bytes(Credentials(tmp_path / "tsa").ca.read_bytes())
    found = loaded(tmp_path, time_stamps=stamps()).config.certificate.time_stamps
    assert found is not None
    assert not found.required
    assert not found.authorities[0].trusted


@pytest.mark.parametrize("url", ["ftp://tsa.example/", "https://me:secret@tsa.example/", "tsa"])
def test_an_authority_is_on_the_web_and_its_address_keeps_no_secret(
    tmp_path: Path, url: str
) -> None:
    assert "authorities.0.url" in told(tmp_path, time_stamps=stamps(url=url))


def test_a_version_depends_on_who_approves_and_not_on_who_stamps(tmp_path: Path) -> None:
    plain = loaded(tmp_path).config.content_part()
    (tmp_path / "small" / "ca.pem").write_bytes(Credentials(tmp_path / "tsa").ca.read_bytes())
    assert loaded(tmp_path, time_stamps=stamps()).config.content_part() == plain
    assert loaded(tmp_path, approvals={"roles": ROLES}).config.content_part() != plain
