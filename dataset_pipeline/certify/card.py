"""The dataset card, which a person reads first: ``front_matter``, then plain words."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from dataset_pipeline.certify import about
from dataset_pipeline.certify.content import PackageContent, attached_files
from dataset_pipeline.certify.exports import split_columns, split_sizes
from dataset_pipeline.certify.front_matter import front_matter
from dataset_pipeline.certify.registry import decisions, registry_gaps
from dataset_pipeline.config import SourceBase
from dataset_pipeline.store.versions import Version

_SILENT = "not declared"

_TEMPLATE = """\
---
{{ front_matter }}---

# {{ config.title }} {{ version.base }}.{{ version.patch }}

{{ config.description | trim }}

**Version** `{{ version.name }}`, content `{{ content.digest }}`.
{%- if data %}
How to check all of this without our software: `VERIFY.md`. For loaders: `croissant.json`, and the
front matter of this file; for archives: `data/ro-crate-metadata.json`.
{%- else %}
This package holds all that is known about the data, and not the data: that is
`{{ version.name }}.zip`, whose manifest is `data/package/manifest-sha256.txt`.
{%- endif %}

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
By whose leave each source is used: `data/approvals/`.
{%- if config.package.raw == "included" %}
The collected files are in `data/original/files/`, as they came: **before redaction**. Each is
named by its SHA-256; `data/original/batches.json` gives their own names.
{%- else %}
The collected files themselves are not in the package; `data/original/batches.json` names each by
its SHA-256.
{%- endif %}

## What happened to it

| stage | what was done | records out | excluded, by rule |
| --- | --- | ---: | --- |
{% for stage in stages -%}
| {{ stage.name }} | {{ stage.done }} | {{ stage.kept }} | {{ stage.excluded }} |
{% endfor %}
Every excluded record is in `data/exclusions/` with rule, reason and evidence. What each stage
decided by is in `data/policies/`, what it made, by digest, in `data/logs/stages.jsonl`. When and in
which run it was done is in the certificate, beside the package.

## What is in it

| split | records |
| --- | ---: |
{% for split, count in splits.items() -%}
| {{ split }} | {{ count }} |
{% endfor %}
`data/splits/` is what to train on. `data/clean/`, `data/annotated/` and `data/distilled/` hold the
records by kind: as people wrote them, labelled by people, written by a model.

| field | type | what it is |
| --- | --- | --- |
{% for row in fields -%}
| {{ row | join(" | ") }} |
{% endfor %}
## What people labelled

{% if labels -%}
{{ labels }} labels by people, on {{ labelled }} records. What they were told is in
`data/guidelines/`, every label in `data/evidence/annotated-labels.parquet`.
{% for line in agreement %}
- {{ line }}
{%- endfor %}
{%- else -%}
Nothing was labelled for this dataset; what labels there are came with the sources.
{%- endif %}

## What a model wrote

{% if synthetic -%}
{{ synthetic }} of the records in the splits, by {{ models | join(", ") }}.
Each has the origin `model_generated`, names its parents and how many models deep it is
(`generation`); `data/evidence/distilled-provenance.parquet` has its model, prompt, parameters and
review, `data/prompts/` the prompts.
{%- else -%}
None of the records in the splits.
{%- endif %}
{%- if attachments %}
{{ attachments }} attachments (pictures, recordings, documents) belong to records, in the column
`attachments`: name, SHA-256, media type and size. {{ digests }} have a digest.
{%- if config.package.attachments == "included" %}
Those that were collected as files are in `data/attachments/`, by SHA-256, as they came.
{%- else %}
The files themselves are not in the package.
{%- endif %}
{%- endif %}

## Personal data

Looked for and {{ "masked" if mode == "mask" else "replaced" }}:
{% for entity, method in covered.items() %}
- {{ entity }}: {{ method }}{% if modes[entity] != "mask" %} ({{ modes[entity] }}){% endif %}
{%- endfor %}

**Not covered**: {{ not_covered | join(", ") or "nothing that the configuration names" }}.

## Known biases

{% for line in biases -%}
- {{ line }}
{% else -%}
- None were declared.
{% endfor %}
## Limits

{% for limit in config.certificate.limits -%}
- {{ limit }}
{% else -%}
- None were declared.
{% endfor %}
## What nobody can tell

{% for gap in gaps -%}
- {{ gap.claim }}: {{ gap.why }}
{% else -%}
- Nothing is known to be missing.
{% endfor %}
The certificate lists what else could not be proven when it was signed.

Contact: {{ config.certificate.contact }}
"""


def dataset_card(content: PackageContent, version: Version, *, data: bool = True) -> str:
    """The card of a version, from its content alone; with or without the ``data`` beside it."""
    import jinja2

    environment = jinja2.Environment(  # noqa: S701  Markdown, not HTML
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    splits, annotated = content.snapshots["splits"], content.snapshots["annotated"]
    written = splits.records.select((pl.col("generation") > 0).sum()).collect().item()
    redacted = content.config.stages.redacted
    made = decisions(content)
    attached = attached_files(content)
    decided = [(name, made[name]) for name in content.config.sources]
    columns = splits.records.select(split_columns(splits, content.config.task.type))
    return environment.from_string(_TEMPLATE).render(
        front_matter=front_matter(content, data=data),
        data=data,
        config=content.config,
        content=content,
        version=version,
        sources=[_source(content.config.sources[name], name, found) for name, found in decided],
        rights=[_decision(name, found) for name, found in decided],
        told=[line for name, found in decided for line in _told(name, found)],
        stages=[_stage(content, name) for name in version.stages()],
        splits=split_sizes(splits),
        fields=[
            (name, str(dtype).replace("|", "\\|"), about.FIELDS[name])
            for name, dtype in columns.collect_schema().items()
        ],
        labels=annotated.rows("labels"),
        labelled=annotated.rows("records"),
        agreement=about.agreement_in_words(content),
        models=about.models(content) or ["an unnamed model"],
        biases=[_cell(line) for line in about.biases(content)],
        gaps=registry_gaps(content),
        attachments=attached.height,
        digests=attached["sha256"].count(),
        synthetic=int(written),
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


def _told(name: str, found: Mapping[str, Any]) -> list[str]:
    """What a user of the records has to keep to."""
    terms = ", ".join(found["decided_by"]["terms"]).replace("_", " ")
    return [_cell(f"{name}: terms of the licence: {terms}")] if terms else []


def _stage(content: PackageContent, name: str) -> Mapping[str, Any]:
    excluded = ", ".join(f"{rule} {n}" for rule, n in content.excluded_by_rule(name).items())
    return {
        "name": name,
        "done": about.STAGES.get(name, "Read what was collected, as it came"),
        "kept": content.snapshots[name].rows("records"),
        "excluded": excluded or "–",
    }


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
