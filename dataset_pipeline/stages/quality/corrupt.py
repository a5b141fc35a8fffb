"""Measures of text that something broke; each the share of its characters that is broken."""

import re

import polars as pl

from dataset_pipeline.stages.quality.parts import TEXT, characters, characters_in, share

# The bytes 0x80-0xBF as Windows-1252 and Windows-1251 show them: the second half of a letter that
# was written in UTF-8 and read in one byte a character.
_AS_1252 = bytes(range(0x80, 0xC0)).decode("windows-1252", errors="ignore")
_AS_1251 = bytes(range(0x80, 0xC0)).decode("windows-1251", errors="ignore")


def _class(marks: str) -> str:
    return "[" + "".join(re.escape(mark) for mark in sorted(set(marks))) + "]"


_SECOND = _class(_AS_1252 + "".join(map(chr, range(0x80, 0xC0))))
# One pair is enough where its first half is no letter of the languages here; of Cyrillic letters
# and the like it takes two in a row: "Сі" begins a Kazakh word.
_MOJIBAKE = (
    rf"(?:[ÃÂ]{_SECOND})+|(?:â€.)+|(?:[ÐÑ]{_SECOND}){{2,}}|(?:[РСТУ]{_class(_AS_1251)}){{2,}}"
)
_BLOB = r"[A-Za-z0-9+/]{48,}={0,2}|[0-9A-Fa-f]{32,}"
# A regular expression of this kind cannot say "the same again", so it names each character: ASCII,
# Latin, Cyrillic, punctuation, boxes and blocks.
_SPANS = ((0x21, 0x7F), (0xA1, 0x100), (0x400, 0x530), (0x2010, 0x2060), (0x2500, 0x2600),
          (0xFF01, 0xFF60))  # fmt: skip
_RUNNING = [chr(code) for first, end in _SPANS for code in range(first, end)]
_RUN = "|".join(re.escape(mark) + "{10,}" for mark in _RUNNING)
_TEN = [mark * 10 for mark in _RUNNING]


def measures() -> dict[str, pl.Expr]:
    """Measures of the column ``text``, by name."""
    replaced = TEXT.str.count_matches("\ufffd", literal=True)
    return {
        "replacement": share(replaced, characters()),
        "mojibake": characters_in(_MOJIBAKE),
        "blobs": characters_in(_BLOB),
        "runs": _runs(),
    }


def _runs() -> pl.Expr:
    """Where ten in a row are: to look for these is quick, to learn a pattern this long is not."""
    near = pl.when(TEXT.str.contains_any(_TEN)).then(TEXT)
    found = near.str.extract_all(_RUN).list.join("").str.len_chars()
    return share(found.fill_null(0), characters())


def without_letters() -> pl.Expr:
    """Whether the column ``text`` has no letter at all."""
    return ~TEXT.str.contains(r"\p{L}")
