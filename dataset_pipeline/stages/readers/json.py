"""JSON files: a list of rows, somewhere in the document."""

from collections.abc import Iterator

from dataset_pipeline.config import JsonSource
from dataset_pipeline.digests import sha256_file
from dataset_pipeline.stages.readers.flaws import Flaw, check
from dataset_pipeline.stages.readers.json_values import Found, json_rows, json_text
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile
from dataset_pipeline.stages.readers.whole import whole


def read_json(source: JsonSource, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file object by object; the line of a row is its number.

    The text of a file is in memory, its rows are not.
    """
    number = 0
    try:
        path = source.records.split(".") if source.records else []
        for found in json_rows(json_text(whole(file)), path):
            number = found.number
            yield _row(source, file.name, found)
    except Flaw as flaw:
        yield flaw.rest(file.name, number + 1, sha256_file(file.path))


def _row(source: JsonSource, name: str, found: Found) -> Row | BadRow:
    try:
        if isinstance(found.value, Flaw):
            raise found.value
        if not isinstance(found.value, dict):
            shown = type(found.value).__name__
            raise Flaw("not_an_object", "expected a JSON object", found=shown)
        check(found.value, source.max_field_bytes)
    except Flaw as flaw:
        return flaw.row(name, found.number, found.content)
    return Row(name, found.number, found.value, found.content)
