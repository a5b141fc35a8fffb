"""``annotated``, ``distilled``, ``curated``, ``splits``."""

from datetime import date

import polars as pl

from dataset_pipeline.assets.clean import TEXT_ORIGINS, records_of
from dataset_pipeline.assets.pseudonyms import keyed_plan
from dataset_pipeline.assets.quarantine import file_gates
from dataset_pipeline.assets.spec import Facts, Inputs, StageSpec, Work
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.digests import digest_of
from dataset_pipeline.engines.workers import spread
from dataset_pipeline.laws import Finding
from dataset_pipeline.stages import annotated, curated, distilled, splits
from dataset_pipeline.stages.annotation_files import ANNOTATION_SCHEMA
from dataset_pipeline.stages.distillate_files import DISTILLATE_SCHEMA
from dataset_pipeline.stages.unplaced import UNPLACED
from dataset_pipeline.store.store import Store
from dataset_pipeline.ui import tables

CLAIM_RULES = frozenset({"annotation_disagreement", "annotation_uncertain"})
USABILITY_RULES = frozenset({"unlabelled", "unknown_label", "no_completion", "no_rejected"})
ALL_ORIGINS = (*TEXT_ORIGINS, "human_annotated", "model_generated")


def curated_specs(dataset: Dataset) -> list[StageSpec]:
    """From clean to the splits."""
    return [_annotated(dataset), _distilled(dataset), _curated(dataset), _splits(dataset)]


def _annotation_inputs(dataset: Dataset) -> dict[str, str]:
    annotations = dataset.config.annotations
    names = [*annotations.labels, *annotations.adjudications] if annotations else []
    return {f"annotations_{name}": f"annotations/{name}" for name in names}


def _annotations(inputs: Inputs) -> pl.LazyFrame:
    files = [item.records for name, item in inputs.items() if name.startswith("annotations_")]
    empty = pl.LazyFrame(schema=ANNOTATION_SCHEMA)
    return pl.concat([empty, *(file.drop("record_digest") for file in files)])


def _placed(facts: Facts, _inputs: Inputs) -> Finding:
    """Every annotation names a record that is here; else how many do not, by rule."""
    counts = {rule: facts["excluded"][rule] for rule in UNPLACED if rule in facts["excluded"]}
    by_rule = ", ".join(f"{rule} {count}" for rule, count in counts.items())
    told = f"{sum(counts.values())} annotation(s) name no record that is here: {by_rule}"
    fine = "every annotation names a record that is here"
    return Finding("annotations_placed", not counts, told if counts else fine)


def _annotated(dataset: Dataset) -> StageSpec:
    policy = dataset.config.stages.annotated
    files = _annotation_inputs(dataset)
    minimum = dataset.config.gates.min_kappa

    def plan(_store: Store, inputs: Inputs, _today: date) -> Work:
        return Work(
            lambda: annotated.annotated(
                records_of(inputs["clean"]),
                inputs["clean"].excluded,
                _annotations(inputs).collect(),
                policy,
            )
        )

    def agreement(facts: Facts, _inputs: Inputs) -> Finding:
        kappa = facts["metrics"].get("kappa")
        if kappa is None:
            return Finding("agreement", holds=True, detail="no record has two annotators")
        detail = f"Cohen's kappa {kappa:.3f} (at least {minimum:.3f})"
        return Finding("agreement", kappa >= minimum, detail)

    return StageSpec(
        name="annotated",
        version=annotated.VERSION,
        group="annotated",
        description="Records that people labelled: adjudication wins, unsettled ones are out.",
        inputs={"clean": "clean", **files},
        policy=policy.digest(),
        zone="open",
        plan=plan,
        arrived=lambda inputs: annotated.arriving(inputs["clean"].records, _annotations(inputs)),
        origins=("human_annotated",),
        for_all=CLAIM_RULES,
        gates={"agreement": agreement, **file_gates(dataset, files.values())},
        warnings={"annotations_placed": _placed} if files else {},
        shown=lambda made: [*tables.agreement(made), *tables.unplaced(made)],
    )


def _distilled(dataset: Dataset) -> StageSpec:
    config = dataset.config
    stages = config.stages
    policies = distilled.Policies(
        stages.distilled, stages.normalized, stages.redacted, stages.deduplicated
    )
    files = {f"distillates_{name}": f"distillates/{name}" for name in config.distillates}

    def imported(inputs: Inputs) -> pl.LazyFrame:
        empty = pl.LazyFrame(schema=DISTILLATE_SCHEMA)
        return pl.concat([empty, *(inputs[name].records.drop("record_digest") for name in files)])

    def plan(store: Store, inputs: Inputs, _today: date) -> Work:
        documents = dataset.documents()
        prompts = {path: documents[path] for path in config.prompts.values()}
        redaction = keyed_plan(store, dataset)
        return Work(
            lambda: distilled.distilled(
                imported(inputs),
                records_of(inputs["clean"]),
                prompts,
                dataset.task_examples(),
                policies,
                spread=spread,
                key=redaction.key,
            ),
            external={
                **({"pseudonym_key": redaction.key_check} if redaction.key_check else {}),
                "prompts": digest_of(prompts),
                "task_examples": documents[config.task.examples],
            },
        )

    def arrived(inputs: Inputs) -> pl.LazyFrame:
        split = pl.lit("train").alias("split")
        return imported(inputs).select("record_id", split)

    return StageSpec(
        name="distilled",
        version=distilled.VERSION,
        group="distilled",
        description="What a model wrote, if it names model, prompt, inputs, filters and review.",
        inputs={"clean": "clean", **files},
        policy=digest_of([part.plain() for part in vars(policies).values()]),
        zone="open",
        plan=plan,
        arrived=arrived,
        origins=("model_generated",),
        gates=file_gates(dataset, files.values()),
        shown=tables.models_and_prompts,
    )


def _curated(dataset: Dataset) -> StageSpec:
    policy, task = dataset.config.stages.curated, dataset.config.task

    def arriving(inputs: Inputs) -> pl.LazyFrame:
        return curated.arriving(
            records_of(inputs["clean"]),
            records_of(inputs["annotated"]),
            inputs["annotated"].excluded,
            records_of(inputs["distilled"]),
        )

    def plan(_store: Store, inputs: Inputs, _today: date) -> Work:
        return Work(lambda: curated.curated(arriving(inputs), policy, task))

    return StageSpec(
        name="curated",
        version=curated.VERSION,
        group="curated",
        description="Original, annotated and model-made records; the synthetic share capped.",
        inputs={"clean": "clean", "annotated": "annotated", "distilled": "distilled"},
        policy=digest_of({"policy": policy.plain(), "type": task.type, "labels": task.labels}),
        zone="open",
        plan=plan,
        arrived=arriving,
        origins=ALL_ORIGINS,
        for_all=USABILITY_RULES,
    )


def _splits(dataset: Dataset) -> StageSpec:
    stages = dataset.config.stages
    minimum = dataset.config.gates.min_records

    def plan(_store: Store, inputs: Inputs, _today: date) -> Work:
        clusters = inputs["deduplicated"].table("clusters").collect()
        return Work(
            lambda: splits.splits(
                records_of(inputs["curated"]), clusters, stages.clean, stages.deduplicated
            )
        )

    def no_leakage(facts: Facts, _inputs: Inputs) -> Finding:
        leaks = facts["metrics"]["leaks"]
        detail = f"{leaks:.0f} groups, clusters, texts or parents stand in two splits"
        return Finding("no_leakage", leaks == 0, detail)

    def enough(facts: Facts, _inputs: Inputs) -> Finding:
        train = facts["metrics"]["train"]
        detail = f"{train:.0f} train records (at least {minimum})"
        return Finding("enough_records", train >= minimum, detail)

    return StageSpec(
        name="splits",
        version=splits.VERSION,
        group="splits",
        description="Train, validation and test as they are published, with the leakage proof.",
        inputs={"curated": "curated", "deduplicated": "deduplicated"},
        policy=digest_of({"clean": stages.clean.plain(), "dedup": stages.deduplicated.plain()}),
        zone="open",
        plan=plan,
        arrived=lambda inputs: inputs["curated"].records,
        origins=ALL_ORIGINS,
        gates={"no_leakage": no_leakage, "enough_records": enough},
        shown=tables.split_shares,
    )
