# ruff: noqa: E501 - prose is easier to read unbroken
"""Rows that no reader can take, the rule that each of them breaks, and where they stand.

A file is a list of rows as bytes; a broken row is slipped in between, and its line is counted at
the end, as the physical line where the row begins.
"""

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from dataset_pipeline_tests.sample.dice import Dice


@dataclass(frozen=True)
class Broken:
    """A bad row: its bytes, the rule it breaks, and its native key if it has a readable one."""

    rule: str
    data: bytes
    key: str | None = None


@dataclass
class RowFile:
    """A file of rows; `broken` rows get their place when the file is written."""

    source: str
    path: PurePosixPath
    rows: list[bytes]
    broken: list[Broken] = field(default_factory=list)

    def assembled(self) -> tuple[bytes, list[dict[str, object]]]:
        """The file's bytes and the truth about its broken rows; a truncated row comes last."""
        dice = Dice("malformed", self.path)
        rows: list[bytes | Broken] = list(self.rows)
        for bad in self.broken:
            if bad.rule == "truncated_line":
                rows.append(bad)
            elif bad.rule == "duplicate_key":
                rows.insert(self._after_first(rows, bad), bad)
            else:
                rows.insert(dice.between(2, len(self.rows) - 1), bad)
        data, entries = b"", []
        for row in rows:
            if isinstance(row, Broken):
                line = data.count(b"\n") + 1
                entry = {
                    "source": self.source,
                    "file": str(self.path),
                    "line": line,
                    "rule": row.rule,
                }
                entries.append(entry | ({"key": row.key} if row.key else {}))
            data += row.data if isinstance(row, Broken) else row
        return data, entries

    @staticmethod
    def _after_first(rows: list[bytes | Broken], bad: Broken) -> int:
        """Some rows below the row whose key is repeated."""
        key = (bad.key or "").encode()
        first = next(i for i, row in enumerate(rows) if isinstance(row, bytes) and key in row[:40])
        return min(first + 5, len(rows))


def helpdesk_rows(month: str, keys: list[str]) -> list[Broken]:
    """What is broken in a month's JSON lines; `keys` are keys of good rows of that month."""
    number = 180000 + int(month.replace("-", "")) % 10000 * 10
    head = (
        f'{{"ticket_id":"HD-{number}","customer_id":"CU-20418","opened_at":"{month}-14T10:00:00+05:00",'
        '"channel":"web","region":"Almaty","subject":"Import","intent":"other",'
    )
    good = '"turns":[{"from":"customer","text":"Please tell me when the shop on the corner opens again."}]}\n'

    def row(text: str) -> bytes:
        return text.encode()

    again = head.replace(f"HD-{number}", keys[3]) + good.replace(
        "opens again", "is moving, and where to"
    )
    shelf = {
        "2025-11": [
            Broken("invalid_json", row(head + '"turns":[{"from":"customer" "text":"No colon here"}]}\n')),
            Broken("nul_byte", row(head + good.replace("shop", "sh\x00op"))),
            Broken("invalid_utf8", row(head) + good.replace("shop", "магазин").encode("cp1251")),
            Broken("missing_key", row((head + good).replace(f'"ticket_id":"HD-{number}",', ""))),
        ],
        "2025-12": [
            Broken("invalid_json", row(head + '"turns":[{"from":"customer","text":"He said "no" to me"}]}\n')),
            Broken("wrong_type", row(head + '"turns":"Customer: where is my parcel?"}\n'), f"HD-{number}"),
            Broken("duplicate_key", row(again), keys[3]),
            Broken("missing_text", row(head + '"turns":[]}\n'), f"HD-{number + 1}"),
        ],
        "2026-01": [
            Broken("invalid_date", row((head + good).replace(f"{month}-14T", f"{month}-41T")), f"HD-{number}"),
            Broken("invalid_utf8", row(head) + good.replace("shop", "caf\udce9").encode("utf-8", "surrogateescape")),
            Broken("missing_text", row(head + '"turns":[{"from":"customer","text":null}]}\n'), f"HD-{number + 1}"),
            Broken("invalid_json", row("id=HD-181;customer=CU-1;exported twice\n")),
        ],
        "2026-02": [
            Broken("wrong_type", row((head + good).replace('"CU-20418"', '["CU-20418"]')), f"HD-{number}"),
            Broken("duplicate_key", row(again), keys[3]),
            Broken("nul_byte", row(head + good)[:-1] + b"\x00\x00\x00\n"),
            Broken("missing_key", row((head + good).replace(f'"HD-{number}"', "null"))),
        ],
        "2026-03": [
            Broken("invalid_date", row((head + good).replace(f"{month}-14T10:00:00+05:00", "last Friday")), f"HD-{number}"),
            Broken("wrong_type", row(head + '"turns":["Where is it?","On its way."]}\n'), f"HD-{number + 1}"),
            Broken("invalid_utf8", row(head) + good.encode()[:-4] + b'\xff\xfe"}]}\n'),
            Broken("missing_text", row(head.rstrip(",") + "}\n"), f"HD-{number + 2}"),
        ],
        "2026-04": [
            Broken("invalid_json", row("\ufeff{'ticket_id': 'HD-181', 'turns': []}\n")),
            Broken("duplicate_key", row(again), keys[3]),
            Broken("truncated_line", row((head + good)[:-40])),
        ],
    }  # fmt: skip
    return _with_their_keys(shelf[month], number)


def _with_their_keys(shelf: list[Broken], number: int) -> list[Broken]:
    """Every broken row of a month claims a ticket of its own."""
    out = []
    for place, bad in enumerate(shelf):
        if bad.rule == "duplicate_key":
            out.append(bad)
            continue
        own = f"HD-{number + place}"
        data = bad.data.replace(f"HD-{number}".encode(), own.encode())
        out.append(Broken(bad.rule, data, own if bad.key else None))
    return out


def crm_rows(keys: list[str]) -> list[Broken]:
    """What is broken in the CRM export; `keys` are keys of its good rows."""
    tail = b"Can the fitter come on a Saturday as well?\r\n"

    def row(number: int, columns: str) -> bytes:
        return f"CRM-{number:06d};{columns}".encode("cp1251")

    full = "CU-20418;12.01.2026 10:00;phone;Almaty;other;"
    return [
        Broken("too_few_columns", row(8001, "CU-20418;12.01.2026 10:00;phone;Almaty;other\r\n")),
        Broken("too_few_columns", row(8002, "CU-20418;phone\r\n")),
        Broken("too_few_columns", row(8003, "\r\n")),
        Broken("too_many_columns", row(8004, full + "Asked for a call; not urgent; evening;;\r\n")),
        Broken("too_many_columns", row(8005, full + "Left message;see ticket\r\n")),
        Broken("too_many_columns", row(8006, "CU-20418;" + full) + tail),
        Broken("undecodable_byte", row(8007, full) + b"\x98 " + tail, "CRM-008007"),
        Broken("undecodable_byte", row(8008, full) + b"The fitter \x98 came late.\r\n", "CRM-008008"),
        Broken("undecodable_byte", row(8009, full.replace("Almaty", "Алматы")) + b"\x98\xd0" + tail, "CRM-008009"),
        Broken("missing_key", f";{full}".encode() + tail),
        Broken("missing_key", f"  ;{full}".encode() + b"Nobody answered the call back.\r\n"),
        Broken("invalid_date", row(8010, full.replace("12.01.2026", "31.02.2026")) + tail, "CRM-008010"),
        Broken("invalid_date", row(8011, full.replace("12.01.2026 10:00", "yesterday")) + tail, "CRM-008011"),
        Broken("invalid_date", row(8012, full.replace("12.01.2026 10:00", "")) + tail, "CRM-008012"),
        Broken("missing_text", row(8013, full + "\r\n"), "CRM-008013"),
        Broken("missing_text", row(8014, full + '"   "\r\n'), "CRM-008014"),
        Broken("duplicate_key", f"{keys[20]};{full}".encode() + b"Wants a later visit, any weekday.\r\n", keys[20]),
        Broken("duplicate_key", f"{keys[300]};{full}".encode() + b"Asked who signs for the keys.\r\n", keys[300]),
    ]  # fmt: skip


KB_FILES: dict[str, tuple[str, str]] = {
    "KB-0101.md": ("missing_front_matter", "# Holiday hours\n\nAll shops close at six on the last day of the year.\n"),
    "KB-0102.md": ("empty_file", ""),
    "KB-0103.md": ("missing_key", "---\ntitle: Draft on gate openers\nlanguage: en\ntopic: product_question\nupdated: 2026-02-02\nowner: support-content\n---\n\nTo be written.\n"),
    "KB-0104.md": ("missing_front_matter", "---\nid: KB-0104\ntitle: The closing dashes are missing\nlanguage: en\n\nThis text has no end of its head.\n"),
    "KB-0105.md": ("invalid_front_matter", "---\nid: KB-0105\ntitle: [unclosed\nlanguage: en\ntopic: other\nupdated: 2026-02-02\nowner: support-content\n---\n\nA bracket was never closed in the head of this article.\n"),
    "KB-0106.md": ("missing_text", "---\nid: KB-0106\ntitle: Reserved\nlanguage: en\ntopic: other\nupdated: 2026-03-01\nowner: support-content\n---\n"),
}  # fmt: skip
