"""What the descriptions of a version have in common: the card, Croissant and RO-Crate."""

import json
import re
from collections.abc import Iterator

from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.rights.licences import read_licence
from dataset_pipeline.store.versions import Version

STAGES = {
    "raw": "Sources without a valid right to train were left out",
    "normalized": "Texts were brought to one form, mails freed of signatures and quotes, and "
    "each group assigned to a split",
    "screened": "Records of poor quality were taken out",
    "redacted": "Personal data and secrets were looked for, and masked or replaced",
    "deduplicated": "Of exact copies, near copies and templates one was kept",
    "clean": "Records that repeat held-out ones or benchmarks were taken out of train",
    "annotated": "People's labels were joined, by majority and adjudication",
    "distilled": "Records that a model wrote were checked",
    "curated": "Original, annotated and model-made records were put together",
    "splits": "Train, validation and test were written, and looked through for leaks",
}
FIELDS = {
    "text": "What the model reads",
    "label": "What it should answer",
    "context": "Earlier turns of the conversation",
    "messages": "The conversation, the wanted answer last",
    "prompt": "What the model reads",
    "chosen": "The better answer",
    "rejected": "The worse answer",
    "attachments": "The files that belong to the record",
    "record_id": "The record's id, the same in every version",
    "language": "The language of the text (ISO 639-1)",
    "origin": "Who wrote it: original, transformed, human_annotated or model_generated",
    "parents": "The ids of the records that it was made of",
    "generation": "How many models deep it is",
    "source_id": "The source that it came from",
}


def stages_in_words(content: PackageContent, version: Version) -> list[str]:
    """A sentence a stage of the flow: what was done, what is left, what was taken out."""
    told = []
    for name in version.stages():
        if name in STAGES:
            rules = ", ".join(f"{rule} {n}" for rule, n in content.excluded_by_rule(name).items())
            left = content.snapshots[name].rows("records")
            told.append(f"{STAGES[name]} ({name}: {left} records; taken out: {rules or 'none'})")
    return told


def title(content: PackageContent, version: Version) -> str:
    """The name of the dataset and the number of its version."""
    return f"{content.config.title} {version.number}"


def one_line(text: str) -> str:
    """A text without line breaks."""
    return " ".join(text.split())


def licence_url(licence: str) -> str | None:
    """The page of an SPDX licence; None for an expression of several, or one that is not SPDX's."""
    branches = read_licence(licence)
    if len(branches) != 1 or branches[0].unknown or len(branches[0].licences) != 1:
        return None
    (name,) = branches[0].licences
    plain = re.fullmatch(r"[A-Za-z0-9.+-]+", licence) and not name.startswith("LicenseRef-")
    return f"https://spdx.org/licenses/{name}" if plain else None


def organizations(content: PackageContent) -> list[dict[str, str]]:
    """The owners, as schema.org's organizations."""
    names = [owner.removeprefix("team:") for owner in content.config.owners]
    return [{"@type": "Organization", "name": name} for name in names]


def biases(content: PackageContent) -> list[str]:
    """How the records of a source were chosen, and what its owner knows to be wrong with it."""
    return list(_biases(content))


def _biases(content: PackageContent) -> Iterator[str]:
    for name, source in content.config.sources.items():
        if source.selection:
            yield f"{name}: selected: {one_line(source.selection)}"
        yield from (f"{name}: {one_line(risk)}" for risk in source.risks)


def privacy_in_words(content: PackageContent) -> list[str]:
    """Which personal data was looked for, how, and what became of it; and what was not."""
    redacted = content.config.stages.redacted
    covered = [
        f"{entity}: {method}; what was found: {redacted.mode_of(entity)}"
        for entity, method in sorted(content.methods.items())
        if entity not in content.not_covered
    ]
    return [*covered, *(f"{entity}: not looked for" for entity in content.not_covered)]


def models(content: PackageContent) -> list[str]:
    """The models that wrote records of this version: name and version."""
    named = content.snapshots["distilled"].table("provenance").select("model").collect()["model"]
    told = [json.loads(model) for model in sorted(set(named.drop_nulls()))]
    return [
        " ".join(str(model[part]) for part in ("name", "version") if model.get(part))
        if isinstance(model, dict)
        else str(model)
        for model in told
    ]


def agreement_in_words(content: PackageContent) -> list[str]:
    """How far the annotators agreed, by guideline; not who they are."""
    measured = content.snapshots["annotated"].table("agreement").collect().to_dicts()
    return [
        f"guideline {row['guideline']}: kappa {row['kappa']:.3f} of "
        f"{len(json.loads(row['annotators']))} annotators over {row['records']} records"
        for row in measured
        if row["kappa"] is not None
    ]
