"""A stage that goes on from its last result gives what computing all of it anew gives."""

import dataclasses
import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.assets import compute as computing
from dataset_pipeline.assets import increment
from dataset_pipeline.assets.clean import clean_specs
from dataset_pipeline.assets.compute import Outcome, compute
from dataset_pipeline.assets.raw import raw_specs
from dataset_pipeline.assets.spec import Increment, StageSpec, Work
from dataset_pipeline.config.screened import Boilerplate
from dataset_pipeline.config_file import Dataset, load_dataset
from dataset_pipeline.errors import StoreError
from dataset_pipeline.records import empty_exclusions
from dataset_pipeline.stages.result import Before
from dataset_pipeline.store import snapshots
from dataset_pipeline.store.computations import Computation, Earlier
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests import small
from dataset_pipeline_tests.sample_run import SampleRun, sample_dataset

Change = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="module")
def raw(sample_run: SampleRun) -> pl.DataFrame:
    """Every seventh record of the sample."""
    return sample_run.records("raw").drop("record_digest").sort("record_id").gather_every(7, 1)


def more(raw: pl.DataFrame, everything: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([raw, everything.join(raw, on="record_id", how="anti").head(40)])


def fewer(raw: pl.DataFrame, _everything: pl.DataFrame) -> pl.DataFrame:
    return raw.slice(13)


def edited(raw: pl.DataFrame, _everything: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("prompt") + " Call Ann Miller at +44 20 7946 0958, badge 4711-0815-2342."
    return (
        raw.with_row_index("n")
        .with_columns(pl.when(pl.col("n") % 9 == 4).then(text).otherwise("prompt").alias("prompt"))
        .drop("n")
    )


def emptied(raw: pl.DataFrame, _everything: pl.DataFrame) -> pl.DataFrame:
    return (
        raw.with_row_index("n")
        .with_columns(
            pl.when(pl.col("n") % 8 == 4).then(pl.lit(" ")).otherwise("prompt").alias("prompt")
        )
        .drop("n")
    )


def regrouped(raw: pl.DataFrame, _everything: pl.DataFrame) -> pl.DataFrame:
    groups = raw["group_id"].drop_nulls().unique().sort()
    return raw.with_row_index("n").with_columns(
        pl.when(pl.col("n") % 11 == 4).then(pl.lit(groups[0])).otherwise("group_id")
        .alias("group_id")
    ).drop("n")  # fmt: skip


def all_at_once(raw: pl.DataFrame, everything: pl.DataFrame) -> pl.DataFrame:
    return regrouped(edited(more(fewer(raw, everything), everything), everything), everything)


def shuffled(raw: pl.DataFrame, everything: pl.DataFrame) -> pl.DataFrame:
    return more(raw, everything).sample(fraction=1, shuffle=True, seed=3)


CHANGES = [more, fewer, edited, emptied, regrouped, all_at_once, shuffled]


def numbering(within: str) -> Dataset:
    """The sample, with phones and names numbered within a record or a thread.

    Without the rule on boilerplate, which depends on all prompts together.
    """
    dataset = sample_dataset()
    stages = dataset.config.stages
    modes = {"PHONE_NUMBER": "number", "PERSON": "number"}
    policy = stages.redacted.model_copy(update={"number_within": within, "modes": modes})
    screened = stages.screened.model_copy(update={"boilerplate": Boilerplate()})
    changed = stages.model_copy(update={"redacted": policy, "screened": screened})
    config = dataset.config.model_copy(update={"stages": changed})
    return dataclasses.replace(dataset, config=config)


def chain(store: Store, dataset: Dataset, raw: pl.DataFrame) -> dict[str, Outcome]:
    """From raw to clean."""
    read = store.snapshots.write("raw", "raw", {"records": raw, "excluded": empty_exclusions()})
    found = {}
    for spec in clean_specs(dataset):
        found[spec.name] = compute(store, spec, {"records": read})
        read = found[spec.name].snapshot
    return found


def told(outcome: Outcome) -> dict[str, Any]:
    """The facts, without how the laws' findings are worded."""
    laws = [(law["law"], law["holds"]) for law in outcome.facts["laws"]]
    return {**outcome.facts, "laws": laws}


@pytest.mark.parametrize("within", ["record", "thread"])
@pytest.mark.parametrize("change", CHANGES)
def test_going_on_gives_what_all_anew_gives(
    change: Change,
    within: str,
    raw: pl.DataFrame,
    sample_run: SampleRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset, everything = numbering(within), sample_run.records("raw").drop("record_digest")
    after = change(raw, everything)
    anew = chain(Store(tmp_path / "anew"), dataset, after)
    store = Store(tmp_path / "store")
    chain(store, dataset, raw)
    computed = computing._computed
    anew_too: list[str] = []

    def noting(store: Store, spec: StageSpec, *more: Any) -> Any:
        anew_too.append(spec.name)
        return computed(store, spec, *more)

    monkeypatch.setattr(computing, "_computed", noting)
    remembered = computing.noted_before
    before: list[Before | None] = []
    monkeypatch.setattr(
        computing, "noted_before", lambda *given: before.append(remembered(*given)) or before[-1]
    )
    monkeypatch.setattr(increment, "_MOST_NEW", 1.0)

    gone_on = chain(store, dataset, after)

    assert anew_too == ["deduplicated", "clean"]
    assert len(before) == 2
    assert all(before)
    for name in gone_on:
        assert gone_on[name].snapshot.digest == anew[name].snapshot.digest, name
        assert told(gone_on[name]) == told(anew[name])
        assert gone_on[name].snapshot.damage() == []


def refuse(*_: object) -> None:
    pytest.fail("all of it was computed anew")


def lines(numbers: range, text: str = "Text number") -> str:
    """Rows of a source: each fifth cannot be read, each seventh stands twice."""
    rows = [
        "{broken" if n % 5 == 0 else json.dumps({"id": str(n), "text": f"{text} {n}."})
        for n in numbers
    ]
    return "\n".join([*rows, *(row for n, row in zip(numbers, rows, strict=True) if n % 7 == 0)])


@pytest.mark.parametrize(
    ("after", "goes_on"),
    [
        ({"b.jsonl": lines(range(30, 50))}, True),
        ({"b.jsonl": lines(range(20, 50), "Another text")}, True),
        ({"b.jsonl": lines(range(5)), "c.jsonl": ""}, True),
        ({"a.jsonl": lines(range(31))}, False),
        ({"0.jsonl": lines(range(20, 40), "Another text")}, False),
    ],
)
def test_files_that_come_after_others_are_read_as_if_all_were_read_in_one_go(
    after: dict[str, str], goes_on: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {**small.source({"key": "id", "prompt": "text"}), "path": "data/*.jsonl"}
    folder = small.write_dataset(tmp_path / "configs", "small", [], sources={"rows": rows})
    write(folder / "data", {"a.jsonl": lines(range(30))})
    dataset = load_dataset(tmp_path / "configs", "small")
    spec = raw_specs(dataset)[0]
    store = Store(tmp_path / "store")
    compute(store, spec, {})
    write(folder / "data", after)
    anew = compute(Store(tmp_path / "anew"), spec, {})
    if goes_on:
        monkeypatch.setattr(computing, "_computed", refuse)

    gone_on = compute(store, spec, {})

    assert gone_on.snapshot.digest == anew.snapshot.digest
    assert told(gone_on) == told(anew)
    assert gone_on.collected["rows"] == {**anew.collected["rows"], **gone_on.collected["rows"]}


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")


def files_with(outcome: Outcome, record: str) -> int:
    """How many files of a snapshot's records have a row of this record, deleted or not."""
    parts = outcome.snapshot.parts("records")
    return sum(record in pl.read_parquet(part.path)["record_id"].to_list() for part in parts)


def test_what_a_better_copy_replaced_leaves_the_files_when_it_is_withdrawn(
    raw: pl.DataFrame, sample_run: SampleRun, tmp_path: Path
) -> None:
    store, dataset = Store(tmp_path / "store"), numbering("record")
    first = chain(store, dataset, raw)
    train = first["clean"].snapshot.records.filter(pl.col("split") == "train").collect()
    old = raw.filter(pl.col("record_id") == train["record_id"].sort()[0])
    better = old.with_columns(
        record_id=pl.lit("f" * 32), event_time=pl.col("event_time").dt.offset_by("1d")
    )
    replaced = chain(store, dataset, pl.concat([raw, better]))
    others = sample_run.records("raw").drop("record_digest").join(raw, on="record_id", how="anti")
    rest = raw.join(old, on="record_id", how="anti")
    withdrawn = chain(store, dataset, pl.concat([rest, better, others.head(40)]))
    for stage in ("deduplicated", "clean"):
        gone = replaced[stage].snapshot
        assert old["record_id"][0] not in gone.records.collect()["record_id"].to_list()
        assert files_with(replaced[stage], old["record_id"][0]) == 1  # shared with the night before
        assert gone.damage() == []
        assert files_with(withdrawn[stage], old["record_id"][0]) == 0
        assert files_with(withdrawn[stage], "f" * 32) == 1


@pytest.mark.parametrize("how", [Path.unlink, lambda path: path.write_bytes(b"PAR1 no more")])
@pytest.mark.parametrize("stage", ["screened", "deduplicated"])
def test_what_the_night_before_read_may_be_gone_or_damaged(
    stage: str,
    how: Callable[[Path], Any],
    raw: pl.DataFrame,
    sample_run: SampleRun,
    tmp_path: Path,
) -> None:
    dataset = numbering("record")
    after = all_at_once(raw, sample_run.records("raw").drop("record_digest"))
    anew = chain(Store(tmp_path / "anew"), dataset, after)
    store = Store(tmp_path / "store")
    for part in chain(store, dataset, raw)[stage].snapshot.parts("records"):
        how(part.path)
    gone_on = chain(store, dataset, after)
    for name in gone_on:
        assert gone_on[name].snapshot.digest == anew[name].snapshot.digest, name
        assert gone_on[name].snapshot.damage() == []


def going_on(
    error: BaseException, first: dict[str, Outcome], store: Store, dataset: Dataset
) -> Outcome:
    """Compute ``redacted`` of other records, where to go on from the last result ends so."""

    def fails(_earlier: Earlier) -> None:
        raise error

    (spec,) = [spec for spec in clean_specs(dataset) if spec.name == "redacted"]

    def plan(*given: Any) -> Work:
        return dataclasses.replace(spec.plan(*given), increment=Increment(fails))

    read = first["screened"].snapshot
    fewer = read.records.drop("record_digest").collect().slice(3)
    tables = {"records": fewer, "excluded": empty_exclusions()}
    inputs = {"records": store.snapshots.write("screened", "raw", tables)}
    return compute(store, dataclasses.replace(spec, plan=plan), inputs)


ERRORS = [ValueError("no such column"), pl.exceptions.PanicException("out of bounds")]


@pytest.mark.parametrize("error", ERRORS, ids=["error", "panic"])
def test_an_error_that_a_damaged_last_result_explains_stops_nothing(
    error: BaseException, raw: pl.DataFrame, tmp_path: Path
) -> None:
    store, dataset = Store(tmp_path / "store"), numbering("record")
    first = chain(store, dataset, raw)
    (path,) = (part.path for part in first["redacted"].snapshot.parts("records"))
    path.write_bytes(path.read_bytes()[:-1])
    assert not going_on(error, first, store, dataset).reused


@pytest.mark.parametrize("error", ERRORS, ids=["error", "panic"])
def test_an_error_that_no_damage_explains_is_raised(
    error: BaseException, raw: pl.DataFrame, tmp_path: Path
) -> None:
    store, dataset = Store(tmp_path / "store"), numbering("record")
    first = chain(store, dataset, raw)
    with pytest.raises(type(error), match=str(error)):
        going_on(error, first, store, dataset)


def test_notes_that_cannot_be_written_stop_the_stage_and_nothing_is_recorded(
    raw: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The snapshot may be there already: the next run finds it, and notes what is to be noted."""
    store, dataset = Store(tmp_path / "store"), numbering("record")
    full = OSError(errno.ENOSPC, "No space left on device")

    def no_space(*_: object) -> None:
        raise full

    with monkeypatch.context() as patch:
        patch.setattr(store.notes, "keep", no_space)
        with pytest.raises(OSError, match="No space left"):
            chain(store, dataset, raw)
    assert list((store.root / "raw" / "notes").glob("*")) == []
    stages = [derived.stage for derived in store.computations.derivations()]
    assert sorted(stages) == ["normalized", "redacted", "screened"]

    again = chain(store, dataset, raw)

    assert not again["deduplicated"].reused
    assert again["clean"].snapshot.digest == chain(store, dataset, raw)["clean"].snapshot.digest
    assert len(list((store.root / "raw" / "notes").glob("*/*"))) == 2


def test_a_stage_that_fails_is_told_though_its_notes_cannot_be_written_either(
    raw: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, dataset = Store(tmp_path / "store"), numbering("record")
    monkeypatch.setattr(store.notes, "keep", lambda *_: 1 / 0)
    monkeypatch.setattr(computing, "_laws_of_ids", lambda *_: {}["a law"])
    with pytest.raises(KeyError, match="a law"):
        chain(store, dataset, raw)


def test_a_table_that_cannot_be_written_leaves_no_snapshot(
    raw: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables are written beside the records: what fails in either leaves nothing behind."""
    store, dataset = Store(tmp_path / "store"), numbering("record")
    chain(store, dataset, raw)
    made = [*store.root.glob("snapshots/*/*")]
    monkeypatch.setattr(snapshots, "_write_tables", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        chain(store, dataset, raw.slice(3))
    assert [*store.root.glob("snapshots/*/*")] == made
    assert list(store.temporary.iterdir()) == []


def test_only_a_stage_that_may_go_on_looks_at_its_last_result(
    raw: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, dataset = Store(tmp_path / "store"), sample_dataset()  # counts lines in `screened`
    looked_at: list[str] = []
    last_result = computing.last_result

    def looking(store: Store, computation: Computation) -> Any:
        looked_at.append(computation.stage)
        return last_result(store, computation)

    chain(store, dataset, raw)
    monkeypatch.setattr(computing, "last_result", looking)
    chain(store, dataset, raw.slice(3))
    assert sorted(looked_at) == ["clean", "deduplicated", "normalized", "redacted"]


@pytest.mark.parametrize(
    ("stage", "after", "column"),
    [
        ("normalized", "raw", "prompt"),
        ("deduplicated", "redacted", "prompt"),
        # No table tells of it, so that what is made would be stored by the right digest.
        ("deduplicated", "redacted", "group_id"),
    ],
)
def test_what_was_made_from_a_damaged_input_is_told_and_not_recorded(
    stage: str, after: str, column: str, raw: pl.DataFrame, sample_run: SampleRun, tmp_path: Path
) -> None:
    """One letter is another: Parquet does not tell, and no law is broken."""
    (spec,) = [spec for spec in clean_specs(sample_run.dataset) if spec.name == stage]
    some = sample_run.records(after).drop("record_digest").join(raw, on="record_id", how="semi")
    tables = {"records": some, "excluded": empty_exclusions()}
    anew = Store(tmp_path / "anew")
    sound = compute(anew, spec, {"records": anew.snapshots.write(after, spec.zone, tables)})
    store = Store(tmp_path / "store")
    read = store.snapshots.write(after, spec.zone, tables)
    (part,) = read.parts("records")
    harmed = pl.read_parquet(part.path).with_columns(pl.col(column).str.replace("[e0-9]", "a"))
    harmed.write_parquet(part.path)
    for _ in range(2):
        with pytest.raises(StoreError, match=f"{part.path.name} was changed .*; delete the folder"):
            compute(store, spec, {"records": read})
    assert list(store.computations.derivations()) == []
    shutil.rmtree(read.folder)
    mended = compute(store, spec, {"records": store.snapshots.write(after, spec.zone, tables)})
    assert mended.snapshot.digest == sound.snapshot.digest
    assert mended.snapshot.damage() == []
