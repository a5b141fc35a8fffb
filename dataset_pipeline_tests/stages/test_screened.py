import pytest

from dataset_pipeline.config import Screened
from dataset_pipeline.stages.screened import screened
from dataset_pipeline_tests.stages.frames import records, rules

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
