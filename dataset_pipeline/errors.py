"""The errors that people meet: what was wrong, where, and what to do; never a record's text."""


class PipelineError(Exception):
    """Base of every error that this project raises on purpose.

    Its message is safe to show, log and store: it holds counts, rules, ids, digests, file names,
    line numbers and configuration values, never a record's text.
    """


class ConfigError(PipelineError):
    """A dataset's configuration has problems; the message lists all of them."""


class StoreError(PipelineError):
    """The store holds something that it should not, or lacks something that it should hold."""


class LawError(PipelineError):
    """A law of the pipeline was broken; nothing was published."""


class NotFoundError(PipelineError):
    """What was asked for (dataset, version, record, model) is not known here."""
