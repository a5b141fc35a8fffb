from pathlib import Path

import pytest

from dataset_pipeline.collect import http, local, objects
from dataset_pipeline.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (http, local, objects):
        monkeypatch.setattr(module, "WAIT", 0.01)
