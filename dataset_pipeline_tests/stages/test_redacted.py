import polars as pl
import pytest
from hypothesis import given

from dataset_pipeline.config import Pattern, Redacted
from dataset_pipeline.stages.redacted import redacted
from dataset_pipeline.stages.texts import texts_of, with_texts
from dataset_pipeline_tests.stages.frames import record_frames, records

SECRET = "anna@example.org"
FILE = {"name": "a.png", "sha256": "a" * 64, "media_type": "image/png", "bytes": 3}
MAIL = Redacted(entities=["EMAIL_ADDRESS"])


def test_every_field_is_masked() -> None:
    frame = records(
        {
            "prompt": f"mail {SECRET}",
            "completion": f"to {SECRET}",
            "rejected": SECRET,
            "label": SECRET,
            "language": SECRET,
            "context": [
                {"role": "user", "content": "hi"},
                {"role": "user", "content": f"{SECRET}, {SECRET}"},
            ],
            "attributes": [{"key": "a", "value": "x"}, {"key": "b", "value": f"({SECRET})"}],
            "attachments": [FILE, {**FILE, "name": f"scan of {SECRET}"}],
        }
    )
    result = redacted(frame.lazy(), MAIL)
    (row,) = result.kept.collect().to_dicts()
    assert SECRET not in str(row)
    assert row["context"][1] == {"role": "user", "content": "[EMAIL], [EMAIL]"}
    assert row["attributes"] == [{"key": "a", "value": "x"}, {"key": "b", "value": "([EMAIL])"}]
    assert row["attachments"] == [FILE, {**FILE, "name": "scan of [EMAIL]"}]
    counts = dict(result.tables["findings"].select("field", "count").iter_rows())
    assert counts == {
        "prompt": 1, "completion": 1, "rejected": 1, "label": 1, "language": 1, "context": 2,
        "attributes": 1, "attachments": 1,
    }  # fmt: skip


def test_a_record_that_is_nothing_but_personal_data_is_out() -> None:
    policy = Redacted(entities=["EMAIL_ADDRESS"], mode="remove")
    frame = records({"prompt": SECRET}, {"prompt": f"mail {SECRET} please"})
    result = redacted(frame.lazy(), policy)
    assert result.excluded.collect().select("rule", "evidence").rows() == [
        ("nothing_but_personal_data", "{}")
    ]
    assert result.kept.collect()["prompt"].to_list() == ["mail please"]


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("anna@example.org", "[EMAIL]"),
        ("anna@example.org.png", "[FILE].png"),
        ("scans/4242_anna@example.org_2.tar.gz", "[FILE].tar.gz"),
        ("a_4242424242424242_b.png", "[FILE].png"),
        ("a 4242424242424242 anna@example.org", "a [CARD] [EMAIL]"),
        ("a_4242424242424242_b anna@example.org", "[FILE]"),
        ("holiday_2026.png", "holiday_2026.png"),
    ],
)
def test_names_of_files_are_read_as_people_read_them(name: str, masked: str) -> None:
    policy = Redacted(entities=["EMAIL_ADDRESS", "CREDIT_CARD"])
    kept = redacted(records({"attachments": [{**FILE, "name": name}]}, {}).lazy(), policy).kept
    rows = kept.collect().sort("record_id").to_dicts()
    assert rows[0]["attachments"] == [{**FILE, "name": masked}]
    assert rows[0]["origin"] == ("original" if name == masked else "transformed")


def test_a_changed_record_is_transformed_and_others_are_not() -> None:
    kept = redacted(records({"prompt": SECRET}, {}).lazy(), MAIL).kept.collect()
    assert kept["origin"].to_list() == ["transformed", "original"]


def test_a_value_that_masking_lays_bare_is_masked_too() -> None:
    own = {"INNER": Pattern(regex=r"(?<!x)secret"), "OUTER": Pattern(regex="x(?=secret)")}
    kept = redacted(records({"prompt": "xsecret"}).lazy(), Redacted(entities=[], patterns=own))
    assert kept.kept.collect()["prompt"].to_list() == ["[OUTER][INNER]"]


def test_what_cannot_be_masked_is_taken_out() -> None:
    """A pattern that finds something beside its own marker, pass after pass."""
    own = {"GROWS": Pattern(regex=r"a(?=.*b)")}
    policy = Redacted(entities=[], patterns=own)
    result = redacted(records({"prompt": "aaaaab"}, {"prompt": "fine"}).lazy(), policy)
    assert result.excluded.collect().is_empty()
    endless = {"LETTER": Pattern(regex=r"x|(?<=\])y")}
    result = redacted(
        records({"prompt": "xyyyyyyyy"}, {"prompt": "fine"}).lazy(),
        Redacted(entities=[], patterns=endless),
    )
    assert result.kept.collect()["record_id"].to_list() == ["r1"]
    assert result.excluded.collect()["rule"].to_list() == ["residue"]
    assert result.metrics["residue"] == 1


@given(record_frames())
def test_texts_go_back_where_they_came_from(frame: pl.DataFrame) -> None:
    everything = texts_of(frame, everything=True)
    assert with_texts(frame, everything).equals(frame)
    marked = everything.with_columns(pl.col("text") + "!")
    back = texts_of(with_texts(frame, marked.sample(fraction=1, shuffle=True)), everything=True)
    keys = ["record_id", "field", "position"]
    assert back.sort(keys).equals(marked.sort(keys))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It was offline from Friday to Monday evening, so please call +7 701 555\n12 34 today.",
         "It was offline from Friday to Monday evening, so please call [PHONE] today."),
        ("Nobody reads what I write, so would you please send it to the card 4242 4242\n4242 4242?",
         "Nobody reads what I write, so would you please send it to the card [CARD]?"),
        ("I tried a list of numbers on the keypad of the door as you told me:\n701\n555\n1234",
         "I tried a list of numbers on the keypad of the door as you told me:\n701\n555\n1234"),
        ("СНИЛС 112–233–445 95", "СНИЛС [SNILS]"),
        ("４２４２４２４２４２４２４２４２", "[CARD]"),
        ("иин ８５０１０１３００１２４", "иин [IIN]"),
        ("anna＠example．org", "[EMAIL]"),
        ("it took 2019–2025", "it took 2019–2025"),
    ],
)  # fmt: skip
def test_values_are_found_as_people_read_them(text: str, wanted: str) -> None:
    policy = Redacted(
        entities=["EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IIN", "RU_SNILS"],
        phone_regions=["KZ", "RU", "GB"],
    )
    (found,) = redacted(records({"prompt": text}).lazy(), policy).kept.collect()["prompt"]
    assert found == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://bob:se(cret)pw9@host.example.org/x", "https://[SECRET][EMAIL]/x"),
        ("password: abc(def)7@example.org", "password: [PASSWORD][EMAIL]"),
        ("account 4242 4242 4242 4242 77", "account [CARD][ACCOUNT]"),
        ("contract AB-anna@example.org", "contract [EMAIL]"),
    ],
)
def test_what_sticks_out_of_a_surer_value_goes_too(text: str, wanted: str) -> None:
    policy = Redacted(
        entities=["EMAIL_ADDRESS", "CREDIT_CARD", "PASSWORD", "SECRET", "ACCOUNT_NUMBER"]
    )
    result = redacted(records({"prompt": text}).lazy(), policy)
    assert result.kept.collect()["prompt"].to_list() == [wanted]
