"""Delimited text with a header line."""

import csv
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from dataset_pipeline.config import DETECT, CsvForm, SourceBase, TsvSource
from dataset_pipeline.digests import sha256_file
from dataset_pipeline.stages.readers.compressed import DamagedArchive, open_binary
from dataset_pipeline.stages.readers.csv_lines import Lines, Oversized, as_text
from dataset_pipeline.stages.readers.encodings import detected
from dataset_pipeline.stages.readers.flaws import BEHIND, UNCLOSED, FileFlaw, Flaw, check
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile

_DELIMITERS = (",", ";", "\t", "|")
_MAX_FIELD = 16 << 20
_PIECE = 1 << 20
_SAMPLE = 1 << 16
_SAMPLE_ROWS = 50


def read_csv(form: CsvForm | TsvSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file row by row, each with the header's names; blank lines are no rows.

    Undecodable bytes are carried as lone surrogates, so that only the row that holds them fails.
    A row is in memory as a whole, and nothing else: one that is far too large is left out.
    """
    limit = form.max_field_bytes if isinstance(form, SourceBase) else _MAX_FIELD
    encoding = _encoding(file) if form.encoding == DETECT else form.encoding
    delimiter = _delimiter(form, file, encoding) if form.delimiter == DETECT else form.delimiter
    with open_binary(file) as binary:
        lines = Lines(as_text(binary, encoding), limit, form.quote)
        rows = csv.reader(lines, delimiter=delimiter, quotechar=form.quote, strict=True)
        try:
            yield from _rows(rows, lines, file.name, limit)
        except FileFlaw as flaw:
            yield flaw.rest(file.name, lines.line + 1, sha256_file(file.path))


def read_tsv(source: TsvSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file row by row, as ``read_csv`` does."""
    return read_csv(source, file)


def _rows(rows: Any, lines: Lines, name: str, limit: int) -> Iterator[Row | BadRow]:
    header: list[str] | None = None
    while True:
        line = lines.begin()
        try:
            cells = _next(rows, lines)
            if cells is None:
                break
            if header is None:
                header = _header(cells)
                lines.row_like = partial(_is_row, rows.dialect, len(header))
            elif cells:
                values = dict(zip(header, _fitting(header, cells), strict=True))
                _check(cells, limit)
                yield Row(name, line, values)
        except FileFlaw:
            raise
        except Flaw as flaw:
            content, behind = lines.content()
            if behind and flaw.rule == UNCLOSED:
                flaw.evidence[BEHIND] = behind
            if header is None:
                yield flaw.rest(name, line, content)
                return
            yield flaw.row(name, line, content)
    if header is None:
        raise FileFlaw("empty_file", "the file is empty; expected a header line")


def _is_row(dialect: Any, columns: int, line: str) -> bool:
    """Whether a line by itself has the header's columns."""
    form = {"delimiter": dialect.delimiter, "quotechar": dialect.quotechar}
    try:
        return any(len(row) == columns for row in csv.reader([line], **form))
    except csv.Error:
        return False


def _next(rows: Any, lines: Lines) -> list[str] | None:
    """The cells of the next row; None at the end."""
    try:
        return list(next(rows))
    except StopIteration:
        return None
    except csv.Error:
        reason = "the row breaks the rules of quoting"
        raise Flaw(UNCLOSED, reason, to_line=lines.line) from None
    except Oversized:
        raise _oversized(rows, lines) from None


def _oversized(rows: Any, lines: Lines) -> Flaw:
    """Read to the end of a row that is too large, keeping nothing of it."""
    try:
        while lines.go_on_inside_quotes():
            try:
                next(rows)
            except Oversized:
                continue
            break
    except (csv.Error, StopIteration):
        reason = "a quote that opens is not closed as it should be"
        return Flaw(UNCLOSED, reason, to_line=lines.line)
    reason = f"the row is over {lines.limit} characters"
    return Flaw("oversized_field", reason, to_line=lines.line)


def _header(cells: list[str]) -> list[str]:
    named = [cell for cell in cells if cell]
    if len(set(named)) < len(named):
        reason = "a column's name stands twice in the header; nothing of the file is read"
        raise Flaw("duplicate_column", reason)
    _check(cells, _PIECE)
    return cells


def _fitting(header: list[str], cells: list[str]) -> list[str]:
    if len(cells) != len(header):
        rule = "too_few_columns" if len(cells) < len(header) else "too_many_columns"
        reason = "the row's columns are not the header's"
        raise Flaw(rule, reason, expected=len(header), found=len(cells))
    return cells


def _check(cells: list[str], limit: int) -> None:
    joined = "".join(cells)
    try:
        sound = len(joined.encode()) <= limit and "\x00" not in joined
    except UnicodeEncodeError:
        sound = False
    if not sound:
        check({str(number): cell for number, cell in enumerate(cells)}, limit)


def _pieces(binary: BinaryIO) -> Iterator[bytes]:
    """A file bit by bit, as far as it can be unpacked."""
    try:
        while piece := binary.read(_PIECE):
            yield piece
    except DamagedArchive:
        return


def _encoding(file: SourceFile) -> str:
    with open_binary(file) as binary:
        return detected(_pieces(binary))


def _delimiter(form: CsvForm | TsvSource, file: SourceFile, encoding: str) -> str:
    """Of the known delimiters the one that gives most rows as many columns as the first."""
    with open_binary(file) as binary:
        try:
            text = as_text(binary, encoding)
            lines = [text.readline(_SAMPLE) for _ in range(_SAMPLE_ROWS)]
        except (UnicodeError, DamagedArchive):
            return ","
    scores = {mark: _score(lines, mark, form.quote) for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: scores[mark])


def _score(lines: list[str], delimiter: str, quote: str) -> tuple[int, int]:
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter, quotechar=quote) if row]
    except csv.Error:
        return 0, 0
    columns = len(rows[0]) if rows else 0
    return (sum(len(row) == columns for row in rows), columns) if columns > 1 else (0, 0)
