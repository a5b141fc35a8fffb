"""All that can be given away about a version, small: for those who change any byte of it."""

import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify.bag import write_bag
from dataset_pipeline.certify.claims import Verification
from dataset_pipeline.certify.envelope import sign_statement
from dataset_pipeline.certify.keys import public_pem
from dataset_pipeline.certify.layout import TRAINING_CERTIFICATE, TRAINING_KEY, VersionFiles
from dataset_pipeline.certify.ledger_check import check_ledger
from dataset_pipeline.certify.log import prove
from dataset_pipeline.certify.model import model_subjects
from dataset_pipeline.certify.package import Packages
from dataset_pipeline.certify.record_names import text_digest
from dataset_pipeline.certify.record_proof import check_proof, proof_bytes
from dataset_pipeline.certify.record_tree import record_trees
from dataset_pipeline.certify.stage_statements import stage_statements
from dataset_pipeline.certify.statement import dataset_statement, training_statement
from dataset_pipeline.certify.statement_lines import statement_lines, statements_said
from dataset_pipeline.certify.verify import verify
from dataset_pipeline_tests.certify.authority import Credentials
from dataset_pipeline_tests.certify.conftest import GAPS, INFO, NAME, predicate
from dataset_pipeline_tests.certify.stamps import approved, demand, said, stamp
from dataset_pipeline_tests.certify.test_log import add, log_in
from dataset_pipeline_tests.certify.test_records import SECRET, frame, stored
from dataset_pipeline_tests.certify.test_stage_statements import STAGES

ENTRIES = 5
TEXT = "question 3"


@dataclass(frozen=True)
class Whole:
    """A folder with a version, its unpacked bag, a model, a ledger and proofs.

    ``trust`` holds what a verifier had from elsewhere; no byte of it is ever changed.
    """

    root: Path

    @property
    def files(self) -> VersionFiles:
        return VersionFiles(self.root / "store" / "versions" / "sample" / NAME, NAME)

    @property
    def ledger(self) -> Path:
        return self.root / "store" / "ledger" / "ledger.jsonl"

    @property
    def model(self) -> Path:
        return self.root / "store" / "models" / "a model"

    @property
    def trust(self) -> Path:
        return self.root / "trust"

    @cached_property
    def judges(self) -> dict[Path, Callable[[], Verification]]:
        """Each file that could be changed, and who judges what it belongs to."""

        def of(folder: Path) -> list[Path]:
            return sorted(path for path in folder.rglob("*") if path.is_file())

        version, certificate = self.files.folder, self.files.certificate
        bag = self.root / "bag" / NAME
        key = self.trust / "key.pem"
        found: dict[Path, Callable[[], Verification]] = {}
        found |= dict.fromkeys(of(version), lambda: verify(version, trust=self.trust))
        found |= dict.fromkeys(
            of(bag), lambda: verify(bag, certificate=certificate, trust=self.trust)
        )
        found |= dict.fromkeys(of(self.model), lambda: verify(self.model, trust=key))
        kept = [self.trust / "kept"]
        found |= dict.fromkeys(
            of(self.ledger.parent), lambda: check_ledger(self.ledger, kept=kept, trust=key)
        )
        proof, entry = self.root / "proof.json", self.root / "entry.tlog-proof"
        found[proof] = lambda: check_proof(
            proof, certificate, trust=self.trust, asked=text_digest(TEXT)
        )
        found[entry] = lambda: verify(entry, trust=key)
        return found


def made(root: Path, signer: CryptoSigner, lead: CryptoSigner, law: CryptoSigner) -> Whole:
    """As the pipeline would make it; every signature is stamped."""
    whole = Whole(root)
    files, tsa = whole.files, Credentials(root.with_name(f"{root.name}-tsa"))
    files.folder.mkdir(parents=True)
    tags = {"README.md": b"# Sample\n"}
    payload: dict[str, Path | bytes] = {"train.jsonl": b'{"prompt": "a"}\n', "empty": b""}
    packages = Packages(
        write_bag(files.package, NAME, payload, tags, INFO),
        write_bag(files.documentation, f"{NAME}.documentation", {"log": b"{}\n"}, {}, INFO),
    )
    lines = statement_lines(stage_statements(STAGES), signer)
    trees = record_trees(frame([(f"{n:032x}", f"question {n}", "train") for n in range(9)]), SECRET)
    told = {
        **predicate(NAME),
        **demand(ml_lead=lead, compliance=law),
        **said((tsa, True), required=True),
        "stages": STAGES,
        "statements": statements_said(files.statements.name, lines),
        "records": trees.commitment(),
    }
    statement = dataset_statement(packages.subjects(NAME), told)
    files.certificate.write_bytes(sign_statement(statement, signer))
    files.public_key.write_bytes(public_pem(signer))
    files.statements.write_bytes(lines)
    approved(files, "ml_lead", lead)
    approved(files, "compliance", law)
    stamp(files, tsa)
    with zipfile.ZipFile(files.package) as package:
        package.extractall(root / "bag")
    _model(whole.model, signer)
    digest = text_digest(TEXT)
    kept = stored(trees, root.with_name(f"{root.name}-trees"))
    proven = [kept.prove("version", digest), kept.prove("train", digest)]
    (root / "proof.json").write_bytes(proof_bytes(NAME, proven))
    whole.trust.mkdir()
    _ledger(whole, signer)
    (whole.trust / "authority.pem").write_bytes(tsa.ca.read_bytes())
    for name, one in (("key", signer), ("lead", lead), ("law", law)):
        (whole.trust / f"{name}.pem").write_bytes(public_pem(one))
    for place in ("tmp", "signing.lock"):
        _remove(files.folder.parent / place)
    return whole


def _model(folder: Path, signer: CryptoSigner) -> None:
    folder.mkdir(parents=True)
    (folder / "run.json").write_bytes(b"{}\n")
    (folder / "weights.safetensors").write_bytes(b"weights")
    statement = training_statement(model_subjects(folder), {"gaps": GAPS})
    (folder / TRAINING_CERTIFICATE).write_bytes(sign_statement(statement, signer))
    (folder / TRAINING_KEY).write_bytes(public_pem(signer))


def _ledger(whole: Whole, signer: CryptoSigner) -> None:
    log = log_in(whole.ledger.parent, signer)
    for number in range(ENTRIES):
        add(log, f"v{number}")
        if number == ENTRIES - 2:
            shutil.copy(log.files.checkpoint, whole.trust / "kept")
    (whole.root / "entry.tlog-proof").write_bytes(prove(log.ledger, 2).write())


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
