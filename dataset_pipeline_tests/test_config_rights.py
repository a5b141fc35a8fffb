"""What is wrong with declared rights is told before a run starts; no one flag lets a source in."""

import copy
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from dataset_pipeline.config import Answer, Rights
from dataset_pipeline.config_file import Dataset, InvalidDatasetError, load_dataset
from dataset_pipeline.stages.rights import rights_decisions
from dataset_pipeline_tests.sample.generate import CONFIGS
from dataset_pipeline_tests.sample_run import sample_dataset

SAMPLE = yaml.safe_load((CONFIGS / "dataset.yaml").read_text("utf-8"))
DAY = date(2026, 5, 1)
BAD = ("partner_forum", "beta_survey")
BASES = get_args(Rights.model_fields["basis"].annotation)
# Every value that one key of a right may be changed to; None takes the key away.
FLAGS: dict[str, list[Any]] = {
    "basis": list(BASES),
    "licence": [None, "CC-BY-4.0", "CC0-1.0", "LicenseRef-Partner", "CC-BY-4.0 OR CC-BY-NC-4.0"],
    "training": list(get_args(Answer)),
    "redistribution": list(get_args(Answer)),
    "expires": [None, date(2026, 4, 1), date(2026, 5, 1), date(2030, 1, 1)],
    "approved_by": [None, "legal@example.com"],
    "approved_on": [None, date(2026, 1, 1)],
    "evidence": [None, "We asked.", {"file": "rights/terms_of_service.md"},
                 {"url": "https://example.com", "sha256": "0" * 64, "retrieved": DAY}],
}  # fmt: skip
ELSEWHERE = {
    "use: internal": lambda c: c["task"]["restrictions"].update(use="internal"),
    "use: research": lambda c: c["task"]["restrictions"].update(use="research"),
    "licence": lambda c: c["certificate"].update(licence="CC-BY-NC-4.0"),
    "go_on_without": lambda c: c["gates"].update(go_on_without=[]),
    "categories": lambda c: c["task"]["restrictions"].update(forbidden_categories=[]),
}


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("configs")
    shutil.copytree(CONFIGS, root / "sample")
    return root


def changed(configs: Path, change: Callable[[dict[str, Any]], Any]) -> Dataset:
    """The sample after a change; InvalidDatasetError where it is refused."""
    data = copy.deepcopy(SAMPLE)
    change(data)
    (configs / "sample" / "dataset.yaml").write_text(yaml.safe_dump(data, sort_keys=False), "utf-8")
    return load_dataset(configs, "sample")


def told(configs: Path, change: Callable[[dict[str, Any]], Any]) -> str:
    with pytest.raises(InvalidDatasetError) as caught:
        changed(configs, change)
    return str(caught.value)


def rights_of(config: dict[str, Any], name: str) -> dict[str, Any]:
    rights: dict[str, Any] = config["sources"][name]["rights"]
    return rights


def put(rights: dict[str, Any], field: str, value: Any) -> None:
    rights.pop(field, None)
    if value is not None:
        rights[field] = value


def left_out(dataset: Dataset) -> set[str]:
    decided = rights_decisions(dataset.config, dataset.folder, DAY)
    return {name for name, decision in decided.items() if not decision.granted}


def test_the_sample_leaves_its_two_bad_sources_out() -> None:
    assert left_out(sample_dataset()) == set(BAD)


@pytest.mark.parametrize("source", BAD)
@pytest.mark.parametrize("field", FLAGS)
def test_no_one_flag_lets_a_bad_source_in(configs: Path, source: str, field: str) -> None:
    for value in FLAGS[field]:
        try:
            dataset = changed(configs, lambda c, v=value: put(rights_of(c, source), field, v))
        except InvalidDatasetError:
            continue
        assert source in left_out(dataset), f"{field}: {value}"


@pytest.mark.parametrize("change", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_no_flag_elsewhere_lets_a_bad_source_in(
    configs: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    try:
        dataset = changed(configs, change)
    except InvalidDatasetError:
        return
    assert set(BAD) <= left_out(dataset)


def test_training_allowed_alone_is_refused_with_file_and_line(configs: Path) -> None:
    def allowed(config: dict[str, Any]) -> None:
        rights_of(config, "partner_forum").update(training="allowed")
        config["gates"]["go_on_without"].remove("partner_forum")

    said = told(configs, allowed)
    place = "sources.partner_forum.rights"
    assert f"{place}.training: training: allowed needs approved_by and evidence" in said
    assert "missing: approved_by" in said
    assert f"{place}.licence: rights_clash: CC-BY-NC-4.0 forbids commercial use" in said
    assert f"{place}.training: rights/partner_forum_rules.md says forbidden" in said
    lines = (configs / "sample" / "dataset.yaml").read_text("utf-8").split("\n")
    at = next(n for n, line in enumerate(lines, 1) if line.strip() == "licence: CC-BY-NC-4.0")
    assert f"sample/dataset.yaml:{at}: {place}.licence: " in said


def test_a_clash_is_no_mistake_where_the_dataset_goes_on_without_the_source(configs: Path) -> None:
    def clashing(config: dict[str, Any], *, named: bool = True) -> None:
        rights_of(config, GOOD).update(licence="CC-BY-NC-4.0")
        config["gates"]["go_on_without"] += [GOOD] if named else []

    assert "rights_clash: CC-BY-NC-4.0 forbids commercial use" in told(
        configs, lambda c: clashing(c, named=False)
    )
    dataset = changed(configs, clashing)
    assert left_out(dataset) == {*BAD, GOOD}
    decided = rights_decisions(dataset.config, dataset.folder, DAY)[GOOD]
    assert (decided.rule, decided.evidence["training"]) == ("rights_clash", "allowed")


@pytest.mark.parametrize("day", [None, date(2026, 5, 1), date(2030, 1, 1)])
def test_a_later_end_than_the_evidence_says_is_refused(configs: Path, day: date | None) -> None:
    said = told(configs, lambda c: put(rights_of(c, "beta_survey"), "expires", day))
    assert "rights/beta_consent.md says that the right ends on 2026-03-31" in said


GOOD = "helpdesk"
BROKEN: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no approver": (
        lambda c: put(rights_of(c, GOOD), "approved_by", None),
        "helpdesk.rights.training: training: allowed needs approved_by and evidence; missing: appr",
    ),
    "no evidence": (
        lambda c: put(rights_of(c, GOOD), "evidence", None),
        "needs approved_by and evidence; missing: evidence",
    ),
    "blank evidence": (
        lambda c: put(rights_of(c, GOOD), "evidence", " "),
        "needs approved_by and evidence; missing: evidence",
    ),
    "no basis": (
        lambda c: put(rights_of(c, GOOD), "basis", "unknown"),
        "sources.helpdesk.rights.basis: training: allowed needs a basis",
    ),
    "evidence gone": (
        lambda c: put(rights_of(c, GOOD), "evidence", {"file": "rights/gone.md"}),
        "sources.helpdesk.rights.evidence.file: rights/gone.md cannot be read",
    ),
    "evidence outside": (
        lambda c: put(rights_of(c, GOOD), "evidence", {"file": "../x.md"}),
        "sources.helpdesk.rights.evidence.file: ../x.md is outside",
    ),
    "licence without a name": (
        lambda c: (
            put(rights_of(c, "kb"), "licence", None) or rights_of(c, "kb").update(basis="licence")
        ),
        "sources.kb.rights.training: rights_unknown: the right is a licence, and none is named",
    ),
    "misspelt licence": (
        lambda c: put(rights_of(c, "kb"), "licence", "CC BY 4.0"),
        "sources.kb.rights.licence: 'CC BY 4.0' is no SPDX licence; did you mean CC-BY-4.0?",
    ),
    "misspelt part": (
        lambda c: put(rights_of(c, "kb"), "licence", "MIT OR Apachy-2.0"),
        "did you mean Apache-2.0?",
    ),
    "share-alike": (
        lambda c: put(rights_of(c, "kb"), "licence", "CC-BY-SA-4.0"),
        "rights_clash: CC-BY-SA-4.0 asks for itself as the dataset's licence, not other",
    ),
    "given on": (
        lambda c: c["certificate"].update(licence="CC-BY-4.0"),
        "sources.helpdesk.rights.training: rights_clash: the dataset is given on under CC-BY-4.0",
    ),
    "the dataset's licence": (
        lambda c: c["certificate"].update(licence="cc by 4"),
        "certificate.licence: 'cc by 4' is no SPDX licence",
    ),
    "an unknown source to go on without": (
        lambda c: c["gates"]["go_on_without"].append("gone"),
        "gates.go_on_without.2: no source 'gone' (there: closed_cases",
    ),
}


@pytest.mark.parametrize(("change", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_wrong_with_rights_is_told(
    configs: Path, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    assert said in told(configs, change)


def test_licences_of_their_own_may_be_named(configs: Path) -> None:
    def own(config: dict[str, Any]) -> None:
        rights_of(config, "kb")["licence"] = "LicenseRef-Saqta"
        config["certificate"]["licence"] = "LicenseRef-Saqta-internal"

    assert left_out(changed(configs, own)) == set(BAD)
