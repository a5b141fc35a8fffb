"""Reading YAML so that whatever is wrong with it comes out as one kind of error."""

from typing import Any

import yaml

# PyYAML answers some broken tags, dates and depths with errors that are not its own.
_ESCAPES = (ValueError, LookupError, AttributeError, TypeError, OverflowError, RecursionError)


def parse(text: str) -> Any:
    """The value of a YAML document; plain values only. Raises yaml.YAMLError, and nothing else."""
    try:
        return yaml.safe_load(text)
    except _ESCAPES as error:
        raise _unreadable(error) from None


def compose(text: str) -> yaml.Node | None:
    """A YAML document as nodes, which know their lines. Raises yaml.YAMLError, and nothing else."""
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except _ESCAPES as error:
        raise _unreadable(error) from None


def _unreadable(error: Exception) -> yaml.YAMLError:
    deep = isinstance(error, RecursionError)
    return yaml.YAMLError("nested too deeply" if deep else "a value does not fit its type")
