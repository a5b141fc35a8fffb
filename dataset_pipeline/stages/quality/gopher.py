"""Gopher's measures: Rae et al. 2021, "Scaling Language Models", appendix A.1.1.

Where the paper leaves a choice: words are separated by white space; shares of repeated lines are of
all characters in lines. Those over n-grams of words are in ``repetition.py``.
"""

import re

import polars as pl

from dataset_pipeline.stages.quality import parts
from dataset_pipeline.stages.quality.parts import TEXT, share

_BULLET = r"(?m)^[^\S\n]*(?:[•‣●▪◦·]|[*–-][^\S\n])"
_ELLIPSIS_AT_END = r"(?m)(?:\.\.\.|…)[^\S\n]*$"


def measures(stop_words: list[str]) -> dict[str, pl.Expr]:
    """Measures of the column ``text``, by name."""
    lines, paragraphs, words = parts.line_list(), parts.paragraph_list(), parts.words()
    white = TEXT.str.count_matches(r"\s")
    return {
        "words": words,
        "mean_word_length": share(parts.characters() - white, words),
        "symbol_ratio": share(pl.max_horizontal(_count("#"), _count("...") + _count("…")), words),
        "bullet_lines": parts.lines_that(_BULLET),
        "ellipsis_lines": parts.lines_that(_ELLIPSIS_AT_END),
        "words_with_letter": share(TEXT.str.count_matches(r"\p{L}\S*"), words),
        "stop_words": _different(TEXT.str.extract_all(_any_of(stop_words))),
        "duplicate_lines": parts.repeated(lines),
        "duplicate_paragraphs": parts.repeated(paragraphs),
        "duplicate_line_characters": parts.repeated_characters(lines),
        "duplicate_paragraph_characters": parts.repeated_characters(paragraphs),
    }


def _count(mark: str) -> pl.Expr:
    return TEXT.str.count_matches(mark, literal=True)


def _different(words: pl.Expr) -> pl.Expr:
    return words.list.eval(pl.element().str.to_lowercase()).list.n_unique()


def _any_of(words: list[str]) -> str:
    """A pattern for any of the words, or for nothing."""
    listed = "|".join(re.escape(word) for word in sorted(set(words)))
    return rf"(?i)\b(?:{listed})\b" if listed else r"\b\B"
