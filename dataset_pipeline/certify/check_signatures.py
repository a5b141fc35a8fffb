"""Who signed the certificate, who approved it, and do they count?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify import layout
from dataset_pipeline.certify.approvals import Demand, demanded
from dataset_pipeline.certify.check_time import check_times
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.envelope import Envelope, verify_envelope
from dataset_pipeline.certify.errors import EnvelopeError, KeyFileError, StatementError
from dataset_pipeline.certify.keys import load_exact_public_key
from dataset_pipeline.certify.sealed import Sealed
from dataset_pipeline.certify.trust import Trust, TrustedKey


def check_signatures(
    sealed: Sealed, envelope: Envelope, trust: Trust | None, now: datetime, findings: Findings
) -> None:
    """Check the stamps, every signature, and the approvals that are demanded.

    A key signs for the role that the trust policy gives it, else for the one that the certificate
    itself names it for, else as the publisher. ``trust`` is None when nobody said whom to trust.
    """
    try:
        demand = demanded(envelope.statement["predicate"])
    except StatementError as error:
        findings.fail(names.CERTIFICATE, sealed.file, str(error))
        demand = None
    proven = check_times(sealed, envelope, trust, findings)
    keys = _keys_beside(sealed, envelope, trust, findings)
    check = _Check(sealed.file, envelope, trust, demand, findings)
    check.count(keys if trust is None else trust.keys, proven, now)
    check.tell_publisher()
    if demand:
        check.tell_approvals(demand, "the certificate")
    if trust and trust.approvals:
        check.tell_approvals(trust.approvals, "the trust policy")
    check.tell_others()


@dataclass
class _Check:
    """Counts the signatures: by publishers, by roles, and why others do not count (by key id)."""

    file: str
    envelope: Envelope
    trust: Trust | None
    demand: Demand | None
    findings: Findings
    publishers: list[str] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    broken: bool = False

    def count(
        self, keys: Mapping[str, TrustedKey], proven: Mapping[str, datetime], now: datetime
    ) -> None:
        """Look at every signature; one that does not hold is a failure, whosever it is."""
        for key_id, _ in self.envelope.signatures:
            key = keys.get(key_id)
            if key is None:
                self.doubts[key_id] = (
                    "its key is not here" if self.trust is None else "the key is not trusted"
                )
                continue
            try:
                verify_envelope(self.envelope, [key.key])
            except EnvelopeError as error:
                self._fail(str(error))
            else:
                self._counted(key_id, key, key.standing(proven.get(key_id), now))

    def _counted(self, key_id: str, key: TrustedKey, standing: tuple[str, str]) -> None:
        status, why = standing
        role = key.role or self._named(key_id)
        if status == "failed":
            self._fail(f"by key {key_id}: {why}")
        elif status != "ok":
            self.doubts[key_id] = why
        elif role:
            self.roles.setdefault(role, key_id)
        else:
            self.publishers.append(key_id)

    def _fail(self, why: str) -> None:
        self.broken = True
        self.findings.fail(names.SIGNATURE, self.file, why)

    def _named(self, key_id: str) -> str | None:
        """The role that the certificate names a key for."""
        return self.demand.role_of(key_id) if self.demand else None

    def tell_publisher(self) -> None:
        """Is it signed by its publisher, and is that whom it should be?"""
        if not self.publishers:
            self._tell_no_publisher()
            return
        listed = ", ".join(self.publishers)
        self.findings.close(names.SIGNATURE, f"signed by key {listed}")
        if self.trust is not None:
            self.findings.close(names.OWNER, f"{listed} is a trusted key")
            return
        why = (
            f"no trusted key was given; ask the publisher whether {listed} is theirs, "
            "and give it with --trust"
        )
        self.findings.not_provable(names.OWNER, why)

    def _tell_no_publisher(self) -> None:
        known = {} if self.trust is None else self.trust.keys
        late = [key for key in self.doubts if key in known and not self._role_of(key)]
        for key_id in late:
            why = f"the signature by key {key_id} does not count: {self.doubts[key_id]}"
            self.findings.not_provable(names.SIGNATURE, why)
        if not late and not self.broken:
            given = "given keys" if self.trust else "keys that lie beside it"
            told = f"none of the {given} signed it as its publisher"
            self.findings.fail(names.SIGNATURE, self.file, told)

    def _role_of(self, key_id: str) -> str | None:
        known = self.trust.keys.get(key_id) if self.trust else None
        return (known.role if known else None) or self._named(key_id)

    def tell_approvals(self, demand: Demand, who: str) -> None:
        """Have enough roles approved?"""
        given = {role: key for role, key in self.roles.items() if role in demand.roles}
        told = ", ".join(f"{role} by key {key[:16]}…" for role, key in sorted(given.items()))
        pending = demand.pending(given)
        if not pending:
            self.findings.close(names.APPROVALS, f"{len(given)} as {who} demands: {told}")
            return
        doubts = [
            f"{role} by key {key[:16]}…: {why}"
            for key, why in self.doubts.items()
            if (role := self._role_of(key)) in pending
        ]
        detail = f"{who} demands {demand.threshold} approvals and has {len(given)}; pending: "
        self.findings.fail(names.PENDING, self.file, detail + ", ".join([*pending, *doubts]))

    def tell_others(self) -> None:
        """Signatures that say nothing, since nobody here knows whose they are."""
        for key_id, why in self.doubts.items():
            if self.publishers and not self._role_of(key_id):
                told = f"there is one by key {key_id}, which does not count: {why}"
                self.findings.not_provable(names.OTHER_SIGNATURES, told)


def _keys_beside(
    sealed: Sealed, envelope: Envelope, trust: Trust | None, findings: Findings
) -> dict[str, TrustedKey]:
    """The keys that lie beside the certificate, each in the file for its signature.

    They are needed only when no key is trusted, and must be what they are called in any case.
    """
    found = {}
    for place, (key_id, _) in enumerate(envelope.signatures):
        file = layout.signature_files(sealed.path, key_id if place else None).key.name
        if file not in sealed.beside:
            if place == 0 and trust is None:
                findings.fail(names.SIGNATURE, file, "is missing, and no trusted key was given")
            continue
        try:
            key = load_exact_public_key(sealed.beside[file])
        except KeyFileError as error:
            findings.fail(names.SIGNATURE, file, str(error))
            continue
        if key.keyid == key_id:
            found[key_id] = TrustedKey(key)
        else:
            findings.fail(names.SIGNATURE, file, "is not the key that the certificate names")
    return found
