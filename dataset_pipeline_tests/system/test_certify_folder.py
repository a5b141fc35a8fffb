"""``certify-folder`` as its users call it: offline, without a dataset, with exit codes."""

from pathlib import Path

import pytest

from dataset_pipeline_tests.system.place import Place

pytestmark = pytest.mark.slow


def test_an_old_folder_is_certified_verified_and_found_changed(tmp_path: Path) -> None:
    place = Place(tmp_path)
    old = tmp_path / "old"
    old.mkdir()
    (old / "train.csv").write_text("text,label\nhello,a\n")
    done = place.yes("certify-folder", str(old))
    assert (done["fresh"], done["name"]) == (True, "old")
    assert place.ask("verify", done["folder"]).code == 0
    assert place.ask("verify", done["folder"], "--folder", str(old)).code == 0
    said = place.ask("certify-folder", str(old)).said
    assert "unchanged" in said
    assert "by what right the data is used" in said
    assert [entry["what"] for entry in place.yes("access-log", "old")] == ["export"]

    (old / "train.csv").write_text("text,label\nhullo,a\n")
    answer = place.ask("verify", done["folder"], "--folder", str(old))
    assert answer.code == 1
    assert "train.csv: was changed since" in answer.said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["missing"], "there is no such folder"),
        (["old", "--out", "old/certificate"], "must not change"),
        (["old", "--store", "old/store"], "must not change"),
        (["old", "--about", "missing.yaml"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_changes_nothing(
    tmp_path: Path, options: list[str], told: str
) -> None:
    (tmp_path / "old").mkdir()
    answer = Place(tmp_path).ask("certify-folder", *options, "--json")
    assert answer.code == 2
    assert told in answer.json["error"]
    assert list((tmp_path / "old").iterdir()) == []
