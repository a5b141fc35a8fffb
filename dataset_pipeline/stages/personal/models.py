"""Persons and places by a language model that the policy names, where it is installed.

spaCy and transformers are imported in the workers, when the first text is looked at; whether the
model is there is asked before, without importing either. Nothing is downloaded.
"""

from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from dataset_pipeline.errors import ConfigError
from dataset_pipeline.stages.personal.finding import Finding

# What models call persons and places, by the entity that we call them.
_LABELS = {
    "PERSON": frozenset({"PERSON", "PER", "B-PER", "I-PER"}),
    "LOCATION": frozenset({"LOCATION", "LOC", "GPE", "FAC"}),
}
ENTITIES = frozenset(_LABELS)
GATE = r"\pL"
_SPACY_SCORE = 0.85  # spaCy gives none; Presidio's default for it
_OVERLAP = 8  # of a long text's pieces, the last eighth begins the next one
_UNKNOWN = 1_000_000  # tokens: what tokenizers that name no limit say is far beyond it


class Model(NamedTuple):
    """A named-entity model: ``kind`` is spacy or transformers."""

    kind: str
    name: str


def named(policy: Any) -> Model | None:
    """The model that the policy names, if it names one and it is installed.

    One that is named and missing is an error: what it was to find would be left in the texts.
    """
    said = getattr(policy, "ner_model", None)
    if said is None:
        return None
    model = Model(said.kind, said.name)
    _require(model)
    return model


def told(model: Model) -> str:
    """The model's kind, name and version, as the certificate tells them."""
    kind = {"spacy": "spaCy", "transformers": "transformers"}[model.kind]
    try:
        return f"{kind} {model.name} {version(model.name)}"
    except PackageNotFoundError:
        return f"{kind} {model.name}"


def find(model: Model, entity: str, text: str) -> list[Finding]:
    """What the model finds of the entity."""
    labels = _LABELS[entity]
    return [
        Finding(start, end, entity, score)
        for start, end, label, score in _entities(model)(text)
        if label in labels
    ]


def _require(model: Model) -> None:
    if find_spec(model.kind) is None:
        raise ConfigError(
            f"redacted.ner_model: {model.kind} is not installed; run `pip install {model.kind}`"
        )
    if model.kind == "spacy" and not (_is_package(model.name) or Path(model.name).is_dir()):
        raise ConfigError(
            f"redacted.ner_model: the spaCy model {model.name} is not installed; run "
            f"`python -m spacy download {model.name}`, or install its wheel"
        )
    if model.kind == "transformers" and not Path(model.name).is_dir():
        raise ConfigError(
            f"redacted.ner_model: there is no folder {model.name}; give the path of a downloaded "
            "model (`hf download <model> --local-dir <folder>`), for nothing is downloaded in a run"
        )


def _is_package(name: str) -> bool:
    return name.isidentifier() and find_spec(name) is not None


@cache
def _entities(model: Model) -> Any:
    """A function of a text that gives (start, end, label, score) for each entity.

    Each entity asks for itself, so the last text's answer is remembered.
    """
    made = _spacy(model.name) if model.kind == "spacy" else _transformers(model.name)
    return lru_cache(maxsize=1)(made)


def _spacy(name: str) -> Any:
    import spacy

    read = spacy.load(name)

    def entities(text: str) -> list[tuple[int, int, str, float]]:
        return [(e.start_char, e.end_char, e.label_, _SPACY_SCORE) for e in read(text).ents]

    return entities


def _transformers(name: str) -> Any:
    import transformers

    transformers.logging.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(name, local_files_only=True)
    network = transformers.AutoModelForTokenClassification.from_pretrained(
        name, local_files_only=True
    )
    if not tokenizer.is_fast:
        raise ConfigError(
            f"redacted.ner_model: {name} has no fast tokenizer (tokenizer.json), so long texts "
            "could not be split; convert it, or name another model"
        )
    if tokenizer.model_max_length > _UNKNOWN:  # some positions are set aside for padding
        tokenizer.model_max_length = network.config.max_position_embeddings - 2
    # Without a stride a text's end is cut off, and nobody is told; whole words, for half a name
    # would be left otherwise.
    read = transformers.pipeline(
        "token-classification",
        model=network,
        tokenizer=tokenizer,
        aggregation_strategy="first",
        stride=tokenizer.model_max_length // _OVERLAP,
    )

    def entities(text: str) -> list[tuple[int, int, str, float]]:
        return [
            (int(e["start"]), int(e["end"]), str(e["entity_group"]), float(e["score"]))
            for e in read(text)
        ]

    return entities
