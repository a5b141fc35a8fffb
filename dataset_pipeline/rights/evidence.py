"""The evidence for a right: what it is, its SHA-256, and whether it says less than is declared."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from dataset_pipeline.config import EvidenceFile, EvidenceUrl, Rights
from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.errors import ConfigError
from dataset_pipeline.yaml_text import parse

FieldProblem = tuple[str, str]  # a field of the rights, and what is wrong with it
_GRANTS = ("training", "redistribution")
_EQUAL = ("basis", "licence")


@dataclass(frozen=True)
class Proof:
    """The evidence as it was found; ``problems``: why it proves nothing."""

    kind: str | None
    reference: str | None
    sha256: str | None = None
    retrieved: date | None = None
    problems: tuple[FieldProblem, ...] = ()

    @property
    def checkable(self) -> bool:
        """Whether somebody else can hold the evidence against its SHA-256."""
        return self.sha256 is not None

    def plain(self) -> dict[str, Any]:
        """The reference and its hash as JSON-like values."""
        retrieved = {"retrieved": self.retrieved.isoformat()} if self.retrieved else {}
        return {
            "kind": self.kind, "reference": self.reference, "sha256": self.sha256, **retrieved,
        }  # fmt: skip


def prove(rights: Rights, folder: Path) -> Proof:
    """Look at the evidence of a right; a file's SHA-256 is taken now."""
    evidence = rights.evidence
    if isinstance(evidence, EvidenceUrl):
        return Proof("url", evidence.url, evidence.sha256, evidence.retrieved)
    if isinstance(evidence, EvidenceFile):
        return _file(rights, evidence.file, folder)
    if evidence is None or not evidence.strip():
        return Proof(None, None)
    return Proof("text", evidence)


def _file(rights: Rights, name: str, folder: Path) -> Proof:
    try:
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            return Proof("file", name, problems=(("evidence", f"{name} is outside the folder"),))
        data = (folder / name).read_bytes()
    except (OSError, ValueError):
        return Proof("file", name, problems=(("evidence", f"{name} cannot be read"),))
    problems: list[FieldProblem] = []
    if not data.strip():
        return Proof("file", name, sha256_hex(data), problems=(("evidence", f"{name} is empty"),))
    try:
        problems = excesses(rights, stated(data) if name.lower().endswith(".md") else {}, name)
    except ConfigError as error:
        problems = [("evidence", f"{name}: {error}")]
    return Proof("file", name, sha256_hex(data), problems=tuple(problems))


def stated(data: bytes) -> dict[str, Any]:
    """What a Markdown document's front matter says; ConfigError when that cannot be read."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        if not text.startswith("---\n"):
            return {}
        front, closed, _ = text[4:].partition("\n---")
        found = parse(front) if closed else None
    except (UnicodeDecodeError, yaml.YAMLError):
        found = None
    if not isinstance(found, dict):
        raise ConfigError("its front matter cannot be read; save it as UTF-8, as YAML between ---")
    return found


def excesses(rights: Rights, said: dict[str, Any], name: str) -> list[FieldProblem]:
    """Where more is declared than the evidence says."""
    problems: list[FieldProblem] = []
    declared = rights.plain()
    for field in _EQUAL:
        if field in said and declared[field] != said[field]:
            problems.append((field, f"{name} says {said[field]}; declare what it says"))
    for field in _GRANTS:
        if field in said and declared[field] == "allowed" != said[field]:
            problems.append((field, f"{name} says {said[field]}; declare no more than it says"))
    if said.get("expires") is not None:
        last, ours = said["expires"], rights.expires
        last = last.date() if isinstance(last, datetime) else last
        if not isinstance(last, date) or ours is None or ours > last:
            what = f"{name} says that the right ends on {last}; declare no later day"
            problems.append(("expires", what))
    return problems
