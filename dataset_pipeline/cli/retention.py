"""``retention`` and ``access-log``: what is removed when its time is over, and who had what."""

from collections.abc import Sequence
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
    fail,
    print_json,
)

if TYPE_CHECKING:
    from dataset_pipeline.store.store import Store
    from dataset_pipeline.store.versions import Version

_ITEMS = ("kind", "digest", "of", "last collected", "days", "rows", "bytes")
_ACCESS = ("at", "user", "host", "what", "about", "counts")

DatasetName = Annotated[str, typer.Argument(help="A folder below --configs.")]


def retention(
    dataset: DatasetName,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be removed.")
    ] = False,
    configs: Configs = CONFIGS,
    store: StoreFolder = STORE,
    as_json: AsJson = False,
) -> None:
    """Remove raw data whose time is over; a tombstone stays for each batch and snapshot."""
    from dataset_pipeline.assets.surroundings import now, signer, timestamp
    from dataset_pipeline.certify.lifecycle import Lifecycle
    from dataset_pipeline.certify.log import Log
    from dataset_pipeline.config_file import load_dataset
    from dataset_pipeline.store.retention import Policy, Removed, planned, remove_expired
    from dataset_pipeline.store.store import open_store

    with answered(as_json=as_json):
        policy = Policy.of(dataset, load_dataset(configs, dataset).config)
        opened = open_store(store)
        if dry_run:
            plan = planned(opened, policy, now())
            removed = Removed(plan, plan.counts())
        else:
            removed = remove_expired(opened, policy, now())
            log = Log(opened.ledger, signer)
            Lifecycle(opened, log, timestamp(now())).note_erasure(dataset)
    if as_json:
        print_json(
            {
                "dataset": dataset,
                "dry_run": dry_run,
                "removed": removed.plan.stones,
                **removed.counts,
            }
        )
        return
    if not policy.limited:
        show.line(f"{dataset}: neither retention.raw_days nor rights.retention_days is set")
    rows = [_item(stone) for stone in removed.plan.stones]
    show.table(f"{'Would be removed' if dry_run else 'Removed'} of {dataset}", rows, _ITEMS)
    show.line(", ".join(f"{name}: {count}" for name, count in removed.counts.items()))


def _item(stone: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": stone["kind"],
        "digest": stone["digest"][:12],
        "of": stone.get("source") or stone.get("stage"),
        "last collected": stone["last_collected"],
        "days": f"{stone['policy']['days']} ({stone['policy']['rule']})",
        "rows": stone["rows"],
        "bytes": stone["bytes"],
    }


def access_log(dataset: DatasetName, store: StoreFolder = STORE, as_json: AsJson = False) -> None:
    """Who exported, removed or read raw data of a dataset. Exit 1 when the log was changed."""
    from dataset_pipeline.store.store import open_store

    with answered(as_json=as_json):
        log = open_store(store).access_log(dataset)
        check = log.check()
        if not check.intact:
            fail(log.broken(check), as_json=as_json, code=NO)
        entries = log.entries()
    if as_json:
        print_json(entries)
        return
    rows = [{**entry, **entry["who"]} for entry in entries]
    show.table(f"Access to {dataset}", rows, _ACCESS)


def note_reading(store: "Store", dataset: str, about: str, versions: "Sequence[Version]") -> None:
    """Enter in the access log that raw records of these versions are looked at."""
    from dataset_pipeline.assets.surroundings import now

    digests = [version.content for version in versions]
    counts = {"versions": len(digests)}
    if digests:
        log = store.access_log(dataset)
        log.note("reading", dataset, now(), about=about, digests=digests, counts=counts)
