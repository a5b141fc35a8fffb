import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.config import Deduplicated
from dataset_pipeline.records import RECORD_SCHEMA
from dataset_pipeline.stages.copies import candidates, crowds, minhash, verified
from dataset_pipeline.stages.copies.minhash import shingles
from dataset_pipeline.stages.copies.similarity import jaccard
from dataset_pipeline.stages.copies.templates import masked
from dataset_pipeline.stages.deduplicated import deduplicated
from dataset_pipeline.stages.evidence import Detector, found_here
from dataset_pipeline.stages.result import Before, StageResult
from dataset_pipeline_tests.bench.corpus import corpus

BASE = "the parcel that i ordered in january has still not arrived at my door and nobody answers"


def frame(*texts: str | None, **columns: list[Any]) -> pl.DataFrame:
    """Records r0, r1, … with these prompts, all of train unless said otherwise."""
    rows = [
        {
            "record_id": f"r{number}",
            "source_id": "s",
            "prompt": text,
            "split": "train",
            "context": [],
            **{name: values[number] for name, values in columns.items()},
        }
        for number, text in enumerate(texts)
    ]
    return pl.DataFrame(rows, schema=RECORD_SCHEMA)


def run(records: pl.DataFrame, *rank: str, **policy: Any) -> StageResult:
    return deduplicated(records.lazy(), Deduplicated(**policy), list(rank))


def out(result: StageResult) -> dict[str, str]:
    return dict(result.excluded.collect().select("record_id", "rule").iter_rows())


def test_a_chain_takes_nothing_with_it() -> None:
    """A ~ B and B ~ C, but A is not like C: only B goes, and C stays with A."""
    a = BASE
    b = BASE.replace("january", "february")
    c = b.replace("my door", "our house")
    result = run(frame(a + " at all", b, c), threshold=0.65)
    pairs = {(left, right) for left, right, *_ in result.tables["edges"].iter_rows()}
    assert pairs == {("r0", "r1"), ("r1", "r2")}
    assert out(result) == {"r1": "near_duplicate"}
    assert result.tables["clusters"]["cluster_id"].n_unique() == 1


def test_two_pairs_in_one_bucket_lose_one_each() -> None:
    """With loose bands all four are candidates of one another; {0,1} and {2,3} never lose 2."""
    other = "моя посылка из января до сих пор не пришла, и никто не отвечает на письма и звонки"
    result = run(frame(BASE + " x", BASE, other + " x", other), threshold=0.8, permutations=16)
    assert out(result) == {"r1": "near_duplicate", "r3": "near_duplicate"}


def test_opposite_short_texts_both_stay() -> None:
    assert out(run(frame("I want a refund", "I do not want a refund"))) == {}


def test_the_evidence_is_the_kept_record_and_the_exact_measure() -> None:
    result = run(frame(BASE, BASE.upper() + "!", BASE + " x"))
    shown = dict(result.excluded.collect().select("record_id", "evidence").iter_rows())
    kept = {json.loads(value)["kept"] for value in shown.values()}
    assert kept == {"r2"}, "the longest stays"
    measures = {key: json.loads(value)["similarity"] for key, value in shown.items()}
    size = len(BASE) - 4
    assert measures == {"r0": round(size / (size + 2), 6), "r1": round(size / (size + 2), 6)}


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({"source_id": ["low", "high"]}, "r1"),
        ({"source_id": ["unknown", "low"]}, "r1"),
        ({"source_id": ["low", "low"]}, "r0"),
    ],
)
def test_the_best_source_is_kept(columns: dict[str, list[Any]], kept: str) -> None:
    result = run(frame(BASE, BASE, **columns), "high", "low")
    assert result.kept.collect()["record_id"].to_list() == [kept]


@pytest.mark.parametrize("split", ["validation", "test"])
def test_held_out_copies_stay_and_are_in_the_clusters(split: str) -> None:
    result = run(frame(BASE, BASE, split=["train", split]))
    assert out(result) == {}
    assert result.tables["clusters"]["record_id"].to_list() == ["r0", "r1"]


def test_one_text_with_two_labels_goes_altogether() -> None:
    result = run(frame(BASE, BASE, BASE, label=["billing", "delivery", None]))
    assert set(out(result).values()) == {"label_conflict"}
    assert len(out(result)) == 3


def test_records_without_the_compared_text_are_no_copies() -> None:
    result = run(frame("a", "b", completion=[None, None], label=["x", "y"]), compare=["completion"])
    assert out(result) == {}


def test_vowel_signs_tell_words_apart() -> None:
    assert out(run(frame("की", "कि"))) == {}


def mask(text: str) -> str:
    return pl.select(masked(pl.lit(text))).item()  # type: ignore[no-any-return]


def shown(result: StageResult) -> dict[str, dict[str, Any]]:
    rows = result.excluded.collect().select("record_id", "evidence").iter_rows()
    return {record: json.loads(evidence) for record, evidence in rows}


def test_edges_say_what_kind_they_are() -> None:
    result = run(frame(BASE, BASE, BASE + " x", "no way back", "no way bac"), short_threshold=0.7)
    edges = result.tables["edges"].select("left", "right", "kind").rows()
    assert edges == [("r0", "r1", "exact"), ("r0", "r2", "near"), ("r3", "r4", "short")]


def test_a_chain_is_flagged_and_a_real_cluster_is_not() -> None:
    a, b = BASE + " at all", BASE.replace("january", "february")
    c = b.replace("my door", "our house")
    other = "моя посылка из января до сих пор не пришла, и никто не отвечает на письма"
    result = run(frame(a, b, c, other, other + " x", other + " xy"), threshold=0.65)
    found = dict(result.tables["clusters"].select("record_id", "chain").iter_rows())
    assert found == {"r0": True, "r1": True, "r2": True, "r3": False, "r4": False, "r5": False}
    assert result.metrics["chains"] == 1


class TestShortTexts:
    def test_they_are_compared_like_all_others_unless_a_threshold_is_set(self) -> None:
        pair = frame("where is it now", "where is it now1")
        assert out(run(pair)) == {"r0": "near_duplicate"}

    @pytest.mark.parametrize(
        ("one", "other"), [("works now", "works not"), ("i can pay", "i cant pay")]
    )
    def test_a_word_makes_opposites(self, one: str, other: str) -> None:
        assert out(run(frame(one, other), threshold=0.5, short_threshold=0.85)) == {}

    def test_nearly_the_same_short_text_goes_by_its_own_rule(self) -> None:
        result = run(
            frame("refundnotarrivedyet ok", "refundnotarrivedyet oks"), short_threshold=0.9
        )
        assert out(result) == {"r0": "short_duplicate"}
        assert shown(result)["r0"] == {"kept": "r1", "similarity": round(20 / 21, 6)}

    def test_a_short_text_and_a_long_one_are_compared_by_the_common_rule(self) -> None:
        pair = frame(
            "internationalisation of localities needed",
            "internationalisation of localities needed x",
        )
        assert out(run(pair, threshold=0.9, short_threshold=1.0)) == {"r0": "near_duplicate"}

    def test_a_long_text_without_spaces_is_not_short(self) -> None:
        text = "我的包裹一月份订购至今仍未送达门口没有人回复" * 3
        assert out(run(frame(text, f"{text}啊"), short_threshold=1.0)) == {"r0": "near_duplicate"}


class TestTemplates:
    LETTER = "Payment of {} was not accepted by the bank of [PERSON], try again on {} or call us"

    def letters(self, *parts: tuple[str, str]) -> list[str]:
        return [self.LETTER.format(*part) for part in parts]

    def many(self, **columns: list[Any]) -> pl.DataFrame:
        sums = ["5 USD", "1 200 000 KZT", "700.50 euro", "99 999 999 rubles", "$31"]
        dates = ["3 May 2026", "2025-11-30", "14.02.2026 17:30", "December 31, 2025", "7/7/2026"]
        return frame(*self.letters(*zip(sums, dates, strict=True)), **columns)

    def test_they_are_off_by_default(self) -> None:
        assert out(run(self.many(), threshold=1.0)) == {}

    def test_drop_keeps_the_best(self) -> None:
        result = run(self.many(), threshold=1.0, templates={"strategy": "drop"})
        assert set(out(result).values()) == {"template_duplicate"}
        (kept,) = result.kept.collect()["record_id"]
        longest = self.many().sort(pl.col("prompt").str.len_chars())["record_id"][-1]
        assert kept == longest
        assert {e["kept"] for e in shown(result).values()} == {kept}
        assert {e["similarity"] for e in shown(result).values()} == {1}
        assert set(result.tables["edges"]["kind"]) == {"template"}
        assert result.tables["clusters"].is_empty(), "a template is no copy"

    @pytest.mark.parametrize("limit", [{"max_records": 2}, {"max_share": 0.4}])
    def test_cap_keeps_some_by_a_seeded_choice(self, limit: dict[str, Any]) -> None:
        kept = set()
        for seed in range(12):
            cap = {"strategy": "cap", "seed": seed, **limit}
            result = run(self.many(), threshold=1.0, templates=cap)
            again = run(self.many().reverse(), threshold=1.0, templates=cap)
            ids = result.kept.collect()["record_id"].sort().to_list()
            assert len(ids) == 2
            assert again.kept.collect()["record_id"].sort().to_list() == ids
            assert {e["kept"] for e in shown(result).values()} <= set(ids)
            kept.add(tuple(ids))
        assert len(kept) > 3

    def nearly(self, **columns: list[Any]) -> pl.DataFrame:
        """Two of one template, one of a template with a word less, and one that says otherwise."""
        first, second = self.letters(("5 USD", "3 May 2026"), ("$31", "7/7/2026"))
        third = second.replace("31", "1 200").replace("again ", "")
        return frame(first, second, third, second.replace("was not", "is"), **columns)

    def test_near_masked_texts_are_of_one_template(self) -> None:
        drop = {"strategy": "drop", "threshold": 0.8}
        result = run(self.nearly(), threshold=1.0, templates=drop)
        assert {record: e["kept"] for record, e in shown(result).items()} == {
            "r1": "r0", "r2": "r0",
        }  # fmt: skip
        assert shown(result)["r1"]["similarity"] == 1
        one, other = (mask(text) for text in self.nearly()["prompt"].to_list()[::2])
        exact = jaccard(shingles(one, 5), shingles(other, 5))
        assert shown(result)["r2"]["similarity"] == round(exact, 6)
        assert 0.8 < exact < 1

    def test_a_threshold_of_1_asks_for_equal_ones(self) -> None:
        drop = {"strategy": "drop", "threshold": 1}
        assert list(out(run(self.nearly(), threshold=1.0, templates=drop))) == ["r1"]

    def test_cap_counts_near_templates_as_one(self) -> None:
        for seed in range(6):
            cap = {"strategy": "cap", "max_records": 1, "threshold": 0.8, "seed": seed}
            result = run(self.nearly(), threshold=1.0, templates=cap)
            assert len(out(result)) == 2
            assert "r3" not in out(result)

    def test_a_template_is_not_a_chain(self) -> None:
        """Each is near the next but not near the first: what begins a template decides."""
        words = self.LETTER.format("5", "3 May 2026").split()
        steps = [words, [*words, "please"], [*words, "please", "answer", "soon"]]
        texts = [f"{' '.join(step)} {'!' * (9 - n)}" for n, step in enumerate(steps)]
        drop = {"strategy": "drop", "threshold": 0.85}
        result = run(frame(*texts), threshold=1.0, templates=drop, keep_best=[])
        assert {record: e["kept"] for record, e in shown(result).items()} == {"r1": "r0"}

    def test_cap_counts_each_label_by_itself(self) -> None:
        labels = {"label": ["x", "x", "x", "y", "y"]}
        cap = {"strategy": "cap", "max_records": 1}
        result = run(self.many(**labels), threshold=1.0, templates=cap)
        assert sorted(result.kept.collect()["label"]) == ["x", "y"]

    def test_copies_of_what_goes_name_what_stays(self) -> None:
        """What a near copy is near of may be too much of its template: it names what stays."""
        for seed in range(8):
            cap = {"strategy": "cap", "max_records": 1, "seed": seed}
            texts = self.many()["prompt"].to_list()
            result = run(
                frame(*texts, *(text + " x" for text in texts)), threshold=0.9, templates=cap
            )
            staying = set(result.kept.collect()["record_id"])
            assert {e["kept"] for e in shown(result).values()} <= staying
            assert len(staying) + len(shown(result)) == 10

    def test_held_out_records_are_no_surplus(self) -> None:
        split = ["test", "test", "validation", "train", "test"]
        result = run(self.many(split=split), threshold=1.0, templates={"strategy": "drop"})
        assert out(result) == {}

    def test_what_has_few_words_is_no_template(self) -> None:
        drop = {"strategy": "drop"}
        assert out(run(frame("order 17", "order 55"), threshold=1.0, templates=drop)) == {}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"strategy": "cap"},
            {"strategy": "cap", "max_records": 1, "max_share": 0.1},
            {"strategy": "drop", "max_records": 1},
        ],
    )
    def test_the_limit_is_said_once(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="max_records or max_share"):
            Deduplicated(templates=wrong)  # type: ignore[arg-type]


class TestKeepBest:
    EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("order", "kept"),
        [
            (["source_rank", "length"], "r0"),
            (["recency", "source_rank"], "r1"),
            (["length", "recency"], "r2"),
            (["completeness"], "r3"),
            ([], "r0"),
        ],
    )
    def test_the_order_is_the_policy(self, order: list[str], kept: str) -> None:
        records = frame(
            BASE, BASE, BASE + "!!", BASE,
            source_id=["high", "low", "low", "low"],
            event_time=[self.EARLY, self.LATE, self.EARLY, self.EARLY],
            completion=[None, None, None, "an answer"],
            language=[None, None, None, "en"],
        )  # fmt: skip
        result = run(records, "high", "low", keep_best=order)
        assert result.kept.collect()["record_id"].to_list() == [kept]

    def test_nothing_is_named_twice(self) -> None:
        with pytest.raises(ValueError, match="twice"):
            Deduplicated(keep_best=["length", "length"])


class TestMerge:
    def records(self) -> pl.DataFrame:
        there = [{"key": "region", "value": "Semey"}]
        more = [{"key": "region", "value": "Astana"}, {"key": "channel", "value": "web"}]
        return frame(
            BASE + " x y", BASE + " x", BASE + " x", "another text that is like none of them",
            label=[None, "billing", None, None],
            completion=[None, None, "an answer", None],
            attributes=[there, more, [], []],
            origin=["original"] * 4,
        )  # fmt: skip

    def test_nothing_is_taken_over_by_default(self) -> None:
        result = run(self.records())
        kept = result.kept.collect().sort("record_id").row(0, named=True)
        assert (kept["label"], kept["completion"], kept["origin"]) == (None, None, "original")
        assert result.tables["merged"].is_empty()

    def test_the_kept_record_gets_what_it_lacks(self) -> None:
        result = run(self.records(), near="merge")
        kept, other = result.kept.collect().sort("record_id").rows(named=True)
        assert (kept["label"], kept["completion"]) == ("billing", "an answer")
        assert {(a["key"], a["value"]) for a in kept["attributes"]} == {
            ("region", "Semey"),
            ("channel", "web"),
        }
        assert (kept["origin"], other["origin"]) == ("transformed", "original")
        assert result.tables["merged"].rows() == [
            ("r0", "r1", "attributes, label"),
            ("r0", "r2", "completion"),
        ]
        assert {e["kept"] for e in shown(result).values()} == {"r0"}
        assert result.kept.collect().schema == RECORD_SCHEMA

    def test_each_kind_of_copy_has_its_strategy(self) -> None:
        result = run(self.records(), exact="merge")
        assert result.tables["merged"].is_empty()

    def test_copies_that_disagree_give_no_label(self) -> None:
        records = frame(BASE + " x y", BASE + " x", BASE, label=[None, "billing", "delivery"])
        kept = run(records, near="merge").kept.collect().row(0, named=True)
        assert kept["label"] is None

    def test_what_a_model_made_stays_what_a_model_made(self) -> None:
        records = self.records().with_columns(
            origin=pl.lit("model_generated", RECORD_SCHEMA["origin"])
        )
        assert set(run(records, near="merge").kept.collect()["origin"]) == {"model_generated"}

    def test_nothing_comes_from_what_is_held_out(self) -> None:
        records = frame(BASE, BASE, label=[None, "billing"], split=["train", "test"])
        result = run(records, exact="merge", near="merge")
        assert result.kept.collect().sort("record_id")["label"].to_list() == [None, "billing"]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_depends_on_the_order_or_on_how_many_at_once(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = corpus(400, seed)
    records = frame(
        *made["text"], *made["text"].head(30),
        label=[*made["intent"], *[None] * 30],
        completion=[None] * 400 + made["answer"].head(30).to_list(),
        split=[("train", "train", "validation", "test")[n % 4] for n in range(430)],
    )  # fmt: skip
    policy = {
        "exact": "merge",
        "near": "merge",
        "short_threshold": 0.9,
        "templates": {"strategy": "cap", "max_records": 1},
    }
    first = run(records, **policy)
    monkeypatch.setattr(minhash, "_BLOCK", 1_000)
    monkeypatch.setattr(verified, "_CELLS", 3_000)
    other = run(records.sample(fraction=1, shuffle=True, seed=seed), **policy)
    assert first.metrics == other.metrics
    assert len(out(first)) > 20
    for name in ("kept", "excluded"):
        one, two = getattr(first, name).collect(), getattr(other, name).collect()
        assert one.sort("record_id").equals(two.sort("record_id")), name
    for name, table in first.tables.items():
        assert table.equals(other.tables[name]), name


def test_of_crowds_nothing_is_noted_for_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all their pairs are known: what is left when a leader goes could not be told of them."""
    records = frame(*(f"{BASE} {word}" for word in ("one", "two", "four", "five", "six", "ten")))
    assert run(records).noted["pairs"].height == 15
    for module in (crowds, candidates):
        monkeypatch.setattr(module, "CROWD", 2)
    crowded = run(records)
    assert crowded.metrics["crowded_buckets"] == 1
    assert crowded.noted == {}


def test_signatures_are_asked_of_the_evidence_once_a_text() -> None:
    asked: list[str] = []

    def remembered(detector: Detector, texts: pl.Series) -> pl.DataFrame:
        assert detector.name == "minhash"
        asked.extend(texts.to_list())
        return found_here(detector, texts)

    records = frame(BASE, BASE, BASE + " x")
    result = deduplicated(records.lazy(), Deduplicated(), [], evidence=remembered)
    assert sorted(asked) == [BASE, BASE + " x"]
    assert out(result) == out(run(records))


def test_a_threshold_does_not_change_what_is_remembered() -> None:
    keys: set[str] = set()

    def remembered(detector: Detector, texts: pl.Series) -> pl.DataFrame:
        keys.add(detector.key)
        return found_here(detector, texts)

    for threshold in (0.6, 0.9):
        policy = Deduplicated(threshold=threshold)
        deduplicated(frame(BASE, BASE + " x").lazy(), policy, [], evidence=remembered)
    assert len(keys) == 1


OTHER = "моя посылка из января до сих пор не пришла, и никто не отвечает на письма и звонки"
SAID = [
    None, "?!", BASE, BASE.upper(), BASE + " x", BASE.replace("january", "may") + " x", OTHER,
    OTHER + " я", "refund not arrived yet", "refund not arrived yets", "Payment of 5 USD is late",
    "Payment of 70 USD is late",
]  # fmt: skip
TOLD = st.fixed_dictionaries(
    {
        "prompt": st.sampled_from(SAID),
        "label": st.sampled_from([None, "billing", "delivery"]),
        "completion": st.sampled_from([None, "an answer"]),
        "split": st.sampled_from(["train", "train", "validation", "test"]),
        "source_id": st.sampled_from(["high", "low"]),
        "event_time": st.sampled_from([None, datetime(2026, 1, 1, tzinfo=UTC)]),
    }
)
SETS = st.dictionaries(st.sampled_from([f"r{n:02d}" for n in range(16)]), TOLD, max_size=16)
POLICIES: list[dict[str, Any]] = [
    {},
    {"keep_best": ["recency", "completeness"], "short_threshold": 0.8, "short_words": 6},
    {"exact": "merge", "near": "merge", "applies_to": ["train", "validation"]},
    {"templates": {"strategy": "drop", "min_words": 2}, "compare": ["prompt", "completion"]},
]


@settings(max_examples=100, deadline=None)
@given(before=SETS, after=SETS, unchanged=st.sets(st.integers(0, 15)), number=st.integers(0, 3))
def test_a_night_gives_and_notes_what_all_anew_do(
    before: dict[str, Any], after: dict[str, Any], unchanged: set[int], number: int
) -> None:
    """Whatever came, went or was changed; with texts that are folded for this night alone."""
    rank, policy = ["high", "low"], Deduplicated(**POLICIES[number])
    ids = [f"r{n:02d}" for n in unchanged]
    after = {**after, **{name: before[name] for name in ids if name in before}}
    old, new = (
        pl.DataFrame(
            [{"record_id": name, "context": [], **told} for name, told in some.items()],
            schema=RECORD_SCHEMA,
        ).lazy()
        for some in (before, after)
    )
    fresh, gone = (
        pl.Series([name for name in some if some[name] != other.get(name)], dtype=pl.String)
        for some, other in ((after, before), (before, after))
    )
    noted = deduplicated(old, policy, rank).noted

    again = deduplicated(new, policy, rank, before=Before(fresh, gone, noted))

    anew = deduplicated(new, policy, rank)
    assert again.kept.collect().equals(anew.kept.collect())
    assert again.excluded.collect().equals(anew.excluded.collect())
    assert again.metrics == anew.metrics
    assert again.changed is not None
    assert anew.changed is not None
    assert again.changed.sort().equals(anew.changed.sort())
    for tables in ("tables", "noted"):
        assert getattr(again, tables).keys() == getattr(anew, tables).keys()
        for name, table in getattr(anew, tables).items():
            assert getattr(again, tables)[name].equals(table), name


def test_a_text_that_went_may_make_a_crowd_of_what_was_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Six of a kind, and four that are like nothing, in one bucket; the four go, another comes."""
    for module in (crowds, candidates):
        monkeypatch.setattr(module, "CROWD", 3)
    monkeypatch.setattr(
        "dataset_pipeline.stages.copies.similarity.buckets_of",
        lambda signed, _: np.zeros((2, len(signed)), np.uint32),
    )
    kind = [f"{BASE} {word}" for word in ("one", "two", "four", "five", "six", "ten")]
    others = [OTHER, "refund not arrived yet", "payment of many dollars", "hello there to all"]
    records = frame(*kind, *others, "how do i change my address")
    first = run(records.head(10))
    assert first.metrics["crowded_buckets"] == 0
    now = pl.concat([records.head(6), records.tail(1)])
    before = Before(pl.Series(["r10"]), pl.Series([f"r{n}" for n in range(6, 10)]), first.noted)
    again = deduplicated(now.lazy(), Deduplicated(), [], before=before)
    assert run(now).metrics["crowded_buckets"] == 1
    assert again.metrics == run(now).metrics


def test_at_night_only_texts_that_are_new_are_signed_by_the_evidence() -> None:
    asked: list[str] = []

    def remembered(detector: Detector, texts: pl.Series) -> pl.DataFrame:
        asked.extend(texts.to_list())
        return found_here(detector, texts)

    records = frame(BASE, OTHER, BASE.upper(), OTHER + " x")
    noted = run(records.head(2)).noted
    before = Before(pl.Series(["r2", "r3"]), pl.Series([], dtype=pl.String), noted)
    deduplicated(records.lazy(), Deduplicated(), [], evidence=remembered, before=before)
    assert asked == [OTHER.replace(",", "") + " x"]


@pytest.mark.parametrize(("permutations", "noted"), [(64, True), (1024, False)])
def test_what_was_noted_changes_no_result(permutations: int, noted: bool) -> None:
    """Of many bands nothing is noted: all are searched again."""
    policy = {"threshold": 0.5, "permutations": permutations, "short_threshold": 0.6}
    texts = corpus(120)["text"].to_list()
    short = [f"my parcel {n} is late again" for n in range(20)]
    records = frame(*texts, *short)
    old = records.filter(pl.int_range(pl.len()) % 7 != 3)
    first = run(old, **policy)
    fresh = records.join(old, on="record_id", how="anti")["record_id"]
    assert any(name.startswith("buckets_") for name in first.noted) == noted
    before = Before(fresh, pl.Series([], dtype=pl.String), first.noted)

    again = deduplicated(records.lazy(), Deduplicated(**policy), [], before=before)

    anew = run(records, **policy)
    assert again.excluded.collect().equals(anew.excluded.collect())
    assert again.metrics == anew.metrics
    for name, table in anew.tables.items():
        assert again.tables[name].equals(table), name
