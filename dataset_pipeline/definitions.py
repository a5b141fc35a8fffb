"""The only wiring: configurations become graphs, checks, jobs, schedules and resources."""

import os
from pathlib import Path

import dagster as dg

from dataset_pipeline.assets.broken import broken_dataset
from dataset_pipeline.assets.certificate import certificate_assets
from dataset_pipeline.assets.clean import clean_specs
from dataset_pipeline.assets.curated import curated_specs
from dataset_pipeline.assets.raw import raw_specs
from dataset_pipeline.assets.resources import SnapshotIOManager, StoreResource
from dataset_pipeline.assets.retention import retention_definitions
from dataset_pipeline.assets.stage_asset import stage_asset
from dataset_pipeline.assets.training import training_assets
from dataset_pipeline.config_file import Dataset, dataset_names, load_dataset
from dataset_pipeline.errors import PipelineError


def configs_folder() -> Path:
    """Where the datasets are described: DATASET_PIPELINE_CONFIGS, else ``configs`` here."""
    return Path(os.environ.get("DATASET_PIPELINE_CONFIGS", "configs")).absolute()


def store_folder() -> Path:
    """Where everything is kept: DATASET_PIPELINE_STORE, else ``store`` here."""
    return Path(os.environ.get("DATASET_PIPELINE_STORE", "store")).absolute()


def build_definitions(configs: Path, store: Path) -> dg.Definitions:
    """Every dataset below ``configs`` as a graph; a broken one shows as such, beside the others."""
    parts = [_shown(configs, name) for name in dataset_names(configs)]
    return dg.Definitions.merge(_shared(store), *parts)


def dataset_definitions(configs: Path, store: Path, name: str) -> dg.Definitions:
    """One dataset alone. Raises InvalidDatasetError or NotFoundError."""
    return dg.Definitions.merge(_shared(store), _graph(load_dataset(configs, name)))


def _shared(store: Path) -> dg.Definitions:
    resource = StoreResource(root=str(store))
    return dg.Definitions(
        resources={"store": resource, "io_manager": SnapshotIOManager(store=resource)},
        # One process for all steps: a process each would spend its time on imports.
        executor=dg.in_process_executor,
    )


def _shown(configs: Path, name: str) -> dg.Definitions:
    try:
        return _graph(load_dataset(configs, name))
    except (PipelineError, dg.DagsterError, OSError) as error:
        return dg.Definitions(assets=[broken_dataset(name, error)])


def _graph(dataset: Dataset) -> dg.Definitions:
    job = dg.define_asset_job(
        dataset.name,
        selection=dg.AssetSelection.groups(dataset.name),
        description=f"Refresh {dataset.config.title}: raw to certificate.",
        tags={"dataset": dataset.name},
    )
    graph = dg.Definitions(assets=dataset_assets(dataset), jobs=[job], schedules=_nightly(dataset))
    return dg.Definitions.merge(graph, retention_definitions(dataset))


def dataset_assets(dataset: Dataset) -> list[dg.AssetsDefinition]:
    """The graph of one dataset."""
    specs = [*raw_specs(dataset), *clean_specs(dataset), *curated_specs(dataset)]
    stages = [stage_asset(dataset, spec) for spec in specs]
    return [*stages, *certificate_assets(dataset), *training_assets(dataset)]


def _nightly(dataset: Dataset) -> list[dg.ScheduleDefinition]:
    """The dataset's schedule; none where it is off."""
    schedule = dataset.config.schedule
    if schedule.cron is None:
        return []
    about = "Refreshes everything; a new version appears only when the content changed."
    return [
        dg.ScheduleDefinition(
            name=f"{dataset.name}_nightly",
            job_name=dataset.name,
            cron_schedule=schedule.cron,
            execution_timezone=schedule.timezone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=about,
        )
    ]


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions for the folders that the environment names."""
    return build_definitions(configs_folder(), store_folder())
