"""The commands."""

import gc
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from dataset_pipeline.cli import (
    approve,
    certify_folder,
    exclusions,
    ledger,
    lifecycle,
    prove,
    retention,
    schema,
    show,
    stamp,
    verify,
)
from dataset_pipeline.cli.ahead import much_is_new
from dataset_pipeline.cli.options import (
    CONFIGS,
    NO,
    STORE,
    AsJson,
    Configs,
    StoreFolder,
    VersionName,
    answered,
    err,
    fail,
    flush,
    print_json,
    spell_out,
)
from dataset_pipeline.cli.places import asked_again, take_places
from dataset_pipeline.engines import workers

app = typer.Typer(
    help="Dataset lineage and certification: which data made this model, and by what right?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

DatasetName = Annotated[str, typer.Argument(help="A folder below --configs.")]


@app.command()
def run(
    dataset: DatasetName,
    select: Annotated[
        list[str] | None,
        typer.Option(help="Only these assets: names or globs, + before or after for all up/down."),
    ] = None,
    configs: Configs = CONFIGS,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Refresh a dataset: from raw exports to a certified version and a linked model."""
    if much_is_new(configs / dataset, store):
        workers.warm()  # importing Dagster takes a while
    from dataset_pipeline.cli.run import run_dataset

    with answered(as_json=as_json):
        report = run_dataset(configs.absolute(), store.absolute(), dataset, select or [], as_json)
    if as_json:
        print_json(report.plain())
    else:
        show.run_report(report)
        if report.stages and not report.ok:
            command = asked_again(["exclusions", dataset], configs, store)
            show.line(f"what was left out, and why: {command}")
    raise typer.Exit(0 if report.ok else NO)


@app.command()
def validate(dataset: DatasetName, configs: Configs = CONFIGS, as_json: AsJson = False) -> None:
    """Check a dataset's configuration; lists every problem with file, line and remedy."""
    from dataset_pipeline.assets.raw_union import RIGHTS_REMEDY, stopped_by
    from dataset_pipeline.config_file import InvalidDatasetError, load_dataset, of_one_title

    with answered(as_json=as_json):
        try:
            loaded = load_dataset(configs, dataset)
        except InvalidDatasetError as error:
            if as_json:
                print_json({"ok": False, "problems": [asdict(p) for p in error.problems]})
                raise typer.Exit(NO) from None
            fail(str(error), as_json=False, code=NO)
    warnings = [
        f"title: {configs / name} has it, too; versions are named by it, and one store takes them "
        "from one of the two: change it"
        for name in of_one_title(configs, loaded)
    ]
    # Sound today and not tomorrow: what depends on the day is no problem of the file.
    warnings += [f"{told}; a run stops: {RIGHTS_REMEDY}" for told in stopped_by(loaded)]
    if as_json:
        told = {"problems": [], "warnings": warnings, "digest": loaded.config.digest()}
        print_json({"ok": True, **told})
    else:
        show.line(f"{dataset}: sound ({len(loaded.config.sources)} sources)")
        for warning in warnings:
            show.line(f"warning {warning}")


@app.command()
def versions(
    dataset: DatasetName,
    configs: Configs = CONFIGS,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """List a dataset's versions, the oldest first."""
    from dataset_pipeline.certify.approvals import pending_told
    from dataset_pipeline.certify.layout import VersionFiles
    from dataset_pipeline.certify.lifecycle import version_standings
    from dataset_pipeline.config_file import dataset_names
    from dataset_pipeline.errors import NotFoundError
    from dataset_pipeline.store.store import open_store

    with answered(as_json=as_json):
        opened = open_store(store)
        rows: list[dict[str, Any]] = []
        found = opened.versions.all(dataset)
        known = {*opened.versions.datasets(), *dataset_names(configs)}
        if dataset not in known:
            there = ", ".join(sorted(known)) or "none"
            raise NotFoundError(f"no dataset {dataset!r} in {configs} or {store} (there: {there})")
        standing = {name: s.told() for name, s in version_standings(opened.ledger).items()}
        for version in found:
            files = VersionFiles(opened.versions.folder(version), version.name)
            rows.append(
                {
                    "version": version.name,
                    "day": version.day,
                    "content_digest": version.content,
                    "certified": files.certificate.is_file(),
                    "standing": standing.get(version.name) or pending_told(files.certificate),
                    "package": str(files.package),
                    "certificate": str(files.certificate),
                }
            )
    if as_json:
        print_json(rows)
    else:
        columns = ["version", "certified", "content_digest", "standing"]
        show.table(f"Versions of {dataset}", rows, columns)
    raise typer.Exit(0 if rows else NO)


@app.command()
def trace(
    record_id: Annotated[str, typer.Argument(help="32 hex.")],
    version: Annotated[
        str | None, typer.Option(help="In this version; without it, in the newest that had it.")
    ] = None,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Show what every stage did with a record, and why."""
    from dataset_pipeline.answers.trace import trace_anywhere
    from dataset_pipeline.store.store import open_store

    with answered(as_json=as_json):
        opened = open_store(store)
        found, steps = trace_anywhere(opened, record_id, version)
        retention.note_reading(opened, found.dataset, record_id, [found])
    if as_json:
        print_json({"version": found.name, "steps": [asdict(step) for step in steps]})
    else:
        show.trace(found.name, record_id, steps)


@app.command()
def contains(  # noqa: PLR0913, PLR0917  every option is a parameter
    dataset: DatasetName,
    text: prove.Text = None,
    file: prove.TextFile = None,
    record_id: prove.RecordId = None,
    version: Annotated[
        str | None, typer.Option(help="Only in this version; a proof is else about the newest.")
    ] = None,
    proof: Annotated[
        Path | None,
        typer.Option("--prove", help="Write a proof to this file, that it is there or is not."),
    ] = None,
    configs: Configs = CONFIGS,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Was this text in the dataset: in which versions, which split? Exit 1 when in no split."""
    from dataset_pipeline.answers import contains as answers
    from dataset_pipeline.config_file import load_dataset
    from dataset_pipeline.store.store import open_store

    with answered(as_json=as_json):
        wanted = prove.asked_text(text, file, record_id, as_json=as_json)
        loaded, opened = load_dataset(configs, dataset), open_store(store)
        if proof is not None:
            names = prove.names_of(opened, loaded, wanted, record_id)
            told = prove.write_proof(opened, dataset, names, version, proof)
            (print_json if as_json else prove.show_proof)(told)
            raise typer.Exit(0 if told["splits"] else NO)
        retention.note_reading(opened, dataset, "contains", opened.versions.all(dataset))
        if wanted is None:
            found = answers.contains_record(opened, dataset, str(record_id))
        else:
            found = answers.contains(opened, loaded, wanted)
            for gap in answers.not_searched(opened, dataset):
                err.print(gap, markup=False, soft_wrap=True)
        if version is not None:
            named = opened.versions.find(version, dataset).name
            found = [item for item in found if item.version == named]
    if as_json:
        print_json([asdict(item) for item in found])
    else:
        show.occurrences(found)
    raise typer.Exit(0 if any(item.split for item in found) else NO)


@app.command()
def diff(
    old: VersionName, new: VersionName, store: StoreFolder = STORE, as_json: AsJson = False
) -> None:
    """Compare two versions by stage and record; a number is one of the other's dataset."""
    from dataset_pipeline.answers import diff as differences
    from dataset_pipeline.store.store import open_store

    with answered(as_json=as_json):
        opened = open_store(store)
        first, second = opened.versions.pair(old, new)
        found = differences.diff(opened, first, second)
    if as_json:
        print_json({"old": first.name, "new": second.name, **differences.as_plain(found)})
    elif found.same:
        told = differences.told_same(first, second)
        show.line(f"{first.name} -> {second.name}: {told}")
    else:
        show.difference(first.name, second.name, found)


@app.command()
def models(
    model: Annotated[str, typer.Argument(help="A model's digest, run name or folder.")],
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Which version trained this model? Exit 1 when no run here made it."""
    from dataset_pipeline.answers.models import find_model
    from dataset_pipeline.certify.lifecycle import version_standings
    from dataset_pipeline.errors import NotFoundError
    from dataset_pipeline.store.store import open_store

    with answered(as_json=as_json):
        opened = open_store(store)
        try:
            found = find_model(opened, model)
        except NotFoundError as error:
            fail(str(error), as_json=as_json, code=NO)
        standing = {name: s.told() for name, s in version_standings(opened.ledger).items()}
    rows = [
        {
            **run.record,
            "version_standing": standing.get(run.record["version"]),
            "linked": run.linked,
            "folder": str(run.folder),
        }
        for run in found
    ]
    if as_json:
        print_json(rows)
    else:
        show.models(rows)


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Where the server listens, on this machine.")] = 3000,
    host: Annotated[str, typer.Option(help="The address that it binds.")] = "127.0.0.1",
    configs: Configs = CONFIGS,
    store: StoreFolder = STORE,
) -> None:
    """Start the Dagster UI and the schedule, on the same event log and store as ``run``."""
    from dataset_pipeline.cli.ui import serve

    with answered(as_json=False):
        serve(configs.absolute(), store.absolute(), host, port)


app.command()(exclusions.exclusions)
app.command()(verify.verify)
app.command()(prove.verify_proof)
app.command()(certify_folder.certify_folder)
app.command()(approve.approve)
app.command()(stamp.stamp)
app.command()(schema.schema)
app.command()(lifecycle.withdraw)
app.command()(lifecycle.supersede)
app.add_typer(ledger.app, name="ledger")
app.command()(retention.retention)
app.command()(retention.access_log)
take_places(app)


def main() -> None:
    """The entry point of ``dataset-pipeline``."""
    # Dagster's modules are a million objects that stay: walking over them all, again and again
    # while they come, took a fifth of a short command's time.
    gc.set_threshold(100_000, 50)
    spell_out()
    try:
        app()
    finally:
        flush()
        gc.freeze()  # nor as they go
