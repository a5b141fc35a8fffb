"""The import rules of the house: imports point down, and the core knows nothing of Dagster."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dataset_pipeline

ROOT = Path(dataset_pipeline.__file__).parent
PACKAGE = "dataset_pipeline"

# What each room may import from the others, besides itself and the ground floor.
GROUND = {
    "config",
    "config_file",
    "config_problems",
    "records",
    "rights",
    "deltas",
    "digests",
    "errors",
    "files",
    "yaml_text",
}
ALLOWED = {
    "stages": set(),
    "store": set(),
    "collect": {"store"},
    "training": set(),
    "laws": set(),
    "engines": {"stages"},
    "certify": {"store", "laws"},
    "retrospective": {"certify", "stages", "store"},
    "provenance": set(),
    "ui": {"store", "engines"},
    "answers": {"store", "stages", "certify"},
    "assets": {
        "collect",
        "stages",
        "engines",
        "store",
        "training",
        "laws",
        "certify",
        "provenance",
        "ui",
    },
    "kept_sqlite": set(),
    "instance": {"kept_sqlite"},
    "definitions": {"assets"},
    "cli": {
        "collect",
        "definitions",
        "assets",
        "instance",
        "answers",
        "engines",
        "certify",
        "retrospective",
        "store",
    },
}
WITHOUT_DAGSTER = (
    *("stages", "store", "collect", "certify", "retrospective"),
    *("training", "answers", "laws", *GROUND),
)
WITHOUT_POLARS = (
    *("digests", "errors", "files", "rights"),
    *("config", "config_file", "config_problems"),
)
HEAVY = {"presidio_analyzer", "spacy", "datasketch", "sklearn", "matplotlib", "pandera", "ray"}


def _modules() -> dict[str, Path]:
    return {
        ".".join([PACKAGE, *path.relative_to(ROOT).with_suffix("").parts]): path
        for path in ROOT.rglob("*.py")
    }


def _imports(path: Path, *, top_level: bool = False) -> set[str]:
    """The modules that a file imports; with ``top_level`` only those imported as it loads."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else list(ast.walk(tree))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module == PACKAGE:
                found |= {f"{PACKAGE}.{alias.name}" for alias in node.names}
    return found


def _room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else None


@pytest.mark.parametrize("module", sorted(_modules()))
def test_imports_point_down(module: str) -> None:
    room = _room(module)
    if room in (None, "__init__"):
        return
    reached = {_room(name) for name in _imports(_modules()[module])} - {None, room}
    allowed = ALLOWED.get(str(room), set()) | GROUND
    assert reached <= allowed, f"{module} may not import {sorted(map(str, reached - allowed))}"


@pytest.mark.parametrize("module", sorted(_modules()))
def test_the_core_never_imports_dagster(module: str) -> None:
    if _room(module) in WITHOUT_DAGSTER:
        assert not {name for name in _imports(_modules()[module]) if name.startswith("dagster")}


@pytest.mark.parametrize("module", sorted(_modules()))
def test_heavy_libraries_are_imported_where_they_are_used(module: str) -> None:
    tops = {name.split(".")[0] for name in _imports(_modules()[module], top_level=True)}
    assert not tops & HEAVY


@pytest.mark.parametrize("module", sorted(_modules()))
def test_only_provenance_reads_the_event_log(module: str) -> None:
    readers = ("get_records_for_run", "fetch_materializations", "get_event_records")
    if _room(module) != "provenance":
        text = _modules()[module].read_text(encoding="utf-8")
        assert not [reader for reader in readers if f".{reader}(" in text]


def test_every_room_is_on_the_list() -> None:
    rooms = {_room(module) for module in _modules()} - {None, "__init__"}
    assert rooms == set(ALLOWED) | GROUND


def test_verifying_needs_neither_dagster_nor_polars() -> None:
    """What really gets loaded, not only what the source says."""
    code = (
        "import sys, dataset_pipeline.certify.verify;"
        "print([m for m in ('dagster', 'polars', 'pandera', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_ground_floor_needs_no_polars() -> None:
    for module, path in _modules().items():
        if _room(module) in WITHOUT_POLARS:
            assert "polars" not in _imports(path, top_level=True), module
