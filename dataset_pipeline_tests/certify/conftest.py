import base64
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify.bag import BagDigests, write_bag
from dataset_pipeline.certify.envelope import sign_statement
from dataset_pipeline.certify.keys import load_or_create_signer, public_pem
from dataset_pipeline.certify.layout import TRAINING_CERTIFICATE, TRAINING_KEY, VersionFiles
from dataset_pipeline.certify.model import model_subjects
from dataset_pipeline.certify.statement import dataset_statement, training_statement
from dataset_pipeline.certify.verify_md import FILE, verify_instructions

NAME = "Sample_Dataset_v1.0.0_2026-05-01"
PAYLOAD: dict[str, Path | bytes] = {
    "train.jsonl": b'{"prompt": "a"}\n' * 40,
    "test.jsonl": b'{"prompt": "b"}\n' * 3,
    "empty.jsonl": b"",
    "annotated/größe 1.csv": b"id,label\n1,ok\n",
}
INFO = [("Bagging-Date", "2026-05-01"), ("External-Identifier", "sample")]
GAPS = [{"claim": "the source's consent records", "why": "they are not in the export"}]

# A fixed test key (RFC 8032's first test secret), so that failures reproduce byte for byte.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PKCS8_HEAD = bytes.fromhex("302e020100300506032b657004220420")


def fixed_key_pem() -> bytes:
    body = base64.b64encode(PKCS8_HEAD + SEED)
    return b"-----BEGIN PRIVATE KEY-----\n" + body + b"\n-----END PRIVATE KEY-----\n"


def predicate(name: str) -> dict[str, object]:
    return {"version": {"name": name}, "gaps": GAPS}


def publish(
    parent: Path,
    signer: CryptoSigner,
    name: str = NAME,
    payload: dict[str, Path | bytes] | None = None,
    more: dict[str, object] | None = None,
) -> tuple[VersionFiles, BagDigests]:
    """Publish a version as the pipeline does; ``more`` of what its certificate says."""
    files = VersionFiles(parent / name, name)
    files.folder.mkdir(parents=True)
    tags = {"README.md": b"# Sample\n", FILE: verify_instructions(name)}
    digests = write_bag(files.package, name, payload or PAYLOAD, tags, INFO)
    statement = dataset_statement(digests.subjects(name), {**predicate(name), **(more or {})})
    files.certificate.write_bytes(sign_statement(statement, signer))
    files.public_key.write_bytes(public_pem(signer))
    return files, digests


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> CryptoSigner:
    path = tmp_path_factory.mktemp("keys") / "key.pem"
    path.write_bytes(fixed_key_pem())
    path.chmod(0o600)
    return load_or_create_signer(path)


@dataclass(frozen=True)
class Sample:
    """An intact version; ``copy`` gives one that a test may damage."""

    files: VersionFiles
    digests: BagDigests

    def copy(self, parent: Path) -> VersionFiles:
        shutil.copytree(self.files.folder, parent / NAME)
        return VersionFiles(parent / NAME, NAME)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, signer: CryptoSigner) -> Sample:
    return Sample(*publish(tmp_path_factory.mktemp("published"), signer))


@pytest.fixture
def version(sample: Sample, tmp_path: Path) -> VersionFiles:
    return sample.copy(tmp_path)


@pytest.fixture
def model(tmp_path: Path, signer: CryptoSigner) -> Path:
    folder = tmp_path / "models" / "abc"
    (folder / "weights").mkdir(parents=True)
    (folder / "run.json").write_bytes(b"{}\n")
    (folder / "weights" / "model.safetensors").write_bytes(b"weights")
    statement = training_statement(model_subjects(folder), {"gaps": GAPS})
    (folder / TRAINING_CERTIFICATE).write_bytes(sign_statement(statement, signer))
    (folder / TRAINING_KEY).write_bytes(public_pem(signer))
    return folder
