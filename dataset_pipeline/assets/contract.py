"""The checks on ``raw/<source>`` where a source has a contract: promises, freshness, drift."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from dataset_pipeline.assets.spec import Facts, Gate, Inputs
from dataset_pipeline.assets.surroundings import now
from dataset_pipeline.config import Contract, Freshness
from dataset_pipeline.laws import Finding
from dataset_pipeline.stages.profile import Profile, drifted, refused

_DAY = 24 * 3600
_MOST = 20  # breaches that a check tells of
_TOLD = {
    "allowed": "with a value that is not allowed",
    "matches": "with a value that does not match",
    "max_characters": "with more than max_characters",
    "maximum": "over the maximum",
    "minimum": "under the minimum",
    "nullable": "without a value",
    "only_these_columns": "in a column that the contract does not name",
    "required": "without the column",
    "type": "with a value of another type",
    "unique": "with a value that stood already",
}


def contract_gates(contract: Contract | None) -> tuple[dict[str, Gate], dict[str, Gate]]:
    """What stops the run, and what only warns; nothing where there is no contract."""
    if contract is None:
        return {}, {}
    promised = {"contract": contract_gate()}
    if contract.freshness:
        promised["freshness"] = freshness_gate(contract.freshness)
    drift = {"drift": drift_gate(contract)}
    return (promised, drift) if contract.on_breach == "stop" else ({}, promised | drift)


def contract_gate() -> Gate:
    """No row breaks what is promised of its columns; else which column, which promise, how many."""

    def gate(facts: Facts, _inputs: Inputs) -> Finding:
        profile = _profile(facts)
        broken = list(_broken(profile["breaches"]))
        fine = f"{profile['rows']} rows keep what is promised of them"
        more = [f"and {len(broken) - _MOST} more"] if len(broken) > _MOST else []
        return Finding("contract", not broken, "; ".join([*broken[:_MOST], *more]) or fine)

    return gate


def freshness_gate(freshness: Freshness) -> Gate:
    """The newest event that was kept is recent enough, as of now."""

    def gate(facts: Facts, _inputs: Inputs) -> Finding:
        newest, limit = _profile(facts)["newest_event"], freshness.max_age_days
        if newest is None:
            return Finding("freshness", holds=False, detail="no record tells when it happened")
        age = (now() - datetime.fromisoformat(newest)).total_seconds() / _DAY
        told = f"the newest event is {age:.1f} days old, of at most {limit:g}"
        return Finding("freshness", age <= limit, told)

    return gate


def drift_gate(contract: Contract) -> Gate:
    """The batch is not too far from the one before it."""

    def gate(facts: Facts, _inputs: Inputs) -> Finding:
        profile, before = _profile(facts), facts["collected"].get("profile_before")
        found = refused(profile) + (drifted(before, profile, contract) if before else [])
        fine = "no more than allowed" if before else "there is no batch before to compare with"
        return Finding("drift", not found, "; ".join(found[:_MOST]) or fine)

    return gate


def _profile(facts: Facts) -> Profile:
    profile: Profile = facts["profile"]
    return profile


def _broken(breaches: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    for column, promises in breaches.items():
        for promise, rows in promises.items():
            yield f"{column}: {promise}: {rows} row(s) {_TOLD[promise]}"
