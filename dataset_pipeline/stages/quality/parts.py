"""What measures of texts are made of: words, lines, paragraphs, shares; all in Rust."""

import polars as pl

TEXT = pl.col("text")


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Part of a whole, to six digits; of nothing it is 0."""
    return pl.when(whole > 0).then((part / whole).round(6)).otherwise(0.0)


def words() -> pl.Expr:
    """How many words a text has: what white space separates."""
    return TEXT.str.count_matches(r"\S+")


def lines() -> pl.Expr:
    """How many lines with a character a text has."""
    return TEXT.str.count_matches(r"\S[^\n]*")


def lines_that(pattern: str) -> pl.Expr:
    """The share of a text's lines that a pattern finds; it must find each line once at most."""
    return share(TEXT.str.count_matches(pattern), lines())


def punctuated_lines(marks: str) -> pl.Expr:
    """The share of lines that end with one of these marks."""
    return lines_that(rf"(?m)[{marks}][^\S\n]*$")


def characters() -> pl.Expr:
    """How many characters a text has."""
    return TEXT.str.len_chars()


def characters_in(pattern: str) -> pl.Expr:
    """The share of a text's characters in what a pattern finds."""
    found = TEXT.str.extract_all(pattern)
    return share(found.list.join("").str.len_chars(), characters())


def repeated(parts: pl.Expr) -> pl.Expr:
    """The share of a list's parts that stood before in it."""
    return share(parts.list.len() - parts.list.n_unique(), parts.list.len())


def repeated_characters(parts: pl.Expr) -> pl.Expr:
    """The share of characters, of all in a list's parts, in parts that stood before in it."""
    whole = parts.list.join("").str.len_chars()
    return share(whole - parts.list.unique().list.join("").str.len_chars(), whole)


def line_list() -> pl.Expr:
    """A text's lines without white space at their edges, without empty ones."""
    return _parts(TEXT.str.split("\n"))


def paragraph_list() -> pl.Expr:
    """A text's paragraphs: what empty lines separate."""
    return _parts(TEXT.str.replace_all(r"\n\s*\n", "\x1e").str.split("\x1e"))


def _parts(split: pl.Expr) -> pl.Expr:
    bare = pl.element().str.strip_chars()
    return split.list.eval(bare.filter(bare != ""))
