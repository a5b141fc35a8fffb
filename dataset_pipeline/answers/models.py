"""Which version trained a model?"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_pipeline.certify import layout
from dataset_pipeline.certify.model import model_subjects
from dataset_pipeline.digests import digest_of
from dataset_pipeline.errors import NotFoundError
from dataset_pipeline.store.store import Store


@dataclass(frozen=True)
class TrainingRun:
    """A model's run: ``record`` is its ``run.json``; ``linked`` whether a certificate says so."""

    folder: Path
    record: dict[str, Any]

    @property
    def linked(self) -> bool:
        """Whether a training certificate lies beside the model."""
        return (self.folder / layout.TRAINING_CERTIFICATE).is_file()


def training_runs(store: Store) -> list[TrainingRun]:
    """Every training run in the store, the oldest first."""
    paths = store.models.glob(f"*/{layout.RUN}")
    runs = [TrainingRun(path.parent, json.loads(path.read_bytes())) for path in paths]
    return sorted(runs, key=lambda run: (run.record["finished_at"], run.record["run"]))


def find_model(store: Store, model: str) -> list[TrainingRun]:
    """The runs that made a model: by digest (or how it begins), by run name, or by its folder.

    The same model can come from several versions. NotFoundError when no run made it.
    """
    digest = _digest_of_folder(Path(model)) if Path(model).is_dir() else model
    found = [
        run
        for run in training_runs(store)
        if run.record["run"] == model
        or (len(digest) >= 6 and run.record["model_digest"].startswith(digest))
    ]
    if not found:
        known = ", ".join(run.record["run"] for run in training_runs(store)) or "none"
        raise NotFoundError(f"no training run made {model!r} (there: {known})")
    return found


def _digest_of_folder(folder: Path) -> str:
    files = model_subjects(folder)
    return digest_of({name: sha for name, sha in files.items() if name != layout.RUN})
