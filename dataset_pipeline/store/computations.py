"""What was computed from what: so that nothing is computed twice."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_pipeline.digests import canonical_json, digest_of
from dataset_pipeline.files import replace

_MADE_FROM = "made_from"
_DIGEST = "entry_digest"  # of all else that an entry says; releases before wrote none


@dataclass(frozen=True)
class Computation:
    """A stage applied to inputs: its key names code, policy and inputs' content."""

    stage: str
    version: str
    policy: str
    inputs: Mapping[str, str]
    handed: tuple[str, ...] = ()

    @property
    def given(self) -> dict[str, str]:
        """The digests of what the graph hands over, by input."""
        return {name: self.inputs[name] for name in self.handed}

    @property
    def line(self) -> str:
        """64 hex over all but the digests of what the graph hands over (``handed``).

        Computations of one line differ in nothing but the records that came in.
        """
        named = {name: self.inputs[name] for name in self.inputs.keys() - set(self.handed)}
        told = {"stage": self.stage, "version": self.version, "policy": self.policy}
        return digest_of({**told, "inputs": named, "handed": sorted(self.handed)})

    @property
    def key(self) -> str:
        """64 hex over stage, version, policy digest, and each input's content digest."""
        return digest_of(
            {
                "stage": self.stage,
                "version": self.version,
                "policy": self.policy,
                "inputs": dict(self.inputs),
            }
        )


@dataclass(frozen=True)
class Earlier:
    """The last result of a line: its snapshot, and those that were handed to it, by input."""

    snapshot: str
    handed: Mapping[str, str]


@dataclass(frozen=True)
class Derivation:
    """A snapshot, and the digests (of snapshots, batches, documents) that it was made from.

    ``rows``: how many rows or records came in.
    """

    snapshot: str
    stage: str
    inputs: frozenset[str]
    rows: int


class ComputationStore:
    """Results by computation key. A pointer to content, so it may be written again."""

    def __init__(self, root: Path, temporary: Path):
        self._root, self._temporary = root, temporary

    def find(self, computation: Computation) -> dict[str, Any] | None:
        """The facts recorded for this computation, or None; a damaged entry counts as none.

        An entry from before ``made_from`` was written down gets it now.
        """
        try:
            facts = _read(self._path(computation))
        except (FileNotFoundError, ValueError):
            return None
        if _MADE_FROM not in facts:
            self.record(computation, facts)
        return {name: value for name, value in facts.items() if name != _MADE_FROM}

    def record(self, computation: Computation, facts: Mapping[str, Any]) -> None:
        """Remember the result of a computation, and what it was made from."""
        made_from = {"stage": computation.stage, "inputs": sorted(computation.inputs.values())}
        told = _written({**facts, _MADE_FROM: made_from})
        replace(self._temporary, self._path(computation), told)
        if computation.handed:
            last = _written({"snapshot": facts["snapshot"], "handed": computation.given})
            replace(self._temporary, self._line(computation), last)

    def earlier(self, computation: Computation) -> Earlier | None:
        """The last result of the computation's line; None when there is none, or it is damaged."""
        try:
            told = _read(self._line(computation))
            return Earlier(told["snapshot"], dict(told["handed"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def derivations(self) -> Iterator[Derivation]:
        """Every way in which a snapshot was made, in no order."""
        for path in self._root.glob("*/*.json"):
            try:
                facts = _read(path)
                made_from = facts[_MADE_FROM]
                inputs = frozenset(made_from["inputs"])
                yield Derivation(facts["snapshot"], made_from["stage"], inputs, facts["arrived"])
            except (FileNotFoundError, ValueError, KeyError, TypeError):
                continue  # no stage's result, or a damaged entry, which counts as none

    def _line(self, computation: Computation) -> Path:
        line = computation.line
        return self._root / "lines" / line[:2] / f"{line}.json"

    def _path(self, computation: Computation) -> Path:
        key = computation.key
        return self._root / key[:2] / f"{key}.json"


def _written(entry: Mapping[str, Any]) -> bytes:
    return canonical_json({**entry, _DIGEST: digest_of(dict(entry))})


def _read(path: Path) -> dict[str, Any]:
    """An entry as it was written; ValueError where it is damaged, be it JSON all the same."""
    entry = json.loads(path.read_bytes())
    if not isinstance(entry, dict):
        raise ValueError("no entry")
    digest = entry.pop(_DIGEST, None)
    if digest is not None and digest != digest_of(entry):
        raise ValueError("another entry")
    return entry
