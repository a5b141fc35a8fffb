"""The gates on what was lost of files: rows that cannot be used, and what nobody could read."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from dataset_pipeline.assets.spec import Facts, Gate, Inputs
from dataset_pipeline.certify.unread import ALL_READ
from dataset_pipeline.certify.unread import CHECK as FILES_READ
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.laws import Finding
from dataset_pipeline.stages.quarantine import examples, files_unread, rows_behind
from dataset_pipeline.stages.redaction.paths import told_paths
from dataset_pipeline.store.snapshots import Snapshot

_UNREAD = (
    "nobody knows what is lost of them: mend the files, or say in gates.max_unread_files how many "
    "of a source may be so"
)


def file_gates(dataset: Dataset, files: Collection[str]) -> dict[str, Gate]:
    """The gates on what was lost of files; none where there are no files."""
    if not files:
        return {}
    return {
        "quarantined_share": quarantine_gate(dataset, files),
        FILES_READ: unread_gate(dataset, files),
    }


def unread_gate(dataset: Dataset, files: Collection[str]) -> Gate:
    """Every file was read to its end: one row in quarantine may stand for most of a source."""
    limit = dataset.config.gates.max_unread_files

    def gate(_facts: Facts, inputs: Inputs) -> Finding:
        read = [item for item in inputs.values() if item.stage in files]
        lost = {item.stage: files_unread(item.excluded).collect() for item in read}
        counts = {name: rows.height for name, rows in lost.items() if rows.height}
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        over = [item for item in read if counts.get(item.stage, 0) > limit]
        if over:
            looked_at = _looked_at(dataset, over, lost)
            told = f"files that could not be read to their end: {listed}; {looked_at}; {_UNREAD}"
            return Finding(FILES_READ, False, told)
        allowed = f"not read to their end, as gates.max_unread_files allows: {listed}"
        return Finding(FILES_READ, True, allowed if listed else ALL_READ)

    return gate


def quarantine_gate(dataset: Dataset, files: Collection[str]) -> Gate:
    """No file node among the inputs has more than the allowed share of its rows in quarantine."""
    limit = dataset.config.gates.max_quarantined_share

    def gate(_facts: Facts, inputs: Inputs) -> Finding:
        read = [item for item in inputs.values() if item.stage in files]
        shares = {item.stage: _quarantined(item) for item in read}
        over = [item for item in read if shares[item.stage] > limit]
        if over:
            listed = ", ".join(f"{item.stage} {shares[item.stage]:.2%}" for item in over)
            rows = {item.stage: item.excluded.collect() for item in over}
            looked_at = _looked_at(dataset, over, rows)
            told = f"over {limit:.2%} of the rows are in quarantine: {listed}; {looked_at}"
            return Finding("quarantined_share", False, told)
        highest = max(shares.values(), default=0.0)
        fine = f"at most {highest:.2%} of a source's rows are in quarantine"
        return Finding("quarantined_share", True, fine)

    return gate


def _looked_at(dataset: Dataset, over: Sequence[Snapshot], rows: Mapping[str, pl.DataFrame]) -> str:
    """Some of the rows, and the command that lists all of them.

    The command tells files by their names; here, for the event log, without what is personal.
    """
    some = examples(pl.concat([rows[item.stage] for item in over]).lazy())
    told = told_paths([file for file, _ in some], dataset.config.stages.redacted)
    listed = ", ".join(f"{file}#{place}" for file, (_, place) in zip(told, some, strict=True))
    stage = f" --stage {over[0].stage}" if len(over) == 1 else ""
    command = f"dataset-pipeline exclusions {dataset.name}{stage}"
    return f"for example {listed}; all of them: {command}"


def _quarantined(read: Snapshot) -> float:
    quarantined = read.rows("excluded") + rows_behind(read.excluded)
    return quarantined / max(read.rows("records") + quarantined, 1)
