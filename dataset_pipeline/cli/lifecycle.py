"""``withdraw`` and ``supersede``: what is to become of a version."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dataset_pipeline.cli import show
from dataset_pipeline.cli.options import (
    STORE,
    AsJson,
    StoreFolder,
    VersionName,
    answered,
    print_json,
)

if TYPE_CHECKING:
    from dataset_pipeline.certify.lifecycle import Lifecycle
    from dataset_pipeline.certify.log import Log
    from dataset_pipeline.store.ledger import Entry

Reason = Annotated[str, typer.Option(help="Why; it stands in the ledger for ever.")]
Notice = Annotated[
    Path | None,
    typer.Option(help="Where to write the notice for whoever has the package; must not exist."),
]


def withdraw(
    version: VersionName,
    reason: Reason,
    notice: Notice = None,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Say that a version is not to be used any more; it does not verify as ok from then on."""
    with answered(as_json=as_json):
        lifecycle = _lifecycle(store)
        entry, fresh = lifecycle.withdraw(version, reason)
        _answer(lifecycle.log, entry, notice, fresh=fresh, as_json=as_json)


def supersede(  # noqa: PLR0913, PLR0917  every option is a parameter
    old: VersionName,
    by: Annotated[
        str, typer.Option(help="The version to use in its place; a number: of its dataset.")
    ],
    reason: Reason,
    notice: Notice = None,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Say that another version is to be used in place of this one, which still verifies."""
    with answered(as_json=as_json):
        lifecycle = _lifecycle(store)
        entry, fresh = lifecycle.supersede(old, by, reason)
        _answer(lifecycle.log, entry, notice, fresh=fresh, as_json=as_json)


def _lifecycle(store: Path) -> "Lifecycle":
    from dataset_pipeline.assets.surroundings import now, signer, timestamp
    from dataset_pipeline.certify.lifecycle import Lifecycle
    from dataset_pipeline.certify.log import Log
    from dataset_pipeline.store.store import open_store

    opened = open_store(store)
    return Lifecycle(opened, Log(opened.ledger, signer), timestamp(now()))


def _answer(log: "Log", entry: "Entry", notice: Path | None, *, fresh: bool, as_json: bool) -> None:
    from dataset_pipeline.certify.log import prove
    from dataset_pipeline.certify.log_proof import told

    if notice:
        write_new(notice, prove(log.ledger, entry["index"]).write())
    if as_json:
        print_json({"entered": fresh, "entry": entry, "notice": notice})
        return
    show.line(f"{'entered' if fresh else 'was entered before'}: {told(entry)}")
    if notice:
        show.line(f"notice {notice}, for `dataset-pipeline verify PACKAGE --notice {notice}`")


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet. FileExistsError when it is."""
    from dataset_pipeline.files import published

    with published(path) as file:
        file.write(data)
