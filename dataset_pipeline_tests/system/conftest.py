from pathlib import Path
from typing import Any

import pytest

from dataset_pipeline_tests.system.place import Place, sample_place, small_place


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, dict[str, Any]]:
    """The sample after its first run, and the run's report. Read only."""
    place = sample_place(tmp_path_factory.mktemp("sample") / "place")
    return place, place.run()


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, dict[str, Any]]:
    """The small dataset after its first run, and the run's report. Read only."""
    place = small_place(tmp_path_factory.mktemp("small") / "place")
    return place, place.run()


@pytest.fixture
def small(small_run: tuple[Place, dict[str, Any]], tmp_path: Path) -> Place:
    """A copy of the small dataset with a finished store, to be changed."""
    return small_run[0].copy(tmp_path / "place")
