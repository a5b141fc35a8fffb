"""What a certificate says of files that could not be read to their end."""

from typing import Any

from dataset_pipeline.certify.unread import ALL_READ, CHECK, unread_gaps

TOLD = "not read to their end, as gates.max_unread_files allows: raw/crm 1"


def stage(asset: str, *descriptions: str) -> dict[str, Any]:
    """A stage with its checks, the first of them that of files."""
    checks = [{"name": CHECK, "description": text} for text in descriptions]
    return {"asset": asset, "checks": [*checks, {"name": "laws", "description": "all laws hold"}]}


def test_a_file_that_was_not_read_to_its_end_is_a_gap() -> None:
    stages = [stage("d/raw", TOLD), stage("d/annotated", ALL_READ), stage("d/clean")]
    assert unread_gaps("d", stages) == [{"section": "sources", "claim": ALL_READ, "why": TOLD}]


def test_where_all_were_read_there_is_none() -> None:
    assert unread_gaps("d", [stage("d/raw", ALL_READ), stage("d/distilled", ALL_READ)]) == []
    assert unread_gaps("d", [stage("other/raw", TOLD)]) == []
