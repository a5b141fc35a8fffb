"""What people see of a stage's result: small tables of counts, as plain values.

Made once, when a result is new, and remembered with it. Names, rules, reasons and counts only:
no record's text and no id. How Dagster is told stands in ``metadata.py``.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

Tables = Mapping[str, pl.DataFrame]  # a snapshot's tables by name, records and excluded among them
Shown = list[dict[str, Any]]  # in order: {name, columns, rows} or {name, markdown}

SPLITS = ("train", "validation", "test")
_MOST = 12  # categories that a table or picture lists; the others are one row
_MOST_COLUMNS = 100
_LONGEST = 60  # characters of a category's name


def table(name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """A table as a plain value."""
    return {"name": name, "columns": list(columns), "rows": [list(row) for row in rows]}


def markdown(name: str, text: str) -> dict[str, Any]:
    """Markdown as a plain value; the UI shows less than 1000 characters without a click."""
    return {"name": name, "markdown": text}


def stage_tables(tables: Tables) -> Shown:
    """What every stage shows: what it took out and why, and where what it kept is from."""
    records, excluded = tables["records"], tables["excluded"]
    found: Shown = []
    if excluded.height:
        found.append(_exclusions(excluded, records.height + excluded.height))
    if {"source_id", "split"} <= set(records.columns) and records["source_id"].n_unique() > 1:
        found.append(_by_source(records))
    return found


def _exclusions(excluded: pl.DataFrame, arrived: int) -> dict[str, Any]:
    """Records by rule, with their share of what came in and the reason, the largest first."""
    rules = excluded.group_by("rule").agg(pl.len(), pl.col("reason").unique().sort())
    rows = [
        [rule, count, percent(count, arrived), "; ".join(reasons[:3])]
        for rule, count, reasons in rules.sort("len", "rule", descending=[True, False]).iter_rows()
    ]
    return table("exclusions", ["rule", "records", "share", "why"], rows)


def profile_tables(profile: Mapping[str, Any]) -> Shown:
    """The columns of a batch: how often a value is missing, and what breaks the contract."""
    if not profile:
        return []
    broken, missing = profile["breaches"], profile["missing"]
    rows = [
        [
            escaped(name),
            f"{missing[name]:.1%}" if name in missing else "",
            ", ".join(f"{promise} ({count})" for promise, count in broken.get(name, {}).items()),
        ]
        for name in sorted({*profile["columns"], *broken})[:_MOST_COLUMNS]
    ]
    return [table("columns", ["column", "without a value", "broken promises (rows)"], rows)]


def _by_source(records: pl.DataFrame) -> dict[str, Any]:
    """Records by source and split; without splits before they are assigned."""
    if records["split"].null_count() == records.height:
        counts = records["source_id"].value_counts()
        rows = counts.sort("count", "source_id", descending=[True, False]).rows()
        return table("kept_by_source", ["source", "records"], rows)
    counted = records.group_by("source_id", "split").len("records")
    return _by_split("source", split_counts(counted, "source_id"))


def masked_values(tables: Tables) -> Shown:
    """What kinds of personal data and secrets were masked, and in how many records."""
    by_entity = (
        tables["findings"]
        .group_by("entity")
        .agg(pl.col("count").sum(), pl.col("record_id").n_unique().alias("records"))
        .sort("entity")
    )
    if by_entity.is_empty():
        return []
    return [table("masked", ["entity", "values masked", "in records"], by_entity.rows())]


def agreement(tables: Tables) -> Shown:
    """How far annotators agreed under each version of the guideline."""
    rows = [
        [guideline, records, "unknown" if kappa is None else f"{kappa:.3f}"]
        for guideline, records, kappa in tables["agreement"]
        .select("guideline", "records", "kappa")
        .iter_rows()
    ]
    columns = ["guideline", "records labelled twice", "Cohen's kappa"]
    return [table("agreement", columns, rows)] if rows else []


def unplaced(tables: Tables) -> Shown:
    """The lines of annotation files that name no record here, by file and rule."""
    file, line = (pl.col("source_ref").str.extract(part) for part in (r"^(.*)#", r"#(\d+)$"))
    by_file = (
        tables["excluded"]
        .drop_nulls("source_ref")
        .group_by(file.alias("file"), "rule")
        .agg(line.cast(pl.Int64).sort().alias("lines"))
    )
    rows = [
        [name, rule, len(lines), _some(lines)]
        for name, rule, lines in by_file.sort("file", "rule").iter_rows()
    ]
    columns = ["file", "rule", "annotations", "lines"]
    return [table("without_a_record", columns, rows)] if rows else []


def models_and_prompts(tables: Tables) -> Shown:
    """Which model and prompt wrote what was kept."""
    made = tables["provenance"].group_by("model", "prompt").len().sort("model", "prompt")
    rows = [
        [_named(model, "name", "version", "provider"), _named(prompt, "template"), count]
        for model, prompt, count in made.iter_rows()
    ]
    return [table("written_by", ["model", "prompt", "records"], rows)] if rows else []


def split_shares(tables: Tables) -> Shown:
    """The composition of the splits by label, source and language, and the proof of no leak."""
    from dataset_pipeline.ui.plots import share_plot

    columns = {"label": "label", "source": "source_id", "language": "language"}
    counts = {title: split_counts(tables["shares"], name) for title, name in columns.items()}
    panels = {f"by {title}": _as_shares(counts[title]) for title in ("label", "source")}
    leakage = tables["leakage"].select("kind", "checked", "shared").rows()
    return [
        markdown("plot", share_plot(panels, SPLITS)),
        *(_by_split(title, counted) for title, counted in counts.items()),
        table("leakage", ["what was compared", "how many", "in more than one split"], leakage),
    ]


def split_counts(counted: pl.DataFrame, column: str) -> dict[str, list[int]]:
    """Category -> records in each split, the largest first; the small ones as one."""
    named = counted.select(
        pl.col(column).cast(pl.String).fill_null("(none)").alias("name"),
        pl.col("split").cast(pl.String),
        pl.col("records").cast(pl.Int64),
    ).drop_nulls("split")
    order = named.group_by("name").agg(pl.col("records").sum())
    kept = order.sort("records", "name", descending=[True, False])["name"].head(_MOST).to_list()
    found = {_short(name): [0] * len(SPLITS) for name in kept}
    for name, split, records in named.iter_rows():
        row = found.setdefault(_short(name) if name in kept else "(others)", [0] * len(SPLITS))
        row[SPLITS.index(split)] += records
    return found


def _totals(counts: Mapping[str, Sequence[int]]) -> list[int]:
    return [sum(row[number] for row in counts.values()) for number in range(len(SPLITS))]


def _as_shares(counts: Mapping[str, Sequence[int]]) -> dict[str, list[float]]:
    totals = _totals(counts)
    return {
        name: [part / max(total, 1) for part, total in zip(row, totals, strict=True)]
        for name, row in counts.items()
    }


def _by_split(title: str, counts: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Counts and their share of each split."""
    totals = _totals(counts)
    lines = [f"|{title}|{'|'.join(SPLITS)}|", "|:-|-:|-:|-:|"]
    for name, row in counts.items():
        cells = (f"{n} ({percent(n, total)})" for n, total in zip(row, totals, strict=True))
        lines.append(f"|{escaped(name)}|{'|'.join(cells)}|")
    lines.append(f"|**all**|{'|'.join(f'**{total}**' for total in totals)}|")
    return markdown(f"kept_by_{title}", "\n".join(lines))


def percent(part: int, whole: int) -> str:
    """A share as people write it."""
    return f"{part / max(whole, 1):.1%}"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, also in a table's cell."""
    return "".join(f"\\{mark}" if mark in "\\`*_{}[]<>#|~!" else mark for mark in text)


def _some(numbers: Sequence[int]) -> str:
    """The first numbers of a list, and that there are more."""
    return ", ".join([*map(str, numbers[:_MOST]), *(["…"] if len(numbers) > _MOST else [])])


def _named(described: str | None, *keys: str) -> str:
    """Some values of a JSON object, in a line."""
    found = json.loads(described or "{}")
    values = [found.get(key) for key in keys] if isinstance(found, dict) else []
    return _short(", ".join(str(value) for value in values if value))


def _short(name: str | None) -> str:
    name = name or "(none)"
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
