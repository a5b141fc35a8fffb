"""What joins a certificate once it is signed: time stamps, approvals, the Sigstore bundle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dataset_pipeline.assets.surroundings import clock, whose_time
from dataset_pipeline.certify.approvals import approved, demanded
from dataset_pipeline.certify.envelope import Envelope
from dataset_pipeline.certify.layout import signature_files
from dataset_pipeline.certify.stamping import Desk, Stamping, complete
from dataset_pipeline.certify.timestamp import Authority
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.store.store import Store


def time_said(dataset: Dataset) -> dict[str, Any]:
    """What a certificate says of its time, which is signed before any stamp is there."""
    asked = dataset.config.certificate.time_stamps
    return {
        "clock": f"{whose_time()}; a time stamp, if any, lies beside the certificate",
        "stamp_required": bool(asked and asked.required),
        "authorities": [
            {"name": one.name, "ca_sha256": one.ca_sha256, "trusted": one.trusted}
            for one in _authorities(dataset)
        ],
    }


def said(dataset: Dataset) -> dict[str, Any]:
    """What a version's certificate says of its time, and of who must approve it."""
    asked = dataset.config.certificate.approvals
    approvals = None if asked is None else {"roles": asked.roles, "threshold": asked.needed}
    return {"time": time_said(dataset), "approvals": approvals}


def own_approvals(dataset: Dataset, own: str) -> list[str]:
    """Why nothing can be signed by the key with this id: it would approve itself."""
    asked = dataset.config.certificate.approvals
    return [
        f"certificate.approvals names the pipeline's own key for {role}; an approval is another's"
        for role, keys in (asked.roles if asked else {}).items()
        if own in keys
    ]


def seal(dataset: Dataset, store: Store, certificate: Path) -> Stamping:
    """Ask for the stamps that are missing, and renew the bundle."""
    return complete(
        certificate, Desk(_authorities(dataset), clock, store.temporary, store.signing_lock)
    )


def _authorities(dataset: Dataset) -> list[Authority]:
    asked = dataset.config.certificate.time_stamps
    return [
        Authority(_host(one.url), dataset.file(one.ca).read_bytes(), one.trusted, one.url)
        for one in (asked.authorities if asked else ())
    ]


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def sealing_metadata(
    envelope: Envelope, certificate: Path, stamping: Stamping
) -> Mapping[str, str]:
    """What is there and what is pending, in words."""
    stamped = signature_files(certificate).stamp.is_file()
    time = "stamped" if stamped else "no time stamp: the times are this machine's own"
    if stamping.pending:
        time = f"pending: {'; '.join(stamping.pending)}"
    demand = demanded(envelope.statement["predicate"])
    if demand is None:
        return {"time": time}
    given = approved(envelope)
    pending = demand.pending(given)
    told = f"pending: {', '.join(pending)}" if pending else f"given: {', '.join(sorted(given))}"
    return {"time": time, "approvals": told}
