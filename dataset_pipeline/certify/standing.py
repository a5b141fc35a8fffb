"""Whether a version still stands: withdrawn, or superseded by another, as the ledger has it.

A certificate says what was certified, and stays true; that its version was withdrawn since stands
in the ledger of the store. Whoever has no store is sent the entry with its proof: a notice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.errors import (
    CannotVerify,
    CheckpointError,
    EnvelopeError,
    KeyFileError,
)
from dataset_pipeline.certify.keys import load_public_keys
from dataset_pipeline.certify.layout import signature_files
from dataset_pipeline.certify.log_proof import log_keys, proven_entry, read_proof, read_small
from dataset_pipeline.certify.sealed import Sealed
from dataset_pipeline.certify.trust_files import read_trust
from dataset_pipeline.digests import sha256_hex

STANDING = "version-standing"
_FOLDER, _LEDGER = "ledger", "ledger.jsonl"
_IN_STORE = ("versions", "models", "retrospective")


@dataclass(frozen=True)
class Standing:
    """What became of a version; ``by``: the one that superseded it."""

    status: Literal["withdrawn", "superseded"]
    time: str
    reason: str
    by: str | None = None

    def told(self) -> str:
        """In a sentence's words."""
        by = f" by {self.by}" if self.by else ""
        return f"{self.status}{by} on {self.time[:10]} because {self.reason}"


def standings(entries: Iterable[Mapping[str, Any]]) -> dict[str, Standing]:
    """What became of versions, by their names.

    The first withdrawal counts, and outweighs all; else the newest successor.
    """
    found: dict[str, Standing] = {}
    for entry in entries:
        version, kind = str(entry.get("version")), entry.get("kind")
        said = {name: str(entry.get(name)) for name in ("time", "reason")}
        known = found.get(version)
        if known and known.status == "withdrawn":
            continue
        if kind == "withdrawn":
            found[version] = Standing("withdrawn", **said)
        elif kind == "superseded":
            found[version] = Standing("superseded", **said, by=str(entry.get("by")))
    return found


def ledger_beside(certified: Path) -> Path | None:
    """The ledger of the store in which a certificate's folder lies, where it lies in one.

    The ledger's folder is enough: that its lines are gone is for the check to find.
    """
    for above in certified.parents[:3]:
        if above.name in _IN_STORE:
            folder = above.parent / _FOLDER
            return folder / _LEDGER if folder.is_dir() else None
    return None


@dataclass(frozen=True)
class Asked:
    """Whom to ask: ``notices`` (files, ``log_proof``), and whom to trust, as for ``verify``."""

    notices: Sequence[Path]
    trust: Path | None


def tell_standing(sealed: Sealed, version: str, asked: Asked, findings: Findings) -> None:
    """Tell what became of a certified version, by the ledger of its store and by notices.

    A notice that does not hold is a failed claim. Raises CannotVerify when one cannot be read, or
    is about another version.
    """
    if ledger := ledger_beside(sealed.path.parent):
        _tell_by_ledger(version, sealed, ledger, asked.trust, findings)
    elif not asked.notices:
        why = "no ledger lies beside it; ask whoever issued it for a notice (--notice)"
        findings.not_provable(STANDING, f"whether it was withdrawn since: {why}")
    for path in asked.notices:
        _tell_by_notice(version, sealed, path, asked.trust, findings)


def tell_of_model(sealed: Sealed, findings: Findings) -> None:
    """Tell what became of the version that a model was trained on, by the ledger of its store.

    What the model's certificate says stays true, so nothing fails.
    """
    ledger, version = ledger_beside(sealed.path.parent), _said(sealed, "version", "name")
    entries = _entries_of(version, ledger) if ledger and version else []
    for name, standing in standings(entries).items():
        findings.not_provable(STANDING, f"that {name} is to be used: it was {standing.told()}")


def _entries_of(version: str, ledger: Path) -> list[dict[str, Any]]:
    from dataset_pipeline.store.ledger import Ledger  # not needed where no store is

    return Ledger(ledger).find(version=version)


def certified_folder(sealed: Sealed) -> str | None:
    """The digest by which the ledger knows the old folder that a certificate is about."""
    return _said(sealed, "folder", "digest")


def _said(sealed: Sealed, section: str, name: str) -> str | None:
    try:
        said = read_envelope(sealed.data).statement["predicate"][section][name]
    except (EnvelopeError, LookupError, TypeError):
        return None  # that is told elsewhere
    return said if isinstance(said, str) else None


def _tell_by_ledger(
    version: str, sealed: Sealed, ledger: Path, trust: Path | None, findings: Findings
) -> None:
    """A ledger that is not what was signed was tampered with: an entry may have been taken out.

    One that is, but by nobody who is trusted, proves nothing. Nor does one in which the certificate
    was never entered: it was copied to this store, and what became of it stands in another's.
    """
    from dataset_pipeline.certify.ledger_check import check_ledger

    try:
        damaged = [claim.detail for claim in check_ledger(ledger).failed]
        failed = [claim.detail for claim in check_ledger(ledger, trust=trust).failed]
    except (CannotVerify, OSError) as error:
        damaged, failed = [], [str(error)]
    entries = _entries_of(version, ledger)
    found = standings(entries).get(version)
    if found:
        _tell(version, found, ledger.name, findings)
    if found and found.status == "withdrawn":
        return  # nothing that is missing could make it worse
    if damaged:
        why = f"whether it was withdrawn: the ledger beside it is damaged: {damaged[0]}"
        findings.fail(STANDING, ledger.name, why)
    elif failed:
        why = f"the ledger beside it does not hold: {failed[0]}"
        findings.not_provable(STANDING, f"whether it was withdrawn: {why}")
    elif not found and not any(_enters(entry, sealed) for entry in entries):
        why = "the ledger beside it has no entry of this certificate; ask for a notice (--notice)"
        findings.not_provable(STANDING, f"whether it was withdrawn since: {why}")
    elif not found:
        findings.close(STANDING, "neither withdrawn nor superseded, by the ledger of its store")


def _tell_by_notice(
    version: str, sealed: Sealed, path: Path, trust: Path | None, findings: Findings
) -> None:
    try:
        entry = proven_entry(read_proof(read_small(path)), _keys(sealed, trust))
    except (CheckpointError, KeyFileError) as error:
        findings.fail(STANDING, path.name, f"the notice does not hold: {error}{_only(trust)}")
        return
    about = entry.get("version")
    if version != about and entry.get("statement_sha256") != _statement(sealed):
        raise CannotVerify(f"{path}: the notice is about {about}, not {version}")
    if found := standings([entry]).get(str(about)):
        _tell(version, found, path.name, findings)
    else:
        why = f"{path.name} is no notice: it proves that it was entered as {entry['kind']}"
        findings.not_provable(STANDING, f"whether it was withdrawn since: {why}")


def _keys(sealed: Sealed, trust: Path | None) -> list[SSlibKey]:
    """Whose notices count: those that are trusted, else the key beside the certificate."""
    if trust is not None:
        return log_keys(read_trust(trust))
    return load_public_keys(sealed.beside.get(signature_files(sealed.path).key.name, b""))


def _enters(entry: Mapping[str, Any], sealed: Sealed) -> bool:
    return entry.get("statement_sha256") == _statement(sealed)


def _only(trust: Path | None) -> str:
    """A publisher with a new key signs the notices about old versions by that one."""
    tried = "; tried was the key beside the certificate: give the publisher's later ones (--trust)"
    return "" if trust else tried


def _statement(sealed: Sealed) -> str | None:
    try:
        return sha256_hex(read_envelope(sealed.data).payload)
    except EnvelopeError:
        return None


def _tell(version: str, found: Standing, file: str, findings: Findings) -> None:
    if found.status == "withdrawn":
        findings.fail(STANDING, file, f"{version} was {found.told()}")
    else:
        findings.not_provable(STANDING, f"that it is the one to use: it was {found.told()}")
