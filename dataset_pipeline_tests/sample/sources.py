"""Gives records their keys and their native form: the five exports and the folder of articles."""

import csv
import io
import json
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.kb import articles
from dataset_pipeline_tests.sample.malformed import KB_FILES, RowFile, crm_rows, helpdesk_rows
from dataset_pipeline_tests.sample.ordinary import CLOSED, CRM, HELPDESK
from dataset_pipeline_tests.sample.people import local
from dataset_pipeline_tests.sample.record import Record

SOURCES = PurePosixPath("sources")
KEYS = {
    HELPDESK: ("HD-{:06d}", 100020, 3),
    CRM: ("CRM-{:06d}", 100, 3),
    CLOSED: ("CC-{:05d}", 10, 2),
}
CRM_COLUMNS = ("id", "customer", "created", "channel", "region", "topic", "text")
ALMATY = timedelta(hours=5)
Files = dict[PurePosixPath, bytes]
Truth = list[dict[str, Any]]


def give_keys(records: list[Record]) -> None:
    """Numbers the records of each source in the order of time, with gaps as in real systems."""
    records.sort(key=lambda record: (record.source, record.moment, record.customer.customer_id))
    for source, (form, start, gap) in KEYS.items():
        dice, number = Dice("keys", source), start
        for record in records:
            if record.source == source:
                number += dice.between(1, gap)
                record.key = form.format(number)


def json_line(row: dict[str, Any]) -> bytes:
    return (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def csv_bytes(rows: list[dict[str, str]], **style: Any) -> bytes:
    """A CSV file in UTF-8 with a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n", **style)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def helpdesk(records: list[Record]) -> tuple[Files, Truth]:
    """One file of JSON lines for each month, the local one of the ticket."""
    months: dict[str, list[Record]] = {}
    for record in records:
        if record.source == HELPDESK:
            months.setdefault(f"{local(record.moment, record.customer.region):%Y-%m}", []).append(
                record
            )
    files: Files = {}
    truth: Truth = []
    for month, group in sorted(months.items()):
        path = SOURCES / "helpdesk" / f"{month}.jsonl"
        rows = [json_line(_ticket(record)) for record in group]
        broken = helpdesk_rows(month, [record.key for record in group])
        files[path], entries = RowFile(HELPDESK, path, rows, broken).assembled()
        truth += entries
    return files, truth


def _ticket(record: Record) -> dict[str, Any]:
    return {
        "ticket_id": record.key,
        "customer_id": record.customer.customer_id,
        "opened_at": local(record.moment, record.customer.region).isoformat(),
        "channel": record.channel,
        "region": record.region,
        "subject": record.subject,
        "intent": record.intent,
        "turns": [{"from": turn.author, "text": turn.text} for turn in record.turns],
    }


def crm(records: list[Record]) -> tuple[Files, Truth]:
    """The CRM's export as Windows writes it: windows-1251, semicolons, CRLF, Almaty's clock."""
    group = [record for record in records if record.source == CRM]
    rows = [_crm_line(CRM_COLUMNS)]
    for record in group:
        created = f"{record.moment + ALMATY:%d.%m.%Y %H:%M}"
        person = record.customer.customer_id
        columns = (record.key, person, created, record.channel, record.region, record.intent)
        rows.append(_crm_line((*columns, record.prompt)))
    path = SOURCES / "crm" / "crm_export.csv"
    broken = crm_rows([record.key for record in group])
    data, truth = RowFile(CRM, path, rows, broken).assembled()
    return {path: data}, truth


def _crm_line(columns: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(columns)
    return out.getvalue().encode("cp1251")


def closed_cases(records: list[Record]) -> tuple[Files, Truth]:
    """A Parquet file; its bad rows hold nulls where a value must be, or a case twice."""
    rows = [_case(record) for record in records if record.source == CLOSED]
    path = SOURCES / "closed_cases" / "cases.parquet"
    spare = {
        "question": "Who holds the keys of the show flat?",
        "resolution": "The sales office does.",
    }
    broken = (
        ("missing_key", rows[30] | spare | {"case_id": None}),
        ("missing_text", rows[31] | {"case_id": "CC-08001", "question": None}),
        ("missing_text", rows[32] | {"case_id": "CC-08002", "question": "  "}),
        ("invalid_date", rows[33] | {"case_id": "CC-08003", "closed_at": None}),
        ("duplicate_key", rows[34] | spare),
        ("duplicate_key", rows[350] | {"question": "Is the tour of the factory on Friday?"}),
    )
    truth: Truth = []
    for place, (rule, row) in enumerate(broken):
        at = 60 + 70 * place if rule != "duplicate_key" else len(rows) - 3 * place
        rows.insert(at, row)
    for number, row in enumerate(rows, start=1):
        for rule, bad in broken:
            if row is bad:
                entry = {"source": CLOSED, "file": str(path), "row": number, "rule": rule}
                truth.append(entry | ({"key": row["case_id"]} if row["case_id"] else {}))
    out = io.BytesIO()
    schema = dict.fromkeys(rows[0], pl.String) | {"closed_at": pl.Datetime("us", "UTC")}
    pl.DataFrame(rows, schema=schema).write_parquet(out, compression="zstd", compression_level=9)
    return {path: out.getvalue()}, truth


def _case(record: Record) -> dict[str, Any]:
    return {
        "case_id": record.key,
        "customer_id": record.customer.customer_id,
        "closed_at": record.moment,
        "channel": record.channel,
        "region": record.region,
        "language": record.language,
        "question": record.turns[0].text,
        "resolution": record.turns[1].text,
        "intent": record.intent,
    }


def knowledge_base() -> tuple[Files, Truth]:
    """One Markdown file for each article, and six that are not articles."""
    folder = SOURCES / "kb"
    files = {folder / f"{article.key}.md": article.markdown().encode() for article in articles()}
    truth: Truth = []
    for name, (rule, text) in KB_FILES.items():
        files[folder / name] = text.encode()
        truth.append({"source": "kb", "file": str(folder / name), "line": 1, "rule": rule})
    return files, truth
