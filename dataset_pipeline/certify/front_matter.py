"""The YAML at the head of the card, in the words of Hugging Face's dataset cards.

Source: the Hub's dataset card specification (``datasetcard.md`` of huggingface_hub).
"""

from typing import Any

import yaml

from dataset_pipeline.certify.about import licence_url
from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.certify.exports import split_sizes
from dataset_pipeline.certify.tables import shard_names

_TASKS = {
    "classification": "text-classification",
    "chat": "text-generation",
    "preference": "text-generation",
    "text": "text-generation",
}
# The Hub's names of licences that SPDX knows by nearly the same; any other is `other` with a name.
_LICENCES = """
afl-3.0 apache-2.0 artistic-2.0 bsd-2-clause bsd-3-clause bsl-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0
cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0
cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0
cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0 ecl-2.0 epl-1.0 epl-2.0 eupl-1.1
eupl-1.2 isc lppl-1.3c mit mpl-2.0 ms-pl ncsa ofl-1.1 osl-3.0 postgresql unlicense wtfpl zlib
"""
_NAMED_OTHERWISE = {"odbl-1.0": "odbl", "pddl-1.0": "pddl", "odc-by-1.0": "odc-by"}
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
    (10_000_000_000, "1B<n<10B"),
    (100_000_000_000, "10B<n<100B"),
    (1_000_000_000_000, "100B<n<1T"),
)


def front_matter(content: PackageContent, *, data: bool) -> str:
    """The front matter; without ``configs`` where there is no ``data`` to be loaded."""
    config = content.config
    languages = config.task.restrictions.language_codes()
    sizes = split_sizes(content.snapshots["splits"])
    labelled = content.snapshots["annotated"].rows("labels")
    told = {
        "pretty_name": config.title,
        **_licence(config.certificate.licence),
        "language": languages,
        "multilinguality": ["multilingual" if len(languages) > 1 else "monolingual"],
        "task_categories": [_TASKS[config.task.type]],
        "size_categories": [_size(sum(sizes.values()))],
        "annotations_creators": ["expert-generated" if labelled else "found"],
        "source_datasets": ["original"],
        "tags": [config.task.type, content.dataset.replace("_", "-"), "croissant"],
        **({"configs": [{"config_name": "default", "data_files": _files(content, sizes)}]}
           if data else {}),
    }  # fmt: skip
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True)


def _licence(stated: str) -> dict[str, str]:
    name = _NAMED_OTHERWISE.get(stated.lower(), stated.lower())
    if name in _LICENCES.split() or name in _NAMED_OTHERWISE.values():
        return {"license": name}
    words = "".join(char if char.isalnum() or char in ".-" else "-" for char in name)
    # The Hub takes a link to a page, or to a file called LICENSE, which is not in a package.
    link = licence_url(stated)
    told = {"license": "other", "license_name": words.strip("-")}
    return {**told, "license_link": link} if link else told


def _size(records: int) -> str:
    return next((name for below, name in _SIZES if records < below), "n>1T")


def _files(content: PackageContent, sizes: dict[str, int]) -> list[dict[str, Any]]:
    """The files of each split that has records."""
    parquet = "parquet" in content.config.stages.splits.formats
    found = []
    for split, size in sizes.items():
        names = shard_names(split, size) if parquet else [f"{split}.jsonl"]
        name = names[0] if len(names) == 1 else f"{split}-*.parquet"
        if size:
            found.append({"split": split, "path": f"data/splits/{name}"})
    return found
