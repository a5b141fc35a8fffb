import json
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.config import Deduplicated, Distilled, Normalized, Redacted, SplitByGroup
from dataset_pipeline.digests import canonical_json
from dataset_pipeline.records import record_id
from dataset_pipeline.stages.distillate_files import DISTILLATE_SCHEMA, PROVENANCE
from dataset_pipeline.stages.distilled import Policies, distilled
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline_tests.stages.frames import records, rules

PARENT = record_id("tickets", "1")
HELD = record_id("tickets", "2")
TEXT = "Somebody has forgotten my box in a corner, for nothing moves on the page of the parcel."
KNOWN = records(
    {"record_id": PARENT, "prompt": "Where is my parcel? I have waited for it for three weeks."},
    {
        "record_id": HELD,
        "prompt": "Please close my account, and delete all there is.",
        "split": "test",
    },
)
EXAMPLES = [{"id": "TE-1", "prompt": "Which of the two invoices of last month is the right one?"}]
SOUND = {
    "model": {"name": "writer", "version": "1"},
    "prompt": {"template": "prompts/p.md"},
    "inputs": [{"source": "tickets", "key": "1"}],
    "parameters": {"seed": 1},
    "filters": [{"name": "length", "passed": True}],
    "review": {"decision": "accepted"},
}


def row(number: int = 0, text: str = TEXT, **parts: Any) -> dict[str, Any]:
    given = {**SOUND, **parts}
    return {
        "record_id": f"d{number}",
        "source_id": "distillates/d",
        "batch_id": "batch",
        "source_ref": f"d.jsonl#{number}",
        "prompt": text,
        **{
            f"{name}_json": None if given[name] is None else canonical_json(given[name]).decode()
            for name in PROVENANCE
        },
    }


def run(*rows: dict[str, Any], redacted: Redacted = Redacted(), **policy: Any) -> StageResult:  # noqa: B008
    policies = Policies(
        Distilled(**policy),
        Normalized(
            group_key="a key of tests", split=SplitByGroup(by="group", validation=0, test=0)
        ),
        redacted,
        Deduplicated(),
    )
    frame = pl.LazyFrame(list(rows), schema=DISTILLATE_SCHEMA)
    return distilled(frame, KNOWN.lazy(), {"prompts/p.md": "0" * 64}, EXAMPLES, policies)


def test_what_says_how_it_was_made_is_kept_with_its_parents() -> None:
    result = run(row(text=f"{TEXT} My mail is anna@example.org."))
    (kept,) = result.kept.collect().to_dicts()
    assert kept["origin"] == "model_generated"
    assert (kept["parents"], kept["generation"]) == ([PARENT], 1)
    assert (kept["group_id"], kept["split"]) == ("g0", "train")
    assert kept["prompt"].endswith("My mail is [EMAIL].")
    (told,) = result.tables["provenance"].to_dicts()
    assert json.loads(told["model"]) == SOUND["model"]
    assert told["prompt_digest"] == "0" * 64


@pytest.mark.parametrize("name", PROVENANCE)
@pytest.mark.parametrize("value", [None, 5, "yes", True, ["x"], {"x": "y"}, []])
def test_provenance_that_is_missing_or_in_another_form_is_none(name: str, value: Any) -> None:
    if (name, type(value)) == ("parameters", dict):
        return
    found = rules(run(row(**{name: value})).excluded)
    allowed = (
        {"missing_provenance", "filter_failed"} if name == "filters" else {"missing_provenance"}
    )
    if (name, value) == ("filters", []):
        allowed |= {""}
    assert found.get("d0", "") in allowed


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ({"prompt": {"template": "prompts/other.md"}}, "unknown_prompt"),
        ({"filters": [{"name": "a", "passed": True}, {"name": "b"}]}, "filter_failed"),
        ({"filters": [{"name": "a", "passed": "true"}]}, "filter_failed"),
        ({"filters": ["passed"]}, "filter_failed"),
        ({"review": {"decision": "rejected"}}, "review_rejected"),
        ({"review": {"decision": "anna@example.org"}}, "review_rejected"),
        ({"inputs": [{"source": "tickets", "key": "9"}]}, "unknown_input"),
        ({"inputs": [{"source": "tickets", "key": "2"}]}, "held_out_input"),
        ({"text": "ab"}, "too_short"),
        ({"text": "\u200b\u200b\u200b\u200b"}, "too_short"),
        ({"text": "Please close my account and delete all there is!"}, "held_out_overlap"),
        (
            {"text": "Where is my parcel? I have waited for it for three weeks. So"},
            "copy_of_clean_record",
        ),
    ],
)
def test_what_is_taken_out(parts: dict[str, Any], rule: str) -> None:
    excluded = run(row(**parts)).excluded
    assert rules(excluded) == {"d0": rule}
    assert "anna" not in excluded.collect()["evidence"][0]


def test_without_inputs_there_are_no_parents_whatever_the_policy_asks_for() -> None:
    assert rules(run(row(inputs=None), require=["model"]).excluded) == {"d0": "missing_provenance"}


def test_near_copies_among_themselves_are_one() -> None:
    result = run(row(2), row(1, TEXT + " Really."), row(3, "Something quite different, please."))
    assert rules(result.excluded) == {"d2": "near_duplicate"}
    assert json.loads(result.excluded.collect()["evidence"][0])["kept"] == "d1"


def test_what_repeats_a_task_example_is_out() -> None:
    prompt = EXAMPLES[0]["prompt"].upper() + "!"
    (told,) = run(row(text=prompt)).excluded.collect().to_dicts()
    assert told["rule"] == "task_example_overlap"
    assert json.loads(told["evidence"]) == {"held_out": "task_example:TE-1", "overlap": 1}


def test_personal_data_meets_the_modes_of_the_policy() -> None:
    """What a model wrote is redacted as any other text is."""
    policy = Redacted(entities=["EMAIL_ADDRESS"], mode="number")
    result = run(row(text=f"{TEXT} a@example.org b@example.org a@example.org"), redacted=policy)
    (prompt,) = result.kept.collect()["prompt"].to_list()
    assert prompt.endswith("[EMAIL_1] [EMAIL_2] [EMAIL_1]")
