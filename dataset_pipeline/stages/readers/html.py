"""Web pages: one file a record, the text that people see."""

import codecs
import re
from collections.abc import Iterator
from typing import Any

from dataset_pipeline.config import DETECT, HtmlSource
from dataset_pipeline.stages.readers.encodings import declared, decoded, marked
from dataset_pipeline.stages.readers.flaws import Flaw
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.readers.whole import one_record, place

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_HEAD = 4096
# Browsers read these names as the larger encodings that contain them.
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
_UNSEEN = (
    "script, style, template, noscript, nav, svg, iframe, object, [hidden], "
    "[style*='display:none'], [style*='display: none']"
)
_BLOCKS = (
    "address, article, aside, blockquote, br, dd, div, dl, dt, fieldset, figcaption, figure, "
    "footer, form, h1, h2, h3, h4, h5, h6, header, hr, li, main, ol, option, p, pre, section, "
    "table, textarea, tr, ul"
)
# Marks of our own for what must outlive the collapsing of white space.
_BREAK, _BLANK = "\x1e", "\x01"
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_CLOSED_BY_OTHERS = {
    "area", "base", "br", "col", "colgroup", "dd", "dt", "embed", "hr", "img", "input", "li",
    "link", "meta", "optgroup", "option", "p", "param", "source", "tbody", "td", "tfoot", "th",
    "thead", "tr", "track", "wbr",
}  # fmt: skip
# The parser's time grows with the square of the depth.
_DEPTH = 5_000


def html_text(html: str) -> dict[str, str | None]:
    """The ``title`` and the ``body`` of a page: one line a block, without navigation."""
    from selectolax.lexbor import LexborHTMLParser

    if _depth(html) > _DEPTH:
        raise Flaw("nested_too_deeply", f"elements stand more than {_DEPTH} deep")
    page = LexborHTMLParser(html)
    heading = page.css_first("title") or page.css_first("h1")
    title = " ".join(heading.text().split()) if heading else ""
    for node in page.css(_UNSEEN):
        node.decompose()
    for node in page.css("pre"):
        node.replace_with(f"\n{node.text()}\n".replace("\n", _BREAK).replace(" ", _BLANK))
    for node in page.css(_BLOCKS):
        node.insert_before(_BREAK)
        node.insert_after(_BREAK)
    for node in page.css("td, th"):
        node.insert_after(" ")
    return {"title": title or None, "body": _tidy(page.body.text() if page.body else "")}


def read_html(source: HtmlSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file: ``title``, ``body``, ``path`` and ``name``."""

    def values(data: bytes) -> dict[str, Any]:
        text = _declared(data) if source.encoding == DETECT else decoded(data, source.encoding)
        if "\x00" in text:
            raise Flaw("nul_bytes", "the file holds NUL bytes")
        return {**place(file), **html_text(text)}

    yield one_record(source, file, values)


def _declared(data: bytes) -> str:
    """By the byte order mark, else as the page says, else as its bytes say."""
    named = None if marked(data) else _META.search(data, 0, _HEAD)
    try:
        name = codecs.lookup(named[1].decode()).name if named else DETECT
    except LookupError:
        name = DETECT
    return declared(data, _WIDER.get(name, name))


def _depth(html: str) -> int:
    """How deep elements may stand at most; not exactly, for a parser also closes by itself."""
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        if name.lower() not in _CLOSED_BY_OTHERS:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split(_BREAK))
    return "\n".join(line.replace(_BLANK, " ").rstrip() for line in lines if line)
