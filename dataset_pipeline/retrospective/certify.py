"""Certify an old folder: inventory, description and signed statement, in a folder of their own."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from dataset_pipeline.certify import layout
from dataset_pipeline.certify.envelope import read_envelope, sign_statement
from dataset_pipeline.certify.keys import public_pem
from dataset_pipeline.certify.log import Log
from dataset_pipeline.certify.statement import retrospective_statement
from dataset_pipeline.digests import canonical_json, digest_of, sha256_hex
from dataset_pipeline.errors import ConfigError, NotFoundError, StoreError
from dataset_pipeline.files import staged_folder
from dataset_pipeline.retrospective.about import FILE_NAME, About, read_about
from dataset_pipeline.retrospective.card import folder_card
from dataset_pipeline.retrospective.findings import (
    Found,
    Plain,
    claims,
    gaps,
    look,
    sections_told,
)
from dataset_pipeline.store.access_log import moment
from dataset_pipeline.store.store import Store

VERSION = "3"
_FOREIGN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Certified:
    """What was written and where. ``fresh``: False when the same was certified already."""

    folder: Path
    name: str
    digest: str
    fresh: bool
    claims: Sequence[Plain]
    gaps: Sequence[Plain]


@dataclass(frozen=True)
class Wanted:
    """What is to be certified, and where to.

    ``out``: where the certificate goes, else below the store. ``about``: the file with what people
    declare, else ``folder.yaml`` in the folder.
    """

    folder: Path
    out: Path | None = None
    about: Path | None = None


def certify_folder(
    wanted: Wanted, store: Store, signer: Callable[[], CryptoSigner], now: datetime
) -> Certified:
    """Certify what lies in a folder, which is not changed. ``signer`` is asked when it is needed.

    Raises NotFoundError, ConfigError, and StoreError where something else lies at the target.
    """
    folder = wanted.folder
    if not folder.is_dir():
        raise NotFoundError(f"{folder}: there is no such folder")
    _outside(folder, wanted.out.absolute() if wanted.out else store.root)
    about, found, name = _declared(folder, wanted.about), look(folder), _name(folder)
    inventory = canonical_json(found.inventory())
    digest = digest_of({"inventory": sha256_hex(inventory), "about": about.plain()})
    below = store.root / "retrospective" / name / digest
    target = wanted.out.absolute() if wanted.out else below
    claimed = claims(found, about)
    done = Certified(target, name, digest, True, claimed, gaps(about, claimed))
    fresh = not _known(target, inventory, digest)
    if fresh:
        card = folder_card(about.title or name, sha256_hex(inventory), found, claimed, done.gaps)
        files = {layout.INVENTORY: inventory, layout.README: card.encode()}
        files |= _signed(files, done, signer(), now)
        _log(store, done, found, now)
        _publish(files, target)
    _enter(store, done, signer, now)
    return replace(done, fresh=fresh)


def _signed(
    files: Mapping[str, bytes], done: Certified, signer: CryptoSigner, now: datetime
) -> dict[str, bytes]:
    """The certificate about these files, and its key."""
    predicate = {
        "folder": {"name": done.name, "digest": done.digest},
        "issued": moment(now),
        "software": f"dataset_pipeline retrospective {VERSION}",
        "reconstructed": True,
        "completeness": sections_told(done.claims, done.gaps),
        "claims": list(done.claims),
        "gaps": list(done.gaps),
    }
    subjects = {name: sha256_hex(data) for name, data in files.items()}
    statement = retrospective_statement(subjects, predicate)
    return {
        layout.RETROSPECTIVE_CERTIFICATE: sign_statement(statement, signer),
        layout.RETROSPECTIVE_KEY: public_pem(signer),
    }


def _publish(files: Mapping[str, bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with staged_folder(target.parent, target) as staging:
        for name, data in files.items():
            (staging / name).write_bytes(data)


def _declared(folder: Path, about: Path | None) -> About:
    path = about or folder / FILE_NAME
    return read_about(path) if about or path.is_file() else About()


def _name(folder: Path) -> str:
    """A plain name by which store and ledger know the folder."""
    name = _FOREIGN.sub("_", folder.absolute().name.lower()).strip("_")[:63]
    return name or "folder"


def _outside(folder: Path, target: Path) -> None:
    """The folder itself is not changed, so nothing may be written into it."""
    if target.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(
            f"{target} lies in {folder}, which must not change; give --out (and --store) elsewhere"
        )


def _known(target: Path, inventory: bytes, digest: str) -> bool:
    """Whether the same was certified there already, of the same files and by the same declaration.

    StoreError when something else lies there.
    """
    try:
        if not any(target.iterdir()):
            return False
        there = (target / layout.INVENTORY).read_bytes()
        envelope = read_envelope((target / layout.RETROSPECTIVE_CERTIFICATE).read_bytes())
        same = there == inventory and envelope.statement["predicate"]["folder"]["digest"] == digest
    except (FileNotFoundError, LookupError, TypeError):
        same = False
        if not target.exists():
            return False
    if not same:
        raise StoreError(f"{target}: something else lies there; it is never overwritten")
    return True


def _log(store: Store, done: Certified, found: Found, now: datetime) -> None:
    counts = {"files": len(found.files), "bytes": sum(entry.size for entry in found.files)}
    log = store.access_log(done.name)
    log.note("export", done.name, now, about="certify-folder", digests=[done.digest], counts=counts)


def _enter(
    store: Store, done: Certified, signer: Callable[[], CryptoSigner], now: datetime
) -> None:
    """Write the ledger's entry, unless it is there."""
    envelope = read_envelope((done.folder / layout.RETROSPECTIVE_CERTIFICATE).read_bytes())
    fields = {"version": done.digest, "statement_sha256": sha256_hex(envelope.payload)}
    log = Log(store.ledger, signer)
    once = ("statement_sha256",)
    log.enter("retrospective", moment(now), once=once, dataset=done.name, **fields)
