"""Questions to a store in which two datasets have versions of one number."""

import random
from pathlib import Path

import pytest

from dataset_pipeline_tests.small import write_dataset
from dataset_pipeline_tests.system.place import Place

pytestmark = pytest.mark.slow
WORDS = "alpha bravo delta echo golf hotel india kilo lima mike oscar papa romeo tango".split()  # noqa: SIM905
ROWS = [{"id": f"r{n}", "text": " ".join(random.Random(n).choices(WORDS, k=12))} for n in range(60)]
TEXT, OWN = ROWS[0]["text"], "the second dataset has this record and the first one has it not"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("two"))
    for name in ("first", "second"):
        rows = [*ROWS, {"id": "own", "text": OWN}] if name == "second" else ROWS
        write_dataset(place.configs, name, rows, title=name.capitalize())
        place.run(dataset=name)
    return place


def test_a_proof_that_is_given_away_is_in_the_access_log(place: Place, tmp_path: Path) -> None:
    proof = tmp_path / "p.proof"
    place.yes("contains", "first", "--text", TEXT, "--prove", str(proof))
    last = place.yes("access-log", "first")[-1]
    (version,) = place.yes("versions", "first")
    assert (last["what"], last["about"]) == ("reading", "contains --prove")
    assert last["digests"] == [version["content_digest"]]


def test_a_number_is_looked_for_in_the_dataset_that_was_named(place: Place, tmp_path: Path) -> None:
    (version,) = place.yes("versions", "second")
    found = place.yes("contains", "second", "--text", TEXT, "--version", "1.0.0")
    assert [item["version"] for item in found] == [version["version"]]
    proof = ("--prove", str(tmp_path / "p.proof"))
    told = place.yes("contains", "second", "--text", TEXT, "--version", "v1.0.0", *proof)
    assert told["version"] == version["version"]
    (others,) = place.yes("versions", "first")
    for number in ("9.9.9", others["version"]):
        for more in ((), proof):
            asked = ("contains", "second", "--text", TEXT, "--version", number, *more, "--json")
            answer = place.ask(*asked)
            assert answer.code == 2
            there = f"no version '{number}' of second (there: {version['version']})"
            assert answer.json["error"] == there


def test_without_a_dataset_a_number_of_two_is_asked_back(place: Place) -> None:
    answer = place.ask("exclusions", "1.0.0", "--json")
    assert answer.code == 2
    assert "2 versions are called 1.0.0: First_v1.0.0_" in answer.json["error"]


def test_all_commands_take_a_number_with_its_dataset(place: Place) -> None:
    (first,), (second,) = (place.yes("versions", name) for name in ("first", "second"))
    key = place.yes("contains", "second", "--text", TEXT)[0]["record_id"]
    traced = place.yes("trace", key, "--version", "second/1.0.0")
    assert traced["version"] == second["version"]
    assert place.ask("exclusions", "second/1.0.0", "--json").code == 0
    told = place.yes("diff", "first/1.0.0", "second/v1.0.0")
    assert (told["old"], told["new"]) == (first["version"], second["version"])
    assert place.yes("diff", second["version"], "1.0.0")["old"] == second["version"]
    assert place.yes("stamp", "second/1.0.0")[0]["version"] == second["version"]
    other = place.ask("supersede", "first/1.0.0", "--by", "second/1.0.0", "--reason", "x", "--json")
    assert (other.code, "is a version of dataset 'second'" in other.json["error"]) == (2, True)
    own = place.ask("supersede", first["version"], "--by", "1.0.0", "--reason", "x", "--json")
    assert own.json["error"] == f"{first['version']} cannot supersede itself"


def test_a_number_is_traced_where_the_record_is(place: Place) -> None:
    """A record of both datasets is asked back; one of a dataset alone tells which is meant."""
    key = place.yes("contains", "first", "--text", TEXT)[0]["record_id"]
    both = place.ask("trace", key, "--version", "1.0.0", "--json")
    assert (both.code, "2 versions are called" in both.json["error"]) == (2, True)
    (own,) = place.yes("contains", "second", "--text", OWN)
    assert place.yes("trace", own["record_id"], "--version", "1.0.0")["version"] == own["version"]
