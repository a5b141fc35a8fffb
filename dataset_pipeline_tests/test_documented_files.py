"""The examples in ``configs/README.md`` are read as it says they are."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataset_pipeline.config import AnnotatedPolicy, Deduplicated, Distilled, Redacted
from dataset_pipeline.config_file import Dataset, load_dataset
from dataset_pipeline.records import no_exclusions, record_id
from dataset_pipeline.retrospective.about import About, read_about
from dataset_pipeline.stages.annotated import annotated
from dataset_pipeline.stages.annotation_files import Declared, Role, annotation_file
from dataset_pipeline.stages.distillate_files import distillate_file
from dataset_pipeline.stages.distilled import Policies, distilled
from dataset_pipeline.stages.readers.rows import SourceFile
from dataset_pipeline_tests.sample.generate import CONFIGS
from dataset_pipeline_tests.stages.frames import records, rules

README = CONFIGS.parent / "README.md"
KEYS = ("CRM-000111", "CRM-000116", "CRM-000119")
KNOWN = [{"record_id": record_id("crm", key), "prompt": f"{key} is a question"} for key in KEYS]


def blocks(heading: str) -> list[tuple[str, str]]:
    """(language, text) of the code below a heading."""
    below = README.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```(\w+)\n(.*?)```", below, re.DOTALL)


EXAMPLES, LABELS, ADJUDICATIONS, DISTILLATES, CONFIG = (
    text for _, text in blocks("What people and models write")
)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """The sample with the files and keys of the page in place of its own."""
    folder = tmp_path / "configs" / CONFIGS.name
    shutil.copytree(CONFIGS, folder)
    config, said = (
        yaml.safe_load((folder / "dataset.yaml").read_text("utf-8")),
        yaml.safe_load(CONFIG),
    )
    config["task"] |= said.pop("task")
    files = {
        config["task"]["examples"]: EXAMPLES,
        said["annotations"]["labels"]["round_3"]: LABELS,
        said["annotations"]["adjudications"]["settled"]: ADJUDICATIONS,
        said["distillates"]["paraphrases"]: DISTILLATES,
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "dataset.yaml").write_text(yaml.safe_dump(config | said), "utf-8")
    return load_dataset(tmp_path / "configs", CONFIGS.name)


def test_the_configuration_and_the_task_examples_are_sound(dataset: Dataset) -> None:
    assert len(dataset.task_examples()) == 5


def test_labels_are_settled_as_the_page_says(dataset: Dataset) -> None:
    annotations = dataset.config.annotations
    assert annotations
    declared = Declared(
        dict.fromkeys(annotations.guidelines, ""),
        dataset.config.task.labels,
        dataset.config.sources,
    )
    files: tuple[tuple[str, Role, str], ...] = (
        ("round_3", "labels", annotations.labels["round_3"]),
        ("settled", "adjudications", annotations.adjudications["settled"]),
    )
    read = [annotation_file(n, r, SourceFile(p, dataset.file(p)), declared) for n, r, p in files]
    assert all(found.excluded.collect().is_empty() for found in read)
    votes, decisions = (found.kept.collect() for found in read)

    def settle(given: Any) -> Any:
        frame = records(*KNOWN).lazy()
        return annotated(frame, no_exclusions(), given, AnnotatedPolicy())

    named = {row["record_id"]: key for row, key in zip(KNOWN, KEYS, strict=True)}
    before = {named[key]: rule for key, rule in rules(settle(votes).excluded).items()}
    assert before == {"CRM-000111": "annotation_disagreement"}
    settled = settle(votes.vstack(decisions)).kept.select("record_id", "label").collect()
    assert {named[key]: label for key, label in settled.iter_rows()} == dict(
        zip(KEYS, ("returns", "returns", "account_access"), strict=True)
    )


def test_the_distillate_is_let_in(dataset: Dataset) -> None:
    config, path = dataset.config, dataset.config.distillates["paraphrases"]
    read = distillate_file("paraphrases", "batch", SourceFile(path, dataset.file(path)))
    policies = Policies(Distilled(), config.stages.normalized, Redacted(), Deduplicated())
    prompts = dict.fromkeys(config.prompts.values(), "")
    known = records(*KNOWN).lazy()
    result = distilled(read.kept, known, prompts, dataset.task_examples(), policies)
    assert rules(result.excluded) == {}
    assert result.kept.collect()["parents"].to_list() == [[record_id("crm", "CRM-000116")]]


def test_what_is_declared_of_a_folder_is_read(tmp_path: Path) -> None:
    ((_, text),) = blocks("An old folder")
    path = tmp_path / "folder.yaml"
    path.write_text(text, "utf-8")
    about = read_about(path)
    assert about.rights
    assert about.said().keys() == yaml.safe_load(text).keys()


def test_every_key_of_a_folders_declaration_is_listed() -> None:
    below = README.read_text("utf-8").split("\n## An old folder\n")[1].split("```")[0]
    listed = re.findall(r"`(\w+)`", below.split("Keys:")[1])
    assert listed == list(About.model_fields)
