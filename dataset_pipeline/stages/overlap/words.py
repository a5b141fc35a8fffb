"""Texts as words: case, punctuation and white space folded away, n-grams of them as numbers.

A word is a run of letters, marks and digits. Apostrophes are left out of words, so that "don't",
"don’t" and "dont" are one; at everything else that is no letter a word ends. Russians write "ё" or
"е" as they like: both are "е".
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import polars as pl

_APOSTROPHES = "'’ʼ`´"
_WORD = re.compile(r"[^ ]*[^ '][^ ]*")
_SPACE = re.compile(r"\s")
_STOP = re.compile(r"[.!?…\n]")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

Numbers = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]


def folded(text: pl.Expr) -> pl.Expr:
    """A text's words with single spaces between them."""
    return (
        text.str.to_lowercase()
        .str.replace_all("ё", "е", literal=True)
        .str.replace_all(f"[{_APOSTROPHES}]", "")
        .str.replace_all(r"[^\p{L}\p{M}\p{N}]+", " ")
        .str.strip_chars(" ")
    )


@dataclass(frozen=True)
class Words:
    """The words of many texts, one text after the other.

    ``hashes``: 64 bits a word; ``text``: the position of its text; ``first``: where the words of
    each text begin, and last where all end.
    """

    hashes: Numbers
    text: Places
    first: Places

    def ngrams(self, longest: int) -> Iterator[tuple[int, Places, Numbers]]:
        """For each n from 2 on: n, where its n-grams begin among all words, and their numbers."""
        rolling = self.hashes
        for n in range(2, longest + 1):
            rolling = rolling[: max(len(self.hashes) - n + 1, 0)]
            rolling = rolling * _MULTIPLIER + self.hashes[n - 1 :]
            starts = np.flatnonzero(self.text[: len(rolling)] == self.text[n - 1 :])
            yield n, starts, rolling[starts]


def words(texts: pl.Series) -> Words:
    """The words of each text, in the texts' order."""
    frame = texts.rename("text").to_frame().lazy().select(folded(pl.col("text"))).collect()
    sizes = np.zeros(len(texts), dtype=np.int64)
    filled = frame.with_row_index().filter(pl.col("text") != "")
    split = filled.select("index", pl.col("text").str.split(" "))
    sizes[filled["index"].to_numpy()] = split["text"].list.len().to_numpy()
    every = split["text"].explode() if filled.height else pl.Series([], dtype=pl.String)
    first = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])
    return Words(every.hash().to_numpy(), np.repeat(np.arange(len(texts)), sizes), first)


class _Table(dict[int, str]):
    """For ``str.translate``: what is in no word becomes a space, one character for one."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if letter in _APOSTROPHES:
            found = "'"
        else:
            found = letter if unicodedata.category(letter)[0] in "LMN" else " "
        self[code] = found
        return found


_TABLE = _Table()


@dataclass(frozen=True)
class Placed:
    """A text's words, folded, and where each starts and ends in the text's own characters.

    ``written``: which of the written words, which have white space between them, each belongs to:
    "half-open" is two words, written as one. ``sentence``: which sentence or line each stands in.
    """

    words: list[str]
    starts: list[int]
    ends: list[int]
    written: list[int]
    sentence: list[int]


def placed(text: str) -> Placed:
    """One text's words with their places: the same words as ``words`` has, in their order."""
    found = list(_WORD.finditer(text.translate(_TABLE)))
    starts, ends = [match.start() for match in found], [match.end() for match in found]
    written = _counted(_SPACE, text, starts, ends)
    sentence = _counted(_STOP, text, starts, ends)
    spelt = [match[0].replace("'", "").lower().replace("ё", "е") for match in found]
    return Placed(spelt, starts, ends, written, sentence)


def _counted(between: re.Pattern[str], text: str, starts: list[int], ends: list[int]) -> list[int]:
    """For each word, in how many gaps before it the pattern is found."""
    found = (between.search(text, *gap) is not None for gap in zip(ends, starts[1:], strict=False))
    return list(accumulate(found, initial=0))[: len(starts)]
