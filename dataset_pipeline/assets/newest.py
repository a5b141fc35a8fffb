"""What a dataset's stages gave the last time, certified or not."""

import dagster as dg

from dataset_pipeline.assets.raw import raw_specs
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.provenance.events import EventLog
from dataset_pipeline.store.versions import FLOW


def newest_snapshots(instance: dg.DagsterInstance, dataset: Dataset) -> dict[str, str | None]:
    """Each stage with the digest of its newest snapshot, in the order of the flow.

    None for a stage that was never made, or not from what is the newest before it: where a run
    stopped, and from there on.
    """
    stages = dict.fromkeys([*(spec.name for spec in raw_specs(dataset)), *FLOW])
    made = EventLog(instance).newest(dataset.name, stages)
    return {stage: made[stage].digest if stage in made else None for stage in stages}
