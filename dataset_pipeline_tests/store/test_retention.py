import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.errors import StoreError
from dataset_pipeline.records import empty_exclusions
from dataset_pipeline.store import retention
from dataset_pipeline.store.access_log import moment
from dataset_pipeline.store.batches import Batch
from dataset_pipeline.store.computations import Computation
from dataset_pipeline.store.retention import Plan, Policy, planned, remove_expired
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store

START = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = Policy("tickets", 10, {"a": None, "b": 4})
TERMS = {"a": 10, "b": 4}


@dataclass
class World:
    """A store, a clock, and what each source brought last."""

    store: Store
    day: int = 0
    latest: dict[tuple[str, str], Batch] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return START + timedelta(days=self.day)

    def collect(self, source: str, *texts: str, dataset: str = "tickets") -> Batch:
        """One collection and the stages before redaction, under the lock that stages hold."""
        store = self.store
        with store.in_use():
            files = [store.batches.take([text.encode()], f"{text}.txt") for text in texts]
            batch = Batch(dataset, source, tuple(sorted(files)))
            store.batches.describe(batch, {"collected_at": moment(self.now), "rights": {}})
            entry = {"at": moment(self.now), "batch": batch.digest}
            store.collections.collected(dataset, source, entry)
            self.latest[dataset, source] = batch
            self.seen[batch.digest] = self.day
            self.batches[batch.digest] = batch
            self.run(dataset)
        return batch

    def run(self, dataset: str) -> None:
        mine = {key[1]: batch for key, batch in self.latest.items() if key[0] == dataset}
        read = {
            source: self.made(f"raw/{source}", {"batch": batch.digest}, rows(batch))
            for source, batch in mine.items()
        }
        inputs = {name: snapshot.digest for name, snapshot in read.items()}
        frames = [snapshot.records.drop("record_digest").collect() for snapshot in read.values()]
        self.made("raw", inputs, pl.concat(frames))

    def made(self, stage: str, inputs: dict[str, str], frame: pl.DataFrame) -> Snapshot:
        computation = Computation(stage, "1", "policy", inputs)
        known = self.store.computations.find(computation)
        if known and self.store.snapshots.has(known["snapshot"]):
            return self.store.snapshots.open(known["snapshot"])
        tables = {"records": frame, "excluded": empty_exclusions()}
        snapshot = self.store.snapshots.write(stage, "raw", tables)
        facts = {"snapshot": snapshot.digest, "arrived": frame.height}
        self.store.computations.record(computation, facts)
        return snapshot

    def snapshot(self, source: str, dataset: str = "tickets") -> Snapshot:
        batch = self.latest[dataset, source]
        computation = Computation(f"raw/{source}", "1", "policy", {"batch": batch.digest})
        found = self.store.computations.find(computation)
        assert found
        return self.store.snapshots.open(found["snapshot"])

    def remove(self, policy: Policy = POLICY) -> Plan:
        return remove_expired(self.store, policy, self.now).plan

    def alive(self, batch: Batch) -> bool:
        """What the policy means, said once more and without the store."""
        if batch.dataset != "tickets":
            return True
        return self.day < self.seen[batch.digest] + TERMS[batch.source_id]


def rows(batch: Batch) -> pl.DataFrame:
    texts = [file.copy.read_text() for file in batch.files]
    names = {"record_id": texts, "batch_id": [batch.digest] * len(texts), "prompt": texts}
    return pl.DataFrame(names, schema=dict.fromkeys(names, pl.String))


def raw_texts(store: Store) -> Iterator[str]:
    """Every text that still lies in the raw zone, as a copy or in a snapshot."""
    for path in (store.root / "raw" / "files").rglob("*"):
        if path.is_file():
            yield path.read_text()
    for path in (store.root / "raw" / "snapshots").rglob("records.parquet"):
        yield from pl.read_parquet(path)["prompt"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Store(tmp_path))


def kinds(plan: Plan) -> dict[str, int]:
    found = [stone["kind"] for stone in plan.stones]
    return {kind: found.count(kind) for kind in set(found)}


# ------------------------------------------------------------------------------------- what expires


def test_what_was_superseded_grows_old_and_what_is_brought_again_does_not(world: World) -> None:
    old = world.collect("a", "stays", "vanishes")
    world.day = 5
    new = world.collect("a", "stays")
    world.day = 9
    assert not world.remove()
    world.day = 10
    plan = world.remove()
    assert kinds(plan) == {"batch": 1, "snapshot": 2}  # raw/a and raw of the old batch
    assert set(raw_texts(world.store)) == {"stays"}
    assert world.store.batches.open(new.digest) is not None
    (stone,) = (s for s in plan.stones if s["kind"] == "batch")
    assert stone["digest"] == old.digest
    assert [file["removed"] for file in stone["files"]] == [False, True]
    assert (stone["rows"], stone["source"]) == (2, "a")
    assert (stone["collected"], stone["last_collected"]) == ("2026-01-01T00:00:00Z",) * 2
    assert (stone["removed_at"], stone["policy"]) == (
        "2026-01-11T00:00:00Z",
        {"days": 10, "rule": "retention.raw_days"},
    )
    assert set(stone["by"]) == {"user", "host"}


def test_a_nightly_collection_of_the_same_files_renews_them(world: World) -> None:
    for day in range(0, 30, 3):
        world.day = day
        batch = world.collect("a", "same")
        assert not world.remove()
    assert world.store.batches.open(batch.digest) is not None


def test_the_shorter_term_wins(world: World) -> None:
    world.collect("a", "of a")
    world.collect("b", "of b")
    world.day = 4
    plan = world.remove()
    assert {s["policy"]["rule"] for s in plan.stones} == {"rights.retention_days"}
    # The union of both held what must go; the other source's own data did not.
    assert kinds(plan) == {"batch": 1, "snapshot": 2}
    assert set(raw_texts(world.store)) == {"of a"}


def test_the_right_counts_where_nothing_else_limits(world: World) -> None:
    world.collect("a", "of a")
    world.collect("b", "of b")
    world.day = 400
    rights_only = Policy("tickets", None, {"a": None, "b": 4})
    assert rights_only.limited
    world.remove(rights_only)
    assert set(raw_texts(world.store)) == {"of a"}
    assert not Policy("tickets", None, {"a": None}).limited


def test_a_source_that_is_no_longer_configured_keeps_the_term_of_its_right() -> None:
    policy = Policy("tickets", 100, {})
    assert policy.term("gone", {"retention_days": 7}) == {
        "days": 7,
        "rule": "rights.retention_days",
    }
    assert policy.term("gone", {}) == {"days": 100, "rule": "retention.raw_days"}


def test_another_dataset_keeps_what_it_shares(world: World) -> None:
    world.collect("a", "shared", "mine")
    world.collect("a", "shared", dataset="other")
    world.day = 50
    world.remove()
    assert set(raw_texts(world.store)) == {"shared"}
    assert world.store.batches.open(world.latest["other", "a"].digest) is not None


def test_the_same_content_from_a_newer_batch_is_kept(world: World) -> None:
    """Rows in another order are another batch and the same snapshot."""
    world.collect("a", "x")
    first = world.snapshot("a")
    world.day = 8
    files = [world.store.batches.take([b"x"], "another name.txt")]
    batch = Batch("tickets", "a", tuple(files))
    world.store.batches.describe(batch, {"collected_at": moment(world.now), "rights": {}})
    world.latest["tickets", "a"] = batch
    world.run("tickets")
    assert world.snapshot("a").digest == first.digest
    world.day = 12
    assert kinds(world.remove()) == {"batch": 1}
    assert world.store.snapshots.has(first.digest)


def test_a_snapshot_that_no_computation_tells_of_goes_with_its_batch(world: World) -> None:
    """A law did not hold, or the run was killed: what was written lies there all the same."""
    batch = world.collect("a", "x")
    shutil.rmtree(world.store.root / "computations")
    world.store.snapshots.write("stray", "raw", {"records": rows(batch)})
    world.day = 10
    world.remove()
    assert list(raw_texts(world.store)) == []


# ---------------------------------------------------------------------------- once, and to the end


def test_a_second_removal_does_nothing(world: World) -> None:
    world.collect("a", "x")
    world.day = 20
    assert world.remove()
    store = world.store
    stones = store.tombstones("tickets").all()
    assert not world.remove()
    world.day = 30
    assert not world.remove()
    assert store.tombstones("tickets").all() == stones
    (entry,) = store.access_log("tickets").entries()
    assert (entry["what"], entry["counts"]["batches"]) == ("removal", 1)
    assert {stone["digest"] for stone in stones} <= set(entry["digests"])


def test_nothing_is_written_where_nothing_expires(world: World) -> None:
    world.collect("a", "x")
    assert not world.remove()
    assert not (world.store.root / "removed").exists()
    assert not (world.store.root / "access").exists()


def test_a_dry_run_says_the_same_and_removes_nothing(world: World) -> None:
    world.collect("a", "x")
    world.day = 20
    said = planned(world.store, POLICY, world.now)
    assert set(raw_texts(world.store)) == {"x"}
    assert not (world.store.root / "removed").exists()
    assert world.remove() == said


def test_what_comes_back_lives_anew_and_dies_anew(world: World) -> None:
    world.collect("a", "x")
    world.day = 20
    world.remove()
    batch = world.collect("a", "x")
    assert not world.remove()
    assert world.store.batches.open(batch.digest) is not None
    assert world.snapshot("a").damage() == []
    world.day = 40
    assert world.remove()
    removed_at = [s["removed_at"] for s in world.store.tombstones("tickets").all()
                  if s["digest"] == batch.digest]  # fmt: skip
    assert removed_at == ["2026-01-21T00:00:00Z", "2026-02-10T00:00:00Z"]
    assert list(raw_texts(world.store)) == []


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the code may catch it."""


@pytest.mark.parametrize("step", range(6))
def test_a_removal_that_was_killed_is_finished_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    world.collect("a", "x", "y")
    world.day = 3
    world.collect("a", "y")
    world.day = 10
    kill_at(monkeypatch, step)
    with pytest.raises(Killed):
        world.remove()
    monkeypatch.undo()
    world.remove()
    assert set(raw_texts(world.store)) == {"y"}
    assert not (world.store.root / "raw" / "trash").exists()
    stones = world.store.tombstones("tickets").all()
    assert len({stone["digest"] for stone in stones}) == len(stones) == 3
    log = world.store.access_log("tickets")
    assert log.check().intact
    assert {d for stone in stones for d in [stone["digest"]]} <= {
        d for entry in log.entries() for d in entry["digests"]
    }
    assert not world.remove()


def kill_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Before the access log, before the tombstones, at each item, before the trash is emptied."""
    from dataset_pipeline.store.access_log import AccessLog
    from dataset_pipeline.store.tombstones import Tombstones

    def killed(*_args: Any, **_options: Any) -> None:
        raise Killed

    if step == 0:
        monkeypatch.setattr(AccessLog, "note", killed)
    elif step == 1:
        monkeypatch.setattr(Tombstones, "add", killed)
    elif step == 5:
        emptied = iter([True])
        remove = shutil.rmtree
        monkeypatch.setattr(
            retention.shutil,
            "rmtree",
            lambda *a, **o: remove(*a, **o) if next(emptied, False) else killed(),
        )
    else:
        thrown = iter(range(step - 2))
        throw = retention._throw

        def after_some(path: Path, trash: Path) -> None:
            if next(thrown, None) is None:
                raise Killed
            throw(path, trash)

        monkeypatch.setattr(retention, "_throw", after_some)


# --------------------------------------------------------------------------- beside a run at work


def test_nothing_is_removed_while_a_stage_is_at_work(world: World) -> None:
    world.collect("a", "x")
    world.day = 20
    with (
        world.store.in_use(),
        pytest.raises(StoreError, match="try again when the run is over"),
        world.store.removing(patience=0.2),
    ):
        pytest.fail("it must wait")
    assert set(raw_texts(world.store)) == {"x"}


def test_stages_wait_for_a_removal_and_several_work_at_once(world: World) -> None:
    order: list[str] = []

    def stage() -> None:
        with world.store.in_use():
            order.append("stage")

    with world.store.removing():
        waiting = threading.Thread(target=stage)
        waiting.start()
        waiting.join(0.3)
        order.append("removed")
    waiting.join()
    assert order == ["removed", "stage"]
    with world.store.in_use(), world.store.in_use():
        other = threading.Thread(target=stage)
        other.start()
        other.join(5)
    assert order == ["removed", "stage", "stage"]


def test_a_stage_whose_input_is_gone_is_told_when_and_why(world: World) -> None:
    world.collect("a", "x")
    snapshot = world.snapshot("a")
    world.day = 20
    world.remove()
    with (
        pytest.raises(StoreError, match="removed on 2026-01-21 by the retention policy") as error,
        world.store.in_use([snapshot]),
    ):
        pytest.fail("it is gone")
    assert "raw/a" in str(error.value)
    assert "materialize" in str(error.value)


# -------------------------------------------------------------------------------- random histories

TEXTS = st.lists(st.sampled_from("pqrs"), min_size=0, max_size=3, unique=True)
COLLECTION = st.tuples(
    st.just("collect"), st.sampled_from("ab"), TEXTS, st.sampled_from(["tickets", "other"])
)
HISTORIES = st.lists(
    st.one_of(COLLECTION, st.tuples(st.just("wait"), st.integers(1, 7)), st.just(("remove",))),
    max_size=14,
)


@settings(max_examples=60)
@given(history=HISTORIES)
def test_what_lives_is_never_touched_and_what_is_dead_is_gone(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[Any, ...]]
) -> None:
    world = World(Store(tmp_path_factory.mktemp("history")))
    for step in history:
        if step[0] == "collect":
            world.collect(step[1], *step[2], dataset=step[3])
        elif step[0] == "wait":
            world.day += step[1]
        else:
            world.remove()
            hold(world)
    world.remove()
    hold(world)
    assert not world.remove()


def hold(world: World) -> None:
    """After a removal: all of what lives is there, and not a text of what only the dead had."""
    store = world.store
    living = [batch for batch in world.batches.values() if world.alive(batch)]
    for batch in living:
        opened = store.batches.open(batch.digest)
        assert opened is not None
        store.batches.check(opened)
    for (dataset, source), batch in world.latest.items():
        if world.alive(batch):
            assert world.snapshot(source, dataset).damage() == []
    allowed = {file.copy.read_text() for batch in living for file in batch.files}
    assert set(raw_texts(store)) <= allowed
    told = [s for s in store.tombstones("tickets").all() if s["kind"] == "batch"]
    lives = [(stone["digest"], stone["last_collected"]) for stone in told]
    assert len(set(lives)) == len(lives)
    dead = {d for d, batch in world.batches.items() if not world.alive(batch)}
    assert dead <= {digest for digest, _ in lives}


def test_messages_that_may_quote_a_record_are_kept_as_long_as_raw_data(world: World) -> None:
    errors = world.store.errors
    errors.mkdir(parents=True)
    for name, age in (("old", POLICY.raw_days or 0), ("new", 1)):
        path = errors / f"raw-a-{name}.txt"
        path.write_text("quoted", "utf-8")
        then = (START - timedelta(days=age)).timestamp()
        os.utime(path, (then, then))
    removed = remove_expired(world.store, POLICY, START)
    assert [path.name for path in errors.iterdir()] == ["raw-a-new.txt"]
    assert removed.counts["items"] == 1
    assert not remove_expired(world.store, POLICY, START).plan
    kept_for_ever = Policy("tickets", None, {"a": 1})
    assert not remove_expired(world.store, kept_for_ever, START + timedelta(days=400)).plan


def test_what_detectors_found_does_not_outlive_the_term(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    for detector, days in (("old", 11), ("new", 9)):
        store.evidence.keep(detector, pl.DataFrame({"digest": [b"0" * 16], "n": [1]}))
        (path,) = (store.root / "raw" / "evidence" / detector).iterdir()
        then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(path, (then, then))
    remove_expired(store, Policy("tickets", None, {"a": 1}), START)
    assert len(list((store.root / "raw" / "evidence").glob("*/*"))) == 2
    remove_expired(store, POLICY, START)
    left = [path.parent.name for path in (store.root / "raw" / "evidence").glob("*/*")]
    assert left == ["new"]
