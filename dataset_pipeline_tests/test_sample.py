"""The sample is what its generator writes, and the generator's tools do what they say."""

import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.generate import (
    CONFIGS,
    GENERATED_FOLDERS,
    TRUTH,
    Sample,
    generate,
)
from dataset_pipeline_tests.sample.native import planted
from dataset_pipeline_tests.sample.personal import iban, iin, iin_digit, luhn_digit
from dataset_pipeline_tests.sample.shingles import Net, jaccard

TWO_MEGABYTES = 2_000_000


@pytest.fixture(scope="module")
def sample() -> Sample:
    return generate()


def test_committed_files_are_what_the_generator_writes(sample: Sample) -> None:
    for path, data in sample.files.items():
        committed = CONFIGS / path
        if path.suffix == ".parquet":  # another Polars may lay out equal rows in other bytes
            assert pl.read_parquet(committed).equals(pl.read_parquet(io.BytesIO(data))), path
        else:
            assert committed.read_bytes() == data, path


def test_nothing_else_lies_in_the_generated_folders(sample: Sample) -> None:
    found = {
        path.relative_to(CONFIGS).as_posix()
        for folder in GENERATED_FOLDERS
        for path in (CONFIGS / folder).rglob("*")
        if path.is_file()
    }
    assert found == {path.as_posix() for path in sample.files}


def test_truth_file_is_what_the_generator_writes(sample: Sample) -> None:
    assert TRUTH.read_bytes() == sample.truth


def test_writes_equal_bytes_twice(sample: Sample, tmp_path: Path) -> None:
    generate().write(tmp_path, tmp_path / "truth.json")
    assert (tmp_path / "truth.json").read_bytes() == sample.truth
    assert all((tmp_path / path).read_bytes() == data for path, data in sample.files.items())


def test_sample_is_small() -> None:
    files = [path for path in CONFIGS.rglob("*") if path.is_file()] + [TRUTH]
    assert sum(path.stat().st_size for path in files) < TWO_MEGABYTES


def test_known_check_digits() -> None:
    assert luhn_digit("7992739871") == "3"  # ISO/IEC 7812, the textbook example
    assert iban("DE", "370400440532013000") == "DE89370400440532013000"
    assert iban("GB", "WEST12345698765432") == "GB82WEST12345698765432"
    value = iin(Dice("test"))
    assert iin_digit(value[:-1]) == value[-1]


def test_planted_numbers_pass_their_checks_and_decoys_fail_them() -> None:
    checks = {
        "CREDIT_CARD": lambda value: luhn_digit(value[:-1]) == value[-1],
        "IBAN": lambda value: iban(value[:2], value[4:]) == value,
        "IIN": lambda value: iin_digit(value[:-1]) == value[-1],
    }
    planted_values = [(entry["entity"], entry["value"], True) for entry in planted("personal_data")]
    decoys = [(entry["looks_like"], entry["values"][0], False) for entry in planted("decoy")]
    for entity, value, valid in planted_values + decoys:
        if entity in checks:
            assert checks[entity](value.replace(" ", "").replace("-", "")) == valid, entity


@given(
    st.lists(st.text("abcde ", min_size=6, max_size=40), max_size=12), st.sampled_from((0.4, 0.7))
)
def test_net_catches_exactly_what_is_alike(texts: list[str], threshold: float) -> None:
    net = Net(threshold, texts[:3])
    for place, text in enumerate(texts):
        alike = any(jaccard(text, earlier) >= threshold for earlier in texts[:place])
        assert net.catches(text) == (alike and bool(text.strip()))
        net.add(text)
