import pytest
from hypothesis import settings

from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.sample_run import SampleRun, run_sample

# Machines differ in speed, and a test that fails must fail again.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")

MAY_2026 = "1777593600"


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> SampleRun:
    """The sample's stages, computed once on 2026-05-01; read only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", MAY_2026)
        return run_sample(Store(tmp_path_factory.mktemp("sample_run")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs first: of files that several workers share, the long ones must not come last."""
    items.sort(key=lambda item: not {"system", "ui"}.intersection(item.path.parts))
