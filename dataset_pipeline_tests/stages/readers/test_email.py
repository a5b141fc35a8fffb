"""Mails as they come: encoded, multipart, lying about themselves, in archives."""

import gzip
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.stages.readers.rows import Row
from dataset_pipeline_tests.stages.readers.making import read, rules, source, values


def mail(**headers: str) -> EmailMessage:
    made = EmailMessage()
    said = {
        "From": "Анна Б. <Anna@Example.org>",
        "To": "Support <help@shop.example>, Бот <bot@shop.example>",
        "Subject": "Заказ № 5 так и не пришёл, хотя прошло уже больше двух недель с оплаты",
        "Date": "Fri, 01 May 2026 10:00:00 +0500",
        "Message-ID": "<3@x>",
        "In-Reply-To": "<2@x>",
        "References": "<1@x>\r\n <2@x>",
    }
    for name, value in {**said, **{k.replace("_", "-"): v for k, v in headers.items()}}.items():
        if value:
            made[name] = value.replace("\r\n", "")
    made.set_content("Здравствуйте!\n\nГде мой заказ?\n")
    return made


def one(folder: Path, data: bytes, name: str = "a.eml") -> Any:
    (found,) = values(read(folder, source("email"), {name: data}))
    return found


def test_a_mail(tmp_path: Path) -> None:
    made = mail(Cc="Boss@shop.example")
    made.add_alternative("<p>HTML</p>", subtype="html")
    made.add_attachment(b"x", maintype="image", subtype="png", filename="чек.png")
    assert one(tmp_path, made.as_bytes()) == {
        "message_id": "3@x",
        "subject": "Заказ № 5 так и не пришёл, хотя прошло уже больше двух недель с оплаты",
        "sender": "anna@example.org",
        "recipients": "help@shop.example, bot@shop.example, boss@shop.example",
        "date": datetime(2026, 5, 1, 5, tzinfo=UTC),
        "in_reply_to": "2@x",
        "thread": "1@x",
        "body": "Здравствуйте!\n\nГде мой заказ?",
        "attachments": [
            {
                "name": "чек.png",
                "sha256": sha256_hex(b"x"),
                "media_type": "image/png",
                "bytes": 1,
            }
        ],
    }


@pytest.mark.parametrize(
    ("without", "thread"),
    [([], "1@x"), (["References"], "2@x"), (["References", "In_Reply_To"], "3@x")],
)
def test_the_thread_is_named_by_its_first_mail(
    tmp_path: Path, without: list[str], thread: str
) -> None:
    made = mail(**dict.fromkeys(without, ""))
    assert one(tmp_path, made.as_bytes())["thread"] == thread


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Fri, 01 May 2026 10:00:00 -0000", datetime(2026, 5, 1, 10, tzinfo=UTC)),
        ("1 May 2026 10:00 GMT", datetime(2026, 5, 1, 10, tzinfo=UTC)),
        ("last Friday", None),
        ("Fri, 99 May 2026 10:00:00 +0000", None),
    ],
)
def test_dates(tmp_path: Path, written: str, found: datetime | None) -> None:
    data = mail().as_bytes().replace(b"Fri, 01 May 2026 10:00:00 +0500", written.encode())
    assert one(tmp_path, data)["date"] == found


HEAD = b"From: a@b.example\nSubject: s\nContent-Type: text/plain; charset=%s\n\n"
QUESTION = "Здравствуйте, где мой заказ? Прошло две недели, а его всё нет."


@pytest.mark.parametrize(
    ("charset", "encoding", "text"),
    [
        (b"koi8-r", "koi8-r", QUESTION),
        (b"utf-8", "cp1251", QUESTION),  # a lie
        (b"us-ascii", "utf-8", QUESTION),  # a lie
        (b"iso-8859-1", "utf-8", QUESTION),  # a lie
        (b"windows-1251", "utf-8", QUESTION),  # a lie
        (b"koi8-r", "utf-8", QUESTION),  # a lie
        (b"iso-8859-1", "latin-1", "Wo ist meine Bestellung? Grüße"),
        (b"x-unknown", "utf-8", QUESTION),
        (b"unknown-8bit", "cp1251", QUESTION),
    ],
)
def test_charsets_and_lies(tmp_path: Path, charset: bytes, encoding: str, text: str) -> None:
    assert one(tmp_path, HEAD % charset + text.encode(encoding))["body"] == text


def test_headers_that_are_not_as_they_should_be(tmp_path: Path) -> None:
    data = "From: Анна <a@b.example>\nSubject: Где заказ?\nTo: =?x-no?B?////?=\n\nx".encode()
    found = one(tmp_path, data)
    assert (found["subject"], found["sender"]) == ("Где заказ?", "a@b.example")
    assert found["recipients"] == "=?x-no?B?////?="


def test_html_alone_is_read_as_text(tmp_path: Path) -> None:
    made = mail()
    made.set_content("<style>p{}</style><p>Где <b>заказ</b>?</p>", subtype="html")
    assert one(tmp_path, made.as_bytes())["body"] == "Где заказ?"


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_text_goes_on_after_a_picture(tmp_path: Path, subtype: str) -> None:
    made = mail()
    made.set_content("Where is it?\n", subtype=subtype)
    made.add_attachment(b"picture", maintype="image", subtype="png", filename="a.png")
    for text, filename in (("It was paid for.\n", None), ("an attachment\n", "notes.txt")):
        inline = "attachment" if filename else "inline"
        made.add_attachment(text, subtype=subtype, disposition=inline, filename=filename)
    found = one(tmp_path, made.as_bytes())
    assert found["body"] == "Where is it?\n\nIt was paid for."
    assert [file["name"] for file in found["attachments"]] == ["a.png", "notes.txt"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"no headers at all\n\nbody", "broken_mail"),
        (b"\x00\xff\x01", "broken_mail"),
        (b"From: a@b\nContent-Type: multipart/mixed; boundary=x\n\nno parts", "broken_mime"),
        (b"From: a@b\nContent-Type: multipart/mixed\n\nno boundary", "broken_mime"),
        (HEAD % b"utf-8\nContent-Transfer-Encoding: base64" + b"abc!!", "broken_mime"),
        (HEAD % b"utf-8" + "Где".encode() * 9 + b"\xff", "bad_encoding"),
        (HEAD % b"utf-8" + b"a\x00b", "nul_bytes"),
    ],
)
def test_a_broken_mail_is_told(tmp_path: Path, data: bytes, rule: str) -> None:
    assert rules(read(tmp_path, source("email"), {"a.eml": data})) == [(rule, 1)]


# ----------------------------------------------------------------------------------------- archives

FROM = b"From anna@example.org Fri May  1 10:00:00 2026\n"
ARCHIVE = b"".join(
    [
        FROM
        + b"From: a@b\nMessage-ID: <1@x>\n\n>From here on\n\nFrom there on\nFrom me at 10:00\n\n",
        FROM + b"no header\n\n",
        FROM + b"From: a@b\nMessage-ID: <2@x>\n\nbody\n\n",
    ]
)


@pytest.mark.parametrize("name", ["in.mbox", "Inbox", "in.mbox.gz"])
def test_an_archive_is_read_mail_by_mail(tmp_path: Path, name: str) -> None:
    data = gzip.compress(ARCHIVE) if name.endswith("gz") else ARCHIVE
    found = read(tmp_path, source("email"), {name: data})
    assert rules(found) == [("broken_mail", 10)]
    good = [row for row in found if isinstance(row, Row)]
    assert [(row.line, row.values["message_id"]) for row in good] == [(1, "1@x"), (13, "2@x")]
    assert good[0].values["body"] == "From here on\n\nFrom there on\nFrom me at 10:00"


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        (b"From - Fri May 01 10:00:00 2026", True),
        (b"From 17@xxx Fri May 01 10:00:00 +0000 2026", True),
        (b"From a b Fri, 1 May 2026 10:00:00 +0500", True),
        (b"From a@b 2026-05-01 10:00", True),
        (b"From a@b 1 May 2026 10:00", True),
        (b"From 9:00 to 17:00 we are open.", False),
        (b"From Monday 10:30 on it works, in May.", False),
    ],
)
def test_which_line_begins_a_mail(tmp_path: Path, line: bytes, begins: bool) -> None:
    data = FROM + b"From: a@b\n\nasked\n\n" + line + b"\nTo: c@d\n\nanswered\n"
    found = read(tmp_path, source("email"), {"in.mbox": data})
    assert rules(found) == []
    assert len(found) == 1 + begins


def test_what_stands_before_the_first_mail_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, source("email"), {"in.mbox": b"garbage \xff\n\n" + ARCHIVE})
    assert rules(found) == [("broken_mail", 0), ("broken_mail", 12)]
    assert rules(read(tmp_path, source("email"), {"in.mbox": b" \n"})) == [("empty_file", 1)]


def test_an_archive_that_ends_too_early_keeps_its_mails(tmp_path: Path) -> None:
    mails = [FROM + b"Message-ID: <%d@x>\n\nbody %d\n\n" % (n, n * n) for n in range(20_000)]
    data = gzip.compress(b"".join(mails))
    *good, bad = read(tmp_path, source("email"), {"in.mbox.gz": data[: len(data) // 2]})
    assert len(values(good)) > 1000
    assert rules([bad])[0][0] == "damaged_archive"


def test_a_mail_that_is_too_large_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataset_pipeline.stages.readers.email._LEAST", 1000)
    large = FROM + b"Message-ID: <0@x>\n\n" + b"x" * 5000 + b"\n\n"
    made = source("email", max_field_bytes=100)
    found = read(tmp_path, made, {"in.mbox": large + ARCHIVE})
    assert rules(found)[0] == ("oversized_field", 1)
    assert len(found) == 4
