"""Texts as people read them: a line that a mail program broke goes on, and a digit is a digit.

As long as before, so that what is found there stands at the same place in the text itself.
"""

import polars as pl

# Mail programs break lines at 65 to 80 characters, in the midst of a sentence, a name or a number.
_BROKEN = r"([^\n]{50,}[\p{L}\p{N},])\n([\p{L}\p{N}(+])"
_DASHED = r"([0-9])[\u2010-\u2015\u2212]([0-9])"
_PLAIN = {
    **{chr(0xFF01 + place): chr(0x21 + place) for place in range(94)},  # full width
    **{chr(zero + digit): str(digit) for zero in (0x660, 0x6F0) for digit in range(10)},
    **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
}
_OTHERWISE = r"[\uff01-\uff5e\u0660-\u0669\u06f0-\u06f9\u00a0\u2007\u2009\u202f]"


def as_read(texts: pl.Series) -> pl.Series:
    """The texts with broken lines joined, and with plain digits, dashes between them and spaces."""
    joined = texts.str.replace_all(_BROKEN, "${1} ${2}")
    odd = joined.str.contains(_OTHERWISE)
    if odd.any():
        joined = joined.zip_with(~odd, joined.str.replace_many(_PLAIN))
    return joined.str.replace_all(_DASHED, "${1}-${2}")
