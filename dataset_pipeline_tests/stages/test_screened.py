import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from dataset_pipeline.config import Screened
from dataset_pipeline.config.screened import C4, Corrupt, FineWeb, Gopher
from dataset_pipeline.records import row_digests, table_digest
from dataset_pipeline.stages.evidence import Detector, found_here
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.screened import screened
from dataset_pipeline.stages.spread import Found, Item, Spread, here
from dataset_pipeline_tests.stages.frames import record_frames, records, rules

POLICY = Screened(min_characters=3, max_characters=60, empty_phrases=["Thank you", "👍"])
ENGLISH = "My parcel was promised for Monday and it is still not here"


@pytest.mark.parametrize(
    ("prompt", "rule"),
    [
        ("thank you", "empty_phrase"),
        ("  THANK YOU!!\n", "empty_phrase"),
        ("(thank you)", "empty_phrase"),
        ("👍", "empty_phrase"),
        ("thank you for nothing", None),
        ("ab", "too_short"),
        ("abc", None),
        ("a" * 60, None),
        ("a" * 61, "too_long"),
        ("Meine Sendung ist immer noch nicht angekommen, bitte helfen Sie", "too_long"),
        ("Meine Sendung ist immer noch nicht da, bitte helfen Sie", "language_not_allowed"),
        (ENGLISH, None),
        ("12345 67890 !!!", None),
    ],
)
def test_quality_rules(prompt: str, rule: str | None) -> None:
    result = screened(records({"prompt": prompt}).lazy(), POLICY, ["en", "ru"])
    assert rules(result.excluded).get("r0") == rule


@pytest.mark.parametrize(
    ("split", "applies_to", "out"),
    [
        ("train", ["train"], True),
        ("validation", ["train"], False),
        ("validation", ["train", "validation"], True),
        ("test", ["train", "validation"], False),
    ],
)
def test_where_they_apply(split: str, applies_to: list[str], out: bool) -> None:
    policy = Screened(applies_to=applies_to, empty_phrases=["ok"])  # type: ignore[arg-type]
    result = screened(records({"prompt": "ok", "split": split}).lazy(), policy, ["en"])
    assert bool(rules(result.excluded)) is out


@pytest.mark.parametrize(
    ("given", "tag"),
    [
        ("ru", "ru"),
        ("RU", "ru"),
        ("ru-KZ", "ru"),
        ("pt_BR", "pt"),
        # Three letters are another standard: the first two of "kaz" would be Georgian.
        ("kaz", "en"),
        ("english", "en"),
        (None, "en"),
        ("", "en"),
    ],
)
def test_the_language_is_the_sources_or_found(given: str | None, tag: str) -> None:
    frame = records({"prompt": ENGLISH, "language": given})
    kept = screened(frame.lazy(), POLICY, ["en", "ru", "pt"]).kept.collect()
    assert kept["language"].to_list() == [tag]


def test_a_text_too_short_to_tell_stays_undetermined() -> None:
    kept = screened(records({"prompt": "Hallo Welt"}).lazy(), POLICY, ["en"]).kept.collect()
    assert kept["language"].to_list() == ["und"]


HOOK = "dataset_pipeline_tests.stages.quality.test_classifiers:long_texts"
FILES = {
    "words.txt": "# of a list\ndarn\n",
    "spam.jsonl": '{"text": "Win a prize", "label": "spam"}\n{"text": "It broke", "label": "no"}',
}
EVERY_RULE: dict[str, Any] = {
    "empty_phrases": ["ok"],
    "short_messages": "merge",
    "max_characters": 200,
    "corrupt": {
        "max_replacement": 0.1,
        "max_mojibake": 0.1,
        "max_blobs": 0.5,
        "max_runs": 0.5,
        "no_letters": True,
    },
    "gopher": {key: 1 for key in Gopher.model_fields if key[:4] in ("min_", "max_")},
    "c4": dict.fromkeys(C4.model_fields, 1),
    "fineweb": {key: 1 for key in FineWeb.model_fields if key[:4] in ("min_", "max_")},
    "boilerplate": {"max_characters": 0.1, "in_prompts": 2},
    "lists": {
        "rude": {"file": "words.txt", "kind": "safety"},
        "chatter": {"words": ["hello"], "max_share": 0.5},
    },
    "classifiers": {
        "spam": {"examples": "spam.jsonl", "positive": "spam", "threshold": 0.6, "kind": "safety"},
        "long": {"hook": HOOK, "version": "1", "threshold": 0.9},
    },
}


def policy(**parts: Any) -> Screened:
    return Screened.model_validate(parts)


def run(frame: pl.DataFrame, parts: Mapping[str, Any], spread: Spread = here) -> StageResult:
    return screened(frame.lazy(), policy(**parts), ["en", "ru"], spread, files=FILES)


def one_by_one(
    function: Callable[[Sequence[Item]], list[Found]], items: Sequence[Item]
) -> list[Found]:
    """As workers do, which get few items each."""
    return [found for item in items for found in function([item])]


def shown(result: StageResult) -> dict[str, Any]:
    """The evidence of the one exclusion."""
    return dict(json.loads(result.excluded.collect()["evidence"].item()))


def test_the_confidence_of_a_language_is_shown() -> None:
    german = "Meine Sendung ist immer noch nicht angekommen"
    guessed = shown(run(records({"prompt": german}), {}))
    assert guessed["language"] == "de"
    assert 0.9 <= guessed["confidence"] <= 1
    assert guessed["hits"] == [
        {"rule": "language_not_allowed", "value": guessed["confidence"], "threshold": 0.9}
    ]
    frame = records({"prompt": german, "language": "de"}, {"prompt": german})
    stated, found = (
        run(frame, {}).excluded.collect()["evidence"].str.json_path_match("$.confidence")
    )
    assert (stated, found) == (None, str(guessed["confidence"]))


def test_an_exclusion_shows_every_rule_that_hit_and_is_named_by_the_first() -> None:
    parts = {
        "min_characters": 5,
        "gopher": {"min_words": 3, "max_mean_word_length": 2.5},
        "fineweb": {"min_punctuated_lines": 0.5},
        "corrupt": {"max_replacement": 0.1},
    }
    result = run(records({"prompt": "a\ufffd b."}, {"prompt": "one of us, so far."}), parts)
    assert rules(result.excluded) == {
        "r0": "corrupt_max_replacement",
        "r1": "gopher_max_mean_word_length",
    }
    evidence = json.loads(result.excluded.collect()["evidence"][0])
    assert evidence["hits"] == [
        {"rule": "corrupt_max_replacement", "value": 0.2, "threshold": 0.1},
        {"rule": "gopher_min_words", "value": 2, "threshold": 3},
    ]


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ({"gopher": {"min_words": 9}}, "gopher_min_words"),
        ({"gopher": {"max_top_2_gram": 0.2}}, "gopher_max_top_2_gram"),
        ({"c4": {"max_curly_brackets": 0}}, "c4_max_curly_brackets"),
        ({"fineweb": {"max_short_lines": 0.5}}, "fineweb_max_short_lines"),
        ({"lists": {"rude": {"words": ["darn"]}}}, "list_rude"),
        ({"classifiers": {"c": {"hook": HOOK, "version": "1", "threshold": 0}}}, "classifier_c"),
        ({"boilerplate": {"max_characters": 0.1, "in_prompts": 1}}, "boilerplate"),
    ],
)
@pytest.mark.parametrize(
    ("split", "applies_to", "out"),
    [
        ("train", ["train"], True),
        ("train", ["validation"], False),
        ("validation", ["train"], False),
        ("validation", ["train", "validation"], True),
        ("test", ["train", "validation"], False),
    ],
)
def test_a_rule_may_say_where_it_applies(
    parts: dict[str, Any], rule: str, split: str, applies_to: list[str], out: bool
) -> None:
    prompt = {"prompt": "darn it {darn it} darn it\nfooter", "split": split}
    frame = records(prompt, {"prompt": "the other\nfooter", "split": "test"})
    expected = {"r0": rule} if out else {}
    assert rules(run(frame, {**parts, "applies_to": applies_to}).excluded) == expected
    own = {group: _with_splits(part, applies_to) for group, part in parts.items()}
    result = run(frame, {**own, "applies_to": []})
    assert rules(result.excluded) == expected
    assert policy(**own, applies_to=[]).splits() == tuple(sorted(applies_to))


def _with_splits(part: dict[str, Any], applies_to: list[str]) -> dict[str, Any]:
    (key, value), *rest = part.items()
    limited = {"threshold": value, "applies_to": applies_to}
    if isinstance(value, dict):
        limited = {**value, "applies_to": applies_to}
    return {key: limited, **dict(rest)}


@pytest.mark.parametrize(
    ("parts", "row", "rule"),
    [
        ({"corrupt": {"max_mojibake": 0.3}}, {"prompt": "Р—Р°РєР°Р·"}, "corrupt_max_mojibake"),
        ({"corrupt": {"max_blobs": 0.3}}, {"completion": "0f" * 30}, "corrupt_max_blobs"),
        ({"corrupt": {"no_letters": True}}, {"prompt": "12 34"}, "corrupt_no_letters"),
        (
            {"corrupt": {"max_runs": 0.5}},
            {"context": [{"role": "user", "content": "a" * 30}]},
            "corrupt_max_runs",
        ),
        ({"lists": {"l": {"words": ["darn"], "kind": "safety"}}}, {"rejected": "Darn!"}, "list_l"),
        (
            {
                "classifiers": {
                    "c": {"hook": HOOK, "version": "1", "threshold": 0.9, "kind": "safety"}
                }
            },
            {"completion": "very " * 20},
            "classifier_c",
        ),
    ],
)
@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_corruption_and_safety_rules_apply_to_every_split_and_text(
    parts: dict[str, Any], row: dict[str, Any], rule: str, split: str
) -> None:
    frame = records({**row, "split": split}, {"prompt": "an ordinary one", "split": split})
    assert rules(run(frame, parts).excluded) == {"r0": rule}
    assert rule in policy(**parts).rules_for_all()
    assert policy(**parts).splits() == ("train",)


@pytest.mark.parametrize(
    ("key", "threshold", "out"),
    [
        ("min_words", 4, False),
        ("min_words", 4.5, True),
        ("max_words", 4, False),
        ("max_words", 3.5, True),
    ],
)
def test_a_value_at_its_threshold_stays(key: str, threshold: float, out: bool) -> None:
    result = run(records({"prompt": "where is my parcel"}), {"gopher": {key: threshold}})
    assert bool(rules(result.excluded)) is out


@pytest.mark.parametrize(
    "parts",
    [
        {"corrupt": {"max_replacement": 0.5}},
        {"classifiers": {"c": {"hook": HOOK, "version": "1", "threshold": 0.5}}},
    ],
)
def test_of_several_texts_the_worst_counts(parts: dict[str, Any]) -> None:
    half = "a\ufffdb\ufffd" * 10
    frame = records({"prompt": half, "completion": half}, {"completion": "\ufffd" * 60})
    assert set(rules(run(frame, parts).excluded)) == {"r1"}


@pytest.mark.parametrize(
    ("language", "out"), [("en", True), ("ru", False), (None, True), ("EN-us", True)]
)
def test_a_list_of_some_languages(language: str | None, out: bool) -> None:
    parts = {"lists": {"rude": {"words": ["darn"], "languages": ["en"]}}}
    frame = records({"prompt": "oh darn", "language": language})
    assert bool(rules(run(frame, parts).excluded)) is out


@pytest.mark.parametrize(
    ("limit", "out"),
    [({}, True), ({"max_count": 2}, True), ({"max_count": 3}, False), ({"max_share": 0.5}, False),
     ({"max_share": 0.49}, True)],
)  # fmt: skip
def test_how_many_words_of_a_list_a_record_may_have(limit: dict[str, Any], out: bool) -> None:
    parts = {"lists": {"rude": {"words": ["darn"], **limit}}}
    frame = records({"prompt": "darn darn it", "completion": "no darn way"})
    assert bool(rules(run(frame, parts).excluded)) is out


def test_of_some_fields_only() -> None:
    parts = {"lists": {"rude": {"words": ["darn"], "fields": ["completion"]}}}
    frame = records({"prompt": "darn"}, {"completion": "darn"})
    assert set(rules(run(frame, parts).excluded)) == {"r1"}


def test_merged_records_are_counted_and_listed() -> None:
    said = [{"role": "user", "content": "The lamp broke."}]
    frame = records({"prompt": "ok", "context": said}, {"prompt": "ok"}, {"prompt": "It broke"})
    result = run(frame, {"empty_phrases": ["ok"], "short_messages": "merge"})
    assert rules(result.excluded) == {"r1": "empty_phrase"}
    assert result.kept.collect()["prompt"].to_list() == ["The lamp broke.", "It broke"]
    assert result.metrics == {"merged": 1}
    assert result.tables["merged"].rows() == [("r0", "prompt")]
    dropped = run(frame, {"empty_phrases": ["ok"]})
    assert set(rules(dropped.excluded)) == {"r0", "r1"}
    assert not dropped.tables


def test_neither_the_order_of_records_nor_the_parts_of_work_matter() -> None:
    rows: list[dict[str, Any]] = [
        *({"prompt": f"hello {'win a prize ' * i}\nfooter of {i % 2}"} for i in range(8)),
        {"prompt": "ok", "context": [{"role": "user", "content": "The lamp broke."}]},
        {"prompt": "It broke", "completion": "darn\ufffd", "split": "test"},
        {"prompt": "ok"},
        {"prompt": "The lamp does not turn on any more, and we have tried it with the manual."},
    ]
    frame = records(*rows)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=3)
    results = [run(one, EVERY_RULE) for one in (frame, frame.reverse(), shuffled)]
    results.append(run(shuffled, EVERY_RULE, one_by_one))
    digests = [
        (
            table_digest(row_digests(result.kept.collect())),
            table_digest(row_digests(result.excluded.collect())),
            table_digest(row_digests(result.tables["merged"])),
        )
        for result in results
    ]
    assert len(set(digests)) == 1
    assert results[0].excluded.collect().height


@settings(max_examples=20, deadline=None)
@given(record_frames())
def test_every_rule_takes_whatever_comes(frame: pl.DataFrame) -> None:
    result = run(frame, EVERY_RULE)
    kept, excluded = result.kept.collect(), result.excluded.collect()
    ids = pl.concat([kept["record_id"], excluded["record_id"]])
    assert sorted(ids) == sorted(frame["record_id"])
    assert kept.schema == frame.schema
    turned = run(frame.reverse(), EVERY_RULE)
    for one, other in [(kept, turned.kept.collect()), (excluded, turned.excluded.collect())]:
        assert table_digest(row_digests(one)) == table_digest(row_digests(other))


def test_evidence_is_asked_once_a_detector() -> None:
    asked: list[str] = []

    def evidence(detector: Detector, texts: pl.Series) -> pl.DataFrame:
        asked.append(detector.name)
        return found_here(detector, texts)

    frame = records({"prompt": ENGLISH}, {"prompt": ENGLISH})
    screened(frame.lazy(), policy(**EVERY_RULE), ["en"], evidence=evidence, files=FILES)
    assert sorted(asked) == ["classifier", "classifier", "language", "repetition"]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"gopher": {"min_words": -1}}, "greater than or equal to 0"),
        ({"gopher": {"max_top_2_gram": 1.5}}, "less than or equal to 1"),
        ({"gopher": {"min_words": {"threshold": 3, "applies_to": ["test"]}}}, "'train'"),
        ({"lists": {"l": {}}}, "words or a file"),
        ({"lists": {"l": {"words": [" "]}}}, "pattern"),
        ({"lists": {"l": {"words": ["a"], "max_count": 1, "max_share": 0.1}}}, "not both"),
        ({"lists": {"l": {"words": ["a"], "kind": "safety", "applies_to": ["train"]}}}, "every"),
        ({"classifiers": {"c": {"threshold": 0.5}}}, "one of the two"),
        ({"classifiers": {"c": {"threshold": 0.5, "examples": "a.jsonl"}}}, "which label"),
        ({"classifiers": {"c": {"threshold": 0.5, "hook": "a:b"}}}, "which model"),
        ({"classifiers": {"c": {"threshold": 0.5, "hook": "a.b", "version": "1"}}}, "pattern"),
    ],
)
def test_what_a_policy_may_not_say(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        policy(**parts)


def test_a_policy_names_its_files_and_its_rules_for_all() -> None:
    every = policy(**EVERY_RULE)
    assert every.files() == ["spam.jsonl", "words.txt"]
    corrupt = {f"corrupt_{key}" for key in Corrupt.model_fields}
    assert every.rules_for_all() == corrupt | {"list_rude", "classifier_spam"}
