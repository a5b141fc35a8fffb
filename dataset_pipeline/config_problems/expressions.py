"""Finds what is wrong with the expressions under a source's ``fields``.

Works on the parsed YAML, as ``references.py`` does.
"""

from collections.abc import Iterator
from typing import Any

from dataset_pipeline.config.keys import Location
from dataset_pipeline.config_problems.found import Found


def expression_problems(loc: Location, fields: Any) -> Iterator[Found]:
    """What is no expression, and what makes one value of many rows, as (location, problem)."""
    if not isinstance(fields, dict):
        return
    attributes = fields.get("attributes")
    named: dict[Location, Any] = {(name,): value for name, value in fields.items()}
    if isinstance(attributes, dict):
        named |= {("attributes", name): value for name, value in attributes.items()}
    for name, value in named.items():
        sql = value.get("sql") if isinstance(value, dict) else None
        problem = _problem(sql) if isinstance(sql, str) and sql else None
        if problem:
            yield (*loc, *name, "sql"), problem


def _problem(sql: str) -> str | None:
    import polars as pl

    try:
        expression = pl.sql_expr(sql)
        columns = expression.meta.root_names()
    except pl.exceptions.PolarsError as error:
        return f"no expression that Polars reads: {str(error).splitlines()[0]}"
    for kind in (pl.String(), pl.Float64()):
        rows = pl.DataFrame({name: pl.Series([None, None], dtype=kind) for name in columns})
        try:
            if columns and rows.select(expression).height == 1:
                return "makes one value of many rows; expected an expression over one row"
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            continue  # the source's columns may be of another type
    return None
