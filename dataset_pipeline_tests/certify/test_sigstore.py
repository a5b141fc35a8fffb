"""The Sigstore bundle: what the npm verifier says of it, and that it says what we say."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.verify import verify
from dataset_pipeline_tests.certify.authority import Credentials
from dataset_pipeline_tests.certify.conftest import publish
from dataset_pipeline_tests.certify.stamps import bundle, stamp

SCRIPT = Path(__file__).with_name("sigstore.mjs")
PACKAGES = ("@sigstore/verify@3.1.1", "@sigstore/bundle@4.0.0")
Check = Callable[..., subprocess.CompletedProcess[str]]


def sigstore_verifier() -> Path:
    """The folder of the npm verifier, installed once a machine; skips where it cannot be had."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("needs node and npm: the bundle was NOT shown to Sigstore's own verifier")
    folder = Path(tempfile.gettempdir()) / f"dataset-pipeline-sigstore-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "node_modules" / "installed").exists():
            command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder)]
            done = subprocess.run([*command, *PACKAGES], capture_output=True, check=False)
            if done.returncode:
                pytest.skip("npm has no @sigstore/verify: the bundle was NOT shown to it")
            (folder / "node_modules" / "installed").touch()
        shutil.copy(SCRIPT, folder)
    return folder


@pytest.fixture(scope="session")
def check() -> Check:
    """Runs the npm verifier."""
    folder = sigstore_verifier()

    def run(*files: Path) -> subprocess.CompletedProcess[str]:
        command = ["node", str(folder / SCRIPT.name), *map(str, files)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


def yes(done: subprocess.CompletedProcess[str]) -> bool:
    return done.returncode == 0 and done.stdout.strip() == "verified"


def edited(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    value = json.loads(path.read_bytes())
    change(value)
    path.write_text(json.dumps(value))
    return path


def flipped(text: str, place: int) -> str:
    data = bytearray(base64.b64decode(text))
    data[place] ^= 1
    return base64.b64encode(data).decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [CryptoSigner.generate_ed25519, CryptoSigner.generate_ecdsa], ids=["ed25519", "ecdsa"]
)
def test_the_npm_verifier_accepts_a_bundle(
    tmp_path: Path, check: Check, make: Callable[[], CryptoSigner]
) -> None:
    files, _ = publish(tmp_path, make())
    done = check(bundle(files), files.public_key)
    assert yes(done), done.stderr
    other, _ = publish(tmp_path / "other", make())
    assert not yes(check(bundle(files), other.public_key))


@pytest.mark.slow
def test_the_npm_verifier_accepts_the_stamp(
    version: VersionFiles, tmp_path: Path, check: Check
) -> None:
    tsa, other = Credentials(tmp_path / "tsa"), Credentials(tmp_path / "other")
    chain = (tsa.folder / "tsa.pem", tsa.ca)
    unstamped = check(bundle(version), version.public_key, *chain)
    assert "expected 1 timestamps, got 0" in unstamped.stderr
    stamp(version, tsa)
    done = check(bundle(version), version.public_key, *chain)
    assert yes(done), done.stderr
    assert not yes(check(bundle(version), version.public_key, other.folder / "tsa.pem", other.ca))


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "payload": lambda b: b["dsseEnvelope"].update(
        payload=flipped(b["dsseEnvelope"]["payload"], 40)
    ),
    "signature": lambda b: b["dsseEnvelope"]["signatures"][0].update(
        sig=flipped(b["dsseEnvelope"]["signatures"][0]["sig"], 9)
    ),
    "payload type": lambda b: b["dsseEnvelope"].update(payloadType="application/json"),
    "hint": lambda b: b["verificationMaterial"]["publicKey"].update(hint="0" * 64),
    "stamp": lambda b: b["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][
        0
    ].update(
        signedTimestamp=flipped(
            b["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0][
                "signedTimestamp"
            ],
            -3,
        )
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES.values(), ids=[*CHANGES])
def test_the_npm_verifier_finds_a_change(
    version: VersionFiles, tmp_path: Path, check: Check, change: Callable[[dict[str, Any]], object]
) -> None:
    tsa = Credentials(tmp_path / "tsa")
    stamp(version, tsa)
    changed = edited(bundle(version), change)
    assert not yes(check(changed, version.public_key, tsa.folder / "tsa.pem", tsa.ca))


@pytest.mark.parametrize("change", CHANGES.values(), ids=[*CHANGES])
def test_a_bundle_must_say_what_the_certificate_says(
    version: VersionFiles, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    stamp(version, Credentials(tmp_path / "tsa"))
    path = bundle(version)
    found = verify(version.folder)
    assert found.ok, found.failed
    assert (names.BUNDLE, "ok") in {(claim.name, claim.status) for claim in found.claims}
    edited(path, change)
    assert [claim.name for claim in verify(version.folder).failed] == [names.BUNDLE]
    assert verify(version.folder).failed[0].file == path.name


def test_a_bundle_without_the_stamp_that_came_later_is_renewed(
    version: VersionFiles, tmp_path: Path
) -> None:
    before = bundle(version).read_bytes()
    assert verify(version.folder).ok
    stamp(version, Credentials(tmp_path / "tsa"))
    after = bundle(version).read_bytes()
    assert before != after
    bundle(version).write_bytes(before)
    assert verify(version.folder).ok
    assert bundle(version).read_bytes() == after


def test_another_versions_bundle_fails(
    version: VersionFiles, tmp_path: Path, signer: CryptoSigner
) -> None:
    other, _ = publish(tmp_path / "other", signer, "Other_v1")
    bundle(version).write_bytes(bundle(other).read_bytes())
    assert [claim.name for claim in verify(version.folder).failed] == [names.BUNDLE]
