"""``exclusions``: what a version left out, or the newest state of a dataset, certified or not."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dataset_pipeline.cli import show
from dataset_pipeline.cli.options import (
    CONFIGS,
    NUMBER,
    STORE,
    AsJson,
    Configs,
    StoreFolder,
    answered,
    err,
    print_json,
)

if TYPE_CHECKING:
    from dataset_pipeline.answers.trace import Exclusion
    from dataset_pipeline.store.store import Store


def exclusions(  # noqa: PLR0913, PLR0917  every option is a parameter
    version: Annotated[
        str,
        typer.Argument(
            help=f"A version's name, or {NUMBER} Or a dataset, for what its stages left out "
            "the last time, though the run stopped."
        ),
    ],
    rule: Annotated[str | None, typer.Option(help="Only those by this rule.")] = None,
    stage: Annotated[
        str | None, typer.Option(help="Only those by this stage, like raw/crm.")
    ] = None,
    configs: Configs = CONFIGS,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """List what was left out: record, stage, rule, reason, evidence, file and line."""
    from dataset_pipeline.answers.trace import exclusions as of_version
    from dataset_pipeline.config_file import dataset_names
    from dataset_pipeline.store.store import open_store

    with answered(as_json=as_json):
        opened = open_store(store)
        # A dataset's name has no point, and a version's has.
        if version in dataset_names(configs):
            every = list(_newest(opened, configs, version))
        else:
            every = of_version(opened, opened.versions.find(version))
    found = [item for item in every if rule in (None, item.rule) and stage in (None, item.stage)]
    if not found:
        rules = ", ".join(sorted({item.rule for item in every})) or "none"
        by = "this rule" if stage is None else "this rule and stage"
        err.print(f"nothing by {by}; rules that took something out: {rules}", markup=False)
    if as_json:
        print_json([asdict(item) for item in found])
    else:
        show.exclusions(found, rule)


def _newest(store: "Store", configs: Path, name: str) -> "Iterator[Exclusion]":
    """What each stage took out the last time; told apart: the stages that wait for a run."""
    from dataset_pipeline.answers.trace import exclusions_of_stage
    from dataset_pipeline.assets.newest import newest_snapshots
    from dataset_pipeline.config_file import load_dataset
    from dataset_pipeline.instance import event_log_told, open_instance

    dataset = load_dataset(configs, name)
    with event_log_told(store.root), open_instance(store.root) as instance:
        digests = newest_snapshots(instance, dataset)
    waiting = [stage for stage, digest in digests.items() if digest is None]
    if waiting:
        told = f"{name}: not made from the newest data, so nothing of it is here"
        err.print(f"{told}: {', '.join(waiting)}", markup=False, soft_wrap=True)
    for stage, digest in digests.items():
        if digest is not None and not store.snapshots.has(digest):
            why = store.removed(digest) or "its snapshot is not in the store; run it again"
            err.print(f"{stage}: {why}", markup=False, soft_wrap=True)
        elif digest is not None:
            yield from exclusions_of_stage(store, stage, digest)
