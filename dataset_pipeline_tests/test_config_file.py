"""What is wrong in a dataset's configuration is told: all of it, with file, line and remedy."""

import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dataset_pipeline.config import DatasetConfig, Source, Stages
from dataset_pipeline.config.keys import known_keys
from dataset_pipeline.config_file import (
    InvalidDatasetError,
    Problem,
    dataset_names,
    load_dataset,
    of_one_title,
)
from dataset_pipeline.config_problems import references
from dataset_pipeline.config_problems.patterns import in_words
from dataset_pipeline.errors import NotFoundError
from dataset_pipeline_tests.sample.generate import CONFIGS

EXAMPLE = '{"id": "1", "prompt": "Where is my parcel?", "label": "delivery"}\n'
SMALL = """\
format: 1
title: Small Set
version: "1.0"
description: A small dataset.
owners: ["team:ml"]
task:
  behaviour: Name the intent of a message.
  type: classification
  labels: [billing, delivery]
  examples: examples.jsonl
  restrictions: { use: internal, languages: [en] }
sources:
  tickets:
    kind: csv
    description: Tickets.
    system: Helpdesk
    owner: support
    path: sources/*.csv
    encoding: utf-8
    fields:
      key: id
      event_time: { column: at, timezone: Asia/Almaty }
      prompt: text
    rights: { basis: contract, training: allowed, approved_by: us, evidence: Terms }
prompts:
  one: examples.jsonl
stages:
  normalized:
    group_key: a key of tests
    split: { by: group, validation: 0.1, test: 0.1 }
  redacted:
    patterns:
      CODE: { regex: 'C-\\d+' }
certificate: { licence: other, contact: ml@example.com, intended_use: Tests. }
schedule: { cron: "0 2 * * *", timezone: UTC }
"""


def write(configs: Path, text: str | bytes, examples: str = EXAMPLE * 5) -> Path:
    folder = configs / "small"
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    (folder / "sources" / "a.csv").write_text("id,at,text\n")
    (folder / "examples.jsonl").write_text(examples)
    (folder / "dataset.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def problems(configs: Path) -> list[str]:
    with pytest.raises(InvalidDatasetError) as caught:
        load_dataset(configs, "small")
    assert all(str(problem) in str(caught.value) for problem in caught.value.problems)
    return [str(problem).replace(configs.name + "/small/dataset.yaml:", "", 1)
            for problem in caught.value.problems]  # fmt: skip


def test_the_small_dataset_and_the_sample_are_sound(tmp_path: Path) -> None:
    write(tmp_path, SMALL)
    assert load_dataset(tmp_path, "small").config.title == "Small Set"
    assert load_dataset(CONFIGS.parent, CONFIGS.name).name == CONFIGS.name
    assert dataset_names(tmp_path) == ["small"]


# (what is written in the file, what stands there instead, the problem as it is told)
BROKEN = {
    "unknown key": ("owners:", "ownres:", "5: ownres: unknown key; did you mean 'owners'?"),
    "missing key": ("description: A small", "descr: A small", "description: missing; this key is"),
    "unknown nested key": ("    encoding:", "    encodign:", "did you mean 'encoding'?"),
    "format of another time": ("format: 1", "format: 2", "1: format: input should be 1"),
    "number for text": ('"1.0"', "1.0", '3: version: expected text; put the value in quotes'),
    "version with a patch": ('"1.0"', '"1.0.0"', "3: version: "),
    "title with a slash": ("Small Set", "Small/Set", "2: title: expected a letter or digit of a"),
    "text for number": ("validation: 0.1", "validation: little", "30: stages.normalized.split.v"),
    "language by its name": ("[en]", "[english]", "11: task.restrictions.languages.0: expected t"),
    "no owner": ('["team:ml"]', "[]", "5: owners: "),
    "owner that is none": ('"team:ml"', "ml", "5: owners.0: expected an e-mail address or team:"),
    "missing rights": ("    rights: {", "    right: {", "13: sources.tickets.rights: missing; "),
    "unknown right": ("training: allowed", "training: yes", "rights.training: "),
    "unknown basis": ("basis: contract", "basis: hope", "24: sources.tickets.rights.basis: "),
    "unknown kind": ("kind: csv", "kind: xml", "tickets: 'kind' is 'xml'; expected one of 'jsonl"),
    "no kind": ("    kind: csv\n", "", "13: sources.tickets: missing the key 'kind'"),
    "no file matches": ("sources/*.csv", "gone/*.csv", "18: sources.tickets.path: no file matches"),
    "path outside": ("sources/*.csv", "../*.csv", "18: sources.tickets.path: expected a path or"),
    "absolute path": ("sources/*.csv", "/etc/*.conf", "18: sources.tickets.path: expected a path"),
    "empty path": ("sources/*.csv", "''", "18: sources.tickets.path: expected a path or glob"),
    "bad glob": ("sources/*.csv", "'**x/*'", "18: sources.tickets.path: expected a path or glob"),
    "unknown encoding": ("utf-8", "utf-9", "19: sources.tickets.encoding: unknown encoding"),
    "encoding that is none": ("encoding: utf-8", "encoding: rot13", "encoding: unknown encoding"),
    "delimiter that is a quote": (
        "encoding: utf-8", "delimiter: '\"'", "19: sources.tickets.delimiter: expected a characte"
    ),
    "delimiter of two characters": (
        "encoding: utf-8", 'delimiter: ";;"', "19: sources.tickets.delimiter: string should have"
    ),
    "delimiter that ends a line": (
        "encoding: utf-8", 'delimiter: "\\n"', "delimiter: expected a character that is no quote"
    ),
    "expression that is none": (
        "prompt: text", "prompt: { sql: 'lower((' }", "23: sources.tickets.fields.prompt.sql: no ex"
    ),
    "unknown function": (
        "prompt: text", "prompt: { sql: nope(text) }", "unsupported function 'nope'"
    ),
    "expression over rows": (
        "prompt: text", "prompt: text\n      attributes: { n: { sql: max(amount) } }",
        "fields.attributes.n.sql: makes one value of many rows"
    ),
    "unknown time zone": ("Asia/Almaty", "Asia/Atlantis", "timezone: unknown time zone"),
    "a time by seconds since 1970": (
        "timezone: Asia/Almaty", 'format: "%s"', "event_time.format: %s cannot be read; expected di"
    ),
    "a time by a directive of other tools": (
        "timezone: Asia/Almaty", 'format: "%-d.%m.%Y"', "event_time.format: %-d cannot be read; ex"
    ),
    "a time without a directive": (
        "timezone: Asia/Almaty", "format: unix", "22: sources.tickets.fields.event_time.format: 'u"
    ),
    "a time with an empty form": (
        "timezone: Asia/Almaty", 'format: ""', "event_time.format: '' holds no directive; expected"
    ),
    "a time without a year": (
        "timezone: Asia/Almaty", 'format: "%d.%m. %H:%M"', "names no year; expected directives of"
    ),
    "a time that says all twice": (
        "timezone: Asia/Almaty", 'format: "%Y%Y"', "event_time.format: strptime cannot read '%Y%Y'"
    ),
    "a zone of a time that is a number": (
        "timezone: Asia/Almaty", "format: epoch_ms, timezone: Asia/Almaty",
        "event_time.timezone: epoch_ms counts in UTC wherever it is; remove the time zone",
    ),
    "a prompt beside turns": (
        "prompt: text", "prompt: text\n      turns: { column: said }", "fields.prompt: turns gives"
    ),
    "no prompt": ("      prompt: text\n", "", "20: sources.tickets.fields: expected prompt"),
    "dangling file": ("one: examples.jsonl", "one: gone.md", "26: prompts.one: no file 'gone.md'"),
    "file outside": ("one: examples.jsonl", "one: ../x", "26: prompts.one: '../x' is outside"),
    "NUL in a path": ("one: examples.jsonl", 'one: "a\\0b"', "26: prompts.one: "),
    "bad regex": ("'C-\\d+'", "'C-(\\d+'", "33: stages.redacted.patterns.CODE.regex: not a re"),
    "empty regex": ("'C-\\d+'", "'(a*)'", "33: stages.redacted.patterns.CODE.regex: it matche"),
    "shares over 1": ("test: 0.1 }", "test: 0.95 }", "split: validation and test togeth"),
    "dates swapped": (
        "by: group, validation: 0.1, test: 0.1",
        "by: time, validation_from: 2026-03-01, test_from: 2026-01-01",
        "30: stages.normalized.split: validation_from must not be later than test_from",
    ),
    "no labels": ("  labels: [billing, delivery]\n", "", "a classification task needs its labels"),
    "label twice": ("[billing, delivery]", "[delivery, delivery]", "9: task.labels: each label"),
    "unknown label in examples": ("[billing, delivery]", "[billing, other]", "examples.jsonl:1: "),
    "short cron": ('"0 2 * * *"', '"0 2 * *"', "35: schedule.cron: expected five"),
    "schedule on": (
        '{ cron: "0 2 * * *", timezone: UTC }', "on", "schedule: expected keys of its own: cron, ti"
    ),
    "cron that is none": ('"0 2 * * *"', '"0 99 * * *"', "35: schedule.cron: "),
    "no shingles": ("  redacted:", "  deduplicated: { threshold: 0 }\n  redacted:", "31: stages"),
    "a key that YAML reads as true": ("owners:", "on: [push]\nowners:", "5: on: YAML reads this"),
    "a key that is a number": ("owners:", "5: x\nowners:", "5: 5: YAML reads this"),
    "key twice": ("title: Small Set", "title: One\ntitle: Two", "3: title: this key stands"),
    "tab": ("title:", "\ttitle:", "2: YAML: found character '\\t' that cannot start any token"),
    "open bracket": ("[en]", "[en", "YAML: "),
    "unknown tag": ("title: Small Set", "title: !!python/name:os.system x", "2: YAML: "),
    "broken timestamp": ("title: Small Set", "title: !!timestamp x", "YAML: "),
    "date that is none": ("title: Small Set", "title: 2026-13-45", "YAML: "),
    "words of no file": (
        "  redacted:", "  screened: { lists: { bad: { file: gone.txt } } }\n  redacted:",
        "31: stages.screened.lists.bad.file: no file 'gone.txt'",
    ),
    "examples of no file": (
        "  redacted:",
        "  screened: {classifiers: {x: {examples: ../x, positive: x, threshold: 1}}}\n  redacted:",
        "31: stages.screened.classifiers.x.examples: '../x' is outside",
    ),
    "benchmark of no file": (
        "  redacted:", "  clean: { benchmarks: { some: { path: gone/*.jsonl } } }\n  redacted:",
        "31: stages.clean.benchmarks.some.path: no file matches",
    ),
    "mails of no source": (
        "    split:", "    split_off_in: [tickets, gone]\n    split:",
        "30: stages.normalized.split_off_in: there is no source 'gone'",
    ),
    "mode of nothing": (
        "    patterns:", "    modes: { SALARY: keep }\n    patterns:",
        "modes names what is not looked for: SALARY",
    ),
    "two documents": ("title: Small Set", "---\ntitle: Small Set", "YAML: "),
    "anchor without an end": ("owners: [", "owners: [*gone, ", "YAML: found undefined alias"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_config_is_told(name: str, tmp_path: Path) -> None:
    old, new, words = BROKEN[name]
    assert old in SMALL
    write(tmp_path, SMALL.replace(old, new, 1))
    assert any(words in problem for problem in problems(tmp_path)), problems(tmp_path)


def test_every_pattern_is_told_in_words() -> None:
    schema = DatasetConfig.model_json_schema()
    assert (patterns := set(_patterns(schema)))
    assert {pattern for pattern in patterns if in_words(pattern) is None} == set()


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for part in schema.values():
            yield from _patterns(part)
        yield from schema.get("patternProperties", {})
    elif isinstance(schema, list):
        for part in schema:
            yield from _patterns(part)


@pytest.mark.parametrize(
    "form", ["epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "%d.%m.%Y %H:%M", "%G-W%V-%u", "%c"]
)
def test_a_form_of_times_that_is_read_is_sound(form: str, tmp_path: Path) -> None:
    write(tmp_path, SMALL.replace("timezone: Asia/Almaty", f'format: "{form}"'))
    assert load_dataset(tmp_path, "small").config.sources["tickets"].fields.event_time is not None


# (what is written in the file, what stands there instead, what is told of the unknown key)
KEYS = {
    "of the kind of source": ("    encoding:", "    encodign:", "did you mean 'encoding'?"),
    "of another kind": ("    encoding: utf-8", "    recrds: x", "tickets.recrds: unknown key; rem"),
    "of a nested place": ("    path:", "    labls: x\n    path:", "labls: unknown key; remove it"),
    "of the task": ("  labels:", "  labls: x\n  labels:", "did you mean 'labels'?"),
    "of the top": ("  labels:", "  stagse: x\n  labels:", "task.stagse: unknown key; remove it"),
    "of a split by group": ("validation: 0.1", "validaton: 0.1", "did you mean 'validation'?"),
    "of a split by time": ("validation: 0.1", "test_form: 0.1", "test_form: unknown key; remove"),
    "of a value": ("key: id", "key: { sqll: id }", "key.sqll: unknown key; did you mean 'sql'?"),
    "of a file": ("evidence: Terms", "evidence: { filee: x }", "did you mean 'file'?"),
    "of a pattern": ("CODE: { regex:", "CODE: { regexx:", "did you mean 'regex'?"),
    "of a list": ("  examples:", "  success_criteria: [metrc: x]\n  examples:", "mean 'metric'?"),
}  # fmt: skip


@pytest.mark.parametrize("name", KEYS)
def test_only_a_key_of_the_same_place_is_suggested(name: str, tmp_path: Path) -> None:
    old, new, words = KEYS[name]
    assert old in SMALL
    write(tmp_path, SMALL.replace(old, new, 1))
    assert any(words in problem for problem in problems(tmp_path)), problems(tmp_path)


MEMBERS = get_args(get_args(Source)[0])
KINDS = [get_args(member.model_fields["kind"].annotation)[0] for member in MEMBERS]


def test_every_model_is_found_from_the_top() -> None:
    """By validating rubbish everywhere: each place that is told of has keys."""
    data = yaml.safe_load(SMALL)
    data["sources"] = {kind: {"kind": kind, "qqqq": 1} for kind in KINDS}
    data["training"] = {"trainer": "baseline", "qqqq": 1}
    data["stages"] |= {name: {"qqqq": 1} for name in Stages.model_fields if name != "normalized"}
    with pytest.raises(ValidationError) as caught:
        DatasetConfig.model_validate(data)
    places = [e["loc"][:-1] for e in caught.value.errors() if e["type"] == "extra_forbidden"]
    assert len(places) == len(KINDS) + len(Stages.model_fields)
    assert [place for place in places if not known_keys(place)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "1: file: the file is empty"),
        (b"# nothing\n", "1: file: the file is empty"),
        (b"title: \xff\n", "1: file: not UTF-8 at byte 7"),
        (b"- a\n- b\n", "1: file: "),
        (b"just words\n", "1: file: "),
        (b"a: \x07\n", "1: YAML: "),
        (b"[" * 5000, "1: YAML: "),
        (b"\x00", "1: YAML: "),
    ],
)
def test_a_file_that_is_no_config_is_told(text: bytes, words: str, tmp_path: Path) -> None:
    write(tmp_path, text)
    assert any(words in problem for problem in problems(tmp_path)), problems(tmp_path)


def test_lines_need_an_encoding_that_has_them(tmp_path: Path) -> None:
    lines = SMALL.replace("kind: csv", "kind: jsonl")
    for encoding, told in (("utf-16", True), ("utf-8-sig", False), ("cp1251", False)):
        write(tmp_path, lines.replace("encoding: utf-8", f"encoding: {encoding}"))
        if told:
            assert "encoding: lines cannot be told apart in utf-16" in problems(tmp_path)[0]
        else:
            load_dataset(tmp_path, "small")


@pytest.mark.parametrize("sql", ["concat_ws(': ', id, text)", "1", "try_cast(n as int)", "n + 1"])
def test_expressions_over_one_row_are_sound(tmp_path: Path, sql: str) -> None:
    write(tmp_path, SMALL.replace("prompt: text", f'prompt: {{ sql: "{sql}" }}'))
    load_dataset(tmp_path, "small")


@pytest.mark.parametrize("count", [0, 4, 11])
def test_examples_are_five_to_ten(count: int, tmp_path: Path) -> None:
    write(tmp_path, SMALL, EXAMPLE * count)
    (problem,) = problems(tmp_path)
    assert (
        problem
        == f"10: task.examples: examples.jsonl holds {count} examples; write 5 to 10 by hand"
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not JSON", "examples.jsonl:6: expected a JSON object"),
        ("[1]", "examples.jsonl:6: expected a JSON object"),
        ('{"id": "6"}', "examples.jsonl:6: expected a JSON object"),
        ('{"prompt": "x", "label": "billing"}', "examples.jsonl:6: expected a JSON object with id"),
        ('{"id": 6, "prompt": "x", "label": "billing"}', "examples.jsonl:6: expected a JSON obj"),
        ('{"id": "6", "prompt": "x", "label": []}', "examples.jsonl:6: the label is not one of"),
        ("[" * 20000, "examples.jsonl:6: expected a JSON object"),
    ],
)
def test_a_broken_example_is_told(line: str, words: str, tmp_path: Path) -> None:
    write(tmp_path, SMALL, EXAMPLE * 5 + line + "\n")
    assert any(words in problem for problem in problems(tmp_path)), problems(tmp_path)


def test_examples_that_are_not_utf_8_are_told(tmp_path: Path) -> None:
    write(tmp_path, SMALL)
    (tmp_path / "small" / "examples.jsonl").write_bytes(EXAMPLE.encode() * 5 + b'{"id": "\xff"}')
    assert any("examples.jsonl is not UTF-8" in problem for problem in problems(tmp_path))


def test_all_problems_are_listed_in_the_order_of_the_file(tmp_path: Path) -> None:
    broken = SMALL
    for name in ("unknown key", "missing rights", "bad regex", "shares over 1", "dangling file"):
        old, new, _ = BROKEN[name]
        broken = broken.replace(old, new, 1)
    write(tmp_path, broken, EXAMPLE * 4)
    found = problems(tmp_path)
    assert len(found) >= 7
    lines = [int(problem.split(":")[0]) for problem in found]
    assert lines == sorted(lines)


@pytest.mark.parametrize("name", ["gone", "..", "a/b", ""])
def test_an_unknown_dataset_is_told(name: str, tmp_path: Path) -> None:
    write(tmp_path, SMALL)
    with pytest.raises((NotFoundError, InvalidDatasetError)):
        load_dataset(tmp_path, name)


def test_a_folder_with_a_bad_name_is_told(tmp_path: Path) -> None:
    shutil.move(write(tmp_path, SMALL), tmp_path / "Small-Set")
    with pytest.raises(InvalidDatasetError, match="a dataset's folder is named with a-z"):
        load_dataset(tmp_path, "Small-Set")


# --------------------------------------------------------------------- never a traceback

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.dates(),
    st.sampled_from(["*", "**", "../x", "/", "\0", "(", "csv", "group", "UTC", "utf-8"]),
)
yamlish = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=5), st.booleans(), st.integers()), inner),
    ),
    max_leaves=8,
)
SAMPLE = yaml.safe_load((CONFIGS / "dataset.yaml").read_text("utf-8"))


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a parsed file."""
    items = value.items() if isinstance(value, dict) else []
    items = enumerate(value) if isinstance(value, list) else items
    return [path, *(deeper for key, inner in items for deeper in paths(inner, (*path, key)))]


PLACES = [path for path in paths(SAMPLE) if path]


def put(data: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> None:
    for part in path[:-1]:
        data = data[part]
    change(data, path[-1])


def loads_or_tells(configs: Path) -> None:
    told = [Problem("", 1, "", "")]
    try:
        load_dataset(configs, "small")
    except InvalidDatasetError as error:
        told = error.problems
    assert told
    assert all(problem.line >= 1 for problem in told)


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("configs")
    shutil.copytree(CONFIGS, root / "small")
    return root


@settings(max_examples=80)
@given(yamlish)
def test_anything_that_is_yaml_is_told(configs: Path, data: Any) -> None:
    (configs / "small" / "dataset.yaml").write_text(yaml.safe_dump(data), "utf-8")
    loads_or_tells(configs)


@settings(max_examples=120)
@given(st.sampled_from(PLACES), st.one_of(st.just("drop"), yamlish))
def test_the_sample_with_any_change_loads_or_is_told(
    configs: Path, path: tuple[Any, ...], value: Any
) -> None:
    data = copy.deepcopy(SAMPLE)
    if value == "drop":
        put(data, path, lambda inner, key: inner.pop(key))
    else:
        put(data, path, lambda inner, key: inner.__setitem__(key, value))
    (configs / "small" / "dataset.yaml").write_text(yaml.safe_dump(data), "utf-8")
    loads_or_tells(configs)


@settings(max_examples=60)
@given(st.integers(0, 8000), st.binary(max_size=3))
def test_the_sample_with_any_bytes_in_it_loads_or_is_told(
    configs: Path, at: int, data: bytes
) -> None:
    text = (CONFIGS / "dataset.yaml").read_bytes()
    (configs / "small" / "dataset.yaml").write_bytes(text[:at] + data + text[at + 1 :])
    loads_or_tells(configs)


@pytest.mark.parametrize(
    "cron", ["0 2 * * MON-FRI", "*/15 0,12 1 jan,JUL *", "5 4 * * sun", "0 2 * * 7"]
)
def test_crons_that_are_sound(cron: str) -> None:
    assert references._is_cron(cron)


@pytest.mark.parametrize(
    "cron", ["0 2 * * FRY", "60 2 * * *", "0 2 * 13 *", "@daily", "0 2 5-1 * *"]
)
def test_crons_that_are_none(cron: str) -> None:
    assert not references._is_cron(cron)


@pytest.mark.parametrize("line", ["title: Small Set", "title: 'Small Set'  # as the other\r"])
def test_other_datasets_of_one_title_are_known(tmp_path: Path, line: str) -> None:
    """Versions are named by it; a copied folder has it until it is edited."""
    write(tmp_path, SMALL)
    for name in ("other", "small.bak"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dataset.yaml").write_text(f"format: 1\n{line}\nbroken: [\n", "utf-8")
    assert of_one_title(tmp_path, load_dataset(tmp_path, "small")) == ["other"]
    for text in ("title: Small Sets\n", "title: [\n", "  title: Small Set\n", ""):
        (tmp_path / "other" / "dataset.yaml").write_text(text, "utf-8")
        assert of_one_title(tmp_path, load_dataset(tmp_path, "small")) == []
