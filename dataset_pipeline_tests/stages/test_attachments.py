"""Names of files are found among the files that were catalogued, or said not to be."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dataset_pipeline.config import Source
from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.records import ATTACHMENT, RECORD_SCHEMA
from dataset_pipeline.stages.attachments import resolved
from dataset_pipeline.stages.raw import raw
from dataset_pipeline.stages.raw_source import raw_source
from dataset_pipeline.stages.readers.rows import SourceFile
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.rights import RightsDecision
from dataset_pipeline_tests.stages.readers.making import collected, source

IN = RightsDecision((), {"basis": "contract"})
OUT = RightsDecision((("rights_expired", "the right ended"),), {"basis": "consent"})
FILES = {
    "s/a.png": "A",
    "s/b.png": "B",
    "t/b.png": "C",
    "u/same.png": "A",
    "same.png": "D",
    "Й.png": "E",
}


def file(name: str | None, sha256: str | None = None) -> dict[str, Any]:
    known = {"media_type": "image/png", "bytes": 3} if sha256 else {}
    return {**dict.fromkeys(ATTACHMENT), "name": name, "sha256": sha256, **known}


def frame(*rows: dict[str, Any]) -> pl.LazyFrame:
    named = [
        {"record_id": f"r{n}", "prompt": "p", "attributes": [], **row} for n, row in enumerate(rows)
    ]
    return pl.LazyFrame(named, schema=RECORD_SCHEMA)


def catalogue(files: dict[str, str]) -> pl.LazyFrame:
    return frame(*({"attachments": [file(*item)]} for item in files.items()))


def looked_up(*names: str, withheld: dict[str, str] | None = None) -> dict[str, str | None]:
    """The digest (None: none) of each name that is carried."""
    records = frame({"attachments": [file(name) for name in names]})
    found = resolved({"t": records}, catalogue(FILES), catalogue(withheld or {}))
    items = found.filled(records).collect()["attachments"].to_list()[0]
    return {item["name"]: item["sha256"] for item in items}


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        ("s/a.png", "A"),
        ("a.png", "A"),
        ("./s/a.png", "A"),
        ("/s/a.png", "A"),
        ("s\\a.png", "A"),
        ("t/b.png", "C"),
        ("b.png", None),  # two files
        ("same.png", "D"),  # a whole path goes before an end
        ("u/same.png", "A"),
        ("И\u0306.png", "E"),  # as some systems write it
        ("x/a.png", None),  # another folder
        (".png", None),
        ("A.png", None),
    ],
)
def test_a_name_is_a_path_or_its_end(name: str, sha256: str | None) -> None:
    assert looked_up(name) == {name: sha256}


def test_files_with_the_same_content_are_one() -> None:
    files = catalogue({"a/1.png": "A", "b/1.png": "A"})
    records = frame({"attachments": [file("1.png")]})
    found = resolved({"t": records}, files, catalogue({}))
    assert found.filled(records).collect()["attachments"][0][0]["sha256"] == "A"


@pytest.mark.parametrize("withheld", [{"x/a.png": "X"}, {"x/a.png": "A"}, {"a.png": "A"}])
def test_a_name_that_may_mean_a_withheld_file_is_withheld(withheld: dict[str, str]) -> None:
    assert looked_up("a.png", "t/b.png", withheld=withheld) == {"t/b.png": "C"}


def test_what_became_of_them_is_counted_by_source() -> None:
    tickets = frame({"attachments": [file("s/a.png"), file("b.png")]}, {}, {"attachments": []})
    mails = frame({"attachments": [file("x.png"), file("a.png", "own"), file("lost")]})
    kept = {"tickets": tickets, "mails": mails}
    found = resolved(kept, catalogue(FILES), catalogue({"x.png": "X"}))
    assert found.counts.rows() == [
        ("mails", "carried", 1),
        ("mails", "unknown", 1),
        ("mails", "withheld", 1),
        ("tickets", "ambiguous", 1),
        ("tickets", "carried", 1),
    ]
    assert found.metrics["attachments_carried"] == 2
    (items,) = found.filled(mails).collect()["attachments"].to_list()
    assert items == [file("a.png", "own"), file("lost")]
    assert found.filled(tickets).collect_schema() == pl.Schema(RECORD_SCHEMA)


def united(decision: RightsDecision, forbidden: tuple[str, ...] = ()) -> StageResult:
    category = [{"key": "category", "value": "health"}]
    files = frame(
        {"record_id": "f0", "prompt": "", "attachments": [file("s/a.png", "A")]},
        {"record_id": "f1", "attachments": [file("s/b.png", "B")], "attributes": category},
    )
    tickets = frame({"attachments": [file("a.png"), file("b.png")]})
    decisions = {"tickets": IN, "files": decision}
    return raw({"tickets": tickets, "files": files}, decisions, forbidden, ["files"])


def carried(result: StageResult) -> dict[str, list[str]]:
    rows = result.kept.select("record_id", "attachments").collect().rows()
    return {key: [item["sha256"] for item in items] for key, items in rows}


def out(result: StageResult) -> dict[str, str]:
    return dict(result.excluded.collect().select("record_id", "rule").iter_rows())


def test_a_file_without_text_is_carried_but_no_example() -> None:
    result = united(IN)
    assert carried(result) == {"f1": ["B"], "r0": ["A", "B"]}
    assert out(result) == {"f0": "file_without_text"}
    assert result.excluded.collect()["evidence"].to_list() == ['{"sha256":"A"}']


def test_files_of_a_source_without_a_right_are_not_carried() -> None:
    result = united(OUT)
    assert carried(result) == {"r0": []}
    assert out(result) == {"f0": "rights_expired", "f1": "rights_expired"}
    assert result.metrics["attachments_withheld"] == 2


def test_files_of_a_forbidden_category_are_not_carried() -> None:
    result = united(IN, ("health",))
    assert carried(result) == {"r0": ["A"]}
    assert out(result)["f1"] == "restricted_category"


def read(folder: Path, made: Source, files: dict[str, bytes]) -> list[dict[str, Any]]:
    batch: list[SourceFile] = collected(folder, files)
    return raw_source("s", made, "batch", batch).kept.sort("source_ref").collect().to_dicts()


def test_a_file_is_its_own_attachment(tmp_path: Path) -> None:
    files = {"s/a.png": b"a", "s/a.txt": b"A receipt.", "s/b.png": b"b"}
    first, second = read(tmp_path, source("files"), files)
    assert (first["prompt"], second["prompt"]) == ("A receipt.", "")
    assert [item["name"] for item in first["attachments"]] == ["s/a.png"]
    assert second["attachments"][0]["bytes"] == 1
    assert len(second["attachments"][0]["sha256"]) == 64
    assert first["record_id"] != second["record_id"]


def test_what_else_is_mapped_of_a_file_stays(tmp_path: Path) -> None:
    fields = {"prompt": {"sql": "concat('A file called ', name)"}, "attributes": {"kind": "name"}}
    (row,) = read(tmp_path, source("files", fields=fields), {"s/a.png": b"a"})
    assert row["prompt"] == "A file called a.png"
    assert row["attributes"] == [{"key": "kind", "value": "a.png"}]
    assert len(row["attachments"]) == 1


FIELDS = {"key": "id", "prompt": "t", "attachments": "files"}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("csv", b'id,t,files\n1,text,"a.png; b,c.png"\n'),
        ("jsonl", b'{"id":"1","t":"text","files":["a.png"," b","c.png",""]}\n'),
        ("jsonl", b'{"id":"1","t":"text","files":"a.png,b\\nc.png"}\n'),
        ("json", b'[{"id":"1","t":"text","files":["a.png","b","c.png"]}]'),
    ],
)
def test_names_are_a_list_or_a_text_with_separators(tmp_path: Path, kind: str, data: bytes) -> None:
    (row,) = read(tmp_path, source(kind, fields=FIELDS), {"rows": data})
    assert row["attachments"] == [file("a.png"), file("b"), file("c.png")]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["a.png; b"], [file("a.png"), file("b")]),
        ([["a.png", "b, c"]], [file("a.png"), file("b, c")]),
        ([None], None),
        ([[{"name": "a.png", "sha256": "f"}]], "wrong_type"),
        ([b"a"], "wrong_type"),
        (["a\x00b"], "nul_bytes"),
    ],
)
def test_names_in_typed_columns(tmp_path: Path, values: list[Any], found: Any) -> None:
    """Only a reader that has the bytes describes a file; a column that claims to is refused."""
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"id": ["1"], "t": ["text"], "files": values}).write_parquet(path)
    batch = [SourceFile("rows.parquet", path)]
    result = raw_source("s", source("parquet", fields=FIELDS), "batch", batch)
    if isinstance(found, str):
        assert result.excluded.collect()["rule"].to_list() == [found]
    else:
        assert result.kept.collect()["attachments"].to_list() == [found]


def test_files_that_a_table_describes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    claimed = pl.Series([[file("a.png", "forged")]], dtype=RECORD_SCHEMA["attachments"])
    pl.DataFrame({"id": ["1"], "t": ["text"], "files": claimed}).write_parquet(path)
    batch = [SourceFile("rows.parquet", path)]
    result = raw_source("s", source("parquet", fields=FIELDS), "batch", batch)
    assert result.excluded.collect()["rule"].to_list() == ["wrong_type"]


def mail(attached: dict[str, bytes]) -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"] = "a@b.example", "a.png"
    made.set_content("What is this?")
    for name, data in attached.items():
        made.add_attachment(data, maintype="image", subtype="png", filename=name)
    return made.as_bytes()


@pytest.mark.parametrize("column", ["attachments", "subject"])
def test_a_mails_files_are_known_by_its_own_bytes(tmp_path: Path, column: str) -> None:
    fields = {"prompt": "body", "attachments": column}
    data = mail({"a.png": b"abc", "чек.png": b""})
    (row,) = read(tmp_path, source("email", fields=fields), {"a.eml": data})
    first = {"name": "a.png", "sha256": sha256_hex(b"abc"), "media_type": "image/png", "bytes": 3}
    second = {**first, "name": "чек.png", "sha256": sha256_hex(b""), "bytes": 0}
    assert row["attachments"] == ([first, second] if column == "attachments" else [file("a.png")])
