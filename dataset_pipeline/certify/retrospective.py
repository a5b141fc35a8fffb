"""Verify the certificate of an old folder: its own files, and the folder that it is about."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataset_pipeline.certify import layout
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.inventory import entries
from dataset_pipeline.digests import sha256_file

FOLDER = "folder"
NOT_LOOKED_AT = "the folder itself was not looked at; give it with --folder"


def retrospective_subjects(folder: Path, findings: Findings) -> dict[str, str | None]:
    """The files that the certificate is about, with their SHA-256 (None: could not be read)."""
    found: dict[str, str | None] = {}
    for name in (layout.INVENTORY, layout.README):
        path = folder / name
        try:
            if path.is_file() and not path.is_symlink():
                found[name] = sha256_file(path)
        except OSError as error:
            findings.fail(FOLDER, name, f"cannot be read: {error.strerror}")
            found[name] = None
    return found


def check_folder(inventory: Path, folder: Path, findings: Findings) -> None:
    """Hold every file of a folder against the inventory: changed, missing or added."""
    try:
        listed = _listed(json.loads(inventory.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        findings.fail(FOLDER, inventory.name, "is no inventory")
        return
    there = {entry.name: entry for entry in entries(folder)}
    for name in sorted(listed.keys() - there.keys()):
        findings.fail(FOLDER, name, "is missing")
    for name in sorted(there.keys() - listed.keys()):
        findings.fail(FOLDER, name, "was added since")
    for name in sorted(listed.keys() & there.keys()):
        if listed[name] != there[name].sha256:
            findings.fail(FOLDER, name, there[name].why or "was changed since")
    whole = sum(digest is not None for digest in listed.values())
    findings.close(FOLDER, f"{whole} files are what was certified")
    if rest := len(listed) - whole:
        findings.not_provable(FOLDER, f"{rest} links, special or unreadable files have no digest")


def _listed(inventory: Mapping[str, Any]) -> dict[str, str | None]:
    files = {str(file["path"]): str(file["sha256"]) for file in inventory["files"]}
    return {**files, **{str(entry["path"]): None for entry in inventory["not_read"]}}
