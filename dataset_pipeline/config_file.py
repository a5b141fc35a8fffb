"""Reads ``dataset.yaml`` files: one error that lists every problem with file, line and remedy."""

import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dataset_pipeline.config import DatasetConfig
from dataset_pipeline.config.keys import Location, known_keys
from dataset_pipeline.config_problems.patterns import in_words
from dataset_pipeline.config_problems.references import reference_problems
from dataset_pipeline.digests import sha256_file
from dataset_pipeline.errors import ConfigError, NotFoundError
from dataset_pipeline.yaml_text import compose, parse

FILE_NAME = "dataset.yaml"
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a configuration file."""

    file: str
    line: int
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.where}: {self.what}"


class InvalidDatasetError(ConfigError):
    """A dataset's configuration cannot be used; ``problems`` lists all that is wrong."""

    def __init__(self, name: str, problems: list[Problem]):
        self.name = name
        self.problems = sorted(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"dataset {name!r} has {len(problems)} problem(s):\n{lines}")


@dataclass(frozen=True)
class Dataset:
    """A dataset whose configuration is sound. ``folder`` holds the files that it refers to."""

    name: str
    folder: Path
    config: DatasetConfig

    def file(self, relative: str) -> Path:
        """The path of a file that the configuration refers to."""
        return self.folder / relative

    def task_examples(self) -> list[dict[str, Any]]:
        """The handwritten examples, in their file's order."""
        return read_examples(self.file(self.config.task.examples))

    def text(self, relative: str) -> str:
        """A file of the dataset's folder."""
        return self.file(relative).read_text(encoding="utf-8")

    def documents(self) -> dict[str, str]:
        """SHA-256 of each file that a version certifies beside its records, by relative path."""
        config = self.config
        paths = [config.task.examples, *config.prompts.values()]
        paths += [one.file for one in config.stages.screened.lists.values() if one.file]
        if config.annotations:
            paths += config.annotations.guidelines.values()
            paths += [config.annotations.decisions] if config.annotations.decisions else []
        return {path: sha256_file(self.file(path)) for path in sorted(set(paths))}


def read_examples(path: Path) -> list[dict[str, Any]]:
    """The handwritten examples of a JSON Lines file: id, prompt, and what the task needs."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def dataset_names(configs: Path) -> list[str]:
    """The datasets below ``configs``, sound or not."""
    return sorted(path.parent.name for path in configs.glob(f"*/{FILE_NAME}"))


def load_dataset(configs: Path, name: str) -> Dataset:
    """Load ``configs/<name>/dataset.yaml``.

    Raises NotFoundError when there is no such dataset, InvalidDatasetError with every problem.
    """
    path = configs / name / FILE_NAME
    if not path.is_file():
        known = ", ".join(dataset_names(configs)) or "none; --configs says where to look"
        raise NotFoundError(f"no dataset {name!r} in {configs.absolute()} (there: {known})")
    shown = f"{configs.name}/{name}/{FILE_NAME}"
    if not _NAME.match(name):
        what = "a dataset's folder is named with a-z, 0-9 and _, beginning with a letter"
        raise InvalidDatasetError(name, [Problem(shown, 1, name, what)])
    node, problems = _compose(path, shown)
    if node is None:
        raise InvalidDatasetError(name, problems)
    data = _text_keys(parse(path.read_text(encoding="utf-8")))
    config, errors = _validate(data)
    found = [(error["loc"], _explain(error)) for error in errors]
    found += reference_problems(data, path.parent) if isinstance(data, dict) else []
    placed = [(_place(node, loc), what) for loc, what in found]
    problems += [Problem(shown, line, where, what) for (line, where), what in placed]
    if problems or config is None:
        raise InvalidDatasetError(name, problems)
    return Dataset(name, path.parent, config)


def of_one_title(configs: Path, dataset: Dataset) -> list[str]:
    """Other datasets of this title: versions are named by it, and a store keeps one such name."""
    others = (name for name in dataset_names(configs) if name != dataset.name)
    named = (name for name in others if _NAME.match(name))
    return [name for name in named if _titled(configs / name / FILE_NAME) == dataset.config.title]


def _titled(path: Path) -> Any:
    """The title as its line says it, the rest unread; None where that cannot be told."""
    try:
        with path.open(encoding="utf-8") as lines:
            line = next((line for line in lines if line.startswith("title:")), "{}")
        said = parse(line)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None  # what is wrong there is told when that dataset is loaded
    return said.get("title") if isinstance(said, dict) else None


def _validate(data: Any) -> tuple[DatasetConfig | None, list[ErrorDetails]]:
    try:
        return DatasetConfig.model_validate(data), []
    except ValidationError as error:
        return None, error.errors(include_url=False, include_context=True)


def _compose(path: Path, shown: str) -> tuple[yaml.Node | None, list[Problem]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        what = f"not UTF-8 at byte {error.start}; save the file as UTF-8"
        return None, [Problem(shown, 1, "file", what)]
    try:
        node = compose(text)
        if node is None:
            return None, [Problem(shown, 1, "file", "the file is empty; see the sample dataset")]
        problems = _key_problems(node, (), shown)
        parse(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, [Problem(shown, line, "YAML", error.problem or "cannot be read")]
    except yaml.YAMLError as error:
        return None, [Problem(shown, 1, "YAML", str(error).splitlines()[0])]
    return node, problems


def _text_keys(data: Any) -> Any:
    """The parsed file without the keys that are no text; ``_key_problems`` tells of them."""
    if isinstance(data, dict):
        return {key: _text_keys(item) for key, item in data.items() if isinstance(key, str)}
    return [_text_keys(item) for item in data] if isinstance(data, list) else data


def _key_problems(node: yaml.Node, loc: Location, shown: str) -> list[Problem]:
    """Keys that stand twice, and keys that YAML takes for something else than text."""
    problems: list[Problem] = []
    if isinstance(node, yaml.MappingNode):
        seen: dict[Any, int] = {}
        for key, value in node.value:
            here = (*loc, str(key.value))
            line = key.start_mark.line + 1
            kind = key.tag.rsplit(":", 1)[-1]
            if kind not in ("str", "merge"):
                what = f"YAML reads this key as a value of type {kind}; put it in quotes"
                problems.append(Problem(shown, line, _dotted(here), what))
                continue
            if key.value in seen:
                what = f"this key stands already on line {seen[key.value]}; keep one"
                problems.append(Problem(shown, line, _dotted(here), what))
            seen.setdefault(key.value, line)
            problems += _key_problems(value, here, shown)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            problems += _key_problems(item, (*loc, index), shown)
    return problems


def _place(node: yaml.Node, loc: Location) -> tuple[int, str]:
    """The line of the deepest part of ``loc`` that stands in the file, and how to call it."""
    line = node.start_mark.line + 1
    shown: list[str | int] = []
    for position, part in enumerate(loc):
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is None:  # a missing key, or the tag of a union, which nobody wrote
                shown += [part] if position == len(loc) - 1 else []
                continue
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and part in range(len(node.value)):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.ScalarNode):  # below a value stand but the tags of a union
            continue
        shown.append(part)
    return line, _dotted(tuple(shown))


def _dotted(loc: Location) -> str:
    return ".".join(str(part) for part in loc) or "file"


def _explain(error: ErrorDetails) -> str:
    """What is expected, in words; Pydantic's own text where it already says so."""
    kind, loc = error["type"], error["loc"]
    if kind == "missing":
        return "missing; this key is required"
    if kind == "extra_forbidden":
        return f"unknown key{_suggestion(loc)}"
    if kind == "union_tag_invalid":
        said, known = error["ctx"]["tag"], error["ctx"]["expected_tags"]
        return f"{error['ctx']['discriminator']} is {said!r}; expected one of {known}"
    if kind == "union_tag_not_found":
        return f"missing the key {error['ctx']['discriminator']}"
    if kind == "string_type" and isinstance(error["input"], int | float):
        return 'expected text; put the value in quotes, like "1.0"'
    wanted = _wanted(error)
    return f"expected {wanted}" if wanted else f"{error['msg'][0].lower()}{error['msg'][1:]}"


def _wanted(error: ErrorDetails) -> str | None:
    """What is to stand there, where Pydantic names a pattern or a class of ours."""
    if error["type"] == "string_pattern_mismatch":
        return in_words(error["ctx"]["pattern"])
    if error["type"] == "model_type" and (keys := known_keys(error["loc"])):
        return f"keys of its own: {', '.join(sorted(keys))}"
    return None


def _suggestion(loc: Location) -> str:
    close = difflib.get_close_matches(str(loc[-1]), sorted(known_keys(loc[:-1])), n=1, cutoff=0.75)
    return f"; did you mean {close[0]!r}?" if close else "; remove it"
