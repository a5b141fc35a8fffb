"""The daily job that removes raw data whose time is over; see ``store/retention.py``."""

import dagster as dg

from dataset_pipeline.assets.guard import guarded
from dataset_pipeline.assets.resources import StoreResource
from dataset_pipeline.assets.surroundings import now, signer, timestamp
from dataset_pipeline.certify.lifecycle import Lifecycle
from dataset_pipeline.certify.log import Log
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.store.retention import Policy, remove_expired

_CRON = "0 5 * * *"  # after the nightly refresh, so that what it brought again is renewed


def retention_definitions(dataset: Dataset) -> dg.Definitions:
    """The job and its schedule; nothing for a dataset whose raw data is kept for ever."""
    policy = Policy.of(dataset.name, dataset.config)
    if not policy.limited:
        return dg.Definitions()
    job = _job(dataset, policy)
    schedule = dg.ScheduleDefinition(
        name=f"{job.name}_daily",
        job_name=job.name,
        cron_schedule=_CRON,
        execution_timezone=dataset.config.schedule.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Removes raw data that no collection brought again within its term.",
    )
    return dg.Definitions(jobs=[job], schedules=[schedule])


def _job(dataset: Dataset, policy: Policy) -> dg.JobDefinition:
    @dg.op(
        name=f"{dataset.name}__remove_expired",
        description="Removes expired raw data and leaves a tombstone for each batch and snapshot.",
        tags={"dataset": dataset.name},
    )
    def remove(context: dg.OpExecutionContext, store: StoreResource) -> None:
        with guarded(store.store, "retention"):
            counts = remove_expired(store.store, policy, now()).counts
            log = Log(store.store.ledger, signer)
            Lifecycle(store.store, log, timestamp(now())).note_erasure(dataset.name)
        context.log.info(", ".join(f"{name}: {count}" for name, count in counts.items()))
        context.add_output_metadata(dict(counts))

    @dg.job(
        name=f"{dataset.name}__retention",
        description=f"Retention of the raw data of {dataset.config.title}.",
        tags={"dataset": dataset.name},
    )
    def retention() -> None:
        remove()

    return retention
