"""Delimited text with a header line."""

import csv
from collections.abc import Iterator
from typing import Any

from dataset_pipeline.config import CsvForm
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile

_MAX_FIELD = 16 << 20


def read_csv(form: CsvForm, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file row by row.

    Undecodable bytes are carried as lone surrogates, so that only the row that holds them fails.
    """
    csv.field_size_limit(_MAX_FIELD)
    encoding = "utf-8-sig" if form.encoding.lower() in ("utf-8", "utf8") else form.encoding
    with file.path.open(encoding=encoding, errors="surrogateescape", newline="") as text:
        rows = csv.reader(text, delimiter=form.delimiter, quotechar=form.quote, strict=True)
        yield from _rows(rows, file.name)


def _rows(rows: Any, name: str) -> Iterator[Row | BadRow]:
    header: list[str] | None = None
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            break
        except csv.Error:
            reason = "the row breaks the rules of quoting, or a field is over 16 MiB"
            yield BadRow(name, line, "broken_quoting", reason, {"to_line": rows.line_num})
            continue
        except UnicodeError:
            yield BadRow(name, line, "bad_encoding", "the file cannot be decoded from here on")
            return
        if header is None:
            header = cells
            named = [cell for cell in cells if cell]
            if len(set(named)) < len(named):
                reason = "a column's name stands twice in the header; nothing of the file is read"
                yield BadRow(name, line, "duplicate_column", reason)
                return
        elif cells:
            yield _row(name, line, header, cells)
    if header is None:
        yield BadRow(name, 1, "empty_file", "the file is empty; expected a header line")


def _row(name: str, line: int, header: list[str], cells: list[str]) -> Row | BadRow:
    if len(cells) != len(header):
        rule = "too_few_columns" if len(cells) < len(header) else "too_many_columns"
        evidence = {"expected": len(header), "found": len(cells)}
        return BadRow(name, line, rule, "the row's columns are not the header's", evidence)
    joined = "".join(cells)
    if "\x00" in joined:
        return BadRow(name, line, "nul_bytes", "the row holds NUL bytes")
    if not _encodable(joined):
        return BadRow(name, line, "bad_encoding", "the row is not in the declared encoding")
    return Row(name, line, dict(zip(header, cells, strict=True)))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
