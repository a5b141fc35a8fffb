"""The JSON Schemas (2020-12) of the statements that are signed here, as they ship.

``schemas/README.md`` says what each statement is for.
"""

import json
from pathlib import Path
from typing import Any

from dataset_pipeline.certify.statement import (
    CERTIFICATE_TYPE,
    PROVENANCE_TYPE,
    RETROSPECTIVE_TYPE,
    TEST_RESULT_TYPE,
    TRAINING_TYPE,
)
from dataset_pipeline.errors import NotFoundError

_FOLDER = Path(__file__).parent / "schemas"
# Predicate type -> the schema's name.
SCHEMAS = {
    CERTIFICATE_TYPE: "certificate-v1",
    TRAINING_TYPE: "training-v1",
    RETROSPECTIVE_TYPE: "retrospective-v1",
    PROVENANCE_TYPE: "provenance-v1",
    TEST_RESULT_TYPE: "test-result-v0.1",
}


def schema_text(name: str) -> str:
    """The schema with this name, or of this predicate type. NotFoundError when there is none."""
    known = SCHEMAS.get(name, name)
    if known not in SCHEMAS.values():
        raise NotFoundError(f"no schema {name!r} (there: {', '.join(SCHEMAS.values())})")
    return (_FOLDER / f"{known}.json").read_text(encoding="utf-8")


def schema(name: str) -> dict[str, Any]:
    """The same, parsed."""
    parsed: dict[str, Any] = json.loads(schema_text(name))
    return parsed
