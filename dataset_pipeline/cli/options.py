"""Options that commands share, and how they end."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Annotated, Any, NoReturn

import typer
from rich.console import Console

from dataset_pipeline.errors import PipelineError, place, system_error

YES, NO, UNANSWERED = 0, 1, 2
TRACEBACK_VARIABLE = "DATASET_PIPELINE_TRACEBACK"

CONFIGS_VARIABLE, STORE_VARIABLE = "DATASET_PIPELINE_CONFIGS", "DATASET_PIPELINE_STORE"

Configs = Annotated[
    Path,
    typer.Option("--configs", envvar=CONFIGS_VARIABLE, help="Folder with one folder per dataset."),
]
StoreFolder = Annotated[
    Path, typer.Option("--store", envvar=STORE_VARIABLE, help="Where everything is kept.")
]
NUMBER = "its number where only one has it, like 1.0.2; else with its dataset, like tickets/1.0.2."
VersionName = Annotated[str, typer.Argument(help=f"A version's name, or {NUMBER}")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

CONFIGS, STORE = Path("configs"), Path("store")


class _Console(Console):
    """Goes on where nobody reads any more, as after ``| head -1``: the exit code still counts."""

    def on_broken_pipe(self) -> None:
        _write_nowhere(self.file)


# In a pipe or a log there is no width to ask for.
_LOG_WIDTH = 140
out = _Console(width=None if sys.stdout.isatty() else _LOG_WIDTH)
err = _Console(stderr=True, width=None if sys.stderr.isatty() else _LOG_WIDTH)


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output, and nothing else."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # a file's name that is not UTF-8, or a terminal that is not
        text = json.dumps(value, indent=2, default=str)
    print_text(text + "\n")


def print_text(text: str) -> None:
    """Print a text on standard output as it stands, as far as somebody reads it."""
    try:
        typer.echo(text, nl=False)
    except BrokenPipeError:
        _write_nowhere(sys.stdout)


@contextmanager
def answered(*, as_json: bool) -> Iterator[None]:
    """Turn an error into a message and exit code 2.

    Only our own errors and the system's are shown as they are; any other may quote a record.
    """
    try:
        yield
    except PipelineError as error:
        fail(str(error), as_json=as_json)
    except OSError as error:
        fail(system_error(error), as_json=as_json)
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        fail(
            f"{type(error).__name__} at {place(error)}: a file of the store is damaged, or this "
            f"is a fault of the program. The whole of it, which may quote a record: set "
            f"{TRACEBACK_VARIABLE}=1",
            as_json=as_json,
        )


def fail(message: str, *, as_json: bool, code: int = UNANSWERED) -> NoReturn:
    """Print what is wrong and end with ``code``."""
    if as_json:
        print_json({"ok": False, "error": message})
    else:
        err.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def spell_out() -> None:
    """Write what an output cannot hold, as a file's name that is not UTF-8, by its number.

    Else the command would end there with a traceback, and 1 for a no.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def flush() -> None:
    """Write out what was printed; where that fails, as on a full disk, the exit code still counts.

    Python would end with a code of its own, 120, for which nobody has a meaning.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _write_nowhere(stream)


def _write_nowhere(stream: IO[str]) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
