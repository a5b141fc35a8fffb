"""What is broken, and what only looks so."""

import base64

import pytest

from dataset_pipeline.config.screened import Corrupt
from dataset_pipeline.stages.quality.corrupt import measures, without_letters
from dataset_pipeline_tests.stages.quality.measuring import measure

RUSSIAN = "Заказ не пришёл, где он? «Сегодня» обещали — № 5…"
KAZAKH = "Сіздің тапсырысыңыз қайда? Рахмет, Сіз үшін де!"
BLOB = base64.b64encode(bytes(range(60))).decode()


def misread(text: str, encoding: str) -> str:
    """UTF-8 read in another encoding; bytes that it does not know are lost."""
    return text.encode().decode(encoding, errors="ignore")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("replacement", "ab\ufffd\ufffd", 0.5),
        ("replacement", "", 0),
        ("mojibake", "cafÃ© ab", 2 / 8),
        ("mojibake", "donâ€™t", 3 / 7),
        ("blobs", f"{BLOB} {BLOB}", 160 / 161),
        ("blobs", "x " + "0123456789abcdef" * 2, 32 / 34),
        ("blobs", "x" * 47 + " " + "0123456789abcdef", 0),
        ("runs", "a" * 10 + "b" * 9 + "!", 0.5),
        ("runs", "ё" * 10, 1),
        ("runs", "ababababababababababab", 0),
        ("runs", "─" * 15 + "abcde", 0.75),
    ],
)
def test_measures(name: str, text: str, value: float) -> None:
    assert measure(measures()[name], text) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("encoding", ["windows-1251", "windows-1252", "latin-1"])
@pytest.mark.parametrize("text", ["Заказ не пришёл вовремя", "тапсырысыңыз қайда"])
def test_text_read_in_the_wrong_encoding_is_mojibake(text: str, encoding: str) -> None:
    assert measure(measures()["mojibake"], misread(text, encoding)) > 0.6


@pytest.mark.parametrize(
    "text",
    [
        RUSSIAN,
        KAZAKH,
        "ПРОПАЛ ЗАКАЗ, РС… ТС",
        "Über Ñandú, São Paulo, Ângela, «naïve»",
        "ESPAÑ… 25 °C ±2",
    ],
)
@pytest.mark.parametrize("name", sorted(measures()))
def test_ordinary_text_is_not_broken(name: str, text: str) -> None:
    assert measure(measures()[name], text) == 0


@pytest.mark.parametrize(
    ("text", "bare"), [("12345 !!! 👍", True), ("", True), ("8 да", False), ("қ", False)]
)
def test_no_letters(text: str, bare: bool) -> None:
    assert measure(without_letters(), text) == bare


def test_every_key_has_its_measure() -> None:
    keys = {key for key in Corrupt.model_fields if key.startswith("max_")}
    assert {key[4:] for key in keys} == set(measures())
