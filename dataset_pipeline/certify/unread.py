"""Files that could not be read to their end, where the policy goes on without the rest of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from dataset_pipeline.certify.completeness import Gap, gap

CHECK = "files_read"
ALL_READ = "every file was read to its end"
_SECTIONS = {"raw": "sources", "annotated": "annotations", "distilled": "distillates"}


def unread_gaps(dataset: str, stages: Sequence[Mapping[str, Any]]) -> list[Gap]:
    """One gap for each stage whose check tells of such files: nobody knows what is lost of them."""
    return [
        gap(section, ALL_READ, check["description"])
        for name, section in _SECTIONS.items()
        for stage in stages
        if stage["asset"] == f"{dataset}/{name}"
        for check in stage["checks"]
        if check["name"] == CHECK and check["description"] != ALL_READ
    ]
