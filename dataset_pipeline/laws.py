"""The laws that hold for every stage, as pure checks on frames. Enforced in ``stage_asset.py``."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from dataset_pipeline.records import HELD_OUT, RECORD_SCHEMA

# What an exclusion by these rules has to show (law of evidence).
_COPY = ("kept", "similarity")
_LEAK = ("held_out", "overlap")
REQUIRED_EVIDENCE: dict[str, tuple[str, ...]] = {
    "exact_duplicate": _COPY,
    "near_duplicate": _COPY,
    "short_duplicate": _COPY,
    "template_duplicate": _COPY,
    "copy_of_clean_record": _COPY,
    "held_out_overlap": _LEAK,
    "held_out_contained": _LEAK,
    "held_out_cluster": _LEAK,
    "benchmark_overlap": _LEAK,
    "held_out_group": ("group",),
    "task_example_overlap": _LEAK,
}
_SHARES = ("similarity", "overlap")
# Evidence as most rules write it. What cannot be read like that is looked at one by one.
_PLAIN = pl.Struct(
    {
        "kept": pl.String,
        "similarity": pl.Float64,
        "held_out": pl.String,
        "overlap": pl.Float64,
        "group": pl.String,
    }
)
# Rules that keep one of several here; the one that they name must have been kept.
_KEEPS_ONE = ("exact_duplicate", "near_duplicate", "short_duplicate", "template_duplicate")


@dataclass(frozen=True)
class Finding:
    """Whether a law holds; ``detail`` says where it does not, in counts and ids."""

    law: str
    holds: bool
    detail: str


def _finding(law: str, problems: list[str], fine: str) -> Finding:
    return Finding(law, not problems, "; ".join(problems) or fine)


def merged(findings: Sequence[Finding]) -> Finding:
    """One finding for what was looked at in parts: it holds where all do."""
    law = findings[0].law
    broken = list(dict.fromkeys(finding.detail for finding in findings if not finding.holds))
    return Finding(law, not broken, "; ".join(broken) or f"holds in all {len(findings)} parts")


def of_what_changed(finding: Finding) -> Finding:
    """A finding on a part, told of all: for what is as it was, it was found to hold before."""
    detail = f"of what changed: {finding.detail}" if finding.holds else finding.detail
    return Finding(finding.law, finding.holds, detail)


def continued(findings: Sequence[Finding], arrived: int, kept: int, excluded: int) -> list[Finding]:
    """Findings on the part that changed, told of all; the counts are those of all."""
    told = [of_what_changed(finding) for finding in findings]
    counted = f"{arrived} in = {kept} kept + {excluded} excluded"
    problems = [f.detail for f in findings if f.law == "conservation" and not f.holds]
    if arrived != kept + excluded:
        problems.append(f"{counted} does not hold")
    others = [finding for finding in told if finding.law != "conservation"]
    return [_finding("conservation", problems, counted), *others]


def conservation(arrived: pl.Series, kept: pl.Series, excluded: pl.Series) -> Finding:
    """The ids that came in are exactly those kept and those excluded, each once."""
    out = pl.concat([kept.cast(pl.String), excluded.cast(pl.String)])
    lost = arrived.filter(~arrived.is_in(out.implode()))
    doubled = _doubled(arrived)
    if lost.is_empty() and not doubled and len(out) == len(arrived):
        problems = []  # each of as many stands in it, so each stands there once
    else:
        problems = _unbalanced(arrived, out, lost, doubled)
    fine = f"{len(arrived)} in = {len(kept)} kept + {len(excluded)} excluded"
    return _finding("conservation", problems, fine)


def _doubled(ids: pl.Series) -> int:
    """How many came in before; ids are hex, and mostly differ in their first 60 bits."""
    begins = ids.str.head(15).str.to_integer(base=16, strict=False)
    return 0 if begins.n_unique() == len(ids) else len(ids) - ids.n_unique()


def _unbalanced(arrived: pl.Series, out: pl.Series, lost: pl.Series, doubled: int) -> list[str]:
    appeared = out.filter(~out.is_in(arrived.implode()))
    problems = []
    if len(lost):
        problems.append(f"{len(lost)} lost, such as {lost.sort()[0]}")
    if len(appeared):
        problems.append(f"{len(appeared)} appeared from nowhere, such as {appeared.sort()[0]}")
    if doubled:
        problems.append(f"{doubled} came in more than once")
    if repeated := len(out) - out.n_unique():
        problems.append(f"{repeated} stand more than once")
    return problems


def rows_conserved(rows: int, kept: int, excluded: int) -> Finding:
    """For what is read from files: rows in = rows kept + rows quarantined."""
    fine = f"{rows} rows in = {kept} kept + {excluded} quarantined"
    problems = [] if rows == kept + excluded else [f"{fine} does not hold"]
    return _finding("conservation", problems, fine)


def evidence(excluded: pl.DataFrame, kept_ids: pl.Series) -> Finding:
    """Every exclusion has a rule, a reason and evidence; copies name a record that was kept."""
    problems = []
    blank = excluded.filter(
        (pl.col("rule").fill_null("") == "") | (pl.col("reason").fill_null("") == "")
    )
    if blank.height:
        problems.append(f"{blank.height} without rule or reason")
    doubted = excluded.filter(~_plainly_explained(excluded, kept_ids))
    kept = set(kept_ids.to_list()) if doubted.height else set()
    unexplained = sum(
        not _explains(rule, shown, kept)
        for rule, shown in doubted.select("rule", "evidence").iter_rows()
    )
    if unexplained:
        problems.append(f"{unexplained} without the evidence that their rule demands")
    return _finding("evidence", problems, f"{excluded.height} exclusions explained")


def _plainly_explained(excluded: pl.DataFrame, kept_ids: pl.Series) -> pl.Series:
    """Which exclusions surely show what their rule demands: many at once, in Rust."""
    try:
        told = excluded.select("rule", told=pl.col("evidence").str.json_decode(_PLAIN))
        told = told.with_columns(
            stayed=pl.col("told").struct.field("kept").is_in(kept_ids.implode())
        )
    except pl.exceptions.PolarsError:
        return pl.repeat(False, excluded.height, eager=True)
    member = pl.col("told").struct.field
    sound = pl.col("told").is_not_null() & pl.col("rule").is_not_null()
    for rule, needed in REQUIRED_EVIDENCE.items():
        there = [
            member(name).is_between(0, 1) if name in _SHARES else member(name).is_not_null()
            for name in needed
        ]
        if rule in _KEEPS_ONE:
            there.append(pl.col("stayed"))
        sound &= (pl.col("rule") != rule) | pl.all_horizontal(there).fill_null(False)
    return told.select(sound).to_series()


def _explains(rule: str, shown: str | None, kept: set[str]) -> bool:
    try:
        value = json.loads(shown or "")
    except ValueError:
        return False
    needed = REQUIRED_EVIDENCE.get(rule, ())
    if not isinstance(value, dict) or any(value.get(name) is None for name in needed):
        return False
    if any(not _is_share(value[name]) for name in needed if name in _SHARES):
        return False
    return rule not in _KEEPS_ONE or str(value["kept"]) in kept


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


def held_out_untouched(
    arrived: pl.DataFrame, excluded: pl.DataFrame, for_all: Collection[str], applies_to: list[str]
) -> Finding:
    """Held-out records are taken out only by rules for all, or where the policy says so.

    ``arrived`` has record_id and split; ``applies_to`` never opens test.
    """
    held = arrived.filter(pl.col("split").cast(pl.String).is_in(HELD_OUT))
    hit = excluded.join(held, on="record_id").filter(~pl.col("rule").is_in(list(for_all)))
    opened = [split for split in applies_to if split == "validation"]
    wrong = hit.filter(~pl.col("split").cast(pl.String).is_in(opened))
    rules = ", ".join(wrong["rule"].unique().sort().to_list())
    problems = [f"{wrong.height} taken out by {rules}"] if wrong.height else []
    return _finding("held_out", problems, f"{held.height} held-out records came in")


_NEVER_NULL = (
    "record_id", "source_id", "batch_id", "source_ref", "origin", "parents", "generation", "prompt",
)  # fmt: skip
_ASSIGNED = ("group_id", "split")


def separation(kept: pl.DataFrame, origins: Collection[str]) -> Finding:
    """Only the origins that belong here; what a model made names its parents' generation."""
    kept = kept.select("origin", "parents", "generation")
    origin = pl.col("origin").cast(pl.String)
    problems = []
    foreign = kept.filter(~origin.is_in(list(origins)))
    if foreign.height:
        found = ", ".join(foreign["origin"].cast(pl.String).unique().sort().to_list())
        problems.append(f"{foreign.height} of origin {found}")
    orphans = kept.filter((pl.col("generation") > 0) & (pl.col("parents").list.len() == 0))
    if orphans.height:
        problems.append(f"{orphans.height} model-made records without parents")
    unmarked = kept.filter((origin == "model_generated") & (pl.col("generation") == 0))
    if unmarked.height:
        problems.append(f"{unmarked.height} model-made records of generation 0")
    return _finding("separation", problems, f"origins: {', '.join(sorted(origins))}")


def schema(kept: pl.DataFrame, *, assigned: bool) -> Finding:
    """The record's schema: problems as counts, never as values.

    ``assigned``: whether groups and splits must be there (from ``normalized`` on). One look at all
    columns by Polars: every stage of every run pays for it, and parts of a large one by turns.
    """
    found = dict(kept.drop("record_digest", strict=False).schema)
    if found != RECORD_SCHEMA:
        odd = sorted({n for n, _ in found.items() ^ RECORD_SCHEMA.items()})
        return _finding("schema", [f"{name}: not the column it should be" for name in odd], "")
    needed = [*_NEVER_NULL, *(_ASSIGNED if assigned else ())]
    identity = pl.col("record_id")
    tests = [
        *(pl.col(name).null_count().alias(f"{name}: null") for name in needed),
        (~identity.str.contains(r"^[0-9a-f]{32}$")).sum().alias("record_id: no id"),
        (pl.len() - identity.n_unique()).alias("record_id: not unique"),
    ]
    counts = kept.lazy().select(tests).collect(engine="streaming").row(0, named=True)
    problems = [f"{what} in {count}" for what, count in counts.items() if count]
    if problems:
        return _finding("schema", problems, "")
    return _finding("schema", [], f"{kept.height} records as the schema says")
