"""Columns that a mapping names and a source does not have: a slip of the pen, told, not obeyed.

A misspelt ``group_id`` would make every record a group of its own, and tear groups apart.
"""

from dataclasses import dataclass, field
from difflib import get_close_matches

from dataset_pipeline.config import Fields, Source
from dataset_pipeline.errors import ConfigError
from dataset_pipeline.stages.readers.chunk import LINE, Chunk, columns_of, wanted

_WITH_HEADER = ("csv", "tsv", "excel", "parquet", "sql")


@dataclass
class Unseen:
    """The columns that no row read so far has.

    ``header``: rows share one, so that every column has to be in it, in some file. Elsewhere a row
    has what it has, and only what a record cannot do without has to be in some row.
    """

    left: set[str]
    header: bool
    there: set[str] = field(default_factory=set)
    rows: int = 0

    @classmethod
    def of(cls, source: Source) -> "Unseen":
        """Those of a source's mapping, but for what its contract does not require."""
        header = source.kind in _WITH_HEADER
        named = set(wanted(source.fields).schema) if header else _needed(source.fields)
        promised = source.contract.columns.items() if source.contract else ()
        return cls(named - {name for name, promise in promised if not promise.required}, header)

    def look(self, chunk: Chunk) -> None:
        """Take the columns of some rows for seen."""
        frame = chunk.frame
        if not self.left or not frame.height:
            return
        self.rows += frame.height
        names = set(chunk.columns or (frame.columns if self.header else ())) - {LINE}
        if not self.header:
            asked = self.left & set(frame.columns)
            names |= {name for name in asked if frame[name].null_count() < frame.height}
        self.there |= names
        self.left -= names

    def told(self, source_id: str) -> None:
        """Raise ConfigError when rows were read and columns are left."""
        if not self.rows or not self.left:
            return
        where = "there is no column" if self.header else "no row has a value in"
        said = [f"{where} {name!r}{self._meant(name)}" for name in sorted(self.left)]
        raise ConfigError(f"sources.{source_id}.fields: {'; '.join(said)}")

    def _meant(self, name: str) -> str:
        close = get_close_matches(name, sorted(self.there - self.left), 1)
        return f"; did you mean {close[0]!r}?" if close else ""


def _needed(fields: Fields) -> set[str]:
    """The columns without which a row is no record, or a group is torn apart."""
    needed = {*columns_of(fields.key), *columns_of(fields.group_id), *columns_of(fields.prompt)}
    needed |= {fields.turns.column} if fields.turns else set()
    time = fields.event_time
    return needed | ({time.column} if time and time.required else set())
