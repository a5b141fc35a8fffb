"""What people see: the pages in headless Chromium."""

import io

import pytest
from PIL import Image

from dataset_pipeline_tests.system.place import DATASET
from dataset_pipeline_tests.ui.browser import Page
from dataset_pipeline_tests.ui.conftest import BROKEN
from dataset_pipeline_tests.ui.server import LOCATION, Server, until

pytestmark = pytest.mark.browser

NAMES = [
    "helpdesk",
    "crm",
    "raw",
    "normalized",
    "screened",
    "redacted",
    "deduplicated",
    "clean",
    "annotated",
    "distilled",
    "curated",
    "splits",
    "package",
    "certificate",
    "training_run",
]
_RUNS = "{ runsOrError { ... on Runs { results { runId jobName } } } }"


def graph(server: Server) -> str:
    return f"{server.address}/locations/{LOCATION}/asset-groups/{DATASET}/lineage"


def not_blank(picture: bytes) -> None:
    """More than one colour, and none that fills it all."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    colours = image.getcolors(image.width * image.height) or []
    assert len(colours) > 50
    assert max(count for count, _ in colours) < 0.98 * image.width * image.height


def test_the_graph_of_the_sample(server: Server, page: Page) -> None:
    page.open(graph(server))
    page.shows(*NAMES, "Materialize all")
    not_blank(page.picture())


def test_all_datasets_in_one_graph(server: Server, page: Page) -> None:
    page.open(f"{server.address}/asset-groups")
    page.shows(DATASET, BROKEN, "Materialize all")
    not_blank(page.picture())


def test_the_broken_dataset_says_what_is_wrong(server: Server, page: Page) -> None:
    page.open(f"{server.address}/assets/{BROKEN}/invalid_configuration")
    text = page.shows("invalid_configuration", "did you mean 'title'?")
    assert f"configs/{BROKEN}/dataset.yaml:" in text
    not_blank(page.picture())


@pytest.mark.usefixtures("materialized")
def test_the_splits_show_a_plot_and_tables(server: Server, page: Page) -> None:
    page.open(f"{server.address}/assets/{DATASET}/splits")
    page.shows("kept_by_label", "kept_by_source", "near_duplicate_cluster", "billing")
    page.click("[Show Markdown]")
    assert until(lambda: page.count("img[src^='data:image/png']") or None, 30) == 1


@pytest.mark.usefixtures("materialized")
def test_a_click_on_materialize_all_starts_a_run(server: Server, page: Page) -> None:
    before = _runs(server)
    page.open(graph(server))
    page.shows(*NAMES)
    page.click("Materialize all")

    (started,) = until(lambda: _runs(server) - before or None, 60)
    assert server.ended(started) == "SUCCESS"


def _runs(server: Server) -> set[str]:
    """The runs of the sample, or of a selection of assets."""
    runs = server.ask(_RUNS)["runsOrError"]["results"]
    return {run["runId"] for run in runs if run["jobName"] in ("__ASSET_JOB", DATASET)}
