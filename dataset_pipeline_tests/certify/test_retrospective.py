"""Certificates for old folders: what is told, what never is, and whether the files are still it."""

import gzip
import json
import os
import socket
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.certify import layout
from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.errors import NotAPackage
from dataset_pipeline.certify.inventory import raw_name, told_name
from dataset_pipeline.certify.keys import load_or_create_signer
from dataset_pipeline.certify.verify import verify
from dataset_pipeline.errors import ConfigError, NotFoundError, StoreError
from dataset_pipeline.retrospective.certify import Certified, Wanted, certify_folder
from dataset_pipeline.retrospective.names import date_of, split_of
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.certify.schemas import problems, unnamed

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TRAIN = "id,text,label\n" + "".join(f"{n},question {n},{'ab'[n % 2]}\n" for n in range(20))
TEST = "id,text,label\n3,question 3,b\n90,question 90,a\n"
MIT = "MIT License\n\nPermission is hereby granted, free of charge, to any person\nobtaining a copy"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "Old Data"
    (folder / "2021-05").mkdir(parents=True)
    (folder / "2021-05" / "train.csv").write_text(TRAIN)
    (folder / "2021-05" / "test.csv").write_text(TEST)
    (folder / "LICENSE").write_text(MIT)
    return folder


def certified(folder: Path, **options: Any) -> Certified:
    root = folder.parent
    wanted, key = Wanted(folder, **options), root / "keys" / "key.pem"
    return certify_folder(wanted, Store(root / "store"), lambda: load_or_create_signer(key), NOW)


def inventory(done: Certified) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((done.folder / layout.INVENTORY).read_bytes())
    return found


def data(done: Certified, path: str) -> dict[str, Any]:
    (file,) = (file for file in inventory(done)["files"] if file["path"] == path)
    found: dict[str, Any] = file["data"]
    return found


def claimed(done: Certified, name: str) -> list[Any]:
    return [claim["value"] for claim in done.claims if claim["claim"] == name]


def everything(done: Certified) -> str:
    envelope = read_envelope((done.folder / layout.RETROSPECTIVE_CERTIFICATE).read_bytes())
    written = [(done.folder / name).read_text("utf-8") for name in (layout.INVENTORY, "README.md")]
    return "".join([*written, envelope.payload.decode()])


def failures(done: Certified, folder: Path) -> list[tuple[str | None, str]]:
    return [(c.file, c.detail) for c in verify(done.folder, folder=folder).failed]


# --------------------------------------------------------------------------------- what is told


def test_every_claim_has_a_basis_and_what_is_unknown_is_a_gap(old: Path) -> None:
    done = certified(old)
    assert {claim["basis"] for claim in done.claims} == {"observed", "reconstructed"}
    assert claimed(done, "files") == [3]
    assert claimed(done, "rows") == [22]
    assert claimed(done, "licence") == ["MIT"]
    assert claimed(done, "date") == ["2021-05", "2021-05"]
    assert claimed(done, "split") == ["test", "train"]
    labels = claimed(done, "labels")
    assert {"column": "label", "values": {"a": 10, "b": 10}} in labels
    assert {"column": "label", "distinct_values": 2} in labels  # too few of each in the test file
    gaps = {gap["claim"] for gap in done.gaps}
    assert {"by what right the data is used", "who labelled it", "trusted time"} <= gaps
    assert "reconstructed: licence" in gaps


def test_rows_in_several_splits_are_counted_exactly(old: Path) -> None:
    (found,) = claimed(certified(old), "rows_in_several_splits")
    assert found == {
        "files": ["2021-05/test.csv", "2021-05/train.csv"],
        "splits": ["test", "train"],
        "rows": 1,
    }


def test_files_of_one_split_may_share_rows(old: Path) -> None:
    (old / "2021-05" / "test.csv").unlink()
    (old / "2021-05" / "train_2.csv").write_text(TRAIN)
    assert claimed(certified(old), "rows_in_several_splits") == []


def test_data_files_in_numbers(old: Path) -> None:
    rows = [{"q": "x", "n": 1}, {"q": None, "n": 2.5}]
    lines = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    (old / "a.jsonl.gz").write_bytes(gzip.compress(lines + b"{broken\n"))
    (old / "b.jsonl.zst").write_bytes(zstandard.compress(lines))
    (old / "c.json").write_text(json.dumps(rows))
    pl.DataFrame(rows, strict=False).write_parquet(old / "d.parquet")
    (old / "e.tsv").write_text("day\tyes\n2020-01-01\ttrue\n\tfalse\n")
    (old / "f.md").write_text("one\ntwo")
    (old / "g.parquet").write_text("not parquet")
    (old / "h.csv.gz").write_bytes(gzip.compress(TRAIN.encode())[:40])
    done = certified(old)
    assert data(done, "a.jsonl.gz")["rows"] == data(done, "b.jsonl.zst")["rows"] == 2
    assert data(done, "a.jsonl.gz")["unreadable_rows"] == {"broken_json": 1}
    for name in ("a.jsonl.gz", "c.json"):
        assert data(done, name)["columns"] == [
            {"name": "q", "type": "text", "null_share": 0.5},
            {"name": "n", "type": "integer/number", "null_share": 0},
        ]
    assert data(done, "d.parquet")["columns"][1] == {"name": "n", "type": "number", "null_share": 0}
    assert data(done, "e.tsv")["columns"] == [
        {"name": "day", "type": "date", "null_share": 0.5},
        {"name": "yes", "type": "boolean", "null_share": 0},
    ]
    assert data(done, "f.md") == {"format": "lines", "rows": 2}
    assert "unreadable" in data(done, "g.parquet")
    assert data(done, "h.csv.gz").keys() & {"unreadable", "unreadable_rows"}


def test_rows_that_cannot_be_read_are_a_gap(old: Path) -> None:
    def told() -> bool:
        return "every row of the data files" in {gap["claim"] for gap in certified(old).gaps}

    assert not told()
    (old / "a.jsonl").write_text('{"q": "x"}\n{broken\n')
    (old / "b.xlsx").write_text("no workbook")
    assert told()
    assert claimed(certified(old), "unreadable_rows") == [2]


def test_types_hold_over_all_of_a_file(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataset_pipeline.retrospective.profile._BATCH", 2)
    (old / "n.csv").write_text("n,m,d\n1,1,\n2,2.5,\nx,3,2020-01-01\n4,4,2020-01-02\n")
    types = [column["type"] for column in data(certified(old), "n.csv")["columns"]]
    assert types == ["text", "number", "date"]


def test_the_same_bytes_twice_are_told(old: Path) -> None:
    (old / "copy.csv").write_text(TRAIN)
    (old / "empty").touch()
    (old / "empty too").touch()
    assert inventory(certified(old))["duplicates"] == [["2021-05/train.csv", "copy.csv"]]


# ------------------------------------------------------------------------------ what never is told

SECRET = "Zebulon"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("no_header.csv", f"1,{SECRET} Smith,z@x.com\n2,Ann Lee,a@x.com\n"),
        ("words.csv", f"{SECRET},yes\n{SECRET},no\n"),
        ("keys.json", json.dumps([{f"{SECRET}@x.com": 1}])),
        ("label.csv", f"label\n{SECRET}\n" + "a\n" * 9),
        ("free.jsonl", "".join(json.dumps({"label": f"{SECRET} said {n}"}) + "\n" for n in "aab")),
        ("values.jsonl", json.dumps({"text": SECRET}) + "\n"),
        ("broken.jsonl", '{"text": "' + SECRET),
        ("LICENSE", f"Copyright {SECRET}"),
    ],
)
def test_no_value_of_a_record_is_told(old: Path, name: str, content: str) -> None:
    (old / name).write_text(content)
    done = certified(old)
    assert name in everything(done)
    assert SECRET not in everything(done)
    assert SECRET not in str(done)


# ------------------------------------------------------------------------------------ odd folders


def test_links_sockets_pipes_and_odd_names(old: Path) -> None:
    outside = old.parent / "outside.txt"
    outside.write_text(SECRET)
    (old / "link").symlink_to(outside)
    (old / "up").symlink_to(old.parent)
    (old / "nowhere").symlink_to("missing")
    os.mkfifo(old / "pipe")
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(old)  # a socket's path must be short
    server.bind("socket")
    os.chdir(here)
    odd = [b"line\nfeed.txt", b"bad\xff.csv", b"100%.md", "é́.txt".encode(), b"-rf", b"a|`b`.txt"]
    for name in odd:
        (old / os.fsdecode(name)).write_bytes(b"a\n")
    done = certified(old)
    server.close()
    found = inventory(done)
    assert {entry["path"] for entry in found["not_read"]} == {
        "link",
        "up",
        "nowhere",
        "pipe",
        "socket",
    }
    names = {file["path"] for file in found["files"]}
    assert {"line%0Afeed.txt", "bad%FF.csv", "100%25.md", "-rf"} <= names
    assert {raw_name(name) for name in names} >= set(odd)
    assert data(done, "bad%FF.csv")["format"] == "csv"
    assert SECRET not in everything(done)
    assert failures(done, old) == []


def test_a_folder_deeper_than_any_stack(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(old)
    for _ in range(1500):
        Path("d").mkdir()
        os.chdir("d")
    Path("x").touch()
    try:
        done = certified(old)
        assert inventory(done)["files"][-1]["path"].endswith("d/d/x")
        assert failures(done, old) == []
    finally:  # pytest's own cleaning has a stack
        subprocess.run(["rm", "-r", old], check=True)


@given(st.binary(min_size=1, max_size=40))
def test_any_name_can_be_told_and_had_back(name: bytes) -> None:
    told = told_name(name)
    assert told.isprintable() or not any(ord(char) < 32 for char in told)
    told.encode()
    assert raw_name(told) == name


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(old: Path) -> None:
    (old / "closed").write_text("x")
    (old / "closed").chmod(0)
    assert "cannot be read" in inventory(certified(old))["not_read"][0]["why"]


def test_a_file_that_changes_while_it_is_read(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.fstat

    def touched(descriptor: int) -> os.stat_result:
        found = before(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_size == len(TEST):
            os.utime(old / "2021-05" / "test.csv", ns=(1, 1))
            return before(descriptor)
        return found

    monkeypatch.setattr(os, "fstat", touched)
    (entry,) = inventory(certified(old))["not_read"]
    assert entry == {"path": "2021-05/test.csv", "why": "changed while it was read"}


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "void").mkdir()
    done = certified(tmp_path / "void")
    assert verify(done.folder, folder=tmp_path / "void").ok


def test_the_folder_is_not_changed_and_nothing_is_written_into_it(old: Path) -> None:
    def state() -> dict[str, tuple[int, bytes]]:
        found = (path for path in old.rglob("*") if path.is_file())
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}

    before = state()
    certified(old)
    assert state() == before
    with pytest.raises(ConfigError, match="must not change"):
        certified(old, out=old / "2021-05" / "certificate")
    (old.parent / "way in").symlink_to(old)
    with pytest.raises(ConfigError, match="must not change"):
        certified(old, out=old.parent / "way in" / "certificate")
    with pytest.raises(NotFoundError):
        certified(old.parent / "missing")
    assert state() == before


# ------------------------------------------------------------------------------- what is declared


def test_what_is_declared_is_marked_so_and_still_unproven(old: Path) -> None:
    (old / "folder.yaml").write_text(
        "title: Old *tickets*\nowners: [Ada]\nrights: {basis: own_work, training: allowed}\n"
    )
    done = certified(old)
    declared = {c["claim"]: c["value"] for c in done.claims if c["basis"] == "declared"}
    assert declared["owners"] == ["Ada"]
    assert declared["rights"]["training"] == "allowed"
    gaps = {gap["claim"] for gap in done.gaps}
    assert "who owns it" not in gaps
    assert {"declared: owners", "declared: rights", "when it was collected"} <= gaps
    assert "# Old \\*tickets\\*" in (done.folder / "README.md").read_text()


def test_about_wins_over_the_folders_own_and_may_lie_elsewhere(old: Path) -> None:
    (old / "folder.yaml").write_text("title: Mine\n")
    about = old.parent / "about.yaml"
    about.write_text("title: Yours\n")
    assert claimed(certified(old, about=about), "title") == ["Yours"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("titel: Zebulon\n", "titel"),
        ("rights: {basis: Zebulon, training: allowed}\n", "rights.basis"),
        ("- Zebulon\n", "the file"),
        ("{", "not YAML"),
        ("owners: [Ada]\nowners: [Bob]\n", "line 2: the key owners stands there twice"),
    ],
)
def test_a_declaration_that_is_wrong_is_told_without_its_values(
    old: Path, text: str, told: str
) -> None:
    (old / "folder.yaml").write_text(text)
    with pytest.raises(ConfigError, match=told) as error:
        certified(old)
    assert SECRET not in str(error.value)


# --------------------------------------------------------------------------- signed and verified


def test_it_verifies_and_says_when_the_folder_was_not_looked_at(old: Path) -> None:
    done = certified(old)
    found = verify(done.folder)
    assert (found.ok, found.kind) == (True, "retrospective")
    assert any("--folder" in claim.detail for claim in found.claims)
    assert verify(done.folder, folder=old).ok
    with pytest.raises(NotAPackage):
        verify(done.folder, folder=old / "missing")


CHANGES: dict[str, tuple[Callable[[Path], Any], tuple[str, str]]] = {
    "changed": (
        lambda old: (old / "LICENSE").write_text("all mine"),
        ("LICENSE", "was changed since"),
    ),
    "missing": (lambda old: (old / "LICENSE").unlink(), ("LICENSE", "is missing")),
    "added": (lambda old: (old / "new").touch(), ("new", "was added since")),
    "a link now": (
        lambda old: ((old / "LICENSE").unlink(), (old / "LICENSE").symlink_to("elsewhere")),
        ("LICENSE", "a link; links are not followed"),
    ),
    "an added pipe": (lambda old: os.mkfifo(old / "pipe"), ("pipe", "was added since")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_no_longer_as_it_was_is_named(old: Path, name: str) -> None:
    change, told = CHANGES[name]
    done = certified(old)
    change(old)
    assert failures(done, old) == [told]
    assert not verify(done.folder, folder=old).ok


@pytest.mark.parametrize("file", [layout.INVENTORY, layout.README])
@pytest.mark.parametrize("change", ["edit", "remove"])
def test_its_own_files_are_protected(old: Path, file: str, change: str) -> None:
    done = certified(old)
    path = done.folder / file
    if change == "edit":
        path.write_bytes(path.read_bytes().replace(b"2021", b"2020"))
    else:
        path.unlink()
    assert not verify(done.folder).ok
    assert not verify(done.folder, folder=old).ok


def test_another_kind_of_statement_does_not_pass(old: Path) -> None:
    done = certified(old)
    path = done.folder / layout.RETROSPECTIVE_CERTIFICATE
    path.rename(done.folder / layout.TRAINING_CERTIFICATE)
    assert not verify(done.folder).ok


# -------------------------------------------------------------------------------- once, and logged


def test_the_same_folder_is_certified_once_and_entered_in_ledger_and_access_log(old: Path) -> None:
    first, again = certified(old), certified(old)
    assert (first.fresh, again.fresh) == (True, False)
    assert first.folder == again.folder
    store = Store(old.parent / "store")
    (entry,) = store.ledger.entries()
    assert (entry["kind"], entry["dataset"]) == ("retrospective", "old_data")
    assert entry["version"] == first.digest
    (access,) = store.access_log("old_data").entries()
    assert (access["what"], access["digests"]) == ("export", [first.digest])
    (old / "LICENSE").write_text("other")
    assert certified(old).folder != first.folder


def test_an_entry_that_a_killed_run_left_out_is_made_up_for(old: Path) -> None:
    done = certified(old)
    store = Store(old.parent / "store")
    for path in store.ledger.path.parent.iterdir():
        path.unlink()
    certified(old)
    assert [entry["version"] for entry in store.ledger.entries()] == [done.digest]


def test_out_is_never_overwritten(old: Path) -> None:
    out = old.parent / "out"
    assert certified(old, out=out).folder == out
    assert not certified(old, out=out).fresh
    about = old.parent / "about.yaml"
    about.write_text("title: declared since\n")
    with pytest.raises(StoreError, match="never overwritten"):
        certified(old, out=out, about=about)
    (old / "LICENSE").write_text("other")
    with pytest.raises(StoreError, match="never overwritten"):
        certified(old, out=out)
    (old.parent / "taken").mkdir()
    (old.parent / "taken" / "mine.txt").write_text("mine")
    with pytest.raises(StoreError, match="never overwritten"):
        certified(old, out=old.parent / "taken")


# ------------------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("name", "split", "day"),
    [
        ("train.csv", "train", None),
        ("data/valid-00001.parquet", "validation", None),
        ("test_2020-01-31.jsonl", "test", "2020-01-31"),
        ("train_test.csv", None, None),
        ("constraint.csv", None, None),
        ("export_20210230.csv", None, None),
        ("export_202102.csv", None, "2021-02"),
        ("id_1202010199.csv", None, None),
    ],
)
def test_what_names_give_away(name: str, split: str | None, day: str | None) -> None:
    assert (split_of(name), date_of(name)) == (split, day)


def test_each_section_says_how_complete_it_is_and_what_it_rests_on(old: Path) -> None:
    (old / "folder.yaml").write_text("owners: [team:ml]\nsources: [a forum]\n")
    (old / "link").symlink_to("elsewhere")
    (old / "broken.parquet").write_bytes(b"no Parquet")
    done = certified(old)
    data = (done.folder / layout.RETROSPECTIVE_CERTIFICATE).read_bytes()
    statement = dict(read_envelope(data).statement)
    assert unnamed(statement) == []
    told = statement["predicate"]["completeness"]
    assert told["overall"] == "partial", "nobody saw how the files came about"
    sections = told["sections"]
    assert {part["recorded"] for part in sections.values()} == {"reconstructed"}
    assert {name: part["status"] for name, part in sections.items()} == {
        "inventory": "partial",
        "content": "partial",
        "description": "partial",
        "sources": "partial",
        "rights": "partial",
        "collection": "partial",
        "history": "none",
        "transformations": "none",
        "annotations": "partial",
        "splits": "partial",
        "leakage": "partial",
        "privacy": "none",
    }
    assert sections["rights"]["basis"] == ["reconstructed"], "a licence file is no declaration"
    assert sections["sources"]["basis"] == ["declared"]
    assert sections["inventory"]["basis"] == ["observed"]
    assert "how it was split" in sections["splits"]["why"]
    assert all(claim["section"] in sections for claim in done.claims)
    (found,) = (c for c in verify(done.folder).claims if c.name == "completeness")
    assert found.status == "not_provable"
    assert found.detail.startswith("partial: ")


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.update(reconstructed=False),
        lambda p: p.pop("completeness"),
        lambda p: p.update(gaps=[]),
        lambda p: p["claims"][0].update(basis="known"),
        lambda p: p["completeness"].update(overall="whole"),
        lambda p: p["completeness"]["sections"]["rights"].update(status="fine"),
        lambda p: p["folder"].update(digest="ab"),
    ],
)
def test_the_schema_refuses(old: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = (certified(old).folder / layout.RETROSPECTIVE_CERTIFICATE).read_bytes()
    statement = json.loads(json.dumps(read_envelope(data).statement))
    assert problems(statement) == []
    change(statement["predicate"])
    assert problems(statement)
