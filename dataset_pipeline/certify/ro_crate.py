"""``data/ro-crate-metadata.json``: what each file of the package is, as an RO-Crate 1.1.

In a bag the crate's root is the payload (RO-Crate 1.1, section "Combining with other packaging
schemes"), so paths are relative to ``data/`` and the crate can be read apart from the bag.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dataset_pipeline.certify import about
from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.certify.facts import FileFacts
from dataset_pipeline.certify.payload import FOLDERS
from dataset_pipeline.store.versions import Version

FILE = "ro-crate-metadata.json"
_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_CONFORMS_TO = "https://w3id.org/ro/crate/1.1"
_MEDIA_TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/jsonlines",
    "json": "application/json",
    "yaml": "application/yaml",
    "md": "text/markdown",
    "csv": "text/csv",
    "txt": "text/plain",
}


def ro_crate(content: PackageContent, version: Version, files: Mapping[str, FileFacts]) -> bytes:
    """The metadata of a payload; ``files``: path below ``data/`` -> facts."""
    paths = sorted(files)
    folders = [name for name in FOLDERS if any(path.startswith(f"{name}/") for path in paths)]
    licence = _licence(content)
    owners = [
        {"@id": f"#owner-{number}", **owner}
        for number, owner in enumerate(about.organizations(content), start=1)
    ]
    contact = {
        "@id": "#contact",
        "@type": "ContactPoint",
        "name": "contact",
        "contactType": "compliance",
        "description": content.config.certificate.contact,
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": about.title(content, version),
        "description": about.one_line(content.config.description),
        "identifier": version.name,
        "version": version.number,
        "datePublished": version.day,
        "inLanguage": _plain(content.config.task.restrictions.languages),
        "license": {"@id": licence["@id"]},
        "author": _plain([{"@id": owner["@id"]} for owner in owners]),
        "publisher": {"@id": owners[0]["@id"]},
        "contactPoint": {"@id": contact["@id"]},
        "hasPart": _plain([{"@id": f"{name}/"} for name in folders]),
    }
    described = {
        "@context": [_CONTEXT, {"sha256": "https://schema.org/sha256"}],
        "@graph": [
            {
                "@id": FILE,
                "@type": "CreativeWork",
                "about": {"@id": "./"},
                "conformsTo": {"@id": _CONFORMS_TO},
            },
            root,
            *(_folder(name, [path for path in paths if path.startswith(f"{name}/")])
              for name in folders),
            *(_file(path, files[path]) for path in paths),
            licence,
            *owners,
            contact,
        ],
    }  # fmt: skip
    return json.dumps(described, ensure_ascii=False, indent=2).encode() + b"\n"


def _plain(values: Sequence[Any]) -> Any:
    """A list of one is that one, as RO-Crate recommends."""
    return values[0] if len(values) == 1 else list(values)


def _folder(name: str, paths: list[str]) -> dict[str, Any]:
    return {
        "@id": f"{name}/",
        "@type": "Dataset",
        "name": name,
        "description": FOLDERS[name],
        "hasPart": _plain([{"@id": quote(path)} for path in paths]),
    }


def _file(path: str, facts: FileFacts) -> dict[str, Any]:
    name = path.rpartition("/")[2]
    media_type = _MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return {
        "@id": quote(path),
        "@type": "File",
        "name": name,
        "contentSize": str(facts.size),
        "encodingFormat": media_type,
        "sha256": facts.sha256,
    }


def _licence(content: PackageContent) -> dict[str, str]:
    stated = content.config.certificate.licence
    url = about.licence_url(stated)
    return {
        "@id": url or "#licence",
        "@type": "CreativeWork",
        "name": stated,
        "description": f"{stated}; intended use: "
        f"{about.one_line(content.config.certificate.intended_use)}",
    }
