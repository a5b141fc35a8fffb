"""``package``: what of a version is archived, and how."""

from typing import Literal

from pydantic import Field

from dataset_pipeline.config.base import Strict

Carried = Literal["referenced", "included"]


class Package(Strict):
    """What a version's package holds beside its records.

    ``raw``: the collected files, as they came, before redaction. ``attachments``: the files that
    records in the splits name. Both are named by SHA-256 in any case. ``documentation_apart_mib``:
    from this size of the data on, all but the records is also written as a package of its own.
    """

    raw: Carried = "referenced"
    attachments: Carried = "referenced"
    documentation_apart_mib: int = Field(default=256, ge=0)
