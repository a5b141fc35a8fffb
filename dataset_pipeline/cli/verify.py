"""``verify``: is what is here what was certified?"""

from pathlib import Path
from typing import Annotated

import typer

from dataset_pipeline.cli import show
from dataset_pipeline.cli.options import NO, AsJson, answered, print_json


def verify(  # noqa: PLR0913, PLR0917  every option is a parameter
    package: Annotated[
        Path,
        typer.Argument(help="A version's folder, package, bag, model, certified folder, or proof."),
    ],
    trust: Annotated[
        Path | None, typer.Option(help="PEM file (or folder) of the public keys that you trust.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="The certificate, when it is not beside the package.")
    ] = None,
    removed: Annotated[
        Path | None,
        typer.Option(exists=True, help="The list of what retention removed, in its store."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="The files that certify-folder was about.")
    ] = None,
    notice: Annotated[
        list[Path] | None,
        typer.Option(help="What you were sent about the version: withdrawn, superseded."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a package against its certificate: offline, without the store."""
    from dataset_pipeline.certify.verify import verify as check

    with answered(as_json=as_json):
        result = check(
            package,
            trust=trust,
            certificate=certificate,
            removed=removed,
            folder=folder,
            notices=notice or [],
        )
    if as_json:
        print_json(result.to_json())
    else:
        show.verification(result)
    raise typer.Exit(0 if result.ok else NO)
