"""One encoding, one Unicode form, no invisible characters, tidy white space.

Each step is given only texts that show something to do.
"""

from collections.abc import Sequence

import polars as pl

from dataset_pipeline.stages.spread import Spread

# Joiners (U+200C, U+200D) stay where they mean something: emoji and several scripts are spelled
# with them. Beside a letter of a script that does without, or a sign, they are noise.
_INVISIBLE = (
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    "\ufeff\ufff9-\ufffb]"
)
_NO_JOINER = r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{N}\p{P}\s]"
_JOINERS = "[\u200c\u200d]+"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
_NEWLINES = r"\r\n?|[\u0085\u2028\u2029]"
_SPACES = r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+"
# What UTF-8 looks like when it was read as Windows text, Western (1252) or Cyrillic (1251): there
# letters begin with one of six capitals, and go on with what 1251 has for bytes 80 to BF.
GOES_ON = (
    r"[\u00a0-\u00bb\u0401-\u040f\u0451-\u045f\u0490\u0491\u0080-\u009f"
    r"\u2013-\u203a\u20ac\u2116\u2122]"
)
_SUSPECT = rf"[\u0080-\u024f\u2018-\u203a\u20ac\u2122]{{2}}|[РСТУВГ]{GOES_ON}|вЂ"
# Characters outside of these may change, alone or with their neighbours, in the Unicode form.
STABLE = {
    "NFC": r"\x00-\u02ff\u0370-\u0373\u0400-\u0482\u048a-\u052f\u2002-\u20cf\u2100-\u2125"
    r"\u212c-\u2328\u2330-\u2adb\x{1f300}-\x{1faff}",
    "NFKC": r"\x00-\x7f\u0400-\u0482\u048a-\u052f",
}
_SPACED = r"[\r\u0085\u2028\u2029\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_UNTIDY = rf"{_SPACED}|  |\n | \n|\n\n\n|\A\s|\s\z"


def gate(form: str, *, repair: bool) -> str:
    """A Rust regex that finds something in every text that a step here would change."""
    touching = [_UNTIDY, _INVISIBLE, _CONTROL, _JOINERS, f"[^{STABLE[form]}]"]
    return "|".join([*touching, *([_SUSPECT] if repair else [])])


def repaired(texts: pl.Series, spread: Spread) -> pl.Series:
    """Undo double decoding, looking only at texts that show its traces."""
    suspect = texts.str.contains(_SUSPECT).arg_true()
    if suspect.is_empty():
        return texts
    mended = pl.Series(spread(_mended, texts.gather(suspect).to_list()), dtype=pl.String)
    return replaced(texts, suspect, mended)


def _mended(texts: Sequence[str]) -> list[str]:
    import ftfy

    return [ftfy.fix_encoding(text) for text in texts]


def one_newline(texts: pl.Series) -> pl.Series:
    """Every kind of line break as ``\\n``."""
    return texts.str.replace_all(_NEWLINES, "\n")


def visible(texts: pl.Series) -> pl.Series:
    """Texts without control characters and without what nobody sees."""
    return (
        texts.str.replace_all(_INVISIBLE, "")
        .str.replace_all(_CONTROL, "")
        .str.replace_all(f"({_NO_JOINER}){_JOINERS}", "${1}")
        .str.replace_all(f"{_JOINERS}({_NO_JOINER})", "${1}")
    )


def in_form(texts: pl.Series, form: str) -> pl.Series:
    """Texts in a Unicode form, ``NFC`` or ``NFKC``."""
    changing = texts.str.contains(f"[^{STABLE[form]}]").arg_true()
    if changing.is_empty():
        return texts
    return replaced(texts, changing, texts.gather(changing).str.normalize(form))  # type: ignore[arg-type]


def tidy(texts: pl.Series) -> pl.Series:
    """One space between words, at most one empty line, nothing at the ends."""
    return (
        texts.str.replace_all(_SPACES, " ")
        .str.replace_all(r" ?\n ?", "\n")
        .str.replace_all(r"\n{3,}", "\n\n")
        .str.strip_chars()
    )


def replaced(texts: pl.Series, rows: pl.Series, by: pl.Series) -> pl.Series:
    """Texts with those of some rows (ascending) replaced."""
    count = len(texts)
    places = pl.int_range(count, dtype=pl.UInt32, eager=True).scatter(
        rows, pl.int_range(count, count + len(rows), dtype=pl.UInt32, eager=True)
    )
    return pl.concat([texts, by.rename(texts.name)]).gather(places)
