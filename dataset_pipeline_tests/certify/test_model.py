from pathlib import Path

import pytest

from dataset_pipeline.certify.errors import CertificateMissing, CertifyError
from dataset_pipeline.certify.layout import TRAINING_CERTIFICATE
from dataset_pipeline.certify.model import model_subjects
from dataset_pipeline.certify.verify import verify


def test_subjects_are_all_files_but_certificate_and_key(model: Path) -> None:
    assert sorted(model_subjects(model)) == ["run.json", "weights/model.safetensors"]


def test_what_could_not_be_verified_is_not_certified(model: Path) -> None:
    (model / "link").symlink_to("run.json")
    (model / "50%").touch()
    with pytest.raises(CertifyError, match=r"link.*50%"):
        model_subjects(model)


def test_a_model_without_certificate_is_no_answer(model: Path) -> None:
    (model / TRAINING_CERTIFICATE).unlink()
    with pytest.raises(CertificateMissing):
        verify(model)
