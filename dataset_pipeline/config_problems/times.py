"""Finds what is wrong with the form of a source's times.

Works on the parsed YAML, as ``references.py`` does. A form that no value can have would pass, and
then every row of the source would be quarantined.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from dataset_pipeline.config import EPOCHS
from dataset_pipeline.config.keys import Location
from dataset_pipeline.config_problems.found import Found, mapping

_DIRECTIVE = re.compile(r"%([-_^#:]?.?)")
_READ = frozenset("aAwdbBmyYHIpMSfzZjUWcxXGuV%")  # by strptime, on every machine
_MOMENT = datetime(2026, 5, 17, 21, 43, 58, 123456, UTC)
_NUMBERS = f"for numbers since 1970: {', '.join(EPOCHS)}"
_REMEDY = f'expected directives of strptime like "%d.%m.%Y %H:%M"; {_NUMBERS}'


def time_problems(loc: Location, fields: dict[str, Any]) -> Iterator[Found]:
    """A form that cannot be read, and a time zone that counts for nothing."""
    told = mapping(fields, "event_time")
    form = told.get("format")
    if not isinstance(form, str):
        return
    here = (*loc, "event_time")
    if form in EPOCHS:
        if told.get("timezone", "UTC") != "UTC":
            yield (*here, "timezone"), f"{form} counts in UTC wherever it is; remove the time zone"
    elif problem := _problem(form):
        yield (*here, "format"), problem


def _problem(form: str) -> str | None:
    directives = _DIRECTIVE.findall(form)
    if not any(name != "%" for name in directives):
        return f"{form!r} holds no directive; {_REMEDY}; without a format, ISO 8601 is read"
    unread = [f"%{name}" for name in directives if name not in _READ]
    if unread:
        return f"{', '.join(dict.fromkeys(unread))} cannot be read; {_REMEDY}"
    try:
        again = datetime.strptime(_MOMENT.strftime(form), form)  # noqa: DTZ007  its year is asked
    except (ValueError, re.error) as error:
        return f"strptime cannot read {form!r} ({type(error).__name__}); {_REMEDY}"
    return None if again.year == _MOMENT.year else f"{form!r} names no year; {_REMEDY}"
