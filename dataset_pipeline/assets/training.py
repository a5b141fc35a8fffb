"""``training_run`` and ``training_certificate``: which version made which model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from dataset_pipeline.assets.certificate import asset_key, enter, signed, still_sound
from dataset_pipeline.assets.guard import guarded
from dataset_pipeline.assets.resources import StageInput, StoreResource
from dataset_pipeline.assets.sealing import seal, time_said
from dataset_pipeline.assets.surroundings import now, signer, timestamp
from dataset_pipeline.certify import layout
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.log import Log
from dataset_pipeline.certify.model import model_subjects
from dataset_pipeline.certify.recheck import CertificationRefusedError
from dataset_pipeline.certify.statement import training_statement
from dataset_pipeline.certify.training_predicate import training_predicate, unlike
from dataset_pipeline.config import NOT_COVERED, BaselineTraining
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.digests import canonical_json, sha256_hex
from dataset_pipeline.engines.workers import elsewhere
from dataset_pipeline.files import staged_folder
from dataset_pipeline.provenance.events import DIGEST, INPUTS, EventLog, Materialization
from dataset_pipeline.provenance.software import software
from dataset_pipeline.stages.personal.recognizers import methods
from dataset_pipeline.store.computations import Computation
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version
from dataset_pipeline.training import baseline
from dataset_pipeline.training.baseline import Examples, Trained
from dataset_pipeline.ui import words
from dataset_pipeline.ui.metadata import scores_metadata

GROUP = "training"
# So many examples are sooner handed to another process than scikit-learn is loaded in this one.
_FEW = 50_000


def training_assets(dataset: Dataset) -> list[dg.AssetsDefinition]:
    """The training run and its certificate; none for a dataset that nothing is trained on."""
    policy = dataset.config.training
    return (
        [] if policy is None else [_training_run(dataset, policy), _training_certificate(dataset)]
    )


def _training_run(dataset: Dataset, policy: BaselineTraining) -> dg.AssetsDefinition:
    key = asset_key(dataset, "training_run")

    @dg.asset(
        key=key,
        ins={"splits": dg.AssetIn(asset_key(dataset, "splits"))},
        deps=[asset_key(dataset, "package")],
        group_name=dataset.name,
        description="The embedded baseline, trained on the version's train split.",
        kinds={"scikitlearn"},
        owners=dataset.config.owners,
        tags={"dataset": dataset.name, "stage_group": GROUP},
        code_version=f"{baseline.VERSION}-{policy.digest()[:12]}",
        check_specs=[
            dg.AssetCheckSpec(
                "success_criteria", asset=key, description=words.CHECKS["success_criteria"]
            )
        ],
        pool=dataset.name,
    )
    def training_run(  # type: ignore[no-untyped-def]
        context: dg.AssetExecutionContext, store: StoreResource, splits: StageInput
    ):
        with guarded(store.store, "training_run"):
            made = EventLog(context.instance).current(
                asset_key(dataset, "package"), context.run.run_id
            )
            version = store.store.versions.find(made.metadata["version"], dataset.name)
            facts, reused = _run(_Job(dataset, policy, version, splits), store.store)
            _note_test_look(store.store, version, facts)
            return dg.MaterializeResult(
                data_version=dg.DataVersion(facts["model_digest"]),
                metadata={
                    "version": version.name,
                    "computation": "unchanged: trained already" if reused else "trained",
                    **scores_metadata(facts["metrics"]),
                    "model": dg.MetadataValue.path(store.store.models / facts["run"]),
                    "metrics": facts["metrics"],
                    INPUTS: {
                        made.asset: {"digest": made.digest, "run_id": made.run_id},
                        f"{dataset.name}/splits": {
                            "digest": splits.snapshot.digest,
                            "run_id": splits.run_id,
                        },
                    },
                    DIGEST: facts["model_digest"],
                    "reused": reused,
                },
                check_results=[_success(dataset, key, facts["metrics"])],
            )

    return training_run


def _success(
    dataset: Dataset, key: dg.AssetKey, metrics: Mapping[str, Mapping[str, float]]
) -> dg.AssetCheckResult:
    missed = []
    for wanted in dataset.config.task.success_criteria:
        figure = metrics.get(wanted.measured_on, {}).get(wanted.metric)
        if figure is None or figure < wanted.at_least:
            where = f"{wanted.metric} on {wanted.measured_on}"
            missed.append(f"{where} is {figure} (at least {wanted.at_least})")
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="success_criteria",
        passed=not missed,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(missed) or "all success criteria are met",
    )


@dataclass(frozen=True)
class _Job:
    """What is trained: which version's splits, by which policy."""

    dataset: Dataset
    policy: BaselineTraining
    version: Version
    splits: StageInput

    @property
    def computation(self) -> Computation:
        return Computation(
            stage="training_run",
            version=baseline.VERSION,
            policy=self.policy.digest(),
            inputs={"version": self.version.name, "splits": self.splits.snapshot.digest},
        )


def _run(job: _Job, store: Store) -> tuple[dict[str, Any], bool]:
    """The record of the run, and whether it was there already."""
    known = store.computations.find(job.computation)
    if known and (store.models / known["run"] / layout.RUN).is_file():
        return known, True
    facts = _published(job, store, _trained(job))
    store.computations.record(job.computation, facts)
    return facts, False


def _trained(job: _Job) -> Trained:
    records = job.splits.snapshot.records.select("prompt", "label", "split")
    frame = records.sort("prompt", "label").collect()
    parts = {name: _examples(frame, name) for name in ("train", "validation", "test")}
    handwritten = job.dataset.task_examples()
    parts["task_examples"] = Examples(
        [example["prompt"] for example in handwritten],
        [str(example.get("label")) for example in handwritten],
    )
    asked = parts.pop("train"), parts, job.policy
    if frame.height > _FEW:
        return baseline.train_baseline(*asked)
    return elsewhere(baseline.train_baseline, *asked)


def _examples(frame: pl.DataFrame, split: str) -> Examples:
    mine = frame.filter(pl.col("split") == split)
    return Examples(mine["prompt"].to_list(), mine["label"].to_list())


def _published(job: _Job, store: Store, trained: Trained) -> dict[str, Any]:
    """Put the model's files and the record of its run in one folder; never over another."""
    digest, version = trained.model.digest, job.version
    run = f"{version.name}-baseline-{digest[:12]}"
    trainer = {"name": "baseline", "version": baseline.VERSION, "config": job.policy.plain()}
    record = {
        "run": run,
        "dataset": job.dataset.name,
        "version": version.name,
        "version_content": version.content,
        "splits": job.splits.snapshot.digest,
        "trainer": trainer,
        "software": dict(software()),
        "chosen_regularization": trained.regularization,
        "metrics": trained.metrics,
        "model_digest": digest,
        "finished_at": timestamp(now()),
    }
    with staged_folder(store.temporary, store.models / run) as folder:
        for name, data in trained.model.files.items():
            (folder / name).write_bytes(data)
        (folder / layout.RUN).write_bytes(canonical_json(record))
    return record


def _note_test_look(store: Store, version: Version, facts: Mapping[str, Any]) -> None:
    """Enter in the ledger that a model was measured on the test split, once a model."""
    if "test" in facts["metrics"]:
        Log(store.ledger, signer).enter(
            "test_look",
            timestamp(now()),
            once=("version", "model"),
            dataset=version.dataset,
            version=version.name,
            model=facts["model_digest"],
            run=facts["run"],
        )


def _training_certificate(dataset: Dataset) -> dg.AssetsDefinition:
    @dg.asset(
        key=asset_key(dataset, "training_certificate"),
        deps=[asset_key(dataset, "training_run"), asset_key(dataset, "certificate")],
        group_name=dataset.name,
        description="The signed link: this model was trained on that certified version.",
        kinds={"intoto", "ed25519"},
        owners=dataset.config.owners,
        tags={"dataset": dataset.name, "stage_group": GROUP},
        code_version="1",
        pool=dataset.name,
    )
    def training_certificate(context: dg.AssetExecutionContext, store: StoreResource):  # type: ignore[no-untyped-def]
        with guarded(store.store, "training_certificate"):
            log, run_id = EventLog(context.instance), context.run.run_id
            run = log.current(asset_key(dataset, "training_run"), run_id)
            certified = log.current(asset_key(dataset, "certificate"), run_id)
            folder = Path(str(run.metadata["model"]))
            version = store.store.versions.find(run.metadata["version"], dataset.name)
            fresh = _link(dataset, store.store, folder, version, certified)
            seal(dataset, store.store, folder / layout.TRAINING_CERTIFICATE)
            envelope = (folder / layout.TRAINING_CERTIFICATE).read_bytes()
            statement = sha256_hex(read_envelope(envelope).payload)
            model = {"model": run.digest, "run": folder.name}
            enter(store.store, "linked", version, statement, **model)
            return dg.MaterializeResult(
                data_version=dg.DataVersion(statement),
                metadata={
                    DIGEST: statement,
                    INPUTS: {
                        made.asset: {"digest": made.digest, "run_id": made.run_id}
                        for made in (run, certified)
                    },
                    "version": version.name,
                    "model": dg.MetadataValue.path(folder),
                    "computation": "signed" if fresh else "unchanged: verified again",
                    "reused": not fresh,
                },
            )

    return training_certificate


def _link(
    dataset: Dataset, store: Store, folder: Path, version: Version, certified: Materialization
) -> bool:
    """Sign the statement about a model unless it is signed; True when this call signed it.

    CertificationRefusedError, with every reason, when run, version and certificate do not fit.
    """
    certificate_file = folder / layout.TRAINING_CERTIFICATE
    if certificate_file.is_file():
        still_sound(folder, folder.name)
        return False
    run = json.loads((folder / layout.RUN).read_bytes())
    subjects = model_subjects(folder)
    reasons = [*unlike(run, version, subjects), *_uncertified(store, version, certified)]
    if reasons:
        raise CertificationRefusedError(folder.name, reasons)
    looked_for = methods(dataset.config.stages.redacted)
    uncovered = [entity for entity, method in looked_for.items() if method == NOT_COVERED]
    predicate = {
        **training_predicate(
            run, version, certified.digest, uncovered=uncovered, issued=timestamp(now())
        ),
        "time": time_said(dataset),
    }
    statement = training_statement(subjects, predicate)
    return signed(store, statement, certificate_file, folder / layout.TRAINING_KEY)


def _uncertified(store: Store, version: Version, certified: Materialization) -> list[str]:
    """Why the certificate of the event log is not one of this version, as it lies there."""
    if certified.metadata["version"] != version.name:
        told = f"the newest certificate is of {certified.metadata['version']}"
        return [f"{told}, the model was trained on {version.name}; train it again"]
    file = layout.VersionFiles(store.versions.folder(version), version.name).certificate
    if sha256_hex(read_envelope(file.read_bytes()).payload) != certified.digest:
        return [f"{file.name} is not the certificate that the event log tells of; run it again"]
    return []
