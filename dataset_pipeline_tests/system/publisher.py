"""The sample's publisher: two versions, approved and stamped, the second withdrawn again."""

import shutil
import zipfile
from functools import cached_property
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify.keys import key_id, load_or_create_signer, public_pem
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline_tests.certify.authority import Credentials
from dataset_pipeline_tests.system.place import DATASET, sample_place
from dataset_pipeline_tests.system.tampered import Case

ROLES = ("ml_lead", "compliance")


class Publisher:
    """The sample's publisher, with two versions, and what it gives away."""

    def __init__(self, root: Path, url: str, tsa: Credentials) -> None:
        self.root, self.tsa = root, tsa
        self.place = sample_place(root / "place")
        self.people = {role: root / f"{role}.pem" for role in ROLES}
        shutil.copy(tsa.ca, self.place.yaml.with_name("tsa.pem"))
        keys = {
            role: [key_id(public_pem(load_or_create_signer(path)))]
            for role, path in self.people.items()
        }
        stamps = {"authorities": [{"url": url, "ca": "tsa.pem", "trusted": True}]}
        self.place.configure(
            lambda config: config.update(
                certificate={**config["certificate"], "approvals": {"roles": keys},
                             "time_stamps": stamps},
                package={"documentation_apart_mib": 0},
            )
        )  # fmt: skip
        self.files = self._version()
        (self.model,) = (self.place.store / "models").iterdir()
        self.record = _a_record(self.files)
        self.proof = root / "proof.json"
        asked = ("--record-id", self.record, "--prove", str(self.proof))
        self.place.yes("contains", DATASET, *asked)
        self.place.configure(lambda config: config["gates"].update(min_records=101))
        self.place.configure(lambda config: config.pop("training"))
        self.other = self._version()
        self.place.yes("withdraw", self.other.name, "--reason", "consent was taken back")
        self.kept = root / "kept"
        self.kept.write_text(self.place.ask("ledger", "checkpoint").out, encoding="utf-8")
        self.trust = self._trust()

    def _version(self) -> VersionFiles:
        """Certified by a run, then approved by both, then stamped."""
        package = Path(self.place.run()["package"])
        files = VersionFiles(package.parent, package.parent.name)
        for role, key in self.people.items():
            self.place.yes("approve", files.name, "--as", role, "--key", str(key))
        self.place.yes("stamp", files.name)
        return files

    def _trust(self) -> Path:
        """What the publisher and the authority hand to an auditor by another way."""
        folder = self.root / "trust"
        folder.mkdir()
        shutil.copy(self.files.public_key, folder / "publisher.pem")
        shutil.copy(self.tsa.ca, folder / "authority.pem")
        for role, key in self.people.items():
            (folder / f"{role}.pem").write_bytes(public_pem(load_or_create_signer(key)))
        return folder

    @cached_property
    def signer(self) -> CryptoSigner:
        return load_or_create_signer(self.place.keys / "dataset-pipeline" / "signing-key.pem")

    def case(self, room: Path) -> Case:
        """A copy of all that is given away."""
        ledger = self.place.store / "ledger"
        for source, name in ((self.files.folder, self.files.name), (self.model, "model"),
                             (ledger, "ledger")):  # fmt: skip
            shutil.copytree(source, room / name)
        shutil.copy(self.proof, room)
        files = VersionFiles(room / self.files.name, self.files.name)
        proof = room / self.proof.name
        return Case(files, self.other, room / "model", room / "ledger", proof, self.signer, room)


def _a_record(files: VersionFiles) -> str:
    """The id of a record in train."""
    with zipfile.ZipFile(files.package) as package:
        return package.read(f"{files.name}/data/splits/train.ids.txt").split()[0].decode()
