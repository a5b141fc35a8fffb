"""What was computed from what: so that nothing is computed twice."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_pipeline.digests import canonical_json, digest_of
from dataset_pipeline.store.atomic import replace


@dataclass(frozen=True)
class Computation:
    """A stage applied to inputs: its key names code, policy and inputs' content."""

    stage: str
    version: str
    policy: str
    inputs: Mapping[str, str]

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


class ComputationStore:
    """Results by computation key. A pointer to content, so it may be written again."""

    def __init__(self, root: Path, temporary: Path):
        self._root, self._temporary = root, temporary

    def find(self, computation: Computation) -> dict[str, Any] | None:
        """The facts recorded for this computation, or None; a damaged entry counts as none."""
        try:
            facts = json.loads(self._path(computation).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return facts if isinstance(facts, dict) else None

    def record(self, computation: Computation, facts: Mapping[str, Any]) -> None:
        """Remember the result of a computation."""
        replace(self._temporary, self._path(computation), canonical_json(dict(facts)))

    def _path(self, computation: Computation) -> Path:
        key = computation.key
        return self._root / key[:2] / f"{key}.json"
