"""Is a ledger what was signed? Read from its folder alone, with no key but public ones.

Its lines are held against the newest checkpoint, against every earlier one that lies beside them,
and against those that somebody kept elsewhere. That lines were taken away at the end, with all that
lies beside them, shows by the last of these alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from dataset_pipeline.certify.checkpoint import Checkpoint, log_verifiers, read, verify
from dataset_pipeline.certify.claims import OWNER, Claim, Findings, Verification
from dataset_pipeline.certify.errors import CannotVerify, CheckpointError, KeyFileError
from dataset_pipeline.certify.log_files import LogFiles
from dataset_pipeline.certify.log_proof import CHECKPOINT, leaf_of, log_keys
from dataset_pipeline.certify.merkle import EMPTY_ROOT, Edge
from dataset_pipeline.certify.trust_files import read_trust
from dataset_pipeline.files import read_bytes
from dataset_pipeline.store.ledger import Ledger, LedgerCheck, whole_lines

LINES, SERIES, KEPT = "ledger-lines", "ledger-checkpoints", "kept-checkpoint"
_TRIES = 5


def check_ledger(
    path: Path, *, kept: Sequence[Path] = (), trust: Path | None = None
) -> Verification:
    """Check the ledger's file ``path`` and what lies beside it; changes nothing, takes no lock.

    ``kept``: files with signed checkpoints of this ledger from earlier. ``trust``: as for
    ``verify``; without it the keys beside the ledger are used, and whose they are stays not
    provable. Raises CannotVerify when there is no ledger, or a file cannot be used.
    """
    files, findings = LogFiles(path.parent), Findings()
    for file in (path, *files.read_by_checks):
        if file.exists() and not file.is_file():  # to read a pipe, one would wait for ever
            raise CannotVerify(f"{file}: not a regular file")
    keys = _keys(files, trust, findings)
    noted = [(file.name, _kept(file)) for file in kept]
    newest, check, lines = _read_all(path, files)
    if not (lines or noted or newest):
        raise CannotVerify(f"{path}: there is no ledger, or nothing in it")
    if not check.intact:
        findings.fail(LINES, path.name, f"line {check.line} {check.detail}")
    findings.close(LINES, f"{len(lines)} entries, each of which follows from the one before it")
    if check.torn_bytes:
        findings.not_provable(LINES, "a last line was cut short; the next entry sets it aside")
    series = _series(files, findings)
    tree = _Tree(keys, _roots(lines), series)
    _tell_newest(newest, files, tree, findings)
    _tell_series(newest, files, tree, findings)
    for name, note in noted:
        if problem := tree.problem_of_note(note):
            findings.fail(KEPT, name, problem)
        else:
            size = read(note).size
            findings.claims.append(Claim(KEPT, "ok", f"the first {size} lines are the same", name))
    return Verification(path, "ledger", tuple(findings.claims), needs=CHECKPOINT)


def _read_all(path: Path, files: LogFiles) -> tuple[bytes | None, LedgerCheck, list[bytes]]:
    """The newest checkpoint and the lines as they were at one time, while others may add some."""
    for _ in range(_TRIES):
        newest = files.newest()
        check = Ledger(path).check()
        lines = list(whole_lines(Ledger(path).read()))
        if files.newest() == newest:
            return newest, check, lines
    raise CannotVerify(f"{path}: entries are added all the time; check a copy of the folder")


def _roots(lines: Sequence[bytes]) -> list[bytes]:
    """The root over the first lines, for each number of them, 0 too."""
    edge = Edge()
    return [EMPTY_ROOT, *((edge := edge.add(leaf_of(line))).root for line in lines)]


@dataclass(frozen=True)
class _Tree:
    """The tree as it grew, the keys that count, and the checkpoints that lie beside the lines."""

    keys: Sequence[SSlibKey]
    roots: Sequence[bytes]
    series: Sequence[Checkpoint]

    @property
    def count(self) -> int:
        return len(self.roots) - 1

    @cached_property
    def where(self) -> str:
        """Where the first line must be that is not as it was signed, as far as that shows."""
        there = [c for c in self.series if c.size <= self.count]
        good = max((c.size for c in there if self.roots[c.size] == c.root), default=0)
        last = min((c.size for c in there if c.size > good), default=self.count)
        if good == self.count:
            return "all that lies beside them was signed anew"
        return f"line {last}" if last == good + 1 else f"one from line {good + 1} to {last}"

    def problem(self, signed: Checkpoint) -> str | None:
        """Why a checkpoint does not speak for the lines; None when it does."""
        if signed.size > self.count:
            return f"{signed.size - self.count} of {signed.size} lines are gone at the end"
        if self.roots[signed.size] != signed.root:
            return f"the first {signed.size} lines are not those that were signed: {self.where}"
        return None

    def problem_of_note(self, note: bytes) -> str | None:
        """As ``problem``, of one whose signature must hold."""
        try:
            return self.problem(verify(note, log_verifiers(note, self.keys)))
        except CheckpointError as error:
            return str(error)


def _keys(files: LogFiles, trust: Path | None, findings: Findings) -> list[SSlibKey]:
    if trust is not None:
        return log_keys(read_trust(trust))
    findings.not_provable(OWNER, "the keys lie beside the ledger; give those you trust (--trust)")
    try:
        return files.known_keys()
    except KeyFileError as error:
        findings.fail(CHECKPOINT, files.keys.name, str(error))
        return []


def _kept(file: Path) -> bytes:
    try:
        data = read_bytes(file)
        read(data)
    except OSError as error:
        raise CannotVerify(f"{file}: cannot be read: {error.strerror}") from None
    except CheckpointError as error:
        raise CannotVerify(f"{file}: no signed checkpoint: it {error}") from None
    return data


def _series(files: LogFiles, findings: Findings) -> list[Checkpoint]:
    try:
        return [read(note) for note in files.all()]
    except CheckpointError as error:
        findings.fail(SERIES, files.series.name, str(error))
        return []


def _tell_newest(newest: bytes | None, files: LogFiles, tree: _Tree, findings: Findings) -> None:
    if newest is None:
        why = "nothing is signed yet: the ledger is from before there were checkpoints"
        findings.not_provable(CHECKPOINT, why)
        return
    try:
        signed = read(newest)
    except CheckpointError as error:
        findings.fail(CHECKPOINT, files.checkpoint.name, f"no signed checkpoint: it {error}")
        return
    pending = files.pending()
    sizes = [signed.size]
    if pending and not tree.problem_of_note(pending):
        sizes.append(read(pending).size)
    if problem := tree.problem_of_note(newest):
        findings.fail(CHECKPOINT, files.checkpoint.name, problem)
    elif tree.count > max(sizes):
        detail = f"line {max(sizes) + 1} is not covered by it: it was not entered here"
        findings.fail(CHECKPOINT, files.checkpoint.name, detail)
    findings.close(CHECKPOINT, f"{signed.origin}: {signed.size} entries, root {signed.root.hex()}")


def _tell_series(newest: bytes | None, files: LogFiles, tree: _Tree, findings: Findings) -> None:
    try:
        last, file = read(newest or b""), files.series.name
    except CheckpointError:
        return  # that is told elsewhere
    for number, checkpoint in enumerate(tree.series, start=1):
        problem = tree.problem(checkpoint)
        if checkpoint.origin != last.origin:
            problem = f"is of another log: {checkpoint.origin}"
        if problem:
            findings.fail(SERIES, file, f"checkpoint {number}: {problem}")
    if last not in tree.series:
        findings.fail(SERIES, file, "the newest checkpoint is not among them")
    findings.close(SERIES, f"{len(tree.series)} checkpoints, all of them over these lines")
