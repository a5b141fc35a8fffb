"""Which field of a source becomes which column of the record."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from dataset_pipeline.config.base import Column, Slug, Strict


class Expression(Strict):
    """A value computed from the row by a Polars expression, written in SQL.

    ``concat_ws(': ', subject, body)``, ``lower(topic)``, ``coalesce(answer, note)`` …: what
    ``polars.sql_expr`` reads. Columns of text formats (JSON, CSV …) are text.
    """

    sql: Column


Value = Column | Expression


# Microseconds of one: forms of a time that is a number, counted from 1970 in UTC.
EPOCHS: Mapping[str, Decimal] = {
    "epoch_s": Decimal(1_000_000),
    "epoch_ms": Decimal(1_000),
    "epoch_us": Decimal(1),
    "epoch_ns": Decimal("0.001"),
}


class EventTime(Strict):
    """Where a record's time stands, and how it is written.

    ``format``: directives as Python's ``strptime`` reads them, or one of ``EPOCHS``, for numbers
    and for digits; without one, ISO 8601. A row without a time is quarantined, unless the time is
    not ``required``.
    """

    column: Column
    format: str | None = None
    timezone: str = "UTC"
    required: bool = True


class Turns(Strict):
    """A conversation in one column: the last customer turn is the prompt.

    ``roles`` says which author has which role; ``others`` is the role of everybody else (without
    it, a row with an author who is not named is quarantined).
    """

    column: Column
    role: Column = "role"
    content: Column = "content"
    roles: dict[str, Literal["user", "assistant", "system"]] = {}
    others: Literal["user", "assistant", "system"] | None = None


class Fields(Strict):
    """Which field of the source becomes which column of the record.

    Without a ``key`` a record is named by its content: two equal rows are one record.
    ``attachments`` names a column with the names of files of a source of kind ``files``: a list,
    or a text with commas, semicolons or line breaks between the names.
    """

    key: Value | None = None
    group_id: Value | None = None
    event_time: EventTime | None = None
    turns: Turns | None = None
    prompt: Value | None = None
    completion: Value | None = None
    rejected: Value | None = None
    label: Value | None = None
    language: Value | None = None
    attributes: dict[Slug, Value] = {}
    attachments: Column | None = None
