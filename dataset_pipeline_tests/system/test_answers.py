"""What the commands answer, with which exit code, and how they say what is wrong."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.records import record_id
from dataset_pipeline_tests.sample_run import id_of, planted
from dataset_pipeline_tests.system.place import DATASET, Place, jsonl, sample_place

pytestmark = pytest.mark.slow
Report = dict[str, Any]
KEYED = {"helpdesk": "ticket_id", "partner_forum": "post_id"}


@pytest.fixture(scope="module")
def place(sample: tuple[Place, Report]) -> Place:
    return sample[0]


@pytest.fixture(scope="module")
def report(sample: tuple[Place, Report]) -> Report:
    return sample[1]


@pytest.fixture(scope="module")
def texts(place: Place) -> dict[str, str]:
    """The prompt of every helpdesk thread and forum post, as its file has it, by record id."""
    found = {}
    for source, key in KEYED.items():
        for path in sorted(place.source(source).glob("*.jsonl")):
            for row in jsonl(path):
                said = _prompt(row)
                if row.get(key) and said:
                    found[record_id(source, str(row[key]))] = said
    return found


def _prompt(row: dict[str, Any]) -> str:
    if "turns" not in row:
        return str(row.get("text") or "")
    turns = row["turns"] if isinstance(row["turns"], list) else []
    asked = [t["text"] for t in turns if isinstance(t, dict) and t.get("from") == "customer"]
    return str(asked[-1]) if asked else ""


def outcome(place: Place, key: str) -> list[tuple[str, str]]:
    """Stage and outcome of each step of a record's way."""
    return [(step["stage"], step["outcome"]) for step in place.yes("trace", key)["steps"]]


def in_split(place: Place, texts: dict[str, str], split: str) -> str:
    """A record of the helpdesk in a split."""
    for key in texts:
        steps = place.yes("trace", key)["steps"]
        if steps[-1]["stage"] == "splits" and steps[-1]["about"]["split"] == split:
            return key
    raise AssertionError(split)


# -------------------------------------------------------------------------------------- one record


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_record_is_traced_and_its_text_found(
    place: Place, texts: dict[str, str], split: str
) -> None:
    key = in_split(place, texts, split)
    way = outcome(place, key)
    assert way[0] == ("raw/helpdesk", "kept")
    assert way[-1] == ("splits", "kept")
    found = place.yes("contains", DATASET, "--text", texts[key])
    assert [key] == [item["record_id"] for item in found if item["split"] == split]
    said = place.ask("trace", key).said
    assert "raw/helpdesk" in said
    assert "splits" in said


def test_case_punctuation_and_spaces_do_not_hide_a_text(
    place: Place, texts: dict[str, str], tmp_path: Path
) -> None:
    key = in_split(place, texts, "train")
    file = tmp_path / "asked.txt"
    file.write_text(f"  {texts[key].upper()} \n!", "utf-8")
    assert key in [i["record_id"] for i in place.yes("contains", DATASET, "--file", str(file))]


def test_a_whole_mail_is_found_though_its_signature_was_split_off(
    place: Place, texts: dict[str, str]
) -> None:
    signed = [id_of(entry) for entry in planted("signature") if id_of(entry) in texts]
    for key in signed[:3]:
        found = place.yes("contains", DATASET, "--text", texts[key])
        assert key in [item["record_id"] for item in found]


def test_a_record_that_was_taken_out_says_by_which_rule(place: Place) -> None:
    excluded = place.yes("exclusions", "1.0.0", "--rule", "near_duplicate")[0]
    traced = place.yes("trace", excluded["record_id"])["steps"][-1]
    assert traced["outcome"] == "excluded"
    assert traced["about"]["rule"] == "near_duplicate"
    assert traced["about"]["kept"] == excluded["evidence"]["kept"]


@pytest.mark.parametrize(
    ("rule", "stage"), [("empty_phrase", "screened"), ("rights_forbidden", "raw")]
)
def test_the_text_of_an_excluded_record_is_found_as_excluded(
    place: Place, texts: dict[str, str], rule: str, stage: str
) -> None:
    out = [item["record_id"] for item in place.yes("exclusions", "1.0.0", "--rule", rule)]
    key = next(key for key in out if key in texts)
    answer = place.ask("contains", DATASET, "--text", texts[key], "--json")
    mine = [item for item in answer.json if item["record_id"] == key]
    assert [(item["split"], item["stage"], item["rule"]) for item in mine] == [(None, stage, rule)]
    assert answer.code == (0 if any(item["split"] for item in answer.json) else 1)


def test_a_text_with_personal_data_is_found_as_its_source_has_it(
    place: Place, texts: dict[str, str]
) -> None:
    """The published record is masked; whoever asks holds the text with the e-mail address in it."""
    wanted = [
        (record_id(entry["source"], entry["key"]), entry["value"])
        for entry in planted("personal_data")
        if entry["entity"] == "EMAIL" and entry["source"] in KEYED and entry["field"] == "prompt"
    ]
    published = [(k, v) for k, v in wanted[:6] if outcome(place, k)[-1][0] == "splits"]
    for key, value in published[:2]:
        assert value in texts[key]
        found = place.yes("contains", DATASET, "--text", texts[key])
        assert key in [item["record_id"] for item in found if item["split"]]
    assert len(published) >= 2


def test_a_text_that_never_was_there(place: Place) -> None:
    answer = place.ask("contains", DATASET, "--text", "Is there life on Europa?", "--json")
    assert (answer.code, answer.json) == (1, [])
    answer = place.ask("contains", DATASET, "--text", "Is there life on Europa?")
    assert (answer.code, answer.out.strip()) == (1, "not found in any version")


# ---------------------------------------------------------------------------------------- versions


def test_a_row_in_quarantine_is_told_with_file_and_line(place: Place, report: Report) -> None:
    every = place.yes("exclusions", report["version"])
    rows = [item for item in every if "/" in item["stage"]]
    assert rows
    assert all(re.fullmatch(r"sources/.+#\d+", item["place"]) for item in rows)
    assert all(item["place"] is None for item in every if item["stage"] in ("clean", "screened"))


def test_exclusions_by_rule_are_those_among_all(place: Place, report: Report) -> None:
    every = place.yes("exclusions", "1.0.0")
    some = place.yes("exclusions", report["version"], "--rule", "held_out_overlap")
    assert some == [item for item in every if item["rule"] == "held_out_overlap"]
    assert len(every) == sum(s["excluded"] or 0 for s in report["stages"])
    assert all(item["evidence"]["held_out"] for item in some)
    said = place.ask("exclusions", "v1.0.0", "--rule", "held_out_overlap").said
    assert f"{len(some)} exclusions by held_out_overlap" in said


def test_a_rule_that_took_nothing_out_names_those_that_did(place: Place) -> None:
    answer = place.ask("exclusions", "1.0.0", "--rule", "near_duplicates", "--json")
    assert (answer.code, answer.json) == (0, [])
    assert "near_duplicate," in answer.err


def test_versions_are_listed(place: Place, report: Report) -> None:
    (row,) = place.yes("versions", DATASET)
    assert row["version"] == report["version"]
    assert row["package"] == report["package"]
    assert Path(row["certificate"]).is_file()
    assert report["version"] in place.ask("versions", DATASET).said


def test_a_model_leads_to_its_version(place: Place, report: Report) -> None:
    folder = Path(report["model"])
    digest = json.loads((folder / "run.json").read_bytes())["model_digest"]
    for asked in (digest, digest[:8], folder.name, str(folder)):
        (found,) = place.yes("models", asked)
        assert found["version"] == report["version"]
        assert found["linked"]
    assert report["version"] in place.ask("models", digest).said
    assert place.ask("verify", str(folder)).code == 0


@pytest.mark.parametrize("asked", ["0" * 64, "no-such-run", "abc", "."])
def test_an_unknown_model(place: Place, asked: str) -> None:
    answer = place.ask("models", asked, "--json")
    assert answer.code == 1
    assert not answer.json["ok"]
    assert "no training run made" in answer.json["error"]


# ------------------------------------------------------------------------------------- exit codes


def test_verify_says_yes_no_and_cannot_tell(place: Place, report: Report, tmp_path: Path) -> None:
    version = Path(report["package"]).parent
    assert place.yes("verify", str(version))["ok"]
    assert "verified" in place.ask("verify", report["package"]).said

    copy = Place(place.root).copy(tmp_path / "place")
    package = copy.root / Path(report["package"]).relative_to(place.root)
    data = bytearray(package.read_bytes())
    data[len(data) // 2] ^= 1
    package.write_bytes(data)
    answer = place.ask("verify", str(package), "--json")
    assert answer.code == 1
    assert any(claim["status"] == "failed" and claim["file"] for claim in answer.json["claims"])
    assert "NOT verified" in place.ask("verify", str(package)).said

    missing = place.ask("verify", str(tmp_path / "missing.zip"), "--json")
    assert missing.code == 2
    assert "there is no such file" in missing.json["error"]


def test_validate(place: Place, tmp_path: Path) -> None:
    assert place.yes("validate", DATASET)["ok"]
    broken = sample_place(tmp_path / "place")
    text = broken.yaml.read_text("utf-8").replace("owners:", "owner:", 1)
    broken.yaml.write_text(text.replace("basis: contract", "basis: hope", 1), "utf-8")
    answer = broken.ask("validate", DATASET, "--json")
    assert answer.code == 1
    said = {(problem["where"], problem["line"] > 1) for problem in answer.json["problems"]}
    assert ("owner", True) in said
    assert any(where.endswith("rights.basis") for where, _ in said)
    said_to_people = broken.ask("validate", DATASET).said
    assert all(problem["what"] in said_to_people for problem in answer.json["problems"])

    run = broken.ask("run", DATASET)
    assert run.code == 2
    for problem in answer.json["problems"]:
        assert problem["where"] in run.said
    assert not broken.store.exists(), "nothing starts with a broken configuration"


UNANSWERABLE = [
    (["run", "nothing"], "no dataset 'nothing'"),
    (["run", DATASET, "--select", "splitz"], "no asset 'splitz'"),
    (["validate", "nothing"], "no dataset 'nothing'"),
    (["versions", "nothing"], "no dataset 'nothing'"),
    (["contains", "nothing", "--text", "x"], "no dataset 'nothing'"),
    (["contains", DATASET], "one of --text, --file and --record-id"),
    (["contains", DATASET, "--text", "x", "--file", "y"], "one of --text, --file and --record-id"),
    (["contains", DATASET, "--file", "missing.txt"], "missing.txt: not a readable UTF-8 file"),
    (["trace", "0" * 32], "no version holds a record"),
    (["trace", "0" * 32, "--version", "1.0.0"], "no record"),
    (["trace", "0" * 32, "--version", "9.9.9"], "no version '9.9.9' (there: Customer_"),
    (["diff", "1.0.0", "9.9.9"], "no version '9.9.9'"),
    (["diff", "Other_v1.0.0_2020-01-01", "1.0.0"], "no version 'Other_v1.0.0_2020-01-01'"),
    (["exclusions", "v1"], "no version 'v1'"),
    (["verify", "nowhere"], "no such file"),
]


@pytest.mark.parametrize(("command", "told"), UNANSWERABLE, ids=lambda part: "".join(part)[:40])
def test_what_cannot_be_answered_ends_with_2(place: Place, command: list[str], told: str) -> None:
    answer = place.ask(*command, "--json")
    assert answer.code == 2, answer
    assert told in answer.json["error"]
    assert answer.err == ""


@pytest.mark.parametrize("command", [["run"], ["verify"], ["nothing"], ["run", DATASET, "--no"]])
def test_bad_usage_ends_with_2(place: Place, command: list[str]) -> None:
    answer = place.ask(*command)
    assert (answer.code, answer.out) == (2, "")
    assert "Usage" in answer.err


# -------------------------------------------------------------------------------- the two folders

ASKING = [
    ["versions", DATASET],
    ["trace", "0" * 32],
    ["contains", DATASET, "--text", "x"],
    ["diff", "1.0.0", "1.0.1"],
    ["exclusions", "1.0.0"],
    ["models", "x"],
]


def test_options_come_before_the_environment(place: Place, tmp_path: Path) -> None:
    elsewhere = Place(place.root, {"DATASET_PIPELINE_STORE": str(tmp_path / "other")})
    assert elsewhere.ask("versions", DATASET).code == 2
    assert elsewhere.ask("versions", DATASET, "--store", str(place.store)).code == 0
    elsewhere = Place(place.root, {"DATASET_PIPELINE_CONFIGS": str(tmp_path / "other")})
    assert elsewhere.ask("validate", DATASET).code == 2
    assert elsewhere.ask("validate", DATASET, "--configs", str(place.configs)).code == 0


@pytest.mark.parametrize("command", ASKING, ids=lambda command: command[0])
def test_asking_needs_a_store_and_makes_none(
    place: Place, tmp_path: Path, command: list[str]
) -> None:
    for name, made in (("missing", False), ("not_a_store", True)):
        folder = tmp_path / name
        if made:
            folder.mkdir()
        answer = place.ask(*command, "--store", str(folder), "--json")
        assert answer.code == 2
        assert "make one with `dataset-pipeline run" in answer.json["error"]
        assert folder.exists() == made
        assert not made or not any(folder.iterdir())


def test_a_store_that_is_a_file(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    for command in (["run", DATASET], ["versions", DATASET]):
        answer = place.ask(*command, "--store", str(file), "--json")
        assert answer.code == 2
        assert str(file) in answer.json["error"]
    assert file.read_text() == "mine"


def test_a_store_that_cannot_be_written_can_be_read(small: Place) -> None:
    powerless = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override"]
    if powerless and shutil.which(powerless[0]) is None:
        pytest.skip("root may write everywhere, and there is no setpriv to take that from it")
    folders = [small.store, *(path for path in small.store.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(folder.stat().st_mode & ~0o222)
    listed = small.ask("versions", DATASET, "--json", before=powerless)
    assert listed.code == 0, listed
    assert small.ask("exclusions", "1.0.0", before=powerless).code == 0
    for store in (small.store, small.store / "new"):
        answer = small.ask("run", DATASET, "--json", "--store", str(store), before=powerless)
        assert answer.code == 2, answer
        told = answer.json["error"]
        assert str(store) in told
        assert "Permission denied" in told or "readonly database" in told
    for folder in folders:
        folder.chmod(0o700)


def test_a_damaged_version_entry_is_named(small: Place) -> None:
    (entry,) = small.store.glob(f"versions/{DATASET}/index/*.json")
    entry.write_text("{")
    answer = small.ask("versions", DATASET, "--json")
    assert answer.code == 2
    assert str(entry) in answer.json["error"]
