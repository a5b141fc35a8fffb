"""A dataset that cannot be built: a node that says why, so that nobody has to guess."""

import re

import dagster as dg

from dataset_pipeline.config_file import InvalidDatasetError
from dataset_pipeline.ui.tables import escaped


def broken_dataset(name: str, error: Exception) -> dg.AssetSpec:
    """One node in place of the graph; it lists the problems.

    Nothing can be materialized there, so that *Materialize all* still works for the datasets
    beside it.
    """
    return dg.AssetSpec(
        key=dg.AssetKey([name, "invalid_configuration"]),
        group_name=re.sub(r"\W", "_", name, flags=re.ASCII) + "__invalid",
        description=_description(name, error),
        kinds={"yaml"},
    )


def _description(name: str, error: Exception) -> str:
    """The problems as Markdown that shows them to the letter."""
    found = error.problems if isinstance(error, InvalidDatasetError) else [error]
    listed = "\n".join(f"- {escaped(str(problem))}" for problem in found)
    return (
        "**This dataset cannot be built until its configuration is mended** "
        f"(`dataset-pipeline validate {name}` says so too):\n\n{listed}"
    )
