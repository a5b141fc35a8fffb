"""The ledger by its commands, and what becomes of a version, on stores that a run made."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline_tests.system.place import DATASET, Place

pytestmark = pytest.mark.slow
WHY = "three customers took back their consent"


def kinds(place: Place) -> list[str]:
    return [entry["kind"] for entry in place.yes("ledger")]


def version_of(place: Place, number: str = "1.0.0") -> tuple[str, Path]:
    (folder,) = place.store.glob(f"versions/{DATASET}/*_v{number}_*")
    return folder.name, folder


def statuses(answer: dict[str, Any]) -> dict[str, str]:
    return {claim["name"]: claim["status"] for claim in answer["claims"]}


def withdrawals_told(report: dict[str, Any]) -> list[str]:
    return [told for told in report["warnings"] if "not_withdrawn_before" in told]


def test_a_look_at_the_test_split_is_entered_once_a_model(
    sample: tuple[Place, dict[str, Any]],
) -> None:
    place, _ = sample
    assert kinds(place) == ["certified", "test_look", "linked"]
    look = place.yes("ledger")[1]
    (run,) = place.yes("models", look["model"])
    assert (look["version"], look["run"]) == (run["version"], run["run"])
    assert run["version_standing"] is None


def test_the_ledger_is_listed_checked_kept_and_proven(small: Place) -> None:
    name, folder = version_of(small)
    assert "certified" in small.ask("ledger").said
    kept = small.root / "kept"
    kept.write_text(small.ask("ledger", "checkpoint").out, encoding="utf-8")
    told = small.yes("ledger", "checkpoint")
    assert told["checkpoint"] == kept.read_text("utf-8")
    assert told["size"] == len(small.yes("ledger"))
    assert told["keys"][0].startswith(told["origin"] + "+")
    trust = str(folder / f"{name}.pub.pem")
    small.yes("withdraw", name, "--reason", WHY)
    checked = small.yes("ledger", "check", "--checkpoint", str(kept), "--trust", trust)
    assert set(statuses(checked).values()) == {"ok"}
    proof = str(small.root / "entry.tlog-proof")
    small.yes("ledger", "prove", name, "--out", proof)
    assert small.yes("verify", proof, "--trust", trust)["kind"] == "proof"
    assert small.ask("verify", proof).code == 1
    again = small.ask("ledger", "prove", name, "--out", proof)
    assert (again.code, "never overwritten" in again.said or "exist" in again.said) == (2, True)
    other = str(small.root / "withdrawn.tlog-proof")
    assert small.ask("ledger", "prove", name, "--kind", "linked", "--out", other).code == 2
    proven = small.yes("ledger", "prove", "1.0.0", "--kind", "withdrawn", "--out", other)
    assert proven["entry"]["reason"] == WHY


def test_a_cut_ledger_is_found_by_a_kept_checkpoint_alone(small: Place) -> None:
    """All that lies beside the lines is as it was before: a whole folder put back."""
    folder = small.store / "ledger"
    earlier = {path: path.read_bytes() for path in folder.iterdir()}
    small.yes("withdraw", "1.0.0", "--reason", WHY)
    kept = small.root / "kept"
    kept.write_text(small.ask("ledger", "checkpoint").out, encoding="utf-8")
    for path, data in earlier.items():
        path.write_bytes(data)
    assert small.ask("ledger", "check").code == 0
    answer = small.ask("ledger", "check", "--checkpoint", str(kept))
    assert answer.code == 1
    assert "are gone at the end" in answer.said
    copied = small.ask("ledger", "check", "--folder", str(folder), "--checkpoint", str(kept))
    assert copied.code == 1
    assert small.ask("ledger", "check", "--checkpoint", "nowhere").code == 2
    assert small.ask("ledger", "check", "--folder", "nowhere").code == 2


def test_a_ledger_without_checkpoints_is_no_answer(small: Place) -> None:
    """As an earlier release left it; the next run signs it."""
    for path in (small.store / "ledger").iterdir():
        if path.name != "ledger.jsonl":
            path.unlink()
    before = (small.store / "ledger" / "ledger.jsonl").read_bytes()
    assert small.ask("ledger", "check").code == 2
    small.run()
    assert (small.store / "ledger" / "ledger.jsonl").read_bytes().startswith(before)
    assert small.yes("ledger", "check")["ok"]


def test_a_withdrawn_version_is_shown_as_such_everywhere(small: Place) -> None:
    name, folder = version_of(small)
    assert small.yes("verify", str(folder))["ok"]
    notice = str(small.root / "n.tlog-proof")
    first = small.yes("withdraw", "1.0.0", "--reason", WHY, "--notice", notice)
    assert first["entered"]
    second = small.yes("withdraw", name, "--reason", "another")
    assert (second["entered"], second["entry"]["reason"]) == (False, WHY)
    assert small.yes("ledger")[-1]["kind"] == "withdrawn"
    (row,) = small.yes("versions", DATASET)
    assert row["standing"] == f"withdrawn on 2026-05-01 because {WHY}"
    assert "withdrawn on" in small.ask("versions", DATASET).said
    answer = small.ask("verify", str(folder))
    assert answer.code == 1
    assert WHY in answer.said
    sent = folder.rename(small.root / name)
    assert small.yes("verify", str(sent))["ok"]
    told = small.ask("verify", str(sent), "--notice", notice, "--json")
    assert (told.code, statuses(told.json)["version-standing"]) == (1, "failed")


def test_a_refresh_does_not_certify_a_withdrawn_version_again(small: Place) -> None:
    small.yes("withdraw", "1.0.0", "--reason", WHY)
    said = " ".join(small.run(code=1)["failures"])
    assert WHY in said
    assert "restore these files" not in said
    assert "take out of the sources what it was withdrawn for" in said


def test_withdrawn_records_that_come_back_by_another_number_are_warned_of(small: Place) -> None:
    """Another minor number is another version, and so is a policy that takes nothing out."""
    name, _ = version_of(small)
    small.configure(lambda c: c.update(version="1.1"))
    assert not withdrawals_told(small.run())
    small.yes("withdraw", "1.0.0", "--reason", WHY)
    for asked in (small.run(), small.run()):  # as long as it is so, not only once
        (told,) = withdrawals_told(asked)
        assert f"{name} was withdrawn on 2026-05-01 because {WHY}" in told
        assert "take out of the sources" in told
    said = small.ask("run", DATASET)
    assert said.code == 0
    assert f"warning certificate: not_withdrawn_before: {asked['version']} has" in said.said
    small.configure(lambda c: c["stages"]["screened"].update(max_characters=400))
    changed = small.run()
    assert "_v1.1.1_" in changed["version"]
    assert not withdrawals_told(changed)


def test_a_new_version_supersedes_only_when_somebody_says_so(small: Place) -> None:
    old, folder = version_of(small)
    small.configure(lambda config: config["gates"].update(min_records=101))
    small.run()
    new, _ = version_of(small, "1.0.1")
    assert "superseded" not in kinds(small)
    assert small.ask("supersede", old, "--by", old, "--reason", "x").code == 2
    assert small.ask("supersede", old, "--by", "unknown", "--reason", "x").code == 2
    assert small.ask("supersede", old, "--by", new, "--reason", " ").code == 2
    assert small.yes("supersede", old, "--by", "1.0.1", "--reason", "fewer gaps")["entered"]
    assert not small.yes("supersede", "1.0.0", "--by", new, "--reason", "x")["entered"]
    standing = [row["standing"] for row in small.yes("versions", DATASET)]
    assert standing == [f"superseded by {new} on 2026-05-01 because fewer gaps", None]
    answer = small.yes("verify", str(folder))
    assert statuses(answer)["version-standing"] == "not_provable"


def test_the_checkpoint_is_what_anybody_computes_from_the_lines(small: Place) -> None:
    """With nothing but SHA-256: here a tree of one entry."""
    root = small.ask("ledger", "checkpoint").out.splitlines()[2]
    lines = (small.store / "ledger" / "ledger.jsonl").read_bytes().splitlines()
    leaves = [hashlib.sha256(b"\0" + line).digest() for line in lines]
    assert len(leaves) == 1
    assert json.loads(lines[0])["kind"] == "certified"
    assert small.yes("ledger", "checkpoint")["root"] == leaves[0].hex()
    assert base64.b64decode(root) == leaves[0]
