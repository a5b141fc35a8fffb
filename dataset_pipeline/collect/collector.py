"""One collection of one source: what is there, what of it is new, and a record of both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_pipeline.collect.found import Before, Found
from dataset_pipeline.config import FileSource, Source, SqlSource
from dataset_pipeline.digests import digest_of
from dataset_pipeline.store.batches import Batch
from dataset_pipeline.store.store import Store

_WEB = ("http://", "https://")


@dataclass(frozen=True)
class Occasion:
    """What is collected, when, by what right, and by which code (package and stage versions)."""

    dataset: str
    source_id: str
    at: str
    rights: Mapping[str, Any]
    code: Mapping[str, str]


@dataclass(frozen=True)
class Collection:
    """What a collection brought, and its entry among the collections of the source."""

    batch: Batch
    entry: Mapping[str, Any]

    @property
    def unchanged(self) -> bool:
        """Whether the source is what it was the time before."""
        return bool(self.entry["batch"] == self.entry["previous"])


def collect(store: Store, occasion: Occasion, folder: Path, source: Source) -> Collection:
    """Collect a source, wherever it is; ``folder`` is the dataset's."""

    def look(before: Before) -> Found:
        if isinstance(source, SqlSource):
            from dataset_pipeline.collect.sql import collect_sql

            return collect_sql(store.batches, source, before)
        return _from_files(store, folder, source, before)

    return _recorded(store, occasion, look)


def collect_path(store: Store, occasion: Occasion, folder: Path, pattern: str) -> Collection:
    """Collect files below the dataset's folder."""
    from dataset_pipeline.collect.local import collect_local

    return _recorded(
        store,
        occasion,
        lambda before: collect_local(store.batches, folder, pattern, before.batch),
    )


def _from_files(store: Store, folder: Path, source: FileSource, before: Before) -> Found:
    if source.url is None:
        from dataset_pipeline.collect.local import collect_local

        return collect_local(store.batches, folder, source.path or "", before.batch)
    urls = [source.url] if isinstance(source.url, str) else source.url
    if all(url.lower().startswith(_WEB) for url in urls):
        from dataset_pipeline.collect.http import collect_http

        return collect_http(store.batches, urls, source.environment, before)
    from dataset_pipeline.collect.objects import collect_objects

    return collect_objects(store.batches, urls, source.environment, before)


def _recorded(store: Store, occasion: Occasion, look: Callable[[Before], Found]) -> Collection:
    """Collect, and write down what came; nobody else collects this source meanwhile."""
    dataset, source_id = occasion.dataset, occasion.source_id
    with store.collections.alone(dataset, source_id):
        last = store.collections.last(dataset, source_id)
        previous = store.batches.open(last["batch"]) if last else None
        found = look(Before(previous, store.collections.markers(last)))
        batch = Batch(dataset, source_id, tuple(sorted(found.files)))
        facts = {"collected_at": occasion.at, "rights": occasion.rights, "code": occasion.code}
        store.batches.describe(batch, facts)
        entry = {
            "at": occasion.at,
            "batch": batch.digest,
            "previous": last["batch"] if last else None,
            **_compared(batch, _listed(store, last)),
            "markers": store.collections.keep_markers(found.markers),
            "code": dict(occasion.code),
            "rights": digest_of(dict(occasion.rights)),
        }
        return Collection(batch, store.collections.collected(dataset, source_id, entry))


def _listed(store: Store, last: Mapping[str, Any] | None) -> dict[str, str]:
    """Name and SHA-256 of the files of the collection before, whether they are here or not."""
    files = store.batches.facts(last["batch"])["files"] if last else []
    return {file["name"]: file["sha256"] for file in files}


def _compared(batch: Batch, before: Mapping[str, str]) -> dict[str, Any]:
    now = {file.name: file.sha256 for file in batch.files}
    names = {
        "new": [name for name in now if name not in before],
        "changed": [name for name in now if before.get(name, now[name]) != now[name]],
        "vanished": [name for name in before if name not in now],
    }
    counts = {kind: len(found) for kind, found in names.items()}
    unchanged = len(now) - counts["new"] - counts["changed"]
    return {"files": {**counts, "unchanged": unchanged}, "names": names}
