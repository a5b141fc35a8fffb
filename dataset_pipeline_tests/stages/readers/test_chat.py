"""Chats as Slack, Telegram and WhatsApp export them, and as lists of messages."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline.stages.readers.rows import Row
from dataset_pipeline_tests.stages.readers.making import read, rules, source, values


def chat(folder: Path, form: str, data: Any, name: str) -> list[Any]:
    raw = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return read(folder, source("chat", format=form), {name: raw})


def said(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in row["turns"]]


# ----------------------------------------------------------------------------------------- Slack


def message(ts: str, user: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "ts": ts, "user": user, "text": text, **more}


DAY = [
    message("1777600000.000100", "U1", "joined", subtype="channel_join"),
    message("1777600001.000100", "U1", "Who knows &lt;this&gt;?", thread_ts="1777600001.000100",
            user_profile={"display_name": "anna", "real_name": "Anna B"}),
    message("1777600002.000100", "U2", "Good morning <@U1>, see <https://x.example|the page>"),
    message("1777600003.000100", "U2", "I do", thread_ts="1777600001.000100"),
    message("1777600004.000100", "U3", "late answer", thread_ts="1777500000.000100"),
    message("1777600005.000100", "U1", "", files=[{}]),
]  # fmt: skip


def test_a_day_of_slack(tmp_path: Path) -> None:
    rows = values(chat(tmp_path, "slack", DAY, "export/support/2026-05-01.json"))
    assert [(row["id"], row["thread"]) for row in rows] == [
        ("support/1777600001.000100", "support/1777600001.000100"),
        ("support/2026-05-01", "support/2026-05-01"),
        ("support/1777500000.000100/2026-05-01", "support/1777500000.000100"),
    ]
    assert {row["title"] for row in rows} == {"support"}
    assert said(rows[0]) == [("anna", "Who knows <this>?"), ("U2", "I do")]
    assert said(rows[1]) == [("U2", "Good morning @anna, see the page")]
    assert rows[0]["time"] == "2026-05-01T01:46:41.000100+00:00"


def test_a_broken_message_of_slack_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    broken = ["text", {"text": "no time"}, message("soon", "U1", "x"), {"ts": "1", "text": 5}]
    found = chat(tmp_path, "slack", [DAY[2], *broken], "support/2026-05-01.json")
    kinds = ["wrong_shape", "wrong_shape", "wrong_type", "wrong_type"]
    assert rules(found) == list(zip(kinds, range(2, 6), strict=True))
    assert len([row for row in found if isinstance(row, Row)]) == 1
    cut = json.dumps(DAY).encode()[:-30]
    assert rules(chat(tmp_path, "slack", cut, "s/2026-05-01.json"))[0][0] == "broken_json"


# --------------------------------------------------------------------------------------- Telegram

LINK = {"type": "link", "text": "https://x.example"}
GROUP = {
    "name": "Поддержка", "type": "private_group", "id": 42,
    "messages": [
        {"id": 1, "type": "service", "date": "2026-05-01T09:00:00", "action": "create_group"},
        {"id": 2, "type": "message", "date": "2026-05-01T10:00:00", "date_unixtime": "1777611600",
         "from": "Анна", "from_id": "user1", "text": ["Где ", LINK, "?"]},
        {"id": 3, "type": "message", "date": "2026-05-01T10:01:00", "from": None,
         "from_id": "user2", "text": "Тут"},
        {"id": 4, "type": "message", "from": "Анна", "photo": "a.jpg", "text": ""},
    ],
}  # fmt: skip


@pytest.mark.parametrize("export", [GROUP, {"chats": {"list": [GROUP]}}])
def test_telegram(tmp_path: Path, export: Any) -> None:
    (row,) = values(chat(tmp_path, "telegram", export, "result.json"))
    assert (row["id"], row["thread"], row["title"]) == ("42", "42", "Поддержка")
    assert row["time"] == "2026-05-01T05:00:00+00:00"
    assert row["turns"] == [
        {"role": "Анна", "content": "Где https://x.example?", "time": row["time"]},
        {"role": "user2", "content": "Тут", "time": "2026-05-01T10:01:00"},
    ]


def test_a_broken_chat_of_telegram_is_told_alone(tmp_path: Path) -> None:
    chats = [GROUP, {"id": 1}, {"id": 2, "messages": [{"text": [5]}]}, {"id": 3, "messages": [5]}]
    export = {"chats": {"list": chats}, "left_chats": {"list": [GROUP]}}
    found = chat(tmp_path, "telegram", export, "result.json")
    assert rules(found) == [("wrong_shape", 2), ("wrong_type", 3), ("wrong_shape", 4)]
    assert len(found) == 5


# --------------------------------------------------------------------------------------- WhatsApp

STYLES = {
    "android": "31.12.23, 21:15 - {}\n",
    "android, twelve hours": "12/31/23, 9:15\u202fPM - {}\n",
    "android, full year": "31/12/2023, 21:15 - {}\n",
    "iphone": "[31.12.23, 21:15:00] {}\n",
    "iphone, twelve hours": "\u200e[12/31/23, 9:15:00\u202fPM] {}\n",
    "year first": "2023-12-31, 21:15 - {}\r\n",
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_whatsapp(tmp_path: Path, style: str) -> None:
    lines = [
        "Messages and calls are end-to-end encrypted.",
        "Анна: Где мой заказ?\nНомер 5: он не пришёл\n",
        "Shop Bot: <Media omitted>",
        "Shop Bot: \u200eimage omitted",
        "Shop Bot: Едет",
    ]
    data = "\ufeff" + "".join(style.format(line) for line in lines)
    name = "chats/WhatsApp Chat with Anna.txt"
    (row,) = values(chat(tmp_path, "whatsapp", data.encode(), name))
    assert (row["id"], row["title"], row["time"]) == (name, "Anna", "2023-12-31T21:15:00")
    asked = "Где мой заказ?\nНомер 5: он не пришёл"
    assert said(row) == [("Анна", asked), ("Shop Bot", "Едет")]


@pytest.mark.parametrize(
    ("days", "first"),
    [
        (["01/02/26", "02/02/26"], "2026-02-01"),  # forward either way: a day clock
        (["05/01/26", "04/02/26"], "2026-01-05"),  # the other way it would go back
        (["01/05/26", "02/04/26"], "2026-01-05"),
        (["01/13/26", "02/01/26"], "2026-01-13"),
    ],
)
def test_whether_the_day_or_the_month_comes_first(
    tmp_path: Path, days: list[str], first: str
) -> None:
    data = "".join(f"{day}, 10:00 - A: x\n" for day in days).encode()
    (row,) = values(chat(tmp_path, "whatsapp", data, "a.txt"))
    assert row["time"] == f"{first}T10:00:00"


def test_what_is_no_chat_of_whatsapp_is_told(tmp_path: Path) -> None:
    assert rules(chat(tmp_path, "whatsapp", b"hello\n", "a.txt")) == [("wrong_shape", 1)]
    found = chat(tmp_path, "whatsapp", b"hello\n31.12.23, 21:15 - A: x\n", "a.txt")
    assert rules(found) == [("wrong_shape", 1)]
    assert [row.line for row in found] == [1, 2]


# --------------------------------------------------------------------------------------- messages

ASKED = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}]


@pytest.mark.parametrize(
    ("name", "document", "turns"),
    [
        ("a.json", ASKED, [2]),
        ("a.json", {"id": "c1", "messages": ASKED}, [2]),
        ("a.json", [{"id": "c1", "messages": ASKED}, {"id": 2, "messages": PARTS}], [2, 1]),
        ("a.json", [ASKED, PARTS], [2, 1]),
        ("a.jsonl", b'[{"role": "user", "content": "a"}]\n\n{"messages": []}\n', [1, 0]),
    ],
)
def test_messages(tmp_path: Path, name: str, document: Any, turns: list[int]) -> None:
    rows = values(chat(tmp_path, "messages", document, name))
    assert [len(row["turns"]) for row in rows] == turns
    if turns[0]:
        assert rows[0]["turns"][0] == {"role": "user", "content": "a", "time": None}


def test_conversations_keep_their_names(tmp_path: Path) -> None:
    document = [{"conversation_id": 7, "title": "t", "messages": ASKED}, {"messages": ASKED}]
    rows = values(chat(tmp_path, "messages", document, "a.json"))
    assert [(row["id"], row["title"]) for row in rows] == [("7", "t"), (None, None)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("{", "broken_json"),
        ("5", "wrong_shape"),
        ('{"messages": "x"}', "wrong_shape"),
        ('{"messages": ["x"]}', "wrong_shape"),
        ('{"messages": [{"content": "x"}]}', "wrong_type"),
        ('{"messages": [{"role": "user", "content": 5}]}', "wrong_type"),
        ('{"messages": [{"role": "user", "content": [5]}]}', "wrong_type"),
    ],
)
def test_a_broken_conversation_is_told_alone(tmp_path: Path, line: str, rule: str) -> None:
    good = '{"messages": [{"role": "user", "content": "a"}]}'
    found = chat(tmp_path, "messages", f"{good}\n{line}\n{good}".encode(), "a.jsonl")
    assert rules(found) == [(rule, 2)]
    assert len(found) == 3
