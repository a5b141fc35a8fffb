"""``raw/<source>``: what a batch brought, as records; what cannot be read goes to quarantine."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from dataset_pipeline.config import Source
from dataset_pipeline.digests import digest_of
from dataset_pipeline.records import empty_records, row_digests
from dataset_pipeline.stages.contract import Watch, columns_asked, reading_part
from dataset_pipeline.stages.mapping import mapped
from dataset_pipeline.stages.quarantine import quarantine, rows_behind
from dataset_pipeline.stages.readers.chunk import LINE, Chunk, wanted
from dataset_pipeline.stages.readers.reading import read_chunks
from dataset_pipeline.stages.readers.rows import BadRow, SourceFile
from dataset_pipeline.stages.result import StageResult, Stream, Whole
from dataset_pipeline.stages.unseen import Unseen

VERSION = "6"


def raw_source(
    source_id: str, source: Source, batch_id: str, files: Sequence[SourceFile]
) -> StageResult:
    """Read a batch as a whole: rows in = records kept + rows quarantined."""
    stream = raw_stream(source_id, source, batch_id, files)
    parts = [part.drop("record_digest") for part in stream.parts]
    rest = stream.rest()
    kept = pl.concat([empty_records(), *parts])
    return replace(rest, kept=kept.lazy())


def raw_stream(
    source_id: str,
    source: Source,
    batch_id: str,
    files: Sequence[SourceFile],
    unseen: Unseen | None = None,
) -> Stream:
    """Read a batch chunk by chunk; memory does not grow with the records' texts.

    ``unseen`` learns which columns there are.
    """
    contract = source.contract
    watch = Watch(source, contract) if contract else None
    reading = _Reading(source_id, source, batch_id, watch, unseen)
    names = wanted(source.fields, *columns_asked(contract))
    chunks = read_chunks(source, files, names)
    return Stream(reading.parts(chunks), reading.rest)


@dataclass(frozen=True)
class Known:
    """What earlier files gave: records (record_id, record_digest), ids of quarantined rows."""

    records: pl.DataFrame
    quarantined: pl.Series


def raw_more(
    source_id: str, source: Source, batch_id: str, files: Sequence[SourceFile], known: Known
) -> StageResult:
    """Read files that come after others that were read before, as if all were read in one go."""
    taken = known.quarantined.to_list()
    reading = _Reading(source_id, source, batch_id, quarantined=taken)
    reading.remember(known.records)
    parts = list(reading.parts(read_chunks(source, files, wanted(source.fields))))
    kept = [part.drop("record_digest") for part in parts]
    return replace(reading.rest(), kept=pl.concat([empty_records(), *kept]).lazy())


def whole(tables: Mapping[str, pl.LazyFrame]) -> Whole:
    """What is told of all rows together."""
    counts = pl.collect_all([tables[name].select(pl.len()) for name in ("records", "excluded")])
    kept, quarantined = (int(count.item()) for count in counts)
    return Whole(_metrics(kept, quarantined, rows_behind(tables["excluded"])))


def _metrics(kept: int, quarantined: int, behind: int) -> dict[str, float]:
    rows = kept + quarantined
    share = (quarantined + behind) / max(rows + behind, 1)
    return {"rows": float(rows), "quarantined_share": share}


@dataclass
class _Reading:
    """What is known of the rows read so far.

    For each record that is a mark of its id and of its digest, so that a key that stands twice is
    noticed.
    """

    source_id: str
    source: Source
    batch_id: str
    watch: Watch | None = None
    unseen: Unseen | None = None
    quarantined: Collection[str] = ()
    bad: list[BadRow] = field(default_factory=list)
    rows: int = 0
    seen: set[int] = field(default_factory=set)
    marks: list[pl.DataFrame] = field(default_factory=list)

    def parts(self, chunks: Iterator[Chunk]) -> Iterator[pl.DataFrame]:
        """Records, each key once: of rows with the same key the first is kept."""
        for chunk in chunks:
            if self.watch:
                self.watch.look(chunk)
            if self.unseen:
                self.unseen.look(chunk)
            records, bad = mapped(self.source_id, self.source, self.batch_id, chunk)
            self.rows += chunk.frame.height + len(chunk.bad)
            self.bad += [*chunk.bad, *bad]
            if records.height:
                records = records.with_columns(row_digests(records.drop(LINE)))
                kept = self._first_ones(chunk.file, records).drop(LINE)
                if self.watch:
                    self.watch.kept(kept)
                yield kept

    def remember(self, records: pl.DataFrame) -> None:
        """Take records (id and digest) for read."""
        marks = records.select(_mark("record_id"), _mark("record_digest"))
        self.seen |= set(marks["record_id"].to_list())
        self.marks.append(marks)

    def rest(self) -> StageResult:
        """What is known when all is read."""
        excluded = quarantine(self.source_id, self.bad, self.quarantined)
        behind = rows_behind(excluded.lazy())
        metrics = _metrics(self.rows - excluded.height, excluded.height, behind)
        profile = self.watch.told() if self.watch else {}
        return StageResult(empty_records().lazy(), excluded.lazy(), metrics, profile=profile)

    def _first_ones(self, file: str, records: pl.DataFrame) -> pl.DataFrame:
        marks = records.select(_mark("record_id"), _mark("record_digest"))
        before, ids = len(self.seen), marks["record_id"]
        self.seen.update(ids.to_list())
        if len(self.seen) < before + records.height:
            these = pl.col("record_id").is_in(ids.implode())
            again = pl.concat([marks.clear(), *(known.filter(these) for known in self.marks)])
            maybe = ids.is_duplicated() | ids.is_in(again["record_id"].implode())
            suspects = records.with_columns(marks, kept=pl.col("record_id")).filter(maybe)
            repeated = self._repeated(file, suspects, dict(again.iter_rows()))
            first = ~records[LINE].is_in(repeated.implode())
            records, marks = records.filter(first), marks.filter(first)
        self.marks.append(marks)
        return records

    def _repeated(self, file: str, suspects: pl.DataFrame, first: dict[int, int]) -> pl.Series:
        """The lines of suspects whose key stands already; they are quarantined.

        ``first``: the keys that stand in earlier chunks, with their content's marks. ``kept`` of a
        suspect: the id of the record that has the key.
        """
        lines = []
        columns = ("record_id", "record_digest", LINE, "kept")
        for key, digest, line, kept in suspects.select(columns).iter_rows():
            if key not in first:
                first[key] = digest
                continue
            same = first[key] == digest
            rule = "repeated_row" if same else "duplicate_key"
            reason = "the key stands already" + (
                ", with the same content" if same else " on another row"
            )
            lines.append(line)
            content = f"{key:015x}{digest:015x}"
            self.bad.append(BadRow(file, line, rule, reason, {"kept": kept}, content))
        return pl.Series(lines, dtype=pl.UInt64)


def _mark(column: str) -> pl.Expr:
    """The first 60 bits of a hash: enough to tell rows apart, and little to remember."""
    return pl.col(column).str.head(15).str.to_integer(base=16)


def source_policy(source_id: str, source: Source) -> str:
    """The digest of what decides how a batch is read: not its rights, nor a contract's limits."""
    plain = {k: v for k, v in source.plain().items() if k not in ("rights", "contract")}
    looked_at = {"contract": reading_part(source.contract)} if source.contract else {}
    return digest_of({"id": source_id, "source": plain, **looked_at})
