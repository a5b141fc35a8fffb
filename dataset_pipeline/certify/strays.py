"""Files that lie with a version and that no signature vouches for.

Whoever is told that a folder verifies takes all in it for verified. So nothing may lie there that
the certificate does not call for; a name that begins with the certificate's is held to it anywhere.
"""

import os
from collections.abc import Collection
from pathlib import Path

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify import layout
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.envelope import Envelope
from dataset_pipeline.certify.sealed import Sealed


def check_named(sealed: Sealed, envelope: Envelope, findings: Findings) -> None:
    """Fail each file that bears the certificate's name and belongs to none of its signatures."""
    called_for = {path.name for path in layout.beside(sealed.path)}
    for place, (key_id, _) in enumerate(envelope.signatures):
        found = layout.signature_files(sealed.path, key_id if place else None)
        called_for |= {path.name for path in (found.key, found.stamp, found.authority)}
    for name in sorted(sealed.named - called_for):
        findings.fail(names.BESIDE, name, f"{sealed.file} calls for no such file")


def check_others(folder: Path, stem: str, own: Collection[str], findings: Findings) -> None:
    """Fail each file in a published folder that is not ``own`` and does not bear the name ``stem``.

    What is in a folder inside (an unpacked bag, say) is not looked at, and that is told.
    """
    try:
        with os.scandir(folder) as found:
            others = sorted(
                (child.name, child.is_dir(follow_symlinks=False))
                for child in found
                if child.name not in own and not child.name.startswith(f"{stem}.")
            )
    except OSError as error:
        findings.fail(names.BESIDE, folder.name, f"cannot be listed: {error.strerror}")
        return
    for name, is_folder in others:
        if is_folder:
            findings.not_provable(names.BESIDE, f"what is in {name}/, which was not looked at")
        else:
            findings.fail(names.BESIDE, name, "is none of its files; keep yours elsewhere")
