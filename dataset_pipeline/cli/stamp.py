"""``stamp``: the time stamps that no authority gave when a certificate was signed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dataset_pipeline.cli import show
from dataset_pipeline.cli.options import (
    CONFIGS,
    NO,
    STORE,
    AsJson,
    Configs,
    StoreFolder,
    answered,
    print_json,
)

if TYPE_CHECKING:
    from dataset_pipeline.store.store import Store
    from dataset_pipeline.store.versions import Version


def stamp(
    version: Annotated[
        str | None, typer.Argument(help="A version's name or number; else all of the store.")
    ] = None,
    configs: Configs = CONFIGS,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Ask the authorities of `certificate.time_stamps` again. Exit 1 when something is pending."""
    from dataset_pipeline.store.store import open_store

    with answered(as_json=as_json):
        opened = open_store(store)
        found = [opened.versions.find(version)] if version else list(_all(opened))
        rows = [row for one in found for row in _stamped(opened, one, configs)]
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            for status in ("stamped", "pending"):
                for told in row[status]:
                    show.line(f"{status} {told}")
        if not any(row["stamped"] or row["pending"] for row in rows):
            show.line("nothing to stamp: all is stamped, or no authority is named")
    raise typer.Exit(NO if any(row["pending"] for row in rows) else 0)


def _all(store: "Store") -> "Iterator[Version]":
    for dataset in store.versions.datasets():
        yield from store.versions.all(dataset)


def _stamped(store: "Store", version: "Version", configs: Path) -> Iterator[dict[str, Any]]:
    """Each certificate of a version and of the models that it trained, with what became of it."""
    from dataset_pipeline.assets.sealing import seal
    from dataset_pipeline.config_file import load_dataset

    dataset = load_dataset(configs, version.dataset)
    for certificate in _certificates(store, version):
        done = seal(dataset, store, certificate)
        told = {"stamped": list(done.stamped), "pending": list(done.pending)}
        yield {"version": version.name, "certificate": str(certificate), **told}


def _certificates(store: "Store", version: "Version") -> Iterator[Path]:
    from dataset_pipeline.certify import layout

    own = layout.VersionFiles(store.versions.folder(version), version.name).certificate
    trained = (
        run.with_name(layout.TRAINING_CERTIFICATE)
        for run in sorted(store.models.glob(f"*/{layout.RUN}"))
        if json.loads(run.read_bytes()).get("version") == version.name
    )
    yield from (path for path in (own, *trained) if path.is_file())
