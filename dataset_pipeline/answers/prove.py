"""The proof that a record is in a version, and in which split; or that it is not in the version."""

from collections.abc import Sequence
from typing import Any

from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.record_files import StoredTrees
from dataset_pipeline.certify.record_proof import PRESENT, VERSION, Statement
from dataset_pipeline.errors import NotFoundError
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version


def certified_version(store: Store, dataset: str, name: str | None = None) -> Version:
    """The version of this name or number; without one, the dataset's newest certified version.

    NotFoundError when the dataset has none such.
    """
    if name is not None:
        return store.versions.find(name, dataset)
    signed = [v for v in store.versions.all(dataset) if _files(store, v).certificate.is_file()]
    if not signed:
        raise NotFoundError(
            f"no version of {dataset!r} is certified yet; there is nothing to prove"
        )
    return signed[-1]


def prove(store: Store, version: Version, digests: Sequence[str]) -> list[Statement]:
    """That the first of these names (``record_names``) which is there is there, in which splits.

    Where none is: that every one of them is absent from the version. NotFoundError when the version
    is not certified, or was before there were trees; StoreError when its trees are lost or damaged.
    """
    trees = StoredTrees(store.records, _committed(store, version))
    splits = [name for name in trees.names if name != VERSION]
    absent = []
    for digest in digests:
        statement = trees.prove(VERSION, digest)
        if statement.says == PRESENT:
            found = (trees.prove(split, digest) for split in splits)
            return [statement for statement in found if statement.says == PRESENT]
        absent.append(statement)
    return absent


def _committed(store: Store, version: Version) -> dict[str, Any]:
    path = _files(store, version).certificate
    try:
        predicate = read_envelope(path.read_bytes()).statement["predicate"]
    except FileNotFoundError:
        raise NotFoundError(f"{version.name} has no certificate; run the dataset again") from None
    if "records" not in predicate:
        raise NotFoundError(
            f"{version.name} was certified before there were record proofs; its package names "
            "every record"
        )
    return dict(predicate["records"])


def _files(store: Store, version: Version) -> VersionFiles:
    return VersionFiles(store.versions.folder(version), version.name)
