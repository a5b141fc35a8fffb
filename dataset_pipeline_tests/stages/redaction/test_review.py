"""Where people are sent to look: rare long numbers and tokens, and a sample of each source."""

import polars as pl

from dataset_pipeline.config import Redacted
from dataset_pipeline.config.redacted import Review
from dataset_pipeline.stages.redacted import redacted
from dataset_pipeline_tests.stages.frames import records

TOKEN = "xK9mQ2vR7tB4nL8pW3sZ"
POLICY = Redacted(entities=["EMAIL_ADDRESS"], mode="mask")


def looked_at(frame: pl.DataFrame, policy: Redacted = POLICY) -> pl.DataFrame:
    return redacted(frame.lazy(), policy).tables["review"]


def test_rare_numbers_and_tokens_are_listed_where_they_stand() -> None:
    frame = records(
        {
            "prompt": f"номер 123-456-789, again 123-456-789; {TOKEN}",
            "attributes": [{"key": "a", "value": "x"}, {"key": "b", "value": "n 7654321"}],
        },
        {"prompt": "123456 a@example.org aaaaaaaaaaaaaaaaaaaaaaa1 onlylettersthatarelongenough"},
    )
    places = looked_at(frame).filter(pl.col("kind") != "sample")
    assert places.rows() == [
        ("r0", "attributes", 1, "rare_number", 2, 9),
        ("r0", "prompt", 0, "rare_number", 6, 17),
        ("r0", "prompt", 0, "rare_number", 25, 36),
        ("r0", "prompt", 0, "rare_token", 38, 58),
    ]


def test_what_occurs_in_many_records_is_no_rarity() -> None:
    frame = records(*({"prompt": f"call 5551234, line {n}"} for n in range(4)))
    assert "rare_number" not in looked_at(frame)["kind"].to_list()
    rare = POLICY.model_copy(update={"review": Review(rare_records=4)})
    assert looked_at(frame, rare)["kind"].to_list().count("rare_number") == 4


def test_markers_are_no_rarities() -> None:
    policy = POLICY.model_copy(update={"review": Review(token_length=8, token_entropy=0)})
    frame = records({"prompt": "[PHONE_123456] [EMAIL_k123456789abc] a@example.org"})
    assert looked_at(frame, policy)["kind"].to_list() == ["sample"]


def test_a_sample_of_each_source_whatever_the_order() -> None:
    frame = records(*({"source_id": "ab"[n % 2 and n < 20]} for n in range(150)))
    drawn = looked_at(frame).filter(pl.col("kind") == "sample")
    sources = frame.join(drawn, on="record_id", how="semi")["source_id"].value_counts()
    assert dict(sources.iter_rows()) == {"a": 50, "b": 10}
    assert looked_at(frame.sample(fraction=1, shuffle=True, seed=1)).equals(looked_at(frame))
    other = POLICY.model_copy(update={"review": Review(seed=1)})
    assert not looked_at(frame, other)["record_id"].equals(looked_at(frame)["record_id"])
