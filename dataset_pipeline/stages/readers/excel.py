"""Workbooks: one sheet, with a header row."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import polars as pl

from dataset_pipeline.config import ExcelSource
from dataset_pipeline.digests import sha256_file
from dataset_pipeline.stages.readers.flaws import Flaw, check, content_of, unreadable_unless
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.readers.whole import whole
from dataset_pipeline.stages.readers.zipped import check_cells, check_office, is_ole

_KIND = "a workbook"
_BLANK_ROWS = 1000


def read_excel(source: ExcelSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read the first sheet, or the one named; the number of a row is the sheet's.

    Fields have the header's names (columns without a name are left out). Whole numbers are
    integers, dates are dates, or times where they have a time of day. A column whose cells are of
    several types is text. Blank rows are no rows.
    """
    try:
        first, frame = _sheet(source, whole(file))
    except Flaw as flaw:
        yield flaw.rest(file.name, 1, sha256_file(file.path))
        return
    for line, cells in enumerate(frame.iter_rows(named=True), start=first):
        if any(cell is not None for cell in cells.values()):
            yield _row(source, file.name, line, cells)


def _row(source: ExcelSource, name: str, line: int, cells: dict[str, Any]) -> Row | BadRow:
    values = {column: _plain(cell) for column, cell in cells.items()}
    try:
        check(values, source.max_field_bytes)
    except Flaw as flaw:
        return flaw.row(name, line, content_of(repr(values)))
    return Row(name, line, values)


def _sheet(source: ExcelSource, data: bytes) -> tuple[int, pl.DataFrame]:
    """The number of the first row below the header, and the rows."""
    import fastexcel

    if not is_ole(data):
        check_office(data, _KIND)
    with unreadable_unless(_KIND):
        if not is_ole(data):
            check_cells(data)
        book = fastexcel.read_excel(data)
        if not book.sheet_names:
            raise Flaw("missing_sheet", "the workbook has no sheets")
        name = source.sheet if source.sheet is not None else book.sheet_names[0]
        if name not in book.sheet_names:
            raise Flaw("missing_sheet", "the workbook has no such sheet", sheet=name)
        top = book.load_sheet(
            name, header_row=None, skip_rows=0, n_rows=_BLANK_ROWS, dtypes="string"
        ).to_polars()
        skipped, header = _header(top)
        body = book.load_sheet(
            name, header_row=None, skip_rows=skipped + 1, schema_sample_rows=None
        ).to_polars()
    named = [(column, name) for column, name in zip(body.columns, header, strict=False) if name]
    return skipped + 2, body.select(pl.col(column).alias(name) for column, name in named)


def _header(top: pl.DataFrame) -> tuple[int, list[str]]:
    """How many rows are above the header, and its cells."""
    for number, cells in enumerate(top.iter_rows()):
        header = [(cell or "").strip() for cell in cells]
        named = [cell for cell in header if cell]
        if len(set(named)) < len(named):
            reason = "a column's name stands twice in the header; nothing of the file is read"
            raise Flaw("duplicate_column", reason)
        if named:
            return number, header
    raise Flaw("empty_file", "the sheet is empty; expected a header row")


def _plain(cell: Any) -> Any:
    """A cell by itself, so that what one row holds never changes another's."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        return date(cell.year, cell.month, cell.day)
    return cell
