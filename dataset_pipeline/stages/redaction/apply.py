"""Replacing what was found in texts, until nothing that must go is found any more."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dataset_pipeline.stages.evidence import Evidence
from dataset_pipeline.stages.file_names import file_names, without_names
from dataset_pipeline.stages.redaction.choose import SPANS_SCHEMA, chosen
from dataset_pipeline.stages.redaction.modes import NUMBERS_SCHEMA, replaced
from dataset_pipeline.stages.redaction.plan import Plan
from dataset_pipeline.stages.redaction.scan import detector

FINDINGS_SCHEMA = {
    "record_id": pl.String,
    "field": pl.String,
    "entity": pl.String,
    "count": pl.UInt32,
}
RESIDUE_SCHEMA = {"record_id": pl.String, "entity": pl.String}
_MAX_PASSES = 4
# As a record is read: earlier turns, then what was asked and answered, then what was noted on it.
_FIELDS = (
    "context", "prompt", "completion", "rejected", "label", "language", "attributes", "attachments",
)  # fmt: skip


@dataclass(frozen=True)
class Redaction:
    """Texts after redaction; what went and what stays, as counts by record, field and entity."""

    texts: pl.DataFrame
    gone: pl.DataFrame
    kept: pl.DataFrame


def scopes_of(records: pl.DataFrame, within: str) -> pl.DataFrame:
    """Within what numbers are the same, by record_id: scope, rank in it, event_time.

    A record without a group is a thread of its own. Records of a thread come in the order in which
    they happened; those without a time come last.
    """
    scope = pl.concat_str(pl.lit("r:"), "record_id")
    if within == "thread":
        scope = pl.coalesce(pl.concat_str(pl.lit("g:"), "group_id"), scope)
    ordered = records.select("record_id", "event_time", scope=scope).sort(
        "event_time", "record_id", nulls_last=True
    )
    return ordered.with_row_index("rank")


def redact(
    texts: pl.DataFrame, plan: Plan, evidence: Evidence, scopes: pl.DataFrame | None = None
) -> Redaction:
    """Replace what is found in the texts, by the plan.

    Replacing one value may lay another bare, so a text that was changed is looked at again until
    nothing is found in it, a few times at the most. A file's name is looked at as people read it,
    too; one in which that finds anything goes as a whole.
    """
    current = texts.with_row_index("row")
    numbers = pl.DataFrame(schema=NUMBERS_SCHEMA)
    pending, counted = current, []
    for _ in range(_MAX_PASSES):
        spans = _going(pending["text"], plan, evidence)
        if spans.is_empty():
            break
        placed = _placed(spans, pending, scopes)
        done, numbers = replaced(placed, plan, numbers)
        counted.append(done.select("record_id", "field", "entity"))
        pending = rewritten(pending, done)
        current = current.update(pending.select("row", "text"), on="row")
    result = current.drop("row")
    names = file_names(result)
    spans = _going(names["text"], plan, evidence)
    if not spans.is_empty():
        counted.append(_placed(spans, names, None).select("record_id", "field", "entity"))
        result = without_names(result, names[spans["place"].unique().sort()])
    gone = _counted(pl.concat(counted)) if counted else pl.DataFrame(schema=FINDINGS_SCHEMA)
    return Redaction(result, gone, staying(result, plan, evidence))


def residue(texts: pl.DataFrame, plan: Plan, evidence: Evidence) -> pl.DataFrame:
    """What must go and is still found: record_id, entity."""
    columns = ["record_id", "field", "text"]
    looked_at = pl.concat([texts.select(columns), file_names(texts).select(columns)])
    spans = _going(looked_at["text"], plan, evidence)
    return (
        _placed(spans, looked_at, None)
        .select(list(RESIDUE_SCHEMA))
        .unique()
        .sort("record_id", "entity")
    )


def staying(texts: pl.DataFrame, plan: Plan, evidence: Evidence) -> pl.DataFrame:
    """What stays by the policy, counted (``FINDINGS_SCHEMA``)."""
    if not plan.kept:
        return pl.DataFrame(schema=FINDINGS_SCHEMA)
    spans = _spans(texts["text"], plan, evidence, pl.element().struct["entity"].is_in(plan.kept))
    return _counted(_placed(spans, texts, None))


def _going(texts: pl.Series, plan: Plan, evidence: Evidence) -> pl.DataFrame:
    goes = ~pl.element().struct["entity"].is_in(plan.kept)
    return _spans(texts, plan, evidence, goes if plan.kept else None)


def _spans(
    texts: pl.Series, plan: Plan, evidence: Evidence, wanted: pl.Expr | None
) -> pl.DataFrame:
    if not plan.active or texts.is_empty():
        return pl.DataFrame(schema=SPANS_SCHEMA)
    found = evidence(detector(plan.active), texts)["findings"]
    if wanted is not None:
        found = found.to_frame().select(pl.all().list.filter(wanted)).to_series()
    return chosen(texts, found, plan.active, plan.min_score, plan.markers)


def _placed(spans: pl.DataFrame, texts: pl.DataFrame, scopes: pl.DataFrame | None) -> pl.DataFrame:
    """The spans with the record, field and position that their texts have, and their scope."""
    found = texts[spans["place"]].drop("text").hstack(spans)
    if scopes is None:
        found = found.with_columns(
            event_time=pl.lit(None, pl.Datetime("us", "UTC")),
            scope=pl.col("record_id"),
            rank=pl.lit(0, pl.UInt32),
        )
    else:
        found = found.join(scopes, on="record_id", how="left", maintain_order="left")
    rank = {name: number for number, name in enumerate(_FIELDS)}
    last = len(_FIELDS)
    return found.with_columns(
        field_rank=pl.col("field").replace_strict(rank, default=last, return_dtype=pl.UInt8)
    )


def rewritten(texts: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """The texts in which there are spans, with ``token`` in the place of each.

    Text by text: as columns, each span of a long text would hold a copy of all that stands around
    it.
    """
    ordered = spans.select("place", "start", "end", "token").sort("place", "start")
    grouped = ordered.group_by("place", maintain_order=True).all()
    mine = texts[grouped["place"]]
    columns = [mine["text"], *grouped.drop("place")]
    whole = [_cut(*row) for row in zip(*(column.to_list() for column in columns), strict=True)]
    return mine.with_columns(pl.Series("text", whole, pl.String))


def _cut(text: str, starts: Sequence[int], ends: Sequence[int], tokens: Sequence[str]) -> str:
    pieces, at = [], 0
    for begins, ends_at, token in zip(starts, ends, tokens, strict=True):
        start, end = (begins, ends_at) if token else _tidy_edges(text, begins, ends_at)
        pieces += [text[at : max(start, at)], token]
        at = end
    return "".join([*pieces, text[at:]])


def _tidy_edges(text: str, start: int, end: int) -> tuple[int, int]:
    """Where a value is taken out, the white space that set it apart goes with it."""
    before, behind = start, end
    while before > 0 and text[before - 1] in " \t":
        before -= 1
    while behind < len(text) and text[behind] in " \t":
        behind += 1
    if end == len(text) or text[end] in "\r\n.,;:!?)]":
        return before, end
    opens = before < start or before == 0 or text[before - 1] in "\r\n(["
    return start, behind if opens else end


def _counted(found: pl.DataFrame) -> pl.DataFrame:
    keys = ["record_id", "field", "entity"]
    return found.group_by(keys).len("count").sort(keys).cast(FINDINGS_SCHEMA)  # type: ignore[arg-type]
