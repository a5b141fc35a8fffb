"""JSON Lines: one JSON object a line.

Whole blocks of lines are parsed by Polars. A block that Polars writes as it read it, byte for byte,
holds just that. Else, what its parser would take for something else (a boolean or an object as
text, half of a surrogate pair, a name that stands twice) is read again line by line, exactly; so is
a block that it refuses.
"""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

import polars as pl

from dataset_pipeline.config import JsonlForm
from dataset_pipeline.stages.readers.chunk import LINE, Chunk, Wanted, framed
from dataset_pipeline.stages.readers.compressed import DamagedArchive, open_binary
from dataset_pipeline.stages.readers.flaws import Flaw, check
from dataset_pipeline.stages.readers.rows import BadRow, Row, SourceFile

_BOM = b"\xef\xbb\xbf"
_BLOCK = 15 << 20  # below the usual limit of a field: no field of a block can be over it
_MAX_LINE = 256 << 20
_SAMPLE = 64 << 10
_MAX_FIELD = 16 << 20
# Text that Polars may have made of something that is no text.
_MADE = r"^(?:true|false|-?\d[\d.]*[eE][+-]?\d+|\{[\s\S]*\}|\[[\s\S]*\])$"
_ESCAPED_NAME = r'\\[u/][^"]*"\s*:'
_EMPTY = "the file is empty"
_OVERLONG = f"the line is over {_MAX_LINE >> 20} MiB"
_DAMAGED = "the archive is damaged, or ends too early: what follows cannot be read"


@dataclass(frozen=True)
class _Block:
    """Some whole lines of a file, the number of the first, and what is wanted of them.

    ``regular``: the lines before these were as Polars writes them.
    """

    form: JsonlForm
    name: str
    first: int
    data: bytes
    names: Wanted | None = None
    regular: bool = False

    @cached_property
    def max_field(self) -> int:
        return int(getattr(self.form, "max_field_bytes", _MAX_FIELD))

    @property
    def plain(self) -> bool:
        """Whether it is in the encoding that Polars reads."""
        return self.form.encoding.lower().replace("_", "-") in ("utf-8", "utf8")

    @cached_property
    def lines(self) -> pl.DataFrame:
        """The lines as text. Raises PolarsError where they are none."""
        return pl.read_lines(self.data, name="line")

    @cached_property
    def escapes(self) -> bool:
        """Whether characters may be written as escapes."""
        return b"\\" in self.data and bool(self.lines["line"].str.contains(r"\\[u/]").any())

    @cached_property
    def mirrored(self) -> pl.DataFrame | None:
        """All members of the lines, where they are as Polars writes them and wanted ones are text.

        Then no name stands twice, no line is blank, and no text was made of anything else.
        """
        names = self.names if self.regular and self.plain else None
        if names is None or names.turns or names.lists or len(self.data) > self.max_field:
            return None
        try:
            sample = self.data[: self.data.find(b"\n", _SAMPLE) + 1] or self.data
            frame = pl.read_ndjson(sample, infer_schema_length=None)
            types = frame.schema
            if any(types.get(name, pl.String) != pl.String for name in names.schema):
                return None
            if not _written_as(frame, sample):
                return None
            frame = pl.read_ndjson(self.data, schema=types)
            return frame if _written_as(frame, self.data) else None
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None

    def count(self) -> int:
        """How many lines there are."""
        if self.mirrored is not None:
            return self.mirrored.height
        try:
            return self.lines.height
        except pl.exceptions.PolarsError:
            return self.data.count(b"\n")


def read_jsonl(form: JsonlForm, file: SourceFile) -> Iterator[Row | BadRow]:
    """Read one file line by line; a broken line never takes its neighbours with it."""
    for block in _blocks(form, file):
        if isinstance(block, BadRow):
            yield block
        else:
            yield from _rows(block)


def jsonl_chunks(form: JsonlForm, file: SourceFile, names: Wanted) -> Iterator[Chunk]:
    """Read one file block by block, in memory that does not grow with the file."""
    for block in _blocks(form, file, names):
        if isinstance(block, BadRow):
            nothing = pl.DataFrame(schema={LINE: pl.UInt64(), **names.schema})
            yield Chunk(file.name, nothing, [block])
            continue
        chunk = (_mirror(block, names) or _parsed(block, names)) if block.plain else None
        if chunk is None:
            yield from framed(_rows(block), names)
        else:
            yield chunk


# ----------------------------------------------------------------------------------------- blocks


def _blocks(
    form: JsonlForm, file: SourceFile, names: Wanted | None = None
) -> Iterator[_Block | BadRow]:
    """Some whole lines at a time; or what cannot be read at all."""
    line, regular = 1, True
    with open_binary(file) as stream:
        try:
            for piece in _pieces(stream):
                data = piece.removeprefix(_BOM) if line == 1 else piece
                if len(data) > _MAX_LINE and b"\n" not in data:
                    yield _overlong(file.name, line, data, stream)
                    line += 1
                else:
                    block = _Block(form, file.name, line, data, names, regular)
                    count, regular = block.count(), block.mirrored is not None
                    yield block
                    line += count
        except DamagedArchive:
            yield Flaw("damaged_archive", _DAMAGED).rest(file.name, line)
            return
    if line == 1 and not file.path.stat().st_size:
        yield BadRow(file.name, 1, "empty_file", _EMPTY)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """Whole lines; the last one may lack its end. One that is too long comes alone, begun only."""
    while data := stream.read(_whole(stream)):
        tail = b"" if data.endswith(b"\n") else stream.readline(_MAX_LINE)
        if len(tail) < _MAX_LINE or tail.endswith(b"\n"):
            yield data + tail
            continue
        end = data.rfind(b"\n") + 1
        if end:
            yield data[:end]
        yield data[end:] + tail


def _whole(stream: BinaryIO) -> int:
    """How many bytes to read: of a plain file up to a line's end, which saves joining two parts."""
    if not stream.seekable():
        return _BLOCK
    start = stream.seek(_BLOCK, io.SEEK_CUR) - _BLOCK
    tail = stream.readline(_MAX_LINE)
    stream.seek(start)
    return _BLOCK + (len(tail) if tail.endswith(b"\n") else 0)


def _overlong(name: str, line: int, begun: bytes, stream: BinaryIO) -> BadRow:
    """Pass over the rest of a line that is too long to be kept in memory."""
    hasher = hashlib.sha256(begun)
    while piece := stream.readline(1 << 20):
        hasher.update(piece)
        if piece.endswith(b"\n"):
            break
    return BadRow(name, line, "oversized_field", _OVERLONG, content=hasher.hexdigest())


# -------------------------------------------------------------------------------- by Polars, whole


def _written_as(frame: pl.DataFrame, data: bytes) -> bool:
    """Whether a frame's rows, written as JSON Lines, are these bytes."""
    written = io.BytesIO()
    frame.write_ndjson(written)
    return written.getvalue() == data


def _mirror(block: _Block, names: Wanted) -> Chunk | None:
    """The block as a chunk if Polars writes it as it stands; an escape may hide a NUL."""
    frame = block.mirrored
    if frame is None:
        return None
    values = [
        pl.col(n) if n in frame.columns else pl.lit(None, pl.String).alias(n) for n in names.schema
    ]
    number = pl.int_range(block.first, block.first + frame.height, dtype=pl.UInt64).alias(LINE)
    frame = frame.select(number, *values)
    nul = [pl.col(name).str.contains("\x00", literal=True) for name in names.schema]
    if b"\\" in block.data and _any(frame, nul).any():
        return None
    return Chunk(block.name, frame, nul_free=True)


def _parsed(block: _Block, names: Wanted) -> Chunk | None:
    """The block as a chunk if every line of it is an object; None when it must be read slowly."""
    if b"\x00" in block.data:
        return None
    try:
        frame = pl.read_ndjson(block.data, schema=names.schema)
        lines = block.lines.height
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    if frame.height != lines:  # blank lines: only their number is not known here
        return None
    doubtful = _doubtful(frame, block, names)
    if len(doubtful) > max(lines // 10, 10):
        return None
    number = pl.int_range(block.first, block.first + lines, dtype=pl.UInt64).alias(LINE)
    frame = frame.select(number, *names.schema)
    if doubtful:
        return _mended(block, frame, doubtful, names)
    return Chunk(block.name, frame, nul_free=not block.escapes)


def _doubtful(frame: pl.DataFrame, block: _Block, names: Wanted) -> list[int]:
    """Rows whose values may not be what the line says."""
    found = pl.repeat(value=False, n=frame.height, dtype=pl.Boolean, eager=True)
    if block.escapes:
        found |= block.lines["line"].str.contains(_ESCAPED_NAME)
    # A name in escapes is read and not counted: it would make up for one that stands twice.
    once = not found.any() and _count(block, names.strict) == _present(frame, names.strict)
    if not once:
        found |= _twice(block, names)
    odd = _any(frame, [_odd(pl.col(name), block) for name in names.text])
    plain = once and not block.escapes and len(block.data) <= block.max_field
    if odd.any() and not (plain and _all_quoted(frame, block, names)):
        found |= odd
    lists = [(name, pl.element()) for name in names.lists]
    if turns := names.turns:
        member = pl.element().struct.field
        lists += [(turns.column, member(part)) for part in (turns.role, turns.content)]
    if lists:
        found |= _any(frame, [pl.col(n).list.eval(_odd(v, block)).list.any() for n, v in lists])
    return found.arg_true().to_list()


def _any(frame: pl.DataFrame, tests: list[pl.Expr]) -> pl.Series:
    """The rows in which one of the tests holds."""
    nothing = pl.repeat(value=False, n=frame.height, dtype=pl.Boolean).alias("")
    holds = pl.any_horizontal(nothing, *tests).fill_null(value=False)
    return frame.lazy().select(holds.alias("any")).collect(engine="streaming")["any"]


def _all_quoted(frame: pl.DataFrame, block: _Block, names: Wanted) -> bool:
    """Whether each text read was written as one; a value without quotes makes it one too few."""
    return _count(block, names.text, r'\s*"') == _present(frame, names.text)


def _count(block: _Block, which: Iterable[str], followed_by: str = "") -> int:
    """How often the names stand in the block.

    One that stands twice in a line, or within a text, makes it more than the values read.
    """
    counted = block.lines.lazy().select(_name(which, followed_by).sum())
    return int(counted.collect(engine="streaming").item())


def _present(frame: pl.DataFrame, which: Iterable[str]) -> int:
    return sum(frame.height - frame[name].null_count() for name in which)


def _name(which: Iterable[str], followed_by: str = "") -> pl.Expr:
    """How often one of the names stands in a line, as the name of a value."""
    quoted = [_literal(json.dumps(name, ensure_ascii=False)[1:-1]) for name in which]
    pattern = rf'"(?:{"|".join(quoted)})"\s*:{followed_by}'
    return pl.col("line").str.count_matches(pattern) if quoted else pl.lit(0)


def _odd(value: pl.Expr, block: _Block) -> pl.Expr:
    """Whether a text may be none: made of another value, hiding a NUL, or too long."""
    odd = value.str.contains(_MADE)
    if block.escapes:  # one may hide a NUL, which half of a surrogate pair becomes, too
        odd = odd | value.str.contains("\x00", literal=True)
    if len(block.data) > block.max_field:
        odd = odd | (value.str.len_bytes() > block.max_field)
    return odd


def _twice(block: _Block, names: Wanted) -> pl.Series:
    """Rows in which a wanted name stands more often than once."""
    twice = pl.any_horizontal(_name([name]) > 1 for name in names.strict)
    return block.lines.lazy().select(twice.alias("twice")).collect(engine="streaming")["twice"]


def _literal(text: str) -> str:
    """A text as a Rust regular expression of itself."""
    return "".join(c if c.isalnum() or c == "_" else f"\\x{{{ord(c):x}}}" for c in text)


def _mended(block: _Block, frame: pl.DataFrame, doubtful: list[int], names: Wanted) -> Chunk:
    """The chunk with its doubtful rows read again, exactly."""
    lines = block.data.split(b"\n")
    rows = [_row(block, block.first + index, lines[index]) for index in doubtful]
    again = list(framed(rows, names))
    kept = frame.filter(~pl.int_range(pl.len()).is_in(doubtful))
    sound = pl.concat([kept, *(chunk.frame.select(kept.columns) for chunk in again)])
    return Chunk(block.name, sound.sort(LINE), [bad for chunk in again for bad in chunk.bad])


# --------------------------------------------------------------------------- by Python, one by one


def _rows(block: _Block) -> Iterator[Row | BadRow]:
    for number, line in enumerate(io.BytesIO(block.data), start=block.first):
        if line.strip():
            yield _row(block, number, line.removesuffix(b"\n"))


def _row(block: _Block, number: int, line: bytes) -> Row | BadRow:
    data = line.removesuffix(b"\r")
    content = hashlib.sha256(data).hexdigest()
    try:
        return Row(block.name, number, _object(block, data), content)
    except Flaw as flaw:
        return flaw.row(block.name, number, content)


def _object(block: _Block, data: bytes) -> dict[str, Any]:
    if b"\x00" in data:
        raise Flaw("nul_bytes", "the line holds NUL bytes", byte=data.index(b"\x00"))
    try:
        value = json.loads(
            data.decode(block.form.encoding), parse_constant=_no_number, object_pairs_hook=_Object
        )
    except UnicodeDecodeError as error:
        reason = f"the line is not {block.form.encoding}"
        raise Flaw("bad_encoding", reason, byte=error.start) from None
    except (ValueError, RecursionError) as error:
        at = {"column": error.colno} if isinstance(error, json.JSONDecodeError) else {}
        raise Flaw("broken_json", "the line is not JSON", **at) from None
    if not isinstance(value, _Object):
        found = type(value).__name__
        raise Flaw("not_an_object", "expected a JSON object", found=found)
    read = list(value) if block.names is None else block.names.strict
    if value.repeated.intersection(read):
        raise Flaw("broken_json", "a name stands twice in the object")
    check({name: value[name] for name in read if name in value}, block.max_field)
    return value


class _Object(dict[str, Any]):
    """A JSON object that knows which names stood in it more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]):
        super().__init__(pairs)
        counted = Counter(name for name, _ in pairs) if len(self) < len(pairs) else {}
        self.repeated = {name for name, count in counted.items() if count > 1}


def _no_number(_name: str) -> None:
    """NaN and Infinity are not JSON, though Python reads them."""
    raise ValueError
