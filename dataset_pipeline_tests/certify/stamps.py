"""Stamps and approvals for published versions, as the pipeline puts them there."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify.approve import Approved, Place, approve
from dataset_pipeline.certify.keys import key_id, public_pem
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.stamping import Desk, Stamping, complete
from dataset_pipeline.certify.timestamp import Authority
from dataset_pipeline_tests.certify.authority import Credentials, answering, serving


def said(*authorities: tuple[Credentials, bool], required: bool = False) -> dict[str, object]:
    """What a certificate says of its time; each authority with whether it is independent."""
    listed = [
        (Authority("a", tsa.ca.read_bytes(), trusted), trusted) for tsa, trusted in authorities
    ]
    return {
        "time": {
            "clock": "the machine's own",
            "stamp_required": required,
            "authorities": [
                {"name": one.name, "ca_sha256": one.ca_sha256, "trusted": trusted}
                for one, trusted in listed
            ],
        }
    }


def desk(files: VersionFiles, *authorities: Authority) -> Desk:
    room = files.folder.parent
    return Desk(authorities, lambda: datetime.now(UTC), room / "tmp", room / "signing.lock")


def stamp(files: VersionFiles, tsa: Credentials) -> Stamping:
    """Have every signature stamped that has no stamp, and the bundle renewed."""
    with serving(answering(tsa.answer)) as server:
        asked = Authority("Test", tsa.ca.read_bytes(), trusted=True, url=server.url)
        return complete(files.certificate, desk(files, asked))


def bundle(files: VersionFiles) -> Path:
    """The Sigstore bundle, renewed."""
    complete(files.certificate, desk(files))
    return files.folder / f"{files.name}.sigstore.json"


def demand(threshold: int | None = None, **roles: CryptoSigner) -> dict[str, object]:
    """What a certificate says of approvals: each role with one key."""
    keys = {role: [key_id(public_pem(signer))] for role, signer in roles.items()}
    return {"approvals": {"roles": keys, "threshold": threshold or len(keys)}}


def place(files: VersionFiles) -> Place:
    room = files.folder.parent
    return Place(files.folder, files.name, room / "tmp", room / "signing.lock")


def approved(files: VersionFiles, role: str, signer: CryptoSigner) -> Approved:
    return approve(place(files), role, signer)


Signer = Callable[[], CryptoSigner]
