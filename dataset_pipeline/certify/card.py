"""The dataset card: what a person reads first. Hugging Face front matter, then plain words."""

from collections.abc import Mapping
from typing import Any

import yaml

from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.records import SPLITS
from dataset_pipeline.store.versions import Version

_TASKS = {
    "classification": "text-classification",
    "chat": "text-generation",
    "preference": "text-generation",
    "text": "text-generation",
}

_TEMPLATE = """\
---
{{ front_matter }}---

# {{ config.title }} {{ version.base }}.{{ version.patch }}

{{ config.description | trim }}

**Version** `{{ version.name }}`, content `{{ content.digest }}`.
How to check all of this without our software: `VERIFY.md`.

## What it is for

{{ config.task.behaviour | trim }}

{{ config.certificate.intended_use | trim }}

Use: {{ config.task.restrictions.use }}.
Languages: {{ config.task.restrictions.languages | join(", ") }}.
{%- if config.task.restrictions.forbidden %}
Not allowed: {{ config.task.restrictions.forbidden | join("; ") }}.
{%- endif %}

## Where it comes from

| source | system | owner | basis | licence | training | records |
| --- | --- | --- | --- | --- | --- | ---: |
{% for row in sources -%}
| {{ row | join(" | ") }} |
{% endfor %}
Records of sources without a valid right to train are not in the splits; see `data/exclusions/`.
The collected files themselves are not in the package; `data/original/batches.json` names each by
its SHA-256.

## What happened to it

| stage | records out | excluded, by rule |
| --- | ---: | --- |
{% for stage in stages -%}
| {{ stage.name }} | {{ stage.kept }} | {{ stage.excluded }} |
{% endfor %}
Every excluded record is in `data/exclusions/` with rule, reason and evidence.

## What is in it

| split | records |
| --- | ---: |
{% for split, count in splits.items() -%}
| {{ split }} | {{ count }} |
{% endfor %}
`data/splits/` is what to train on. `data/clean/`, `data/annotated/` and `data/distilled/` hold the
records by kind: as people wrote them, labelled by people, written by a model.
{{ synthetic }} records were written by a model; each names its parents, and
`data/evidence/distilled-provenance.parquet` its model, prompt and review.

## Personal data

Masked by pattern: {{ covered | join(", ") }}.
**Not covered**: {{ not_covered | join(", ") or "nothing that the configuration names" }}.

## Limits

{% for limit in config.certificate.limits -%}
- {{ limit }}
{% else -%}
- None were declared.
{% endfor %}
Contact: {{ config.certificate.contact }}
"""


def dataset_card(content: PackageContent, version: Version) -> str:
    """The card of a version, from its content alone."""
    import jinja2

    environment = jinja2.Environment(  # noqa: S701  Markdown, not HTML
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    splits = content.snapshots["splits"].records.collect()
    redacted = content.config.stages.redacted
    return environment.from_string(_TEMPLATE).render(
        front_matter=yaml.safe_dump(_front_matter(content), sort_keys=False, allow_unicode=True),
        config=content.config,
        content=content,
        version=version,
        sources=[_source(content, name) for name in content.config.sources],
        stages=[_stage(name, content.snapshots[name]) for name in version.stages()],
        splits={name: int((splits["split"] == name).sum()) for name in SPLITS},
        synthetic=int((splits["generation"] > 0).sum()),
        covered=[*redacted.entities, *redacted.patterns],
        not_covered=redacted.not_covered,
    )


def _source(content: PackageContent, name: str) -> list[str]:
    source = content.config.sources[name]
    rights = source.rights
    until = f", until {rights.expires}" if rights.expires else ""
    cells = [name, source.system, source.owner, rights.basis, rights.licence or "none named"]
    records = str(content.snapshots[f"raw/{name}"].rows("records"))
    return [_cell(cell) for cell in (*cells, f"{rights.training}{until}", records)]


def _stage(name: str, snapshot: Any) -> Mapping[str, Any]:
    by_rule = snapshot.excluded.group_by("rule").len().sort("rule").collect().rows()
    excluded = ", ".join(f"{rule} {count}" for rule, count in by_rule) or "–"
    return {"name": name, "kept": snapshot.rows("records"), "excluded": excluded}


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _front_matter(content: PackageContent) -> dict[str, Any]:
    config = content.config
    data_files = [
        {"split": split, "path": f"data/splits/{split}.parquet"}
        for split in ("train", "validation", "test")
        if content.snapshots["splits"].rows("records")
    ]
    return {
        "pretty_name": config.title,
        "license": config.certificate.licence.lower(),
        "language": list(config.task.restrictions.languages),
        "task_categories": [_TASKS[config.task.type]],
        "configs": [{"config_name": "default", "data_files": data_files}],
    }
