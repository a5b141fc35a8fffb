"""A source to which files were added: those that were read before need not be read again."""

import dataclasses

import polars as pl

from dataset_pipeline.assets.spec import Increment, Part
from dataset_pipeline.config import Source, SqlSource
from dataset_pipeline.stages import raw_source
from dataset_pipeline.stages.readers.rows import SourceFile
from dataset_pipeline.store.batches import Batch
from dataset_pipeline.store.computations import Earlier
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store

# Bytes of new files; the rows of more are read part by part, with all others.
_MOST = 256 << 20


def appended(store: Store, name: str, source: Source, batch: Batch) -> Increment | None:
    """Read only the files that come after those of the last batch, if that is all that changed.

    None where a batch must be seen as a whole: to hold it against a contract, or because its files
    are steps of one query.
    """
    if source.contract or isinstance(source, SqlSource):
        return None

    def part(earlier: Earlier) -> Part | None:
        before = store.batches.facts(earlier.handed["batch"])["files"]
        new = batch.files[len(before) :]
        if batch.listing[: len(before)] != before or sum(file.size for file in new) > _MOST:
            return None
        store.batches.check(dataclasses.replace(batch, files=new))
        base = store.snapshots.open(earlier.snapshot)
        files = [SourceFile(file.name, file.copy) for file in new]
        result = raw_source.raw_more(name, source, batch.digest, files, _known(base))
        arrived = base.rows("records") + base.rows("excluded") + int(result.metrics["rows"])
        nothing = pl.Series("record_id", [], dtype=pl.String)
        return Part(base, gone=nothing, looked_at=None, arrived=arrived, result=result)

    return Increment(part, raw_source.whole)


def _known(base: Snapshot) -> raw_source.Known:
    records = base.records.select("record_id", "record_digest").collect()
    return raw_source.Known(records, base.excluded.select("record_id").collect().to_series())
