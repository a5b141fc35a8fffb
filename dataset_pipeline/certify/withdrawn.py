"""Records that were withdrawn as one version: they must not come back unseen as another.

A number names a version, not its records: after a change of the policy that changes no record, or
with another ``version:``, what was withdrawn would be certified as if nobody had objected.
"""

from collections.abc import Mapping

from dataset_pipeline.certify.lifecycle import version_standings
from dataset_pipeline.certify.standing import Standing
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version

REMEDY = (
    "take out of the sources what it was withdrawn for, or change dataset.yaml so that it stays "
    "out; the next run makes another version"
)


def withdrawn_alike(store: Store, version: Version) -> dict[str, Standing]:
    """The withdrawn versions, of any dataset, that have the very records of this one, by name."""
    found = version_standings(store.ledger)
    gone = {name: told for name, told in found.items() if told.status == "withdrawn"}
    gone.pop(version.name, None)
    if not gone:
        return {}
    every = (
        other for dataset in store.versions.datasets() for other in store.versions.all(dataset)
    )
    mine = _records(store, version)
    alike = (other.name for other in every if other.name in gone and _records(store, other) == mine)
    return {name: gone[name] for name in alike}


def warning(version: str, alike: Mapping[str, Standing]) -> str:
    """What is to be known of these withdrawals, and what to do."""
    told = "; ".join(f"{name} was {standing.told()}" for name, standing in alike.items())
    return (
        f"{version} has the very records of a withdrawn version: {told}. Where that still holds, "
        f"withdraw {version} too (`dataset-pipeline withdraw`) and {REMEDY}"
    )


def withdrawn_why(store: Store, version: str) -> list[str]:
    """What to do about a version that was withdrawn itself; nothing for one that was not."""
    standing = version_standings(store.ledger).get(version)
    if standing is None or standing.status != "withdrawn":
        return []
    return [f"the sources and dataset.yaml still give what was withdrawn: {REMEDY}"]


def _records(store: Store, version: Version) -> str:
    """The digest of the records in the splits; the snapshot's own where it is not here any more.

    What else lies in that snapshot (the proof that nothing leaks) may differ for the same records.
    """
    digest = version.snapshots["splits"]
    if not store.snapshots.has(digest):
        return digest
    return str(store.snapshots.open(digest).manifest["tables"]["records"]["digest"])
