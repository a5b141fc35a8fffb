"""Keeps records' text out of errors: what goes wrong in a stage is told without quoting it."""

import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from dataset_pipeline.errors import PipelineError
from dataset_pipeline.store.atomic import PRIVATE_FILE, PRIVATE_FOLDER
from dataset_pipeline.store.store import Store


class StageError(PipelineError):
    """A stage failed on something that nobody foresaw; the details are in the raw zone."""


@contextmanager
def guarded(store: Store, stage: str) -> Iterator[None]:
    """Let our own errors through; put any other aside, for it may quote a record.

    The whole traceback goes to a file that only its owner can read; the error that Dagster logs
    names the type, the place in our code, and that file.
    """
    try:
        yield
    except PipelineError as error:
        raise error.with_traceback(error.__traceback__) from None
    except Exception as error:
        place = _place(error)
        store.errors.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        path = store.errors / f"{stage.replace('/', '-')}-{uuid.uuid4().hex[:12]}.txt"
        path.touch(mode=PRIVATE_FILE)
        path.write_text(traceback.format_exc(), encoding="utf-8")
        message = (
            f"{stage} failed: {type(error).__name__} at {place}. The message may quote a record, "
            f"so it is kept in {path} (owner only)."
        )
        raise StageError(message) from None


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "dataset_pipeline" in frame.filename]
    last = (ours or frames)[-1]
    return f"{last.filename.rsplit('dataset_pipeline/', 1)[-1]}:{last.lineno}"
