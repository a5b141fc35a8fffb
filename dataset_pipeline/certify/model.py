"""What the certificate of a model is about: every file in the model's folder but its own."""

from pathlib import Path

from dataset_pipeline.certify import layout
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.contents import Contents
from dataset_pipeline.certify.errors import CertifyError
from dataset_pipeline.certify.read_folder import read_folder

_CERTIFICATE = Path(layout.TRAINING_CERTIFICATE)
_FILES = layout.signature_files(_CERTIFICATE)
_OWN = {
    path.name for path in (_CERTIFICATE, *vars(_FILES).values(), layout.bundle_beside(_CERTIFICATE))
}


def model_subjects(folder: Path) -> dict[str, str]:
    """The subjects for ``training_statement``: path in ``folder`` -> SHA-256.

    Raises CertifyError when the folder holds what could not be verified later: a link, a file that
    cannot be read, a name that not every system can hold.
    """
    findings = Findings()
    contents = read_folder(folder, findings)
    if failed := [claim for claim in findings.claims if claim.status == "failed"]:
        listed = "; ".join(f"{claim.file}: {claim.detail}" for claim in failed[:5])
        raise CertifyError(f"{folder}: cannot be certified: {listed}")
    return subjects_found(contents)


def subjects_found(contents: Contents) -> dict[str, str]:
    """The same, of a folder that was read already."""
    return {path: facts.sha256 for path, facts in contents.files.items() if path not in _OWN}
