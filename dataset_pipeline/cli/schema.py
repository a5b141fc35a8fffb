"""``schema``: the JSON Schemas of what is signed."""

from typing import Annotated

import typer

from dataset_pipeline.cli import show
from dataset_pipeline.cli.options import AsJson, answered, print_json, print_text


def schema(
    name: Annotated[
        str | None, typer.Argument(help="A schema's name or a predicate type; else all are listed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the JSON Schema of a kind of statement, or list the kinds."""
    from dataset_pipeline.certify.schema import SCHEMAS, schema_text

    with answered(as_json=as_json):
        if name is not None:
            print_text(schema_text(name))
        elif as_json:
            print_json(SCHEMAS)
        else:
            rows = [{"schema": file, "predicate type": kind} for kind, file in SCHEMAS.items()]
            show.table("Statements", rows, ("schema", "predicate type"))
