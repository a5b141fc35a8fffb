from datetime import date
from typing import Any

import pytest

from dataset_pipeline.config import Rights
from dataset_pipeline.stages.rights import decide_rights

TODAY = date(2026, 5, 1)


def decide(use: str = "commercial", **declared: Any) -> str | None:
    sound = {"basis": "contract", "training": "allowed", "evidence": "Terms"}
    return decide_rights(Rights(**{**sound, **declared}), use, TODAY).rule


@pytest.mark.parametrize(
    ("declared", "rule"),
    [
        ({}, None),
        ({"training": "forbidden"}, "rights_forbidden"),
        ({"training": "unknown"}, "rights_unknown"),
        ({"expires": date(2026, 4, 30)}, "rights_expired"),
        ({"expires": TODAY}, None),
        ({"basis": "licence"}, "rights_unknown"),
        ({"basis": "licence", "licence": " "}, "rights_unknown"),
        ({"basis": "licence", "licence": "CC-BY-4.0"}, None),
        ({"basis": "licence", "licence": "CC-BY-NC-4.0"}, "rights_clash"),
        ({"basis": "licence", "licence": "CC BY NC 4.0"}, "rights_clash"),
        ({"basis": "licence", "licence": "cc-by-nc"}, "rights_clash"),
        ({"basis": "licence", "licence": "PolyForm-Noncommercial-1.0.0"}, "rights_clash"),
        ({"basis": "licence", "licence": "CC-BY-ND-4.0"}, "rights_clash"),
        ({"basis": "licence", "licence": "NCSA"}, None),
        ({"licence": "CC-BY-NC-4.0", "use": "internal"}, None),
        ({"licence": "CC-BY-ND-4.0", "use": "research"}, "rights_clash"),
    ],
)
def test_the_declaration_decides(declared: dict[str, Any], rule: str | None) -> None:
    assert decide(**declared) == rule
