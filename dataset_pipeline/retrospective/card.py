"""The description of an old folder, for people: what is there, and what nobody knows."""

from collections.abc import Sequence
from typing import Any

from dataset_pipeline.retrospective.findings import DECLARED, RECONSTRUCTED, Found, Plain

_MOST = 200

_TEMPLATE = """\
# {{ title }}

**A retrospective description.** These files were found, not made, by this software: nobody here saw
how they came about. What follows is `observed` (read from the files), `reconstructed` (inferred
from names and contents) or `declared` (somebody said so), and nothing more.

Inventory: `{{ inventory }}` (SHA-256 of `inventory.json`). To check it all:
`dataset-pipeline verify THIS_FOLDER --folder THE_FILES`.

## Observed

| what | |
| --- | ---: |
{% for name, value in observed -%}
| {{ name }} | {{ value }} |
{% endfor %}
| data file | format | rows | columns | unreadable rows |
| --- | --- | ---: | ---: | ---: |
{% for row in data -%}
| {{ row | join(" | ") }} |
{% endfor %}
{%- if more %}
and {{ more }} more: see `inventory.json`.
{% endif %}
{%- for item in overlaps %}
- **{{ item.rows }} rows** stand in both {{ item.files | map("code") | join(" and ") }} \
({{ item.splits | join(", ") }}).
{%- endfor %}

## Reconstructed

| what | value | file | from |
| --- | --- | --- | --- |
{% for row in reconstructed -%}
| {{ row | join(" | ") }} |
{% endfor %}
## Declared

{% for name, value in declared -%}
- **{{ name }}**: {{ value }}
{% else -%}
Nothing was declared.
{% endfor %}
## Not known

{% for gap in gaps -%}
- **{{ gap.claim }}**: {{ gap.why }}
{% endfor -%}
"""


def folder_card(
    title: str, inventory: str, found: Found, claims: Sequence[Plain], gaps: Sequence[Plain]
) -> str:
    """The README of a retrospective certificate. ``inventory``: its SHA-256."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701  Markdown
    environment.filters["code"] = _code
    by_basis = [claim for claim in claims if claim["basis"] == RECONSTRUCTED]
    return environment.from_string(_TEMPLATE).render(
        title=_plain(title),
        inventory=inventory,
        observed=[(c["claim"], c["value"]) for c in claims if isinstance(c["value"], int)],
        data=[_row(name, item.told()) for name, item in sorted(found.profiles.items())][:_MOST],
        more=max(len(found.profiles) - _MOST, 0),
        overlaps=[c["value"] for c in claims if c["claim"] == "rows_in_several_splits"],
        reconstructed=[
            (c["claim"], _plain(c["value"]), _code(c["file"]), c["from"]) for c in by_basis[:_MOST]
        ],
        declared=[(c["claim"], _plain(c["value"])) for c in claims if c["basis"] == DECLARED],
        gaps=gaps,
    )


def _row(name: str, told: Plain) -> tuple[Any, ...]:
    columns = len(told["columns"]) if "columns" in told else ""
    return (
        _code(name),
        told["format"],
        told["rows"],
        columns,
        sum(told.get("unreadable_rows", {}).values()),
    )


def _code(name: str) -> str:
    return "`" + name.replace("`", "%60").replace("|", "%7C") + "`"


def _plain(value: Any) -> str:
    """Text that stays text in Markdown."""
    if isinstance(value, dict):
        value = ", ".join(f"{key}: {item}" for key, item in value.items() if item not in (None, []))
    elif isinstance(value, list):
        value = "; ".join(map(str, value))
    told = " ".join(str(value).split())
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|!" else char for char in told)
