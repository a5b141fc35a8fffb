"""The proof that a record is in a split of a version, or is not in it: its file and its check.

The file is one line of canonical JSON (RFC 8785), and behind it the hashes as they are, 32 bytes
each. It holds no text, no id and no root: the roots come from the certificate
(``predicate.records``). Each of its statements is about one name (``record_names``) and one tree
(``record_tree``):

``digest``  of the name, 64 hex
``tree``    ``version``, or a split
``says``    ``present`` or ``absent``
``at``      present: the index of the name's leaf; absent: where it would have to stand
``hashes``  how many of the hashes are this statement's; they stand in the statements' order

A statement's hashes are the salt that goes with the digest, which is leaf ``salt_index(digest)`` of
the tree of salts; the 12 of that leaf's audit path; and the path that leads to the root of the tree
from the name's leaf, or, when it is absent, from the leaves at ``at - 1`` and ``at``, as far as
there are such.

A path's order is that of RFC 6962's ``PATH``, section 2.1.1: at each node, first what leads to the
leaves in question below it, the left one before the right one; then the hash of the child that has
none. For one leaf that is the audit path itself. Two leaves that are to be shown are in the path
too, each before what leads on from it.

Needs the standard library, what checks a certificate, and nothing else.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from dataset_pipeline.certify.check_certificate import Expected, check_certificate
from dataset_pipeline.certify.claims import Findings, Verification
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.errors import CannotVerify
from dataset_pipeline.certify.merkle import EMPTY_ROOT, SIZE, leaf_hash, node_hash
from dataset_pipeline.certify.record_names import SALTS, salt_index
from dataset_pipeline.certify.sealed import sealed_certificate
from dataset_pipeline.certify.statement import CERTIFICATE_TYPE
from dataset_pipeline.certify.trust_files import read_trust
from dataset_pipeline.digests import canonical_json
from dataset_pipeline.files import opened

FORMAT = "https://dataset-pipeline.dev/record-proof/v2"
SCHEME = "https://dataset-pipeline.dev/record-tree/v1"
VERSION = "version"
PRESENT, ABSENT = "present", "absent"
PROOF, RECORD, ASKED = "proof-form", "record-proof", "record-asked"

_MAX_PROOF = 1 << 20
_KEYS = {"digest", "tree", "says", "at", "hashes"}
_SALT_DEPTH = (SALTS - 1).bit_length()


class NotAProof(CannotVerify):
    """There is no proof here that could be checked, or the certificate commits to no records."""


class _MalformedError(Exception):
    """What is wrong with a proof's form."""


@dataclass(frozen=True)
class Statement:
    """What a proof says of one name in one tree; ``hashes`` are bytes of length 32."""

    digest: str
    tree: str
    says: str
    at: int
    salt: bytes
    salt_path: tuple[bytes, ...]
    path: tuple[bytes, ...]

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """As they stand in the file."""
        return (self.salt, *self.salt_path, *self.path)

    def plain(self) -> dict[str, Any]:
        """As it stands in the file's first line."""
        return {
            "digest": self.digest,
            "tree": self.tree,
            "says": self.says,
            "at": self.at,
            "hashes": len(self.hashes),
        }

    def wrong(self, records: Mapping[str, Any]) -> str | None:
        """Why it does not follow from the certificate's ``records``; None when it does."""
        if self.tree not in records["trees"]:
            return f"the certificate has no tree {self.tree!r}"
        salt: dict[int, bytes | None] = {salt_index(self.digest): leaf_hash(self.salt)}
        if not _leads_to(records["salts"], salt, self.salt_path):
            return "its salt is not the version's"
        leaf = leaf_hash(self.salt + bytes.fromhex(self.digest))
        size = records["trees"][self.tree]["size"]
        shown: dict[int, bytes | None] = {self.at: leaf}
        if self.says == ABSENT:
            if not 0 <= self.at <= size:
                return f"{self.at} is no place between two leaves of {self.tree}"
            shown = {at: None for at in (self.at - 1, self.at) if 0 <= at < size}
        if not _leads_to(records["trees"][self.tree], shown, self.path):
            return f"its path does not lead to the root of {self.tree}"
        if self.says == ABSENT and not all(
            hash_ and (hash_ < leaf if at < self.at else leaf < hash_)
            for at, hash_ in shown.items()
        ):
            return "the leaves that it shows do not enclose the place of the name's leaf"
        return None


def proof_bytes(version: str, statements: Sequence[Statement]) -> bytes:
    """The file of a proof about a version."""
    plain = [statement.plain() for statement in statements]
    line = canonical_json({"format": FORMAT, "version": version, "statements": plain})
    return b"".join([line, b"\n", *(hash_ for one in statements for hash_ in one.hashes)])


def check_proof(
    proof: Path, certificate: Path, *, trust: Path | None = None, asked: str | None = None
) -> Verification:
    """Check a proof against the certificate of its version: offline, from these files alone.

    ``asked``: the digest of the text or record id that somebody holds (``record_names``).
    ``trust`` as in ``verify``.

    Raises NotAProof (no such file, or the certificate has no trees), CertificateMissing and
    TrustUnreadable; all of them CannotVerify.
    """
    trusted = None if trust is None else read_trust(trust)
    findings = Findings()
    data = _read(proof)
    sealed = sealed_certificate(certificate, findings)
    if sealed:
        expected = Expected(CERTIFICATE_TYPE, None, version=None)
        check_certificate(sealed, expected, trusted, findings)
        if not findings.any_failed:
            predicate = read_envelope(sealed.data).statement["predicate"]
            version, records = _committed(predicate, sealed.file)
            _check(_About(proof.name, version, records), data, asked, findings)
    return Verification(proof, "proof", tuple(findings.claims))


@dataclass(frozen=True)
class _About:
    """A proof's file name, and the version and trees that the certificate names."""

    file: str
    version: str
    records: Mapping[str, Any]


def _check(about: _About, data: bytes, asked: str | None, findings: Findings) -> None:
    try:
        version, statements = _parsed(data)
    except _MalformedError as error:
        findings.fail(PROOF, about.file, str(error))
        return
    findings.close(PROOF, "a record proof in its one form")
    if version != about.version:
        what = f"is about {version}, and the certificate about {about.version}"
        findings.fail(RECORD, about.file, what)
    for statement in statements:
        if why := statement.wrong(about.records):
            findings.fail(RECORD, about.file, f"of {statement.digest[:16]}: {why}")
    told = "; ".join(f"{s.digest[:16]} is {_where(s, version)}" for s in statements)
    findings.close(RECORD, told)
    _check_asked(about.file, statements, asked, findings)


def _where(statement: Statement, version: str) -> str:
    place = version if statement.tree == VERSION else f"{statement.tree} of {version}"
    return f"{statement.says} in {place}" if statement.says == PRESENT else f"absent from {place}"


def _check_asked(
    file: str, statements: Sequence[Statement], asked: str | None, findings: Findings
) -> None:
    if asked is None:
        findings.not_provable(ASKED, "no text or record id was given to compare the proof with")
        return
    others = {s.digest[:16] for s in statements if s.digest != asked}
    if all(s.digest != asked for s in statements):
        findings.fail(
            ASKED,
            file,
            f"is not about what was given ({asked[:16]}); a version may hold a text in another "
            "form, with personal data replaced: ask for that form, and give it",
        )
        return
    findings.close(ASKED, f"{asked[:16]} is what was given")
    if others:
        findings.not_provable(
            ASKED,
            f"only the publisher says that {', '.join(sorted(others))} are other forms of what was "
            "given, in which this dataset would publish it",
        )


def _committed(predicate: Mapping[str, Any], file: str) -> tuple[str, Mapping[str, Any]]:
    """The version and the trees of a certificate, when this module knows how to read them."""
    records = predicate.get("records")
    if records is None:
        raise NotAProof(f"{file}: this certificate is from before record proofs: it has no trees")
    try:
        version = predicate["version"]["name"]
        heads = [records["salts"], *records["trees"].values()]
        sound = (
            records["scheme"] == SCHEME
            and records["salts"]["size"] == SALTS
            and isinstance(version, str)
            and all(type(h["size"]) is int and 0 <= h["size"] < 1 << 53 for h in heads)
            and all(len(bytes.fromhex(h["root"])) == SIZE for h in heads)
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        sound = False
    if not sound:
        raise NotAProof(f"{file}: its records are not in the scheme {SCHEME}")
    return version, records


def _leads_to(
    tree: Mapping[str, Any], shown: dict[int, bytes | None], path: Sequence[bytes]
) -> bool:
    """Whether these leaves (index -> hash) and this path, all of it, give the tree's root.

    A leaf without a hash is taken from the path, and put there.
    """
    size, rest = tree["size"], iter(path)
    if any(not 0 <= at < size for at in shown):
        return False
    try:
        root = _node(0, size, shown, rest) if shown else EMPTY_ROOT
    except StopIteration:
        return False
    return next(rest, None) is None and root.hex() == tree["root"]


def _node(start: int, size: int, shown: dict[int, bytes | None], path: Iterator[bytes]) -> bytes:
    """The hash of the node over ``size`` leaves from ``start``, of which some are shown."""
    if size == 1:
        shown[start] = leaf = shown[start] or next(path)
        return leaf
    half = 1 << (size - 1).bit_length() - 1
    left = right = None
    if any(start <= leaf < start + half for leaf in shown):
        left = _node(start, half, shown, path)
    if any(start + half <= leaf < start + size for leaf in shown):
        right = _node(start + half, size - half, shown, path)
    return node_hash(left or next(path), right or next(path))


def _parsed(data: bytes) -> tuple[str, list[Statement]]:
    """The version and the statements of a proof. Raises _MalformedError for any other bytes."""
    line, _, rest = data.partition(b"\n")
    hashes = iter([rest[at : at + SIZE] for at in range(0, len(rest), SIZE)])
    try:
        plain = json.loads(line)
        version, listed = plain["version"], plain["statements"]
        statements = [_statement(item, hashes) for item in listed]
        again = proof_bytes(version, statements)
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        raise _MalformedError("is not a record proof") from None
    if not isinstance(version, str) or not statements or again != data:
        raise _MalformedError("is not a record proof in its one form")
    return version, statements


def _statement(plain: Mapping[str, Any], hashes: Iterator[bytes]) -> Statement:
    """A statement, with the next of the hashes."""
    says, at, digest, count = plain["says"], plain["at"], plain["digest"], plain["hashes"]
    if plain.keys() != _KEYS or type(at) is not int or says not in {PRESENT, ABSENT}:
        raise ValueError("not a statement of a record proof")
    if len(digest) != 2 * SIZE or bytes.fromhex(digest).hex() != digest:
        raise ValueError("not a digest")
    salt, *path = islice(hashes, count)
    return Statement(
        digest,
        str(plain["tree"]),
        says,
        at,
        salt,
        tuple(path[:_SALT_DEPTH]),
        tuple(path[_SALT_DEPTH:]),
    )


def _read(proof: Path) -> bytes:
    try:
        with opened(proof) as file:
            data = file.read(_MAX_PROOF + 1)
    except OSError as error:
        raise NotAProof(f"{proof}: cannot be read: {error.strerror}") from None
    if len(data) > _MAX_PROOF:
        raise NotAProof(f"{proof}: longer than {_MAX_PROOF} bytes; not a record proof")
    return data
