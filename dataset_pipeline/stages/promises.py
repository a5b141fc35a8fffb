"""Which rows break what is promised of their columns: by Pandera, told in counts alone."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from dataset_pipeline.config import ColumnPromise, EventTime
from dataset_pipeline.errors import ConfigError
from dataset_pipeline.stages.times import times

Counts = dict[str, dict[str, int]]
_NO_TEXT = "\x00"  # stands for a value that cannot be read as text
_TEXTUAL = (pl.String, pl.Categorical, pl.Enum)
_DATE = r"^\d{4}-\d\d-\d\d$"


class Promises:
    """The promises of a source's columns, and the Pandera schemas made of them."""

    def __init__(
        self, columns: Mapping[str, ColumnPromise], event_time: EventTime | None = None
    ) -> None:
        self._columns, self._event_time = columns, event_time
        self._schemas: dict[tuple[str, ...], Any] = {}
        _check_patterns(columns)

    def broken(self, frame: pl.DataFrame, values: pl.DataFrame) -> Counts:
        """By column and promise the rows that break it; columns that are not there break none.

        ``values``: the frame's values as text. Pandera's errors hold values: they end here.
        """
        import pandera.errors

        names = [name for name in self._columns if name in frame.columns]
        if not names:
            return {}
        schema = self._schemas.get(tuple(names)) or self._schema(names)
        self._schemas[tuple(names)] = schema
        found: Counts = {}
        try:
            schema.validate(self._readings(names, frame, values), lazy=True)
        except pandera.errors.SchemaErrors as errors:
            for error in errors.schema_errors:
                name = names[int(str(error.schema.name).split()[0])]
                promise = getattr(error.check, "name", "nullable")
                failures = int((~error.check_output.to_series()).sum())
                found.setdefault(name, {})[promise] = failures
        return found

    def _readings(
        self, names: list[str], frame: pl.DataFrame, values: pl.DataFrame
    ) -> pl.DataFrame:
        """Of each column its text, whether that reads as promised, and its number."""
        columns = []
        for number, name in enumerate(names):
            promise = self._columns[name]
            read = _reads_as(frame[name], values[name], promise, self._spec(name, promise))
            columns += [values[name].cast(pl.String).alias(f"{number}")]
            columns += [read.alias(f"{number} type")]
            columns += [_number(frame[name], values[name]).alias(f"{number} number")]
        return pl.DataFrame(columns)

    def _schema(self, names: Iterable[str]) -> Any:
        """The schema for ``_readings``.

        Each check keeps one failing value at most, so that a broken batch costs no more than a
        sound one.
        """
        import pandera.polars as pa

        columns = {}
        for number, promise in enumerate(self._columns[name] for name in names):
            texts, limits = _text_checks(promise), _limits(promise)
            reads = [pa.Check.eq(value=True, **_named("type"))]
            columns[f"{number}"] = pa.Column(pl.String, texts, nullable=promise.nullable)
            columns[f"{number} type"] = pa.Column(pl.Boolean, reads, nullable=True)
            columns[f"{number} number"] = pa.Column(pl.Float64, limits, nullable=True)
        return pa.DataFrameSchema(columns)

    def _spec(self, name: str, promise: ColumnPromise) -> EventTime | None:
        """How times of a column are written; None for a date in the usual way."""
        event_time, is_time = self._event_time, promise.type == "time"
        if event_time and event_time.column == name and (is_time or event_time.format):
            return event_time
        return EventTime(column=name) if is_time else None


def _text_checks(promise: ColumnPromise) -> list[Any]:
    from pandera.polars import Check

    checks = []
    if promise.allowed:
        checks.append(Check.isin(promise.allowed, **_named("allowed")))
    if promise.matches:
        whole = _whole(promise.matches)
        checks.append(
            Check(
                lambda data: data.lazyframe.select(pl.col(data.key).str.contains(whole)),
                **_named("matches"),
            )
        )
    if promise.max_characters:
        limit = promise.max_characters
        checks.append(Check.str_length(max_value=limit, **_named("max_characters")))
    return checks


def _limits(promise: ColumnPromise) -> list[Any]:
    from pandera.polars import Check

    low, high = promise.minimum, promise.maximum
    checks = [] if low is None else [Check.ge(low, **_named("minimum"))]
    return checks if high is None else [*checks, Check.le(high, **_named("maximum"))]


def _named(name: str) -> dict[str, Any]:
    return {"name": name, "n_failure_cases": 1}


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"


def _check_patterns(promises: Mapping[str, ColumnPromise]) -> None:
    for name, promise in promises.items():
        try:
            pl.Series([""]).str.contains(_whole(promise.matches or ""))
        except pl.exceptions.PolarsError:
            raise ConfigError(
                f"contract.columns.{name}.matches is no regular expression that Polars knows "
                "(there is no looking around, and no reference back); write it in another way"
            ) from None


def as_text(values: pl.Series) -> pl.Series:
    """Values as text; null where there is none, or a blank one."""
    kind = values.dtype
    if isinstance(kind, pl.Datetime):
        return values.dt.to_string("iso:strict")
    plain = (*_TEXTUAL, pl.Boolean, pl.Date, pl.Time, pl.Null)
    if not kind.is_numeric() and not isinstance(kind, plain):
        there = values.is_not_null()
        return pl.select(pl.when(there).then(pl.lit(_NO_TEXT)).alias(values.name)).to_series()
    text = values.cast(pl.String)
    if kind.is_float():
        return text.str.strip_suffix(".0")
    if isinstance(kind, _TEXTUAL):
        return text.set(~text.str.contains(r"\S"), None)
    return text


def _reads_as(
    values: pl.Series, text: pl.Series, promise: ColumnPromise, spec: EventTime | None
) -> pl.Series:
    """Whether each value is of the type that is promised; null where there is none."""
    kind, asked = values.dtype, promise.type
    if isinstance(kind, _TEXTUAL):
        found = _text_reads_as(text, asked, spec)
    elif kind.is_numeric() and asked in ("integer", "number"):
        number = values.cast(pl.Float64)
        found = number.is_finite()
        if asked == "integer":
            found &= number == number.floor()
    elif kind.is_numeric() and asked in ("date", "time") and spec and spec.format:
        found = times(values, spec).is_not_null()
    else:
        of_kind = {"boolean": (pl.Boolean,), "date": (pl.Date,), "time": (pl.Date, pl.Datetime)}
        sound = asked is None or isinstance(kind, of_kind.get(asked, ()))
        found = pl.repeat(sound, len(text), dtype=pl.Boolean, eager=True)
    return found.set(text.is_null(), None)


def _text_reads_as(text: pl.Series, asked: str | None, spec: EventTime | None) -> pl.Series:
    if asked == "integer":
        return text.str.contains(r"^[+-]?[0-9]+$")
    if asked == "number":
        return text.cast(pl.Float64, strict=False).is_finite().fill_null(value=False)
    if asked == "boolean":
        return text.str.to_lowercase().is_in(["true", "false"])
    if asked in ("date", "time") and spec:
        return times(text, spec).is_not_null()
    if asked == "date":
        found = text.str.contains(_DATE) & text.str.to_date("%Y-%m-%d", strict=False).is_not_null()
        return found.fill_null(value=False)
    return pl.repeat(value=True, n=len(text), dtype=pl.Boolean, eager=True)


def _number(values: pl.Series, text: pl.Series) -> pl.Series:
    """Values as numbers; null where they are none."""
    source = values if values.dtype.is_numeric() else text
    number = source.cast(pl.Float64, strict=False)
    return number.set(~number.is_finite(), None)
