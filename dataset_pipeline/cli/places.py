"""``--configs`` and ``--store`` on every command, so that one habit, and one alias, fits all."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from dataset_pipeline.cli.options import CONFIGS, STORE

_PLACES = {"configs": ("--configs", CONFIGS), "store": ("--store", STORE)}


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
