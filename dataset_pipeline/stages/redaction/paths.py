"""Names of collected files as they may be told: people name files by what is in them."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from dataset_pipeline.config import Redacted
from dataset_pipeline.stages.evidence import Evidence, found_here
from dataset_pipeline.stages.redaction.apply import redact
from dataset_pipeline.stages.redaction.plan import looking_plan


def told_paths(
    paths: Sequence[str], policy: Redacted, evidence: Evidence = found_here
) -> list[str]:
    """The paths, masked by what the policy looks for; each folder's name is looked at for itself.

    They are masked whatever the policy's mode is: numbers and pseudonyms belong to records.
    """
    plan = looking_plan(policy)
    plan = replace(plan, modes=dict.fromkeys(plan.kept, "keep"))
    parts = [
        (str(place), "attachments", position, part)
        for place, path in enumerate(paths)
        for position, part in enumerate(path.split("/"))
    ]
    schema = {
        "record_id": pl.String, "field": pl.String, "position": pl.UInt32, "text": pl.String,
    }  # fmt: skip
    done = redact(pl.DataFrame(parts, schema=schema, orient="row"), plan, evidence).texts
    joined = done.group_by("record_id", maintain_order=True).agg(pl.col("text").str.join("/"))
    return joined["text"].to_list()
