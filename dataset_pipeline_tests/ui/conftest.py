from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset_pipeline_tests.small import write_dataset
from dataset_pipeline_tests.system.place import DATASET, Place, sample_place
from dataset_pipeline_tests.ui.browser import Page, browsing
from dataset_pipeline_tests.ui.server import Server, serving

BROKEN, FREQUENT = "broken_set", "every_minute"


def ui_place(root: Path) -> Place:
    """The sample, a dataset with two mistakes, and a small one that is due every minute."""
    place = sample_place(root)
    broken = place.configs / BROKEN / "dataset.yaml"
    broken.parent.mkdir()
    lines = place.yaml.read_text("utf-8").splitlines(keepends=True)
    changed = ["titel: Broken\n" if line.startswith("title:") else line for line in lines]
    broken.write_text("".join(changed), "utf-8")
    rows = [{"id": f"r{n}", "text": f"Row {n} tells about topic {n * 7919}."} for n in range(40)]
    schedule = {"cron": "* * * * *", "timezone": "UTC"}
    write_dataset(place.configs, FREQUENT, rows, schedule=schedule)
    return place


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(ui_place(tmp_path_factory.mktemp("ui") / "place")) as running:
        yield running


@pytest.fixture(scope="session")
def materialized(server: Server) -> str:
    """All assets of the sample, materialized as the UI does it; the run's id."""
    run_id = server.launch(server.assets(DATASET))
    assert server.ended(run_id) == "SUCCESS"
    return run_id


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened
