"""Questions to a store in which two datasets have versions of one number."""

import random
from pathlib import Path

import pytest

from dataset_pipeline_tests.small import write_dataset
from dataset_pipeline_tests.system.place import Place

pytestmark = pytest.mark.slow
WORDS = "alpha bravo delta echo golf hotel india kilo lima mike oscar papa romeo tango".split()  # noqa: SIM905
ROWS = [{"id": f"r{n}", "text": " ".join(random.Random(n).choices(WORDS, k=12))} for n in range(60)]
TEXT = ROWS[0]["text"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("two"))
    for name in ("first", "second"):
        write_dataset(place.configs, name, ROWS, title=name.capitalize())
        place.run(dataset=name)
    return place


def test_a_proof_that_is_given_away_is_in_the_access_log(place: Place, tmp_path: Path) -> None:
    proof = tmp_path / "p.proof"
    place.yes("contains", "first", "--text", TEXT, "--prove", str(proof))
    last = place.yes("access-log", "first")[-1]
    (version,) = place.yes("versions", "first")
    assert (last["what"], last["about"]) == ("reading", "contains --prove")
    assert last["digests"] == [version["content_digest"]]
