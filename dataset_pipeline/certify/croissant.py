"""``croissant.json``: the version as loaders read it, Croissant 1.1 with its RAI vocabulary.

Sources: MLCommons, Croissant Format Specification 1.1 (2026-01-29), and Croissant RAI 1.0. Written
from our own model, so that nothing in it depends on a library's release; a test has
``mlcroissant`` validate it and load every row.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dataset_pipeline.certify import about
from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.certify.exports import split_columns, split_sizes
from dataset_pipeline.certify.facts import FileFacts
from dataset_pipeline.certify.tables import shard_names
from dataset_pipeline.store.versions import Version

FILE = "croissant.json"
CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
RAI_CONFORMS_TO = "http://mlcommons.org/croissant/RAI/1.0"
_TERMS = """
annotation arrayShape citeAs column containedIn equivalentProperty excludes extract field fileObject
fileProperty fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path
readLines recordSet references regex repeated replace samplingRate sdVersion separator source
subField transform unArchive value
"""
_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{term: f"cr:{term}" for term in _TERMS.split()},
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
}
_TYPES: Mapping[Any, str] = {
    pl.String(): "sc:Text",
    pl.UInt8(): "cr:UInt8",
    pl.Int64(): "cr:Int64",
}
_ENCODINGS = {"parquet": "application/x-parquet", "jsonl": "application/jsonlines"}


def croissant(content: PackageContent, version: Version, files: Mapping[str, FileFacts]) -> bytes:
    """The metadata; ``files``: path in the bag -> facts, of which the splits are described."""
    config = content.config
    url = about.licence_url(config.certificate.licence)
    schema = (
        content.snapshots["splits"]
        .records.select(split_columns(content.snapshots["splits"], config.task.type))
        .collect_schema()
    )
    kind = "parquet" if "parquet" in config.stages.splits.formats else "jsonl"
    sizes = {name: size for name, size in split_sizes(content.snapshots["splits"]).items() if size}
    described = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [CONFORMS_TO, RAI_CONFORMS_TO],
        "name": about.title(content, version),
        "description": about.one_line(config.description),
        "identifier": f"sha256:{content.digest}",
        "url": f"urn:sha256:{content.digest}",
        "license": url or {"@type": "CreativeWork", "name": config.certificate.licence},
        "creator": about.organizations(content),
        "publisher": about.organizations(content),
        "datePublished": version.day,
        "inLanguage": list(config.task.restrictions.languages),
        "keywords": [config.task.type, *sorted(config.task.labels)],
        "version": version.number,
        "citeAs": f"{about.title(content, version)} ({version.day}), {version.name}, "
        f"content sha256:{content.digest}",
        **_rai(content, version),
        "distribution": [
            *(_file(path, facts) for path, facts in sorted(files.items()) if _is_split(path)),
            *(_shards(name) for name, size in sizes.items() if _sharded(name, size, kind)),
        ],
        "recordSet": [_record_set(name, size, kind, schema) for name, size in sizes.items()],
    }
    return json.dumps(described, ensure_ascii=False, indent=2).encode() + b"\n"


def _is_split(path: str) -> bool:
    return path.startswith("data/splits/") and path.rpartition(".")[2] in _ENCODINGS


def _file(path: str, facts: FileFacts) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path.rpartition("/")[2],
        "contentUrl": path,
        "contentSize": f"{facts.size} B",
        "encodingFormat": _ENCODINGS[path.rpartition(".")[2]],
        "sha256": facts.sha256,
    }


def _sharded(name: str, size: int, kind: str) -> bool:
    return kind == "parquet" and len(shard_names(name, size)) > 1


def _shards(name: str) -> dict[str, Any]:
    """The files of a split that has several. ``mlcroissant`` checks no digests of a file set; the
    bag's manifest, and ``distribution`` itself, hold them.
    """
    return {
        "@type": "cr:FileSet",
        "@id": f"{name}-files",
        "name": f"{name}-files",
        "encodingFormat": _ENCODINGS["parquet"],
        "includes": f"data/splits/{name}-*.parquet",
    }


def _record_set(name: str, size: int, kind: str, schema: pl.Schema) -> dict[str, Any]:
    source = {"fileObject": {"@id": f"data/splits/{name}.{kind}"}}
    if _sharded(name, size, kind):
        source = {"fileSet": {"@id": f"{name}-files"}}
    fields = [_field(name, column, dtype, source) for column, dtype in schema.items()]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"The {size} records of the split {name}",
        "key": {"@id": f"{name}/record_id"},
        "field": fields,
    }


def _field(
    parent: str, column: str, dtype: pl.DataType, source: Mapping[str, Any]
) -> dict[str, Any]:
    """A column; a list of structs becomes an array of sub-fields."""
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{parent}/{column}",
        "name": column,
        "description": about.FIELDS[column],
    }
    extracted = {**source, "extract": {"column": column}}
    if isinstance(dtype, pl.List):
        field |= {"isArray": True, "arrayShape": "-1"}
        if isinstance(dtype.inner, pl.Struct):
            inner = dtype.inner.fields
            return field | {"subField": [_sub(field["@id"], one, extracted) for one in inner]}
        dtype = dtype.inner  # type: ignore[assignment]
    return {**field, "dataType": _TYPES[dtype], "source": extracted}


def _sub(parent: str, part: pl.Field, extracted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{parent}/{part.name}",
        "name": part.name,
        "dataType": _TYPES[part.dtype],
        "source": {**extracted, "transform": {"jsonPath": part.name}},
    }


def _rai(content: PackageContent, version: Version) -> dict[str, Any]:
    """What the RAI vocabulary asks for, of what is known; nothing is made up."""
    config, annotated = content.config, content.snapshots["annotated"]
    labels, labelled = annotated.rows("labels"), annotated.rows("records")
    restrictions = config.task.restrictions
    told: dict[str, Any] = {
        "dataCollection": "; ".join(
            f"{name}: {about.one_line(source.description)}"
            for name, source in config.sources.items()
        ),
        "dataCollectionTimeframe": _timeframe(content),
        "dataCollectionRawData": f"The collected files are {config.package.raw}: "
        "data/original/batches.json names each by SHA-256",
        "dataPreprocessingProtocol": about.stages_in_words(content, version),
        "dataAnnotationProtocol": _protocol(content),
        "dataAnnotationAnalysis": about.agreement_in_words(content),
        "annotationsPerItem": f"{labels / labelled:.2f} on average" if labelled else None,
        "machineAnnotationTools": about.models(content),
        "dataBiases": about.biases(content),
        "dataUseCases": [about.one_line(config.certificate.intended_use)],
        "dataLimitations": [
            *config.certificate.limits,
            *(f"not allowed: {use}" for use in restrictions.forbidden),
        ],
        "personalSensitiveInformation": about.privacy_in_words(content),
        "dataReleaseMaintenancePlan": "Every change of content is a new version. Contact: "
        f"{config.certificate.contact}",
    }
    return {f"rai:{name}": value for name, value in told.items() if value}


def _timeframe(content: PackageContent) -> Sequence[str]:
    """First and last day of the sources' periods, where they are declared."""
    periods = [source.period for source in content.config.sources.values() if source.period]
    ends = [period.end for period in periods if period.end]
    if not periods or len(ends) < len(periods):
        return []
    return [min(period.start for period in periods).isoformat(), max(ends).isoformat()]


def _protocol(content: PackageContent) -> list[str]:
    guided = content.config.annotations
    return [f"data/guidelines/: version {name}" for name in guided.guidelines] if guided else []
