"""What verifying says: claims, each ok, failed, or not provable from what is here."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from dataset_pipeline.certify.paths import display

Status = Literal["ok", "failed", "not_provable"]
Kind = Literal["version", "package", "bag", "model", "retrospective", "proof", "ledger"]

FORM = "package-form"
DECLARATION = "bag-declaration"
MANIFEST = "payload-manifest"
DIGESTS = "payload-digests"
EXTENT = "payload-oxum"
TAGS = "tag-manifest"
CERTIFICATE = "certificate-form"
SIGNATURE = "certificate-signature"
SUBJECTS = "certificate-subjects"
VERSION = "certificate-version"
OWNER = "key-owner"
APPROVALS = "approvals"
OTHER_SIGNATURES = "other-signatures"
TIME = "trusted-time"
BUNDLE = "sigstore-bundle"
STATEMENTS = "stage-statements"
COMPLETENESS = "completeness"
BESIDE = "files-beside"
# What is to come: the certificate is what it was, and does not count yet.
PENDING = "pending"

_MOST_OF_ONE_NAME = 100


@dataclass(frozen=True)
class Claim:
    """One thing that was looked at. ``file`` is the file that a failure is about."""

    name: str
    status: Status
    detail: str
    file: str | None = None


@dataclass(frozen=True)
class Verification:
    """The answer about ``path``: its kind and every claim, in the order of the checks.

    ``needs``: the claim without which nothing is proven: that a signature holds.
    """

    path: Path
    kind: Kind
    claims: tuple[Claim, ...]
    needs: str = SIGNATURE

    @property
    def ok(self) -> bool:
        """True when nothing failed and a signature was found to hold."""
        signed = any(claim.name == self.needs and claim.status == "ok" for claim in self.claims)
        return signed and not self.failed

    @property
    def failed(self) -> tuple[Claim, ...]:
        """The claims that failed."""
        return tuple(claim for claim in self.claims if claim.status == "failed")

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON-ready values: path, kind, ok, claims."""
        claims = [asdict(claim) for claim in self.claims]
        return {"path": str(self.path), "kind": self.kind, "ok": self.ok, "claims": claims}


@dataclass
class Findings:
    """Collects claims while checks run; a check that found nothing wrong is closed as ok."""

    claims: list[Claim] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)

    def fail(self, name: str, file: str, detail: str) -> None:
        """Note a failure; of many under one name the first hundred are listed.

        A file's name is shown up to a quotation mark, which no package's names hold: where a ZIP is
        damaged, a name may run on into the first record of its file.
        """
        count = self._counts[name] = self._counts.get(name, 0) + 1
        if count <= _MOST_OF_ONE_NAME:
            told, shown = display(detail, 500), display(file.partition('"')[0] or file[:1])
            self.claims.append(Claim(name, "failed", told, shown))

    def fail_all(self, name: str, file: str, details: Iterable[str]) -> None:
        """Note each detail as a failure of ``file``."""
        for detail in details:
            self.fail(name, file, detail)

    def close(self, name: str, detail: str) -> None:
        """End the check ``name``: ok with ``detail`` unless something failed under that name."""
        count = self._counts.get(name, 0)
        if not count:
            self.claims.append(Claim(name, "ok", display(detail, 500)))
        elif count > _MOST_OF_ONE_NAME:
            more = f"and {count - _MOST_OF_ONE_NAME} more"
            self.claims.append(Claim(name, "failed", more, self._last_file(name)))

    def not_provable(self, name: str, why: str) -> None:
        """Note what cannot be proven, and why."""
        self.claims.append(Claim(display(name), "not_provable", display(why, 1000)))

    @property
    def any_failed(self) -> bool:
        """Whether anything failed up to here."""
        return bool(self._counts)

    def _last_file(self, name: str) -> str | None:
        return next((c.file for c in reversed(self.claims) if c.name == name), None)
