"""What the retention policy removed of a version's raw data, told beside the verdict.

A package holds nothing of the raw zone, so its certificate holds without it; but whoever verifies
should know that the collected files cannot be looked at again.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.errors import EnvelopeError
from dataset_pipeline.errors import StoreError

if TYPE_CHECKING:
    from dataset_pipeline.store.tombstones import Tombstone

CLAIM = "raw data"
_FOLDER = "removed"


def list_beside(version_folder: Path) -> Path | None:
    """The tombstones of a version's dataset, where the version lies in a store."""
    dataset = version_folder.parent
    path = dataset.parent.parent / _FOLDER / f"{dataset.name}.jsonl"
    return path if dataset.parent.name == "versions" and path.is_file() else None


def tell_removals(certificate: bytes, path: Path, findings: Findings) -> None:
    """Note each batch of a certificate whose raw data was removed, by the list at ``path``."""
    from dataset_pipeline.store.tombstones import Tombstones

    try:
        statement = read_envelope(certificate).statement
        found = dict.fromkeys(_told(statement, Tombstones(path).all(), path.parent.parent))
    except EnvelopeError:
        return  # that is told elsewhere
    except (StoreError, OSError) as error:
        found = dict.fromkeys([f"whether it was removed: {error}"])
    except (KeyError, TypeError, ValueError):
        found = dict.fromkeys([f"whether it was removed: {path} is no list of that"])
    for why in found:
        findings.not_provable(CLAIM, why)


def _told(statement: Mapping[str, Any], stones: "list[Tombstone]", root: Path) -> Iterator[str]:
    """For each removed batch that the statement names or rests on, when and why."""
    from dataset_pipeline.store.tombstones import told

    text = json.dumps(statement)
    rests_on = {
        digest
        for stone in stones
        if stone["digest"] in text
        for digest in (stone["digest"], *stone.get("batches", ()))
    }
    newest = {stone["digest"]: stone for stone in stones if stone["kind"] == "batch"}
    for digest in sorted(rests_on & newest.keys()):
        if not _all_there(newest[digest], root):
            yield told(newest[digest])


def _all_there(stone: "Tombstone", root: Path) -> bool:
    """Whether nothing was removed, or all of it is back in the store that the list belongs to."""
    gone = [file["sha256"] for file in stone["files"] if file["removed"]]
    return all((root / "raw" / "files" / name[:2] / name).is_file() for name in gone)
