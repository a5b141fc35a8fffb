"""What can go wrong here, and whether it is an answer.

``CannotVerify`` and its children mean "could not be answered". That a package is damaged is an
answer, so it is a failed claim and never one of these.
"""

from dataset_pipeline.errors import PipelineError


class CertifyError(PipelineError):
    """Base of the errors of this package."""


class BagError(CertifyError):
    """A package cannot be written: a bad path, a changed file, a name already taken."""


class KeyFileError(CertifyError):
    """A key file cannot be used: wrong format, wrong kind of key, or readable by others."""


class EnvelopeError(CertifyError):
    """A certificate's envelope is malformed, or its signature does not hold."""


class ApprovalRefused(CertifyError):  # noqa: N818 - it is an answer
    """A certificate is not one that this key can approve for this role."""


class StampError(CertifyError):
    """A time stamp is malformed, does not hold, or could not be had."""


class CheckpointError(CertifyError):
    """A checkpoint, or a proof that rests on one, is malformed or does not hold."""


class StatementError(CertifyError):
    """A statement is malformed."""


class CannotVerify(CertifyError):  # noqa: N818 - it is a verdict: neither yes nor no
    """The question could not be answered."""


class NotAPackage(CannotVerify):
    """There is nothing here, or nothing that this project certifies."""


class CertificateMissing(CannotVerify):
    """What was found is intact, but no certificate says what it should be."""


class TrustUnreadable(CannotVerify):
    """The trust file or folder is missing, or what is in it cannot be used."""
