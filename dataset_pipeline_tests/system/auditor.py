"""A sceptical auditor's machine: standard tools, no network, none of this project's code."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from filelock import FileLock

from dataset_pipeline.certify.layout import VersionFiles, bundle_beside
from dataset_pipeline.certify.verify_md import verify_instructions
from dataset_pipeline_tests.certify.test_sigstore import SCRIPT, sigstore_verifier

PINNED = ("bagit==1.9.0", "setuptools==80.9.0", "mlcroissant[parquet]==1.1.1", "pyarrow==26.0.1")
TOOLS = ("bash", "unzip", "sha256sum", "sed", "grep", "base64", "openssl", "cmp", "diff", "python3")
# The blocks of VERIFY.md, in their order.
STEPS = (
    "unzip", "sha256sum", "bagit", "signature", "subjects", "key", "approvals", "time", "beside",
)  # fmt: skip
LEDGER = Path(__file__).with_name("ledger_by_hand.py")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CLEAN = """trap 'rm -rf "$W"' EXIT\n"""
_MODEL = r"""
sed -n 's/^  "payload": "\(.*\)",$/\1/p' training_certificate.json | base64 -d > "$HOME/said"
printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < "$HOME/said")" > "$HOME/signed"
cat "$HOME/said" >> "$HOME/signed"
sed -n 's/^      "sig": "\(.*\)"$/\1/p' training_certificate.json | base64 -d > "$HOME/sig"
openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$HOME/signed" -sigfile "$HOME/sig" || exit
for F in $(ls | grep -v '^training_certificate\.'); do
  S=$(sha256sum < "$F" | cut -c1-64)
  grep -q -F "{\"digest\":{\"sha256\":\"$S\"},\"name\":\"$F\"}" "$HOME/said" || exit
done
"""


@dataclass(frozen=True)
class Auditor:
    """``python``: the folder of a virtual environment's programs; ``npm``: where the npm packages
    are; ``home``: an empty folder; ``key`` and ``authority``: what the publisher and the authority
    told the auditor by another way.
    """

    python: Path
    npm: Path | None
    home: Path
    key: Path
    authority: Path

    def run(self, *command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a command without network and without anything of this project in sight."""
        path = os.pathsep.join([str(self.python), "/usr/local/bin", "/usr/bin", "/bin"])
        env = {"PATH": path, "HOME": str(self.home), "LC_ALL": "C.UTF-8", "TMPDIR": str(self.home)}
        full = [*alone(), *map(str, command)]
        return subprocess.run(
            full, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300
        )

    def steps(self, files: VersionFiles) -> dict[str, bool]:
        """Whether each step of VERIFY.md ends with ``ok``.

        The text is not the package's own, which may be forged with it. Where VERIFY.md says to ask
        the publisher and the authority, the auditor has.
        """
        text = verify_instructions(files.name, documentation=True).decode()
        blocks = [block for kind, block in _BLOCK.findall(text) if kind == "bash"][: len(STEPS)]
        marked = "".join(f"{block}\necho; echo '-- end'\n" for block in blocks)
        done = self.run("bash", "-c", f"{_CLEAN}{marked}", folder=files.folder)
        parts = [part.strip().splitlines() for part in done.stdout.split("-- end\n")[:-1]]
        found = {name: part[-1:] == ["ok"] for name, part in zip(STEPS, parts, strict=True)}
        found["key"] &= f"key id {self.key_id}" in parts[STEPS.index("key")]
        theirs = files.folder / f"{files.name}.certificate.tsa.pem"
        found["time"] &= theirs.is_file() and theirs.read_bytes() == self.authority.read_bytes()
        return found

    @cached_property
    def key_id(self) -> str:
        """The key's id as openssl and sha256sum say it."""
        command = ["openssl", "pkey", "-pubin", "-in", str(self.key), "-outform", "DER"]
        der = subprocess.run(command, capture_output=True, check=True).stdout
        return hashlib.sha256(der).hexdigest()

    def croissant(self, files: VersionFiles, folder: Path) -> bool:
        """mlcroissant validates the package's metadata, and loads every record set of it."""
        folder.mkdir()
        self.run("unzip", "-q", "-o", files.package, "-d", folder, folder=folder)
        text = verify_instructions(files.name).decode()
        (block,) = (block for kind, block in _BLOCK.findall(text) if kind == "sh")
        done = self.run("bash", "-c", f"W={folder} V={files.name}\n{block}", folder=folder)
        return done.returncode == 0 and done.stdout.rstrip().endswith("ok")

    def sigstore(self, files: VersionFiles) -> bool:
        """npm's verifier accepts the bundle with the key and the authority that the auditor has."""
        assert self.npm is not None
        chain = (self.authority.with_name("tsa.pem"), self.authority)
        command = ("node", self.npm / SCRIPT.name, bundle_beside(files.certificate), self.key)
        return self.run(*command, *chain, folder=files.folder).stdout.strip() == "verified"

    def model(self, folder: Path) -> bool:
        """A model's certificate is signed, and names each of its files by SHA-256."""
        return self.run("bash", "-c", _MODEL, "bash", self.key, folder=folder).returncode == 0

    def record(self, proof: Path, statement: Path, *asked: str) -> bool:
        """VERIFY.md's script accepts a record proof."""
        text = verify_instructions("any").decode()
        (script,) = (block for kind, block in _BLOCK.findall(text) if kind == "python")
        done = self.run("python3", "-c", script, proof, statement, *asked, folder=self.home)
        return done.returncode == 0 and done.stdout.rstrip().endswith("ok")

    def ledger(self, folder: Path, kept: Path) -> bool:
        """The lines lead to the signed checkpoint beside them, and go on from the kept one."""
        script = ("python3", "-c", LEDGER.read_text("utf-8"))
        return self.run(*script, folder, kept, self.key, folder=self.home).returncode == 0


def alone() -> list[str]:
    """The command that takes the network away, or (said aloud) nothing where that is forbidden."""
    for command in (["unshare", "-n"], ["unshare", "-rn"]):
        if (
            shutil.which("unshare")
            and not subprocess.run([*command, "true"], capture_output=True, check=False).returncode
        ):
            return command
    warnings.warn("no unshare here: the auditor's tools ran WITH a network", stacklevel=2)
    return []


def auditor(home: Path, key: Path, authority: Path) -> Auditor:
    """The machine; its programs are installed once a machine, in a temporary folder."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"NOT shown to an auditor's tools: there is no {', '.join(missing)}")
    return Auditor(_environment(), sigstore_verifier(), home, key, authority)


def _environment() -> Path:
    """A virtual environment with bagit and mlcroissant, and nothing of this project."""
    told = hashlib.sha256(repr((PINNED, sys.version)).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"dataset-pipeline-auditor-{os.getuid()}-{told}"
    folder.mkdir(mode=0o700, exist_ok=True)
    programs = folder / "env" / "bin"
    with FileLock(folder / "lock"):
        if not (folder / "installed").exists():
            uv = Path(sys.executable).with_name("uv")
            for command in (
                [uv, "venv", "--quiet", "--clear", folder / "env"],
                [uv, "pip", "install", "--quiet", "--python", programs / "python", *PINNED],
            ):
                done = subprocess.run(command, capture_output=True, check=False)
                if done.returncode:
                    pytest.skip("bagit and mlcroissant cannot be had: NOT shown to them")
            (folder / "installed").touch()
    return programs
