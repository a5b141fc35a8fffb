"""``ledger``: the log of everything certified; whether it is whole, and proofs from it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dataset_pipeline.cli import show
from dataset_pipeline.cli.lifecycle import write_new
from dataset_pipeline.cli.options import (
    NO,
    STORE,
    UNANSWERED,
    AsJson,
    StoreFolder,
    VersionName,
    answered,
    print_json,
    print_text,
)

if TYPE_CHECKING:
    from dataset_pipeline.store.ledger import Entry, Ledger

app = typer.Typer(help="The log of everything certified: list it, check it, prove entries of it.")

_COLUMNS = ("entry", "time", "kind", "dataset", "version", "more")
_SHOWN = {"index", "time", "kind", "dataset", "version"}
_DIGESTS = {"previous", "entry_sha256", "statement_sha256", "tombstones_sha256"}
_DIGEST = re.compile(r"[0-9a-f]{64}")


@app.callback(invoke_without_command=True)
def entries(context: typer.Context, store: StoreFolder = STORE, as_json: AsJson = False) -> None:
    """List the entries, the oldest first. Exit 2 where a line is broken."""
    if context.invoked_subcommand:
        return
    with answered(as_json=as_json):
        found = list(_ledger(store).entries())
    if as_json:
        print_json(found)
    else:
        show.table("Ledger", [_row(entry) for entry in found], _COLUMNS)


@app.command()
def check(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A signed checkpoint that you kept; the ledger must go on from it."),
    ] = None,
    trust: Annotated[
        Path | None, typer.Option(help="PEM file (or folder) of the public keys that you trust.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="A copy of a ledger's folder, in place of the store's.")
    ] = None,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Is the ledger what was signed? Exit 1: no, and where; 2: nobody can say."""
    from dataset_pipeline.certify.ledger_check import check_ledger

    with answered(as_json=as_json):
        path = folder / "ledger.jsonl" if folder else _ledger(store).path
        result = check_ledger(path, kept=checkpoint or [], trust=trust)
    if as_json:
        print_json(result.to_json())
    else:
        show.verification(result)
    raise typer.Exit(0 if result.ok else NO if result.failed else UNANSWERED)


@app.command()
def checkpoint(store: StoreFolder = STORE, as_json: AsJson = False) -> None:
    """Print the newest signed checkpoint, for an auditor to keep."""
    from dataset_pipeline.certify.checkpoint import log_verifiers
    from dataset_pipeline.certify.log_files import LogFiles
    from dataset_pipeline.errors import NotFoundError

    with answered(as_json=as_json):
        files = LogFiles(_ledger(store).path.parent)
        note = files.newest()
        if note is None:
            raise NotFoundError(f"{files.checkpoint}: nothing is signed yet")
        found = files.parsed(note)
        keys = [verifier.vkey for verifier in log_verifiers(note, files.known_keys())]
    if as_json:
        told = {"origin": found.origin, "size": found.size, "root": found.root.hex()}
        print_json({**told, "keys": keys, "checkpoint": note.decode()})
    else:
        print_text(note.decode())


@app.command()
def prove(
    version: VersionName,
    out: Annotated[Path, typer.Option(help="The proof's file (.tlog-proof); must not exist.")],
    kind: Annotated[
        str | None, typer.Option(help="The kind of entry; else that it was certified.")
    ] = None,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Write the proof of a version's newest entry of a kind; ``verify FILE --trust`` checks it."""
    from dataset_pipeline.certify.lifecycle import certified_entry
    from dataset_pipeline.certify.log import prove as proof_of
    from dataset_pipeline.errors import NotFoundError
    from dataset_pipeline.store.store import open_store

    with answered(as_json=as_json):
        opened = open_store(store)
        entry = certified_entry(opened, version)
        if kind is not None:
            found = opened.ledger.find(version=entry["version"], kind=kind)
            if not found:
                raise NotFoundError(f"{entry['version']} has no entry of kind {kind!r}")
            entry = found[-1]
        write_new(out, proof_of(opened.ledger, entry["index"]).write())
    if as_json:
        print_json({"entry": entry, "proof": out})
    else:
        show.line(f"proof of entry {entry['index'] + 1} {out}")


def _ledger(store: Path) -> "Ledger":
    from dataset_pipeline.store.store import open_store

    return open_store(store).ledger


def _row(entry: "Entry") -> dict[str, Any]:
    more = {name: _short(entry[name]) for name in entry if name not in _SHOWN | _DIGESTS}
    return {**entry, "entry": entry["index"] + 1, "more": more}


def _short(value: Any) -> Any:
    """A digest by how it begins."""
    return value[:12] if isinstance(value, str) and _DIGEST.fullmatch(value) else value
