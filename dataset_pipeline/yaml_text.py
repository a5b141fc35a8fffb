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


class RepeatedKeyError(yaml.YAMLError):
    """A key stands twice in one mapping; the message names it and its line."""


class _OnceLoader(yaml.SafeLoader):
    """PyYAML takes the last of several; which one was meant nobody knows."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                line = key.start_mark.line + 1
                raise RepeatedKeyError(f"line {line}: the key {key.value} stands there twice")
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def parse_once(text: str) -> Any:
    """As ``parse``; RepeatedKeyError when a key stands twice, which else would hide the first."""
    try:
        return yaml.load(text, Loader=_OnceLoader)  # noqa: S506 - a safe loader
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
