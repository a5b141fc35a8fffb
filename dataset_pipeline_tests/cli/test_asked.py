from pathlib import Path

import pytest

from dataset_pipeline.cli.prove import NothingToCompareError, asked_text


@pytest.mark.parametrize("text", ["", " ", "\n\t\u00a0\u3000"])
def test_a_text_of_white_space_is_no_question(tmp_path: Path, text: str) -> None:
    """Nothing was asked, so "no, it was in no version" would be no answer."""
    file = tmp_path / "asked.txt"
    file.write_text(text, "utf-8")
    for given, path in ((text, None), (None, file)):
        with pytest.raises(NothingToCompareError, match="nothing to look for"):
            asked_text(given, path, None, as_json=False)


def test_a_text_of_signs_is_a_question() -> None:
    assert asked_text(" ?! ", None, None, as_json=False) == " ?! "


def test_a_text_that_is_not_utf8_is_no_question() -> None:
    """The shell hands over any bytes; no record holds these."""
    with pytest.raises(NothingToCompareError, match="not UTF-8"):
        asked_text("caf\udce9", None, None, as_json=False)
