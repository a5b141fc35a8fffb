import io

import pytest
from rich.console import Console

from dataset_pipeline.cli import show

ID = "8665238ba4621a54b5dca76450ed7651"
VERSION = "Customer_Support_AI_Dataset_v1.0.12_2026-05-01"
PLACE = "sources/helpdesk/exports of 2026/tickets_2026-05.jsonl#12345"
WHY = "a long reason " * 12


@pytest.mark.parametrize("width", [40, 80, 140])
def test_what_is_copied_into_the_next_command_stands_whole(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(show, "out", Console(file=shown, width=width))
    row = {"version": VERSION, "record": ID, "place": PLACE, "why": WHY, "evidence": {"kept": ID}}
    show.table("Found", [row], list(row))
    lines = shown.getvalue().splitlines()
    assert any(VERSION in line and ID in line and PLACE in line for line in lines)
    assert shown.getvalue().count(ID) == 2
    assert shown.getvalue().split().count("reason") == 12


def test_a_table_is_no_wider_than_it_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(show, "out", Console(file=shown, width=80))
    show.table("Found", [{"record": ID, "why": WHY}], ["record", "why"])
    assert max(map(len, shown.getvalue().splitlines())) <= 80


def test_evidence_is_told_without_what_python_writes_around_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(show, "out", Console(file=shown, width=120))
    span = {"field": "prompt", "start": 0, "end": 9}
    evidence = {"span": span, "group": None, "parents": [], "sure": False, "kept": ["a", "b"]}
    show.table("Out", [{"evidence": evidence}], ["evidence"])
    assert "span (field prompt, start 0, end 9), sure no, kept (a, b)" in shown.getvalue()
