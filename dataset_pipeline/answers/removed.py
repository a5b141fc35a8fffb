"""What the retention policy removed of a version, and what its package still tells of that."""

import json
import zipfile

import polars as pl

from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.digests import canonical_json
from dataset_pipeline.errors import StoreError
from dataset_pipeline.records import EXCLUSION_SCHEMA
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version


def snapshots_of(store: Store, version: Version) -> dict[str, Snapshot]:
    """A version's snapshots by stage, in the order of the flow; without those in ``removed_of``."""
    gone = removed_of(store, version)
    return {
        stage: store.snapshots.open(version.snapshots[stage])
        for stage in version.stages()
        if stage not in gone
    }


def removed_of(store: Store, version: Version) -> dict[str, str]:
    """The stages whose snapshots the retention policy removed, each with when and why.

    A snapshot that is missing without such a reason is not among them: it was lost.
    """
    gone = (
        stage for stage in version.stages() if not store.snapshots.has(version.snapshots[stage])
    )
    told = {stage: store.removed(version.snapshots[stage]) for stage in gone}
    return {stage: why for stage, why in told.items() if why}


def excluded_of(store: Store, version: Version, stage: str) -> pl.DataFrame:
    """What a stage took out; from the version's package where its snapshot was removed.

    From there the evidence comes as canonical JSON.
    """
    digest = version.snapshots[stage]
    if store.snapshots.has(digest) or not store.removed(digest):
        return store.snapshots.open(digest).excluded.collect()
    path = VersionFiles(store.versions.folder(version), version.name).package
    name = f"{version.name}/data/exclusions/{stage.replace('/', '-')}.jsonl"
    try:
        with zipfile.ZipFile(path) as package:
            found = package.read(name) if name in package.namelist() else b""
    except (OSError, zipfile.BadZipFile):
        raise StoreError(
            f"{path}: the package cannot be read, and what {stage} took out stands nowhere else; "
            "restore it from a copy"
        ) from None
    rows = [json.loads(line) for line in found.splitlines()]
    plain = [{**row, "evidence": canonical_json(row["evidence"]).decode()} for row in rows]
    return pl.DataFrame(
        [{name: row[name] for name in EXCLUSION_SCHEMA} for row in plain], schema=EXCLUSION_SCHEMA
    )
