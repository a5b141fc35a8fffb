"""The laws hold for every stage, whatever records come in, and in whatever order."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline import laws
from dataset_pipeline.assets.clean import clean_specs
from dataset_pipeline.assets.curated import curated_specs
from dataset_pipeline.assets.spec import StageSpec
from dataset_pipeline.config import (
    AnnotatedPolicy,
    Clean,
    Curated,
    Deduplicated,
    Distilled,
    Normalized,
    Redacted,
    Restrictions,
    Screened,
    SplitByGroup,
    SplitByTime,
    Task,
)
from dataset_pipeline.digests import canonical_json
from dataset_pipeline.records import no_exclusions, record_id, row_digests, table_digest
from dataset_pipeline.stages.annotated import annotated, arriving
from dataset_pipeline.stages.annotation_files import ANNOTATION_SCHEMA
from dataset_pipeline.stages.clean import clean
from dataset_pipeline.stages.curated import curated
from dataset_pipeline.stages.deduplicated import deduplicated
from dataset_pipeline.stages.distillate_files import DISTILLATE_SCHEMA, PROVENANCE
from dataset_pipeline.stages.distilled import Policies, distilled
from dataset_pipeline.stages.normalized import normalized
from dataset_pipeline.stages.redacted import redacted
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.screened import screened
from dataset_pipeline.stages.splits import splits
from dataset_pipeline_tests.sample_run import sample_dataset
from dataset_pipeline_tests.stages.frames import (
    LABELS,
    SHARED_TEXTS,
    SOURCES,
    json_values,
    maybe,
    record_frames,
    texts,
)

few = settings(max_examples=30)
DATASET = sample_dataset()
SPECS = {spec.name: spec for spec in [*clean_specs(DATASET), *curated_specs(DATASET)]}
RANK = list(SOURCES[:2])
BY_GROUP = Normalized(
    group_key="a key of tests", split=SplitByGroup(by="group", validation=0.2, test=0.3)
)
BY_TIME = Normalized(
    group_key="a key of tests",
    split=SplitByTime(by="time", validation_from=date(2020, 1, 1), test_from=date(2050, 1, 1)),
)
TASK = Task(
    behaviour="Name the intent.",
    type="classification",
    labels=list(LABELS),
    examples="examples.jsonl",
    restrictions=Restrictions(use="internal", languages=["en", "ru"]),
)
Run = Callable[[pl.DataFrame], StageResult]


def assert_laws(spec: StageSpec, arrived: pl.DataFrame, result: StageResult) -> None:
    kept, excluded = result.kept.collect(), result.excluded.collect()
    ids = arrived["record_id"]
    slim = arrived.select("record_id", "split")
    found = [
        laws.conservation(ids, kept["record_id"], excluded["record_id"]),
        laws.held_out_untouched(slim, excluded, spec.for_all, list(spec.applies_to)),
        laws.evidence(excluded, kept["record_id"]),
        laws.separation(kept, spec.origins),
        laws.schema(kept, assigned=spec.assigned),
    ]
    assert [(f.law, f.detail) for f in found if not f.holds] == []


def digests(result: StageResult) -> Mapping[str, str]:
    tables = {"kept": result.kept.collect(), "excluded": result.excluded.collect(), **result.tables}
    return {name: table_digest(row_digests(frame)) for name, frame in tables.items()}


def check(name: str, frame: pl.DataFrame, run: Run) -> None:
    """The laws hold for the stage, and its tables are the same for rows in another order."""
    result = run(frame)
    assert_laws(SPECS[name], frame, result)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=7)
    assert digests(run(shuffled)) == digests(result)


@few
@given(record_frames(assigned=False), st.sampled_from([BY_GROUP, BY_TIME]))
def test_normalized(frame: pl.DataFrame, policy: Normalized) -> None:
    check("normalized", frame, lambda f: normalized(f.lazy(), policy, {"third": "test"}))


@few
@given(record_frames())
def test_screened(frame: pl.DataFrame) -> None:
    policy = Screened(empty_phrases=["ok"], max_characters=50)
    check("screened", frame, lambda f: screened(f.lazy(), policy, ["en"]))


@few
@given(record_frames(max_size=6))
def test_redacted(frame: pl.DataFrame) -> None:
    check("redacted", frame, lambda f: redacted(f.lazy(), DATASET.config.stages.redacted))


@few
@given(record_frames(), st.sampled_from([0.5, 0.8, 1.0]), st.sampled_from(["prompt", "completion"]))
def test_deduplicated(frame: pl.DataFrame, threshold: float, column: Any) -> None:
    policy = Deduplicated(threshold=threshold, compare=[column])
    check("deduplicated", frame, lambda f: deduplicated(f.lazy(), policy, RANK))


@few
@given(record_frames(), st.booleans())
def test_clean(frame: pl.DataFrame, mend_validation: bool) -> None:
    compared = Deduplicated()
    examples = [{"id": "1", "prompt": SHARED_TEXTS[0]}, {"id": "2", "prompt": "?"}]

    def run(records: pl.DataFrame) -> StageResult:
        first = deduplicated(records.lazy(), compared, RANK)
        policy = Clean(mend_validation=mend_validation)
        return clean(first.kept, first.tables["clusters"], examples, policy, compared)

    arrived = deduplicated(frame.lazy(), compared, RANK).kept.collect()
    result = run(frame)
    assert_laws(SPECS["clean"], arrived, result)
    if not mend_validation:
        assert set(split_of(arrived, result)) <= {"train"}
    assert digests(run(frame.reverse())) == digests(result)


def split_of(arrived: pl.DataFrame, result: StageResult) -> list[str]:
    out = result.excluded.collect().join(arrived, on="record_id")
    return out["split"].cast(pl.String).to_list()


@st.composite
def annotations(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "record_id": st.integers(0, 8).map(lambda i: record_id("s", str(i))),
                    "source_id": st.sampled_from([None, "s"]),
                    "source_ref": st.just("round.csv#2"),
                    "role": st.sampled_from(["labels", "labels", "adjudications"]),
                    "annotator": st.sampled_from(["a", "b", "c"]),
                    "label": st.sampled_from(LABELS),
                    "uncertain": st.booleans(),
                    "guideline": st.sampled_from(["v1", "v2"]),
                    "guideline_digest": st.just("0" * 64),
                    "annotated_at": st.sampled_from([None, "2026-01-01T00:00:00Z", "2026-02-01"]),
                }
            ),
            max_size=20,
        )
    )
    named = [
        {**row, "annotation_id": record_id("annotations", str(i))} for i, row in enumerate(rows)
    ]
    return pl.DataFrame(named, schema=ANNOTATION_SCHEMA)


@few
@given(record_frames(), annotations(), st.booleans())
def test_annotated(frame: pl.DataFrame, given_labels: pl.DataFrame, drop: bool) -> None:
    policy = AnnotatedPolicy(drop_uncertain=drop)
    result = annotated(frame.lazy(), no_exclusions(), given_labels, policy)
    arrived = arriving(frame.lazy(), given_labels.lazy()).collect()
    assert_laws(SPECS["annotated"], arrived, result)
    again = annotated(frame.reverse().lazy(), no_exclusions(), given_labels.reverse(), policy)
    assert digests(again) == digests(result)


@st.composite
def imported(draw: st.DrawFn) -> pl.DataFrame:
    """Distillates whose provenance may be anything that JSON can say."""
    parts = {
        "model": {"name": "m", "version": "1"},
        "prompt": {"template": "prompts/p.md"},
        "parameters": {"seed": 1},
        "filters": [{"name": "length", "passed": True}],
        "review": {"decision": "accepted"},
    }
    rows = []
    for number in range(draw(st.integers(0, 8))):
        inputs = draw(st.lists(st.integers(0, 20), max_size=2))
        given_parts = {**parts, "inputs": [{"source": "s", "key": str(i)} for i in inputs]}
        for name in draw(st.sets(st.sampled_from(PROVENANCE), max_size=1)):
            given_parts[name] = draw(json_values)
        rows.append(
            {
                "record_id": record_id("distillates/d", str(number)),
                "source_id": "distillates/d",
                "batch_id": "batch",
                "source_ref": "d.jsonl#1",
                "generated_at": draw(st.sampled_from([None, "2026-01-01T00:00:00Z", "soon"])),
                "prompt": draw(texts),
                "completion": draw(maybe),
                "label": draw(st.sampled_from([None, *LABELS])),
                "language": "en",
                **{
                    f"{name}_json": canonical_json(value).decode() if value else None
                    for name, value in given_parts.items()
                },
            }
        )
    return pl.DataFrame(rows, schema=DISTILLATE_SCHEMA)


@few
@given(imported(), record_frames())
def test_distilled(rows: pl.DataFrame, known: pl.DataFrame) -> None:
    policies = Policies(Distilled(), BY_GROUP, Redacted(), Deduplicated())

    def run(frame: pl.DataFrame) -> StageResult:
        return distilled(frame.lazy(), known.lazy(), {"prompts/p.md": "0" * 64}, [], policies)

    result = run(rows)
    arrived = rows.select("record_id", pl.lit("train").alias("split"))
    assert_laws(SPECS["distilled"], arrived, result)
    assert digests(run(rows.reverse())) == digests(result)


@few
@given(record_frames(), st.sets(st.integers(0, 13)), st.sampled_from([0.0, 0.1, 1.0]))
def test_curated(frame: pl.DataFrame, made: set[int], cap: float) -> None:
    ids = pl.Series([record_id("s", str(i)) for i in made], dtype=pl.String)
    mine = pl.col("record_id").is_in(ids.implode()) & (pl.col("split") == "train")
    mixed = frame.with_columns(
        pl.when(mine).then(pl.lit(1, pl.UInt8)).otherwise("generation").alias("generation"),
        pl.when(mine).then(pl.lit(["parent"])).otherwise("parents").alias("parents"),
        pl.when(mine)
        .then(pl.lit("model_generated", frame.schema["origin"]))
        .otherwise("origin")
        .alias("origin"),
    )
    policy = Curated(max_synthetic_share=cap)
    check("curated", mixed, lambda f: curated(f.lazy(), policy, TASK))
    assert curated(mixed.lazy(), policy, TASK).metrics["synthetic_share"] <= cap + 1e-9


@few
@given(record_frames())
def test_splits(frame: pl.DataFrame) -> None:
    compared = Deduplicated()
    first = deduplicated(frame.lazy(), compared, RANK)
    mended = clean(first.kept, first.tables["clusters"], [], Clean(), compared).kept.collect()
    clusters = first.tables["clusters"]
    check("splits", mended, lambda f: splits(f.lazy(), clusters, Clean(), compared))
    assert splits(mended.lazy(), clusters, Clean(), compared).metrics["leaks"] == 0
