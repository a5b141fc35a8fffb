"""``approve``: a person's signature on a version's certificate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dataset_pipeline.cli import show
from dataset_pipeline.cli.options import (
    NO,
    STORE,
    AsJson,
    StoreFolder,
    VersionName,
    answered,
    fail,
    print_json,
)

if TYPE_CHECKING:
    from dataset_pipeline.certify.approve import Place
    from dataset_pipeline.store.store import Store
    from dataset_pipeline.store.versions import Version


def approve(
    version: VersionName,
    role: Annotated[str, typer.Option("--as", help="The role, as its certificate names it.")],
    key: Annotated[
        Path | None, typer.Option(help="Your private key (PEM); else as for the pipeline's.")
    ] = None,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Approve a version: sign its certificate, which stays as it is. Exit 1 when it is refused."""
    from dataset_pipeline.assets.surroundings import approver
    from dataset_pipeline.certify.approve import Place
    from dataset_pipeline.certify.approve import approve as sign
    from dataset_pipeline.certify.errors import ApprovalRefused
    from dataset_pipeline.store.store import open_store

    with answered(as_json=as_json):
        opened = open_store(store)
        found = opened.versions.find(version)
        place = Place(
            opened.versions.folder(found), found.name, opened.temporary, opened.signing_lock
        )
        try:
            done = sign(place, role, approver(key))
        except ApprovalRefused as error:
            fail(str(error), as_json=as_json, code=NO)
        entered = _entered(opened, found, place)
    if as_json:
        told = {"version": found.name, "role": role, "key_id": done.key_id, "fresh": done.fresh}
        print_json({**told, "statement_sha256": done.statement, "in_ledger": entered})
        return
    what = "approved" if done.fresh else "was approved already"
    show.line(f"{found.name} {what} for {role} by key {done.key_id}")
    if not entered:
        show.line("The pipeline's next run enters it in the ledger.")


def _entered(store: "Store", version: "Version", place: "Place") -> bool:
    """Enter it in the ledger, where the pipeline's own key is at hand to sign the checkpoint."""
    from dataset_pipeline.assets.surroundings import approver, now, timestamp
    from dataset_pipeline.certify.approve import enter_approvals
    from dataset_pipeline.certify.envelope import read_envelope
    from dataset_pipeline.certify.errors import KeyFileError
    from dataset_pipeline.certify.log import Log

    envelope = read_envelope(place.certificate.read_bytes())
    try:
        signer = approver(None)
    except KeyFileError:
        return False
    if signer.public_key.keyid != envelope.signatures[0][0]:
        return False
    log = Log(store.ledger, lambda: signer)
    enter_approvals(log, version.dataset, version.name, envelope, timestamp(now()))
    return True
