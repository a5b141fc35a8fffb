"""The dataset card: what a person reads first. Hugging Face front matter, then plain words."""

from collections.abc import Mapping
from typing import Any

import yaml

from dataset_pipeline.certify.content import PackageContent, attached_files
from dataset_pipeline.certify.registry import decisions
from dataset_pipeline.config import SourceBase
from dataset_pipeline.records import SPLITS
from dataset_pipeline.store.versions import Version

_TASKS = {
    "classification": "text-classification",
    "chat": "text-generation",
    "preference": "text-generation",
    "text": "text-generation",
}

_SILENT = "not declared"

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

| source | system | owner | rank | period | basis | licence | training | records in | kept |
| --- | --- | --- | --- | --- | --- | --- | --- | ---: | ---: |
{% for row in sources -%}
| {{ row | join(" | ") }} |
{% endfor %}
| source | decision | why | evidence of the right | SHA-256 of the evidence |
| --- | --- | --- | --- | --- |
{% for row in rights -%}
| {{ row | join(" | ") }} |
{% endfor %}
{%- for line in told %}
- {{ line }}
{%- endfor %}

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
{%- if attachments %}
{{ attachments }} attachments (pictures, recordings, documents) belong to records, in the column
`attachments`: name, SHA-256, media type and size. {{ digests }} have a digest; the files themselves
are not in the package.
{%- endif %}

## Personal data

Looked for and {{ "masked" if mode == "mask" else "replaced" }}:
{% for entity, method in covered.items() %}
- {{ entity }}: {{ method }}{% if modes[entity] != "mask" %} ({{ modes[entity] }}){% endif %}
{%- endfor %}

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
    made = decisions(content)
    attached = attached_files(content)
    decided = [(name, made[name]) for name in content.config.sources]
    return environment.from_string(_TEMPLATE).render(
        front_matter=yaml.safe_dump(_front_matter(content), sort_keys=False, allow_unicode=True),
        config=content.config,
        content=content,
        version=version,
        sources=[_source(content.config.sources[name], name, found) for name, found in decided],
        rights=[_decision(name, found) for name, found in decided],
        told=[line for name, found in decided for line in _told(content, name, found)],
        stages=[_stage(name, content.snapshots[name]) for name in version.stages()],
        splits={name: int((splits["split"] == name).sum()) for name in SPLITS},
        attachments=attached.height,
        digests=attached["sha256"].count(),
        synthetic=int((splits["generation"] > 0).sum()),
        mode=redacted.mode,
        modes={name: redacted.mode_of(name) for name in content.methods},
        covered={n: m for n, m in content.methods.items() if n not in content.not_covered},
        not_covered=content.not_covered,
    )


def _source(source: SourceBase, name: str, found: Mapping[str, Any]) -> list[str]:
    rights, period = source.rights, source.period
    until = f", until {rights.expires}" if rights.expires else ""
    cells = [
        name,
        source.system,
        source.owner,
        source.rank or _SILENT,
        f"{period.start} to {period.end or 'today'}" if period else _SILENT,
        rights.basis,
        rights.licence or "none named",
        f"{rights.training}{until}",
        str(found["records_in"]),
        str(found["records_kept"]),
    ]
    return [_cell(cell) for cell in cells]


def _decision(name: str, found: Mapping[str, Any]) -> list[str]:
    """In or out, by which rule and evidence."""
    evidence = found["decided_by"]["evidence"]
    cells = [name, found["rule"] or "in", found["reason"], evidence["reference"] or _SILENT]
    return [_cell(cell) for cell in (*cells, evidence["sha256"] or "none: nobody can check it")]


def _told(content: PackageContent, name: str, found: Mapping[str, Any]) -> list[str]:
    """What a user of the records has to know of a source: terms, selection, risks."""
    source, terms = content.config.sources[name], found["decided_by"]["terms"]
    told = {
        "terms of the licence": ", ".join(terms).replace("_", " "),
        "selected": source.selection,
        "known risks": "; ".join(source.risks),
    }
    return [_cell(f"{name}: {what}: {text}") for what, text in told.items() if text]


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
