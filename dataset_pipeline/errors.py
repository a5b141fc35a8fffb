"""The errors that people meet: what was wrong, where, and what to do; never a record's text."""

import errno
import os
import traceback

_REMEDIES = {
    errno.ENOSPC: "; free some space, then run it again",
    errno.EDQUOT: "; free some space, then run it again",
    errno.EFBIG: "; raise the limit on file sizes, then run it again",
    errno.EACCES: "; give this user the right to it, then run it again",
    errno.EROFS: "; give a place that can be written to",
}


class PipelineError(Exception):
    """Base of every error that this project raises on purpose.

    Its message is safe to show, log and store: it holds counts, rules, ids, digests, file names,
    line numbers and configuration values, never a record's text.
    """


class ConfigError(PipelineError):
    """A dataset's configuration has problems; the message lists all of them."""


class StoreError(PipelineError):
    """The store holds something that it should not, or lacks something that it should hold."""


class CollectError(PipelineError):
    """A source could not be collected as a whole; nothing of it was taken over."""


class LawError(PipelineError):
    """A law of the pipeline was broken; nothing was published."""


class NotFoundError(PipelineError):
    """What was asked for (dataset, version, record, model) is not known here."""


def system_error(error: OSError) -> str:
    """What the system would not do, and with which file; it never quotes what a file holds."""
    named = f"{error.filename}: " if error.filename else ""
    said = os.strerror(error.errno) if error.errno else type(error).__name__
    return f"{named}{said}{_REMEDIES.get(error.errno or 0, '')} ({place(error)})"


def place(error: BaseException) -> str:
    """Where in our code an error came up: file and line."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "dataset_pipeline" in frame.filename]
    last = (ours or frames)[-1]
    return f"{last.filename.rsplit('dataset_pipeline/', 1)[-1]}:{last.lineno}"
