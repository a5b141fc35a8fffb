"""The same few texts as a source of every kind would hold them."""

import gzip
import io
import json
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cache
from hashlib import sha256
from typing import Any

import polars as pl
import zstandard
from PIL import Image

from dataset_pipeline_tests.stages.readers.making import docx, pdf, xlsx

Texts = Mapping[str, str]  # by key
Files = dict[str, bytes]
Fields = dict[str, Any]

STAYS, CHANGES, VANISHES, APPEARS = "k1", "k2", "k3", "k4"
FIRST, SECOND = (STAYS, CHANGES, VANISHES), (STAYS, CHANGES, APPEARS)
WORDS = [
    "parcel", "refund", "invoice", "driver", "window", "address", "account", "password", "signal",
    "battery", "screen", "printer", "ticket", "booking", "flight", "luggage", "voucher",
    "discount", "warranty", "repair", "charger", "cable", "router", "modem", "street", "garden",
    "kitchen", "market", "office", "teacher", "winter", "summer", "orange", "purple", "silver",
    "copper", "wooden", "gentle", "sudden", "narrow", "distant", "hollow", "bright", "quiet",
    "frozen", "broken", "hidden", "later", "maybe", "almost", "never"
]  # fmt: skip


def texts(source: str, keys: tuple[str, ...]) -> dict[str, str]:
    """What a source says under each key; under ``CHANGES`` something else the second time."""
    return {key: _sentence(source, key, keys if key == CHANGES else ()) for key in keys}


def _sentence(*seed: Any) -> str:
    drawn = sha256(repr(seed).encode()).digest()[:14]
    return f"I have a question about the {' '.join(WORDS[n % len(WORDS)] for n in drawn)}."


def halves(text: str) -> tuple[str, str]:
    """Subject and body, as some systems keep them."""
    words = text.split()
    return " ".join(words[:8]), " ".join(words[8:])


@dataclass(frozen=True)
class Kind:
    """How one kind of source holds texts.

    ``files``: the texts as files; ``key``: a text's key as the source has it; ``form``: the rest
    of the source's configuration; ``each``: each text is a file of its own.
    """

    kind: str
    files: Callable[[Texts], Files]
    fields: Fields
    pattern: str = "*"
    key: Callable[[str], str] = str
    form: Mapping[str, Any] = field(default_factory=dict)
    each: bool = True


SUBJECT_AND_BODY = {"sql": "concat_ws(': ', subject, body)"}
TITLE_AND_BODY = {"sql": "concat_ws(': ', title, body)"}
ROWS: Fields = {"key": "id", "prompt": SUBJECT_AND_BODY, "group_id": "id"}
SAID: Fields = {
    "key": "id",
    "group_id": "thread",
    "event_time": {"column": "time"},
    "turns": {"column": "turns", "roles": {"Anna": "user"}, "others": "assistant"},
}


def rows(said: Texts) -> list[dict[str, Any]]:
    return [
        {"id": key, "subject": subject, "body": body}
        for key, (subject, body) in ((key, halves(text)) for key, text in said.items())
    ]


def jsonl(said: Texts) -> Files:
    """Each row a file: plain, gzip and Zstandard; one names files, one line is broken."""
    packed = {
        STAYS: (".jsonl", lambda data: data + b"{broken\n"),
        CHANGES: (".jsonl.gz", lambda data: gzip.compress(data, mtime=0)),
        VANISHES: (".jsonl.zst", zstandard.compress),
        APPEARS: (".jsonl.zst", zstandard.compress),
    }
    found = {}
    for row in rows(said):
        suffix, pack = packed[row["id"]]
        files = ["plain.png", "lost.png"] if row["id"] == STAYS else []
        line = json.dumps({**row, "files": files}).encode() + b"\n"
        found[row["id"] + suffix] = pack(line)  # type: ignore[no-untyped-call]
    return found


def json_file(said: Texts) -> Files:
    return {"export.json": json.dumps({"data": {"rows": rows(said)}}).encode()}


NOTE = "Заказ клиента не пришёл вовремя, и он просит вернуть деньги за доставку"


def csv(said: Texts) -> Files:
    lines = [f"{row['id']};{row['subject']};{row['body']};{NOTE}" for row in rows(said)]
    return {"export.csv": "\n".join(["id;subject;body;note", *lines, ""]).encode("cp1251")}


def tsv(said: Texts) -> Files:
    lines = [f"{row['id']}\t{row['subject']}\t{row['body']}" for row in rows(said)]
    return {"export.tsv": "\n".join(["id\tsubject\tbody", *lines, ""]).encode()}


def excel(said: Texts) -> Files:
    return {"export.xlsx": xlsx(["id", "subject", "body"], *(list(r.values()) for r in rows(said)))}


def parquet(said: Texts) -> Files:
    data = io.BytesIO()
    pl.DataFrame(rows(said)).write_parquet(data)
    return {"export.parquet": data.getvalue()}


def text(said: Texts) -> Files:
    return {f"{key}.txt": text.encode() for key, text in said.items()}


def markdown(said: Texts) -> Files:
    return {f"{r['id']}.md": f"---\ntitle: {r['subject']}\n---\n{r['body']}\n".encode()
            for r in rows(said)}  # fmt: skip


def html(said: Texts) -> Files:
    page = "<html><head><title>{subject}</title></head><body><nav>Menu</nav><p>{body}</p></body>"
    return {f"{row['id']}.html": page.format(**row).encode() for row in rows(said)}


def _mail(row: Mapping[str, str]) -> bytes:
    made = EmailMessage()
    made["From"], made["To"] = "Anna <anna@example.org>", "help@shop.example"
    made["Subject"], made["Date"] = row["subject"], "Fri, 01 May 2026 10:00:00 +0500"
    made["Message-ID"] = f"<{row['id']}@example.org>"
    made.set_content(row["body"])
    if row["id"] == STAYS:
        made.add_attachment(picture(STAYS), maintype="image", subtype="png", filename="a.png")
        made.set_boundary("between-the-parts")
    return made.as_bytes()


def mails(said: Texts) -> Files:
    """One mail alone, the others in an archive."""
    first, *others = rows(said)
    head = b"From a@example.org Fri May  1 10:00:00 2026\n"
    archive = b"".join(head + _mail(row) + b"\n\n" for row in others)
    return {"first.eml": _mail(first), "others.mbox": archive}


def pdfs(said: Texts) -> Files:
    return {f"{row['id']}.pdf": pdf(row["body"], title=row["subject"]) for row in rows(said)}


def word(said: Texts) -> Files:
    return {f"{row['id']}.docx": _document(row["body"], row["subject"]) for row in rows(said)}


@cache  # the bytes of a document hold the time at which they were made
def _document(body: str, title: str) -> bytes:
    return docx(body, title=title)


def slack(said: Texts) -> Files:
    return {
        f"{key}/2026-05-01.json": json.dumps(
            [
                {"type": "message", "ts": "1777600001.0001", "username": "Anna", "text": asked},
                {"type": "message", "ts": "1777600002.0001", "username": "Bot", "text": "Yes."},
            ]
        ).encode()
        for key, asked in said.items()
    }


def telegram(said: Texts) -> Files:
    chats = [
        {
            "id": int(key[1:]), "name": f"Chat {key}", "type": "personal_chat",
            "messages": [
                {"id": 1, "type": "message", "date_unixtime": "1777600001", "from": "Anna",
                 "text": asked},
                {"id": 2, "type": "message", "date_unixtime": "1777600002", "from": "Bot",
                 "text": "Yes, of course."},
            ],
        }
        for key, asked in said.items()
    ]  # fmt: skip
    return {"result.json": json.dumps({"chats": {"list": chats}}).encode()}


def whatsapp(said: Texts) -> Files:
    return {
        f"{key}.txt": f"01.05.26, 21:15 - Anna: {asked}\n01.05.26, 21:16 - Bot: Yes.\n".encode()
        for key, asked in said.items()
    }


def messages(said: Texts) -> Files:
    lines = [
        json.dumps({"id": key, "messages": [
            {"role": "user", "content": asked, "time": "2026-05-01T10:00:00Z"},
            {"role": "assistant", "content": "Yes."},
        ]})
        for key, asked in said.items()
    ]  # fmt: skip
    return {"chats.jsonl": "\n".join([*lines, ""]).encode()}


def picture(seed: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (4, 3), sha256(seed.encode()).digest()[0]).save(data, "PNG")
    return data.getvalue()


def recording() -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(bytes(800))
    return data.getvalue()


def catalogued(said: Texts) -> Files:
    """Each text beside a picture or a recording, and a picture without a text."""
    media = {STAYS: (".wav", recording())}
    found = {"plain.png": picture("plain")}
    for key, asked in said.items():
        suffix, data = media.get(key, (".png", picture(asked)))
        found |= {f"{key}{suffix}": data, f"{key}.txt": asked.encode()}
    return found


def _named(suffix: str) -> Callable[[str], str]:
    return lambda key: f"{key}{suffix}"


LOCAL = {
    "jsonl": Kind("jsonl", jsonl, {**ROWS, "attachments": "files"}),
    "json": Kind("json", json_file, ROWS, form={"records": "data.rows"}, each=False),
    "csv": Kind("csv", csv, {**ROWS, "attributes": {"note": {"sql": "upper(note)"}}},
                form={"encoding": "detect", "delimiter": "detect"}, each=False),
    "tsv": Kind("tsv", tsv, ROWS, each=False),
    "excel": Kind("excel", excel, ROWS, each=False),
    "parquet": Kind("parquet", parquet, ROWS, each=False),
    "text": Kind("text", text, {"key": "name", "prompt": "body"}, key=_named(".txt")),
    "markdown": Kind("markdown", markdown, {"key": "name", "prompt": TITLE_AND_BODY},
                     key=_named(".md")),
    "html": Kind("html", html, {"key": "name", "prompt": TITLE_AND_BODY}, key=_named(".html")),
    "email": Kind(
        "email", mails,
        {"key": "message_id", "group_id": "thread", "event_time": {"column": "date"},
         "prompt": SUBJECT_AND_BODY, "attachments": "attachments"},
        key=_named("@example.org"), each=False,
    ),
    "pdf": Kind("pdf", pdfs, {"key": "name", "prompt": TITLE_AND_BODY}, key=_named(".pdf")),
    "docx": Kind("docx", word, {"key": "name", "prompt": TITLE_AND_BODY}, key=_named(".docx")),
    "slack": Kind("chat", slack, SAID, "*/*.json", key=_named("/2026-05-01"),
                  form={"format": "slack"}),
    "telegram": Kind("chat", telegram, SAID, key=lambda key: key[1:],
                     form={"format": "telegram"}, each=False),
    "whatsapp": Kind("chat", whatsapp, {**SAID, "event_time": {"column": "time",
                     "timezone": "Asia/Almaty"}},
                     key=lambda key: f"sources/whatsapp/{key}.txt", form={"format": "whatsapp"}),
    "messages": Kind("chat", messages, SAID, form={"format": "messages"}, each=False),
    "files": Kind("files", catalogued, {},
                  key=lambda key: f"sources/files/{key}{'.wav' if key == STAYS else '.png'}"),
}  # fmt: skip
