"""A version is signed at once; stamps and approvals join it, and nothing waits for them."""

import random
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.certify.keys import key_id, load_or_create_signer, public_pem
from dataset_pipeline_tests.certify.authority import Credentials, answering, serving
from dataset_pipeline_tests.small import config, write_dataset
from dataset_pipeline_tests.system.place import Place

pytestmark = pytest.mark.slow
WORDS = "alpha bravo delta echo golf hotel india kilo lima mike oscar papa romeo tango".split()  # noqa: SIM905
ROWS = [{"id": f"r{n}", "text": " ".join(random.Random(n).choices(WORDS, k=12))} for n in range(60)]


class Authority:
    """A local authority that may be out of order."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials, self.up, self.url = credentials, False, ""

    def answer(self, handler: BaseHTTPRequestHandler, request: bytes) -> None:
        answering(self.credentials.answer, 200 if self.up else 503)(handler, request)


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    found = Authority(Credentials(tmp_path / "tsa"))
    with serving(found.answer) as server:
        found.url = server.url
        yield found


def placed(tmp_path: Path, **certificate: Any) -> Place:
    place = Place(tmp_path)
    write_dataset(
        place.configs, "small", ROWS, certificate={**config()["certificate"], **certificate}
    )
    return place


def stamps(place: Path, authority: Authority, *, required: bool = False) -> dict[str, Any]:
    folder = place / "configs" / "small"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tsa.pem").write_bytes(authority.credentials.ca.read_bytes())
    listed = [{"url": authority.url, "ca": "tsa.pem", "trusted": True}]
    return {"authorities": listed, "required": required}


def folder(place: Place) -> Path:
    (found,) = (place.store / "versions" / "small").glob("*_v*")
    return found


def claims(place: Place, *args: str, code: int) -> dict[str, str]:
    answer = place.ask("verify", str(folder(place)), *args, "--json")
    assert answer.code == code, answer.out + answer.err
    return {claim["name"]: claim["detail"] for claim in answer.json["claims"]}


def standing(place: Place) -> str | None:
    (row,) = place.yes("versions", "small")
    told: str | None = row["standing"]
    assert not told or told in place.ask("versions", "small").said
    return told


def test_a_version_is_stamped_and_approved_after_it_was_signed(
    tmp_path: Path, authority: Authority
) -> None:
    lead, law = (tmp_path / "people" / name for name in ("lead.pem", "law.pem"))
    roles = {
        role: [key_id(public_pem(load_or_create_signer(path)))]
        for role, path in (("ml_lead", lead), ("compliance", law))
    }
    place = placed(tmp_path, approvals={"roles": roles}, time_stamps=stamps(tmp_path, authority))
    place.run(dataset="small")
    certificate = folder(place) / f"{folder(place).name}.certificate.json"
    signed = certificate.read_bytes()
    assert "compliance, ml_lead" in claims(place, code=1)["pending"]
    assert standing(place) == "pending: compliance, ml_lead"
    assert place.ask("stamp", "1.0.0").code == 1

    authority.up = True
    (told,) = place.yes("stamp")
    assert len(told["stamped"]) == 1
    assert certificate.read_bytes() == signed
    trust = tmp_path / "trust"
    trust.mkdir()
    (trust / "tsa.pem").write_bytes(authority.credentials.ca.read_bytes())
    (pipeline,) = folder(place).glob("*.pub.pem")
    (trust / "keys.pem").write_bytes(
        b"".join(
            [pipeline.read_bytes(), *(public_pem(load_or_create_signer(p)) for p in (lead, law))]
        )
    )
    found = claims(place, "--trust", str(trust), code=1)
    assert "CN=Test authority" in found["trusted-time"]

    done = place.yes("approve", "1.0.0", "--as", "ml_lead", "--key", str(lead))
    assert (done["fresh"], done["in_ledger"]) == (True, True)
    assert not place.yes("approve", "1.0.0", "--as", "ml_lead", "--key", str(lead))["fresh"]
    for args, code, why in (
        (("--as", "compliance", "--key", str(lead)), 1, "does not name"),
        (("--as", "board", "--key", str(law)), 1, "no role 'board'"),
        (("--as", "compliance"), 1, "does not name"),
        (("--as", "compliance", "--key", str(tmp_path / "none.pem")), 2, "cannot be read"),
    ):
        answer = place.ask("approve", "1.0.0", *args)
        assert (answer.code, why in answer.said) == (code, True), answer.said
    assert claims(place, code=1)["pending"].endswith("has 1; pending: compliance")
    assert standing(place) == "pending: compliance"

    # Compliance signs where the pipeline's key is not at hand: the next run enters it.
    elsewhere = Place(tmp_path, {"XDG_CONFIG_HOME": str(tmp_path / "nobody")})
    done = elsewhere.yes("approve", "1.0.0", "--as", "compliance", "--key", str(law))
    assert not done["in_ledger"]
    assert standing(place) is None
    place.run(dataset="small")
    found = claims(place, "--trust", str(trust), code=0)
    assert "2 as the certificate demands" in found["approvals"]
    ledger = (place.store / "ledger" / "ledger.jsonl").read_text("utf-8")
    assert ledger.count('"kind":"approval"') == 2
    assert len(list(folder(place).glob("*.tsr"))) == 3  # the run had the approvals stamped


def test_a_stamp_that_is_required_stops_the_run_and_not_the_certificate(
    tmp_path: Path, authority: Authority
) -> None:
    place = placed(tmp_path, time_stamps=stamps(tmp_path, authority, required=True))
    report = place.run(dataset="small", code=1)
    assert "time_stamped" in str(report["failures"])
    (certificate,) = folder(place).glob("*.certificate.json")
    signed = certificate.read_bytes()
    assert "demands a time stamp" in claims(place, code=1)["pending"]
    authority.up = True
    place.run(dataset="small")
    assert certificate.read_bytes() == signed
    claims(place, code=0)


def test_the_pipelines_own_key_approves_nothing(tmp_path: Path) -> None:
    own = tmp_path / "keys" / "dataset-pipeline" / "signing-key.pem"
    key = key_id(public_pem(load_or_create_signer(own)))
    place = placed(tmp_path, approvals={"roles": {"ml_lead": [key]}})
    report = place.run(dataset="small", code=1)
    assert "names the pipeline's own key for ml_lead" in str(report["failures"])
    assert not list(folder(place).glob("*.certificate.json"))
