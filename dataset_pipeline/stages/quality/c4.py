"""C4's measures: Raffel et al. 2020, "Exploring the Limits of Transfer Learning", section 2.2.

Sentences end with terminal punctuation before white space or the text's end; what follows the last
is one as well. Lines that end with an ellipsis are not punctuated, as in C4's own code.
"""

import polars as pl

from dataset_pipeline.stages.quality import parts
from dataset_pipeline.stages.quality.parts import TEXT, share

_QUOTES = "\"'”’»"
_POLICY = "|".join(
    ["terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies",
     "use cookies"]
)  # fmt: skip
_FEW_WORDS = r"(?m)^[^\S\n]*\S+(?:[^\S\n]+\S+)?[^\S\n]*$"
_SENTENCE_END = rf"[.!?…]+[{_QUOTES})\]]*(?:\s|$)"


def measures() -> dict[str, pl.Expr]:
    """Measures of the column ``text``, by name."""
    return {
        "punctuated_lines": _punctuated(),
        "sentences": _sentences(),
        "few_word_lines": parts.lines_that(_FEW_WORDS),
        "lorem_ipsum": TEXT.str.count_matches(r"(?i)lorem ipsum"),
        "curly_brackets": TEXT.str.count_matches("{", literal=True),
        "javascript_lines": parts.lines_that(r"(?mi)^.*javascript.*$"),
        "policy_lines": parts.lines_that(rf"(?mi)^.*(?:{_POLICY}).*$"),
        "longest_word": TEXT.str.extract_all(r"\S+")
        .list.eval(pl.element().str.len_chars())
        .list.max()
        .fill_null(0),
    }


def _punctuated() -> pl.Expr:
    ended = TEXT.str.count_matches(rf"(?m)[.!?{_QUOTES}][^\S\n]*$")
    return share(ended - TEXT.str.count_matches(r"(?m)\.\.\.[^\S\n]*$"), parts.lines())


def _sentences() -> pl.Expr:
    after_last = TEXT.str.replace(rf"(?s)^.*{_SENTENCE_END}", "")
    return TEXT.str.count_matches(_SENTENCE_END) + after_last.str.contains(r"\S").cast(pl.UInt32)
