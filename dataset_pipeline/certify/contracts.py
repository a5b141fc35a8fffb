"""What each source promised of its columns, and whether it kept it, as a certificate tells it."""

from collections.abc import Mapping, Sequence
from typing import Any

from dataset_pipeline.certify.completeness import gap
from dataset_pipeline.certify.content import PackageContent

_CHECKS = ("contract", "freshness", "drift")
Stages = Sequence[Mapping[str, Any]]


def contract_result(content: PackageContent, name: str, stages: Stages) -> dict[str, Any] | None:
    """A source's contract and what its checks found; None where it has none."""
    contract = content.config.sources[name].contract
    if contract is None:
        return None
    checks = _checks(content, name, stages)
    kept = bool(checks) and all(check["passed"] for check in checks)
    return {"declared": contract.plain(), "kept": kept, "checks": checks}


def contract_gaps(content: PackageContent, stages: Stages) -> list[dict[str, str]]:
    """Sources that promise nothing, and promises that were broken and only warned of."""
    gaps = []
    for name in content.config.sources:
        result = contract_result(content, name, stages)
        claim = f"source {name} brings what was agreed"
        if result is None:
            why = "no contract is declared for it"
            gaps.append(gap("sources", claim, f"{why}; its columns and values were not checked"))
        elif not result["checks"]:
            gaps.append(gap("sources", claim, "no check of its contract is on record"))
        else:
            told = [f"{c['name']}: {c['description']}" for c in result["checks"] if not c["passed"]]
            gaps += [gap("sources", claim, why) for why in told]
    return gaps


def _checks(content: PackageContent, name: str, stages: Stages) -> list[dict[str, Any]]:
    return [
        {key: check[key] for key in ("name", "passed", "description")}
        for stage in stages
        if stage["asset"] == f"{content.dataset}/raw/{name}"
        for check in stage["checks"]
        if check["name"] in _CHECKS
    ]
