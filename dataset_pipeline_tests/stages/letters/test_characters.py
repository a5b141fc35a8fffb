import re
import sys
import unicodedata
from typing import Literal

import pytest

from dataset_pipeline.stages.letters import characters


@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_characters_that_are_not_looked_at_are_stable(form: Literal["NFC", "NFKC"]) -> None:
    """In its form each stands for itself, and it never joins with the one before it."""
    ranges = re.sub(r"\\x\{(\w+)\}", lambda m: chr(int(m[1], 16)), characters.STABLE[form])
    stable = re.compile(f"[{ranges}]")
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if stable.fullmatch(character):
            assert unicodedata.is_normalized(form, character), hex(code)
            assert unicodedata.is_normalized(form, f"a{character}"), hex(code)
            assert unicodedata.combining(character) == 0, hex(code)


def test_every_byte_that_a_letter_goes_on_with_is_suspect() -> None:
    goes_on = re.compile(characters.GOES_ON)
    for byte in range(0x80, 0xC0):
        character = bytes([byte]).decode("cp1251", "ignore") or chr(byte)
        assert goes_on.fullmatch(character), hex(byte)
