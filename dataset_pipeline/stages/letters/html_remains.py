"""What web forms and mail programs leave of HTML: entities, tags, styles, scripts, comments.

Only names that HTML knows are touched, so ``<anna@example.org>``, ``a < b`` and ``List<String>``
stay. Tags go only where something shows that the text is HTML: a closing tag, an attribute, a line
break. Whoever asks about "the <b> tag" keeps the word.
"""

import html
import re
from html.entities import name2codepoint

import polars as pl

GATE = r"&(?:#\d|#[xX][0-9a-fA-F]|[A-Za-z]{2,8}\d{0,2};)|<[/!A-Za-z]"

_BLOCKS = (
    "p|div|br|hr|li|ul|ol|dl|dt|dd|tr|table|tbody|thead|tfoot|h[1-6]|blockquote|pre|section|"
    "article|header|footer|center|form|fieldset|address|body|html|head|title|main|nav|figure"
)
_CELLS = "td|th|caption"
_INLINE = (
    "a|b|i|u|s|em|strong|span|font|small|big|sub|sup|strike|del|ins|code|tt|img|label|button|"
    "input|meta|link|abbr|cite|col|colgroup|wbr|o:p|style|script|area|map"
)
_ALL = f"(?:{_BLOCKS}|{_CELLS}|{_INLINE})"
_ATTRIBUTES = (
    r"""(?:\s+(?:[\w:@.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+)|nowrap|disabled|checked|hidden))*"""
)
_SHOWS = rf"(?i)</{_ALL}\s*>|<br\s*/?>|<{_ALL}\s+[\w:-]+\s*=|<!--|<!doctype"
_WITH_CONTENT = (
    r"(?is)<!--.*?-->|<!doctype[^>]*>|<style\b[^>]*>.*?</style\s*>|<script\b[^>]*>.*?</script\s*>"
)

_NAMED = {f"&{name};": chr(code) for name, code in name2codepoint.items()}
_NAMED |= {"&apos;": "'", "&NBSP;": "\u00a0", "&AMP;": "&", "&LT;": "<", "&GT;": ">"}
_NAMED |= {"&QUOT;": '"'}
_NUMBER = re.compile(r"&#(?:\d{1,7}|[xX][0-9a-fA-F]{1,6});")


def without_html(texts: pl.Series) -> pl.Series:
    """Texts without HTML's remains; entities become the characters that they stand for."""
    column = pl.col("text")
    plain = _entities(texts).to_frame("text")
    bare = (
        column.str.replace_all(_WITH_CONTENT, " ")
        .str.replace_all(_tag(_BLOCKS), "\n")
        .str.replace_all(_tag(_CELLS), " ")
        .str.replace_all(_tag(_INLINE), "")
    )
    shows = column.str.contains(_SHOWS)
    return plain.select(pl.when(shows).then(bare).otherwise(column).alias("text")).to_series()


def _tag(names: str) -> str:
    return rf"(?i)</?(?:{names}){_ATTRIBUTES}\s*/?>"


def _entities(texts: pl.Series) -> pl.Series:
    """Entities as characters; of ``&amp;amp;``, escaped over and over, one character is left."""
    once = texts.str.replace_all(r"&(?:amp;)+", "&").str.replace_many(_NAMED)
    numbered = once.str.contains(r"&#[\dxX]").fill_null(False)
    if not numbered.any():
        return once
    pairs = zip(once.to_list(), numbered.to_list(), strict=True)
    decoded = [_NUMBER.sub(_character, text) if has else text for text, has in pairs]
    return pl.Series(texts.name, decoded, pl.String)


def _character(number: re.Match[str]) -> str:
    return html.unescape(number[0])
