"""``--configs`` and ``--store`` on every command, so that one habit, and one alias, fits all."""

import inspect
import os
import shlex
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from dataset_pipeline.cli.options import CONFIGS, CONFIGS_VARIABLE, STORE, STORE_VARIABLE

_PLACES = {"configs": ("--configs", CONFIGS), "store": ("--store", STORE)}


def asked_again(words: Sequence[str], configs: Path, store: Path) -> str:
    """A command to copy, which looks at the places that this one looks at."""
    given = (("--configs", CONFIGS_VARIABLE, CONFIGS, configs),
             ("--store", STORE_VARIABLE, STORE, store))  # fmt: skip
    more = [
        part
        for option, variable, default, place in given
        if place != Path(os.environ.get(variable) or default)
        for part in (option, str(place))
    ]
    return shlex.join(["dataset-pipeline", *words, *more])


def take_places(app: typer.Typer) -> None:
    """Let each command of an app take both; one that has no use for a place takes no notice."""
    for command in app.registered_commands:
        command.callback = _taking(command.callback) if command.callback else None
    for group in app.registered_groups:
        if group.typer_instance:
            take_places(group.typer_instance)
            callback = group.typer_instance.registered_callback
            if callback and callback.callback:
                callback.callback = _taking(callback.callback)


def _taking(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with a hidden option for each place that it does not ask for."""
    asked = inspect.signature(function)
    more = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=Annotated[Path, typer.Option(option, hidden=True)],
        )
        for name, (option, default) in _PLACES.items()
        if name not in asked.parameters
    ]

    @wraps(function)
    def taking(*given: Any, **named: Any) -> Any:
        for place in more:
            named.pop(place.name, None)
        return function(*given, **named)

    everything = asked.replace(parameters=[*asked.parameters.values(), *more])
    taking.__signature__ = everything  # type: ignore[attr-defined]
    taking.__annotations__ = {
        **function.__annotations__,
        **{place.name: place.annotation for place in more},
    }
    return taking
