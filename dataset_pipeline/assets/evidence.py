"""Where detectors and the store meet: what was found in a text once is not looked for again."""

from functools import partial

import polars as pl

from dataset_pipeline.engines.workers import spread
from dataset_pipeline.records import sha256_of
from dataset_pipeline.stages.evidence import Detector, Evidence, of_distinct
from dataset_pipeline.store.evidence import DIGEST, EvidenceStore

# Texts looked at before what was found is kept: a run that is killed goes on from there.
_AT_ONCE = 100_000


def remembered(store: EvidenceStore) -> Evidence:
    """Ask detectors only for what the store does not know, and keep what they find."""

    def ask(detector: Detector, texts: pl.Series) -> pl.DataFrame:
        return of_distinct(texts, partial(_recalled, store, detector))

    return ask


def _recalled(store: EvidenceStore, detector: Detector, texts: pl.Series) -> pl.DataFrame:
    asked = texts.rename("text").to_frame().with_columns(_digest().alias(DIGEST))
    known = store.known(detector.key, asked[DIGEST])
    if known.is_empty():
        known = pl.DataFrame(schema={DIGEST: pl.Binary, **detector.schema})
    new = asked.join(known.select(DIGEST), on=DIGEST, how="anti", maintain_order="left")
    parts = [known]
    for part in new.iter_slices(_AT_ONCE):
        found = detector.detect(part["text"], spread).cast(dict(detector.schema))  # type: ignore[arg-type]
        parts.append(part.select(DIGEST).hstack(found.select(list(detector.schema))))
        store.keep(detector.key, parts[-1])
    everything = pl.concat([part.select(DIGEST, *detector.schema) for part in parts])
    joined = asked.select(DIGEST).join(everything, on=DIGEST, how="left", maintain_order="left")
    return joined.drop(DIGEST)


def _digest() -> pl.Expr:
    """The first 16 bytes of a text's SHA-256: as many as a record's id has."""
    return sha256_of(pl.col("text")).str.head(32).str.decode("hex")
