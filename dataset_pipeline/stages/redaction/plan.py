"""What redaction goes by: recognizers, the score that suffices, and what becomes of each entity."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from dataset_pipeline.config import Redacted
from dataset_pipeline.config.redacted import Generalized
from dataset_pipeline.errors import PipelineError
from dataset_pipeline.stages.personal.recognizers import Recognizer, recognizers
from dataset_pipeline.stages.redaction.choose import marker_pattern

SHORTEST_KEY = 32  # characters


class KeyMissingError(PipelineError):
    """Pseudonyms were asked for, and there is no key that could make them."""


@dataclass(frozen=True)
class Plan:
    """What redaction goes by; an entity without a mode is masked. The key is not shown."""

    active: Sequence[Recognizer]
    min_score: float
    modes: Mapping[str, str] = field(default_factory=dict)
    generalize: Generalized = field(default_factory=Generalized)
    key: bytes | None = field(default=None, repr=False)
    epoch: str = ""

    def mode_of(self, entity: str) -> str:
        """What becomes of an entity's values."""
        return self.modes.get(entity, "mask")

    @cached_property
    def kept(self) -> list[str]:
        """Entities that stay."""
        return sorted({r.entity for r in self.active if self.mode_of(r.entity) == "keep"})

    @cached_property
    def markers(self) -> str:
        """A regex for what this plan writes."""
        generalizes = "generalize" in self.modes.values()
        return marker_pattern(self.active, self.generalize.cities if generalizes else ())

    @cached_property
    def key_check(self) -> str | None:
        """8 hex by which one sees that the key of an epoch is another; None without a key."""
        return keyed(self.key, "check")[:8] if self.key else None


def plan_of(policy: Redacted, key: bytes | None = None) -> Plan:
    """The plan for a policy. Raises KeyMissingError where pseudonyms have no sound key."""
    plan = looking_plan(policy)
    if "pseudonym" not in plan.modes.values() or policy.pseudonym is None:
        return plan
    if key is None:
        raise KeyMissingError(
            "stages.redacted asks for pseudonyms and was given no key: set the environment "
            f"variable {policy.pseudonym.key_env} and run again"
        )
    _long_enough(key, policy.pseudonym.key_env)
    return replace(plan, key=key, epoch=policy.pseudonym.epoch)


def looking_plan(policy: Redacted) -> Plan:
    """The plan without the key of pseudonyms: enough to look for what is left, not to replace."""
    active = recognizers(policy)
    modes = {recognizer.entity: policy.mode_of(recognizer.entity) for recognizer in active}
    return Plan(active, policy.min_score, modes, policy.generalize)


def pseudonym_key(policy: Redacted, environment: Mapping[str, str]) -> bytes | None:
    """The key from the variable that the policy names; None where no mode needs one.

    Raises KeyMissingError, which names the variable alone, where it is not set or too short.
    """
    looked_for = [*policy.entities, *policy.patterns]
    if policy.pseudonym is None or "pseudonym" not in map(policy.mode_of, looked_for):
        return None
    name = policy.pseudonym.key_env
    value = environment.get(name, "").strip()
    if not value:
        raise KeyMissingError(
            f"the environment variable {name} is not set: it holds the key of pseudonyms; set it "
            "and run again"
        )
    _long_enough(value.encode(), name)
    return value.encode()


def _long_enough(key: bytes, name: str) -> None:
    if len(key) < SHORTEST_KEY:
        raise KeyMissingError(
            f"the key of pseudonyms in {name} is too short: it must have at least {SHORTEST_KEY} "
            "characters, such as those of: openssl rand -hex 32"
        )


def keyed(key: bytes, *parts: str) -> str:
    """64 hex of HMAC-SHA256 over the parts."""
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()
