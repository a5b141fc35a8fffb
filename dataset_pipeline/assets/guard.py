"""Keeps records' text out of errors: what goes wrong in a stage is told without quoting it."""

import os
import re
import traceback
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import polars as pl
from dagster import DagsterExecutionInterruptedError

from dataset_pipeline.errors import PipelineError, place, system_error
from dataset_pipeline.files import PRIVATE_FILE, PRIVATE_FOLDER
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store

_SYSTEM = re.compile(r"IO error: [^:]* \(os error (\d+)\)$")
_ENDS_OF_A_RUN = (KeyboardInterrupt, GeneratorExit, DagsterExecutionInterruptedError)


class StageError(PipelineError):
    """A stage failed on something that is no law and no rule of ours."""


@contextmanager
def guarded(store: Store, stage: str, inputs: Iterable[Snapshot] = ()) -> Iterator[None]:
    """Let our own errors and the system's through; put any other aside: it may quote a record.

    The whole traceback goes to a file that only its owner can read; the error that Dagster logs
    names the type, the place in our code, and that file. Where one of the ``inputs`` is damaged,
    that is the error.
    """
    try:
        yield
    except PipelineError as error:
        raise error.with_traceback(error.__traceback__) from None
    except OSError as error:
        raise StageError(f"{stage} failed: {system_error(error)}") from None
    except _ENDS_OF_A_RUN:
        raise
    except BaseException as error:  # a panic of Polars, or a library that exits, quotes as well
        for snapshot in inputs:
            if harm := snapshot.harm():
                raise harm from None
        told = _of_the_system(error)
        why = system_error(told) if told else _put_aside(store, stage, error)
        raise StageError(f"{stage} failed: {why}") from None


def _of_the_system(error: BaseException) -> OSError | None:
    """What the system would not do for Polars, which tells a full disk as an error of computing."""
    found = _SYSTEM.search(str(error)) if isinstance(error, pl.exceptions.PolarsError) else None
    if found is None:
        return None
    number = int(found[1])
    return OSError(number, os.strerror(number)).with_traceback(error.__traceback__)


def _put_aside(store: Store, stage: str, error: BaseException) -> str:
    what = f"{type(error).__name__} at {place(error)}"
    path = store.errors / f"{stage.replace('/', '-')}-{uuid.uuid4().hex[:12]}.txt"
    try:
        store.errors.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        path.touch(mode=PRIVATE_FILE)
        path.write_text(traceback.format_exc(), encoding="utf-8", errors="backslashreplace")
    except OSError as unwritten:
        return f"{what}; the message could not be kept: {system_error(unwritten)}"
    return f"{what}. The message may quote a record, so it is kept in {path} (owner only)."
