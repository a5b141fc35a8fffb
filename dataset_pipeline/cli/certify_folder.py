"""``certify-folder``: a certificate for files that have no history here."""

from pathlib import Path
from typing import Annotated

import typer

from dataset_pipeline.cli import show
from dataset_pipeline.cli.options import STORE, AsJson, StoreFolder, answered, print_json


def certify_folder(
    folder: Annotated[Path, typer.Argument(help="The folder; nothing in it is changed.")],
    out: Annotated[
        Path | None, typer.Option(help="Where the certificate goes; else below the store.")
    ] = None,
    about: Annotated[
        Path | None, typer.Option(help="YAML with what you declare; else folder.yaml in there.")
    ] = None,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Certify an old folder: an inventory, a description, and what nobody can know of it."""
    from dataset_pipeline.assets.surroundings import now, signer
    from dataset_pipeline.retrospective.certify import Wanted
    from dataset_pipeline.retrospective.certify import certify_folder as certify
    from dataset_pipeline.store.store import Store

    with answered(as_json=as_json):
        opened = Store(store, make=not store.resolve().is_relative_to(folder.resolve()))
        done = certify(Wanted(folder, out, about), opened, signer, now())
    if as_json:
        print_json({**vars(done), "folder": str(done.folder)})
        return
    show.table(done.name, done.claims, ("claim", "basis", "value", "file"))
    show.table("Not known", done.gaps, ("claim", "why"))
    show.line(f"{'certified' if done.fresh else 'unchanged'} {done.folder}")
