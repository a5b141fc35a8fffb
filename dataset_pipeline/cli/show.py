"""How answers look in a terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table

from dataset_pipeline.cli.options import out

if TYPE_CHECKING:
    from dataset_pipeline.answers.contains import Occurrence
    from dataset_pipeline.answers.diff import Difference
    from dataset_pipeline.answers.trace import Exclusion, Step
    from dataset_pipeline.certify.claims import Verification
    from dataset_pipeline.cli.run import RunReport

_MARKS = {"ok": "[green]ok[/]", "failed": "[red]failed[/]", "not_provable": "[yellow]gap[/]"}
_MOST = 50
_BETWEEN = 3  # columns
_DIGEST = 64
_WHOLE = ("stage", "in", "kept", "excluded", "seconds", "rule", "split")
# What people copy into the next command is never broken, however narrow the terminal is.
_COPIED = (
    "version", "record", "record_id", "place", "source_ref", "content_digest", "digest", "about",
)  # fmt: skip


def line(text: str) -> None:
    """One line, as it stands."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def table(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Rows as a table with these columns."""
    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    least = {column: _least(column, rows) for column in columns}
    for column in columns:
        numeric = all(isinstance(row.get(column), int | float) for row in rows) and rows
        shown.add_column(
            column,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=column in (*_WHOLE, *_COPIED),
            min_width=least[column],
        )
    for row in rows:
        shown.add_row(*(escape(_cell(row.get(column))) for column in columns))
    width = sum(least.values()) + _BETWEEN * len(least) + 1
    shown.width = width if width > out.width else None
    out.print(shown, crop=False)


def _least(column: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """How wide a column must be: what is copied stands whole, and of the rest each word."""
    texts = [column, *(_cell(row.get(column)) for row in rows)]
    if column in (*_WHOLE, *_COPIED):
        return max(map(cell_len, texts))
    return min(_DIGEST, max(cell_len(word) for text in texts for word in text.split() or [""]))


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        said = {key: _inner(item) for key, item in value.items()}
        return ", ".join(f"{key} {item}" for key, item in said.items() if item)
    if isinstance(value, list | tuple):
        return ", ".join(_inner(item) for item in value)
    return "" if value is None else str(value)


def _inner(value: Any) -> str:
    """What stands within a cell; what has parts of its own in brackets, so that each ends."""
    text = _cell(value)
    return f"({text})" if text and isinstance(value, Mapping | list | tuple) else text


def run_report(report: "RunReport") -> None:
    """The summary of a run: what each stage kept, and where to look."""
    columns = ["stage", "in", "kept", "excluded", "by rule", "seconds", ""]
    table(f"{report.dataset}", report.stages, columns)
    for failure in report.failures:
        out.print(f"[red]failed[/] {escape(failure)}", soft_wrap=True)
    for warning in report.warnings:
        out.print(f"[yellow]warning[/] {escape(warning)}", soft_wrap=True)
    for name, value in report.places.items():
        out.print(f"[bold]{name:<12}[/] {escape(value)}", soft_wrap=True, highlight=False)


def verification(result: "Verification") -> None:
    """Every claim with its status."""
    for claim in result.claims:
        where = f"{claim.file}: " if claim.file else ""
        shown = escape(f"{claim.name}: {where}{claim.detail}")
        out.print(f"{_MARKS[claim.status]:<6} {shown}", soft_wrap=True, highlight=False)
    verdict = "[green]verified[/]" if result.ok else "[red]NOT verified[/]"
    out.print(f"{verdict} {escape(str(result.path))}", soft_wrap=True, highlight=False)


_COUNTED = {"changes": "texts changed by", "findings": "replaced", "stayed": "left by policy"}


def trace(version: str, record_id: str, steps: "Sequence[Step]") -> None:
    """A record's way; of what is known of it at each stage, that which the stage before had not."""
    rows: list[dict[str, Any]] = []
    known: Mapping[str, Any] = {}
    for step in steps:
        # A digest says nothing to people that the column of changes does not.
        news = {k: v for k, v in step.about.items() if k not in known or known[k] != v}
        what = {k: v for k, v in news.items() if k != "record_digest" or not known}
        what |= {_COUNTED[name]: _cell(counts) for name, counts in step.counted.items()}
        rows.append(
            {"stage": step.stage, "outcome": step.outcome, "changed": _changed(step), "what": what}
        )
        known = step.about if step.outcome == "kept" else known
    table(f"{record_id} in {version}", rows, ["stage", "outcome", "changed", "what"])


def _changed(step: "Step") -> str:
    """The columns that a stage changed; nothing where there is nothing to compare with."""
    return "no" if step.changed is False else ", ".join(step.columns)


def occurrences(found: "Sequence[Occurrence]") -> None:
    """Where a text was."""
    if not found:
        line("not found in any version")
        return
    rows = [
        {
            "version": item.version,
            "record": item.record_id,
            "split": item.split or f"excluded by {item.rule} in {item.stage}",
        }
        for item in found
    ]
    table("Found", rows, ["version", "record", "split"])


def difference(old: str, new: str, found: "Difference") -> None:
    """What changed at the sources, then what followed from it."""
    line(f"{old} -> {new}")
    collected = [vars(change) for change in found.collected()]
    table("Changed at the sources", collected[:_MOST], ["kind", "record_id", "stage", "source_ref"])
    if len(collected) > _MOST:
        line(f"and {len(collected) - _MOST} more; --json lists all")
    for stage, why in found.removed.items():
        line(f"{stage} cannot be compared: {why}")
    rows = [{"stage": stage, **counts} for stage, counts in found.stages().items()]
    table("By stage", rows, ["stage", "added", "removed", "changed"])
    if found.exclusions:
        line(f"{len(found.exclusions)} exclusions differ; --json lists them")


def exclusions(found: "Sequence[Exclusion]", rule: str | None) -> None:
    """The records that are out, with the reason."""
    rows = [
        {"record": item.record_id, "stage": item.stage, "rule": item.rule, "why": item.reason,
         "evidence": item.evidence, "place": item.place or ""}
        for item in found
    ]  # fmt: skip
    by = f" by {rule}" if rule else ""
    columns = ["record", "stage", "rule", "why", "evidence"]
    columns += ["place"] if any(row["place"] for row in rows) else []
    table(f"{len(rows)} exclusions{by}", rows, columns)


def models(rows: Sequence[Mapping[str, Any]]) -> None:
    """The runs that made a model."""
    for row in rows:
        line(f"{row['model_digest']}")
        line(f"  trained on  {row['version']} ({row['dataset']})")
        if row["version_standing"]:
            line(f"              which was {row['version_standing']}")
        line(f"  run         {row['run']}, {row['finished_at']}")
        line(f"  linked      {'yes, by a signed certificate' if row['linked'] else 'no'}")
        for name, metrics in row["metrics"].items():
            line(f"  {name:<11} {_cell(metrics)}")
        line(f"  files       {row['folder']}")
