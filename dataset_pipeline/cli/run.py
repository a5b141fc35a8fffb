"""``run``: materialize a dataset's assets in this process, with progress and a summary."""

import fnmatch
import os
import re
import signal
import sys
import threading
import time
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import DagsterEventType, EventLogEntry
from dagster._utils.interrupts import capture_interrupts
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dataset_pipeline.cli.options import err
from dataset_pipeline.config_file import load_dataset
from dataset_pipeline.definitions import dataset_definitions
from dataset_pipeline.errors import NotFoundError, PipelineError
from dataset_pipeline.instance import (
    close_abandoned_runs,
    event_log_told,
    open_instance,
    process_tags,
)
from dataset_pipeline.store.store import Store

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


# Dagster puts the name of an error before what it says; ours say all that there is to know.
_OUR_ERROR = re.compile(r"^dataset_pipeline(?:\.\w+)+: ")
_INTERRUPTED = "interrupted; what is finished is kept, so run it again to go on from there"


class InterruptedRunError(PipelineError):
    """Somebody stopped the run."""


@dataclass
class RunReport:
    """What a run did. ``stages``: one row an asset; ``places``: where to look."""

    dataset: str
    run_id: str
    ok: bool = False
    seconds: float = 0.0
    stages: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """The report as JSON-like values."""
        return {**vars(self), **self.places}


def run_dataset(
    configs: Path, store: Path, name: str, select: Sequence[str], quiet: bool
) -> RunReport:
    """Materialize a dataset, or the assets that ``select`` names."""
    load_dataset(configs, name)  # so that a broken configuration is told before anything starts
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    Store(store).sweep()
    definitions = dataset_definitions(configs, store, name)
    job = definitions.resolve_job_def(name)
    keys = selected(job, name, select)
    report = RunReport(name, str(uuid.uuid4()))
    started = time.monotonic()
    with event_log_told(store), open_instance(store) as instance, _interruptible():
        close_abandoned_runs(instance)
        with _shown(instance, report, len(keys), quiet=quiet):
            result = job.execute_in_process(
                run_config=_QUIET,
                instance=instance,
                asset_selection=keys,
                run_id=report.run_id,
                tags=process_tags(),
                raise_on_error=False,
            )
    report.ok = result.success
    report.seconds = round(time.monotonic() - started, 3)
    return report


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Control-C end the run while a stage works, not while Dagster writes to its event log."""
    hook = sys.unraisablehook
    sys.unraisablehook = _interrupt_again
    try:
        with capture_interrupts():
            yield
    except dg.DagsterExecutionInterruptedError:
        raise InterruptedRunError(_INTERRUPTED) from None
    finally:
        sys.unraisablehook = hook


def _interrupt_again(lost: "sys.UnraisableHookArgs") -> None:
    """Control-C while Python collects garbage is swallowed there, so it comes again after that."""
    if isinstance(lost.exc_value, dg.DagsterExecutionInterruptedError):
        threading.Timer(0.01, signal.raise_signal, [signal.SIGINT]).start()
    else:
        sys.__unraisablehook__(lost)


def selected(job: dg.JobDefinition, dataset: str, select: Sequence[str]) -> list[dg.AssetKey]:
    """The assets that the names or globs mean; all without any. NotFoundError for one unknown."""
    graph = job.asset_layer.asset_graph
    keys = sorted(job.asset_layer.executable_asset_keys)
    names = {"/".join(key.path[1:]): key for key in keys}
    if not select:
        return keys
    chosen: set[dg.AssetKey] = set()
    for pattern in select:
        bare = pattern.strip("+")
        hits = [key for name, key in names.items() if fnmatch.fnmatchcase(name, bare)]
        if not hits:
            raise NotFoundError(f"{dataset} has no asset {bare!r} (there: {', '.join(names)})")
        selection: dg.AssetSelection = dg.AssetSelection.assets(*hits)
        if pattern.startswith("+"):
            selection = selection.upstream()
        if pattern.endswith("+"):
            selection = selection | dg.AssetSelection.assets(*hits).downstream()
        chosen |= selection.resolve(graph)
    return sorted(chosen & set(keys))


@contextmanager
def _shown(
    instance: dg.DagsterInstance, report: RunReport, steps: int, *, quiet: bool
) -> Iterator[None]:
    """Follow the run's events: progress for people, rows for the report."""
    console = Console(file=open(os.devnull, "w", encoding="utf-8")) if quiet else err  # noqa: SIM115, PTH123
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(report.dataset, total=steps)

        def follow(entry: EventLogEntry) -> None:
            if entry.dagster_event is None:
                return
            event = entry.dagster_event
            if event.event_type == DagsterEventType.STEP_START:
                progress.update(task, description=_step_name(report, event))
            elif event.event_type in (DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE):
                progress.advance(task)
            _note(report, event)

        instance.add_event_listener(report.run_id, follow)
        yield


def _step_name(report: RunReport, event: dg.DagsterEvent) -> str:
    return (event.step_key or "").removeprefix(f"{report.dataset}__").replace("__", "/")


def _note(report: RunReport, event: dg.DagsterEvent) -> None:
    if event.event_type == DagsterEventType.ASSET_MATERIALIZATION:
        _note_materialization(report, event)
    elif event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
        check = event.asset_check_evaluation_data
        if not check.passed:
            name = "/".join(check.asset_key.path[1:])
            told = f"{name}: {check.check_name}: {check.description}"
            blocking = check.severity == dg.AssetCheckSeverity.ERROR
            (report.failures if blocking else report.warnings).append(told)
    elif event.event_type == DagsterEventType.STEP_FAILURE:
        error = event.step_failure_data.error
        while error and error.cause:
            error = error.cause
        if error and error.cls_name == dg.DagsterExecutionInterruptedError.__name__:
            report.failures.append(f"{_step_name(report, event)}: {_INTERRUPTED}")
        elif error and error.cls_name != "DagsterAssetCheckFailedError":
            told = _OUR_ERROR.sub("", error.message.strip())
            report.failures.append(f"{_step_name(report, event)}: {told}")
    elif event.event_type == DagsterEventType.RUN_FAILURE and not report.failures:
        # No stage failed: somebody stopped the run between two of them, or Dagster itself failed.
        told = event.message or "the run failed"
        report.failures.append(_INTERRUPTED if "interrupted" in told else told)


_PLACES = ("version", "package", "certificate", "model")


def _note_materialization(report: RunReport, event: dg.DagsterEvent) -> None:
    materialization = event.step_materialization_data.materialization
    values = {name: value.value for name, value in materialization.metadata.items()}
    report.stages.append(
        {
            "stage": "/".join(materialization.asset_key.path[1:]),
            "in": values.get("records_in"),
            "kept": values.get("dagster/row_count"),
            "excluded": values.get("records_excluded"),
            "by rule": values.get("excluded_by_rule", {}),
            "seconds": values.get("duration_seconds"),
            "": "unchanged" if values["reused"] else "",
            "reused": values["reused"],
            "digest": values["content_digest"],
        }
    )
    report.places.update({name: str(values[name]) for name in _PLACES if name in values})
