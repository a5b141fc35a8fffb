"""What we write is read by other people's tools, and the instructions we give do work."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify.envelope import read_envelope
from dataset_pipeline.certify.keys import key_id, load_or_create_signer, public_pem
from dataset_pipeline.certify.layout import VersionFiles, signature_files
from dataset_pipeline.certify.verify import verify
from dataset_pipeline.certify.verify_md import verify_instructions
from dataset_pipeline_tests.certify import tampering
from dataset_pipeline_tests.certify.authority import Credentials
from dataset_pipeline_tests.certify.conftest import NAME, Sample, publish
from dataset_pipeline_tests.certify.stamps import approved, demand, said, stamp

LEAD, LAW = CryptoSigner.generate_ed25519(), CryptoSigner.generate_ecdsa()
SCRIPTS = Path(sys.executable).parent
PATH = f"{SCRIPTS}{os.pathsep}{os.environ.get('PATH', '')}"
TOOLS = ("bash", "unzip", "sha256sum", "sed", "base64", "openssl", "bagit.py", "cmp", "diff")

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool, path=PATH) is None for tool in TOOLS),
    reason=f"needs {', '.join(TOOLS)}",
)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    environment = {"PATH": PATH, "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)


@pytest.fixture
def bag(version: VersionFiles) -> Path:
    assert run(["unzip", "-q", str(version.package)], version.folder).returncode == 0
    return version.folder / NAME


def test_unzip_finds_the_archive_whole(version: VersionFiles) -> None:
    done = run(["unzip", "-t", str(version.package)], version.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"warning" not in (done.stdout + done.stderr).lower()
    assert zipfile.ZipFile(version.package).testzip() is None


def test_bagit_py_accepts_the_bag(bag: Path) -> None:
    done = run([sys.executable, str(SCRIPTS / "bagit.py"), "--validate", str(bag)], bag)
    assert done.returncode == 0, done.stderr
    assert b"WARNING" not in done.stderr


@pytest.mark.parametrize("manifest", ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
def test_sha256sum_reads_both_manifests(bag: Path, manifest: str) -> None:
    done = run(["sha256sum", "--strict", "-c", manifest], bag)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == len((bag / manifest).read_bytes().splitlines())


def test_unpacked_files_are_readable_by_all_and_not_executable(bag: Path) -> None:
    assert {p.stat().st_mode & 0o777 for p in bag.rglob("*") if p.is_file()} == {0o644}


def test_openssl_computes_the_key_id(version: VersionFiles) -> None:
    command = "openssl pkey -pubin -in *.pub.pem -outform DER | sha256sum"
    done = run(["bash", "-c", command], version.folder)
    assert done.stdout.split()[0].decode() == key_id(version.public_key.read_bytes())


def blocks(version: VersionFiles) -> list[str]:
    """The commands in the VERIFY.md of the package itself, block by block."""
    text = verify_instructions(version.name).decode()
    return re.findall(r"^```bash\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def follow(version: VersionFiles) -> list[str]:
    """Run all blocks as they are in one shell; for each the last line that it printed."""
    marked = "".join(f"{block}\necho '-- end'\n" for block in blocks(version))
    done = run(["bash", "-c", marked], version.folder)
    parts = done.stdout.decode().split("-- end\n")[:-1]
    return [part.splitlines()[-1] if part else "" for part in parts]


def test_the_instructions_work(version: VersionFiles) -> None:
    assert follow(version)[:-1] == ["ok"] * 9


def test_the_instructions_work_for_an_ecdsa_key(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "key.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    path.chmod(0o600)
    files, _ = publish(tmp_path / "v", load_or_create_signer(path))
    assert follow(files)[:-1] == ["ok"] * 9


# The envelope's form and an intact re-zip are beyond standard tools, but for the ZIP's digest.
BY_HAND = [
    *(tampering.add_file, tampering.remove_file, tampering.swap_files, tampering.stray_tag_file),
    *(tampering.rezip, tampering.rebag, tampering.trailing_bytes, tampering.archive_comment),
    *(tampering.other_signature, tampering.other_key_beside, tampering.forged_keyid),
    *(tampering.edited_statement, tampering.repeated_signature, tampering.no_key),
    *(tampering.certificate_of_other_content, tampering.certificate_of_other_version),
    *(tampering.other_version_under_this_name, tampering.training_certificate),
]


def first_failure(version: VersionFiles) -> int:
    return [line == "ok" for line in follow(version)].index(False)


@pytest.fixture
def sealed(tmp_path: Path, signer: CryptoSigner) -> VersionFiles:
    """A version that demands two approvals and a time stamp, and has none yet."""
    tsa = Credentials(tmp_path / "tsa")
    more = {**demand(ml_lead=LEAD, compliance=LAW), **said((tsa, True), required=True)}
    return publish(tmp_path / "v", signer, more=more)[0]


def test_the_instructions_hold_approvals_and_time(sealed: VersionFiles, tmp_path: Path) -> None:
    """Steps 6 to 8 (from 0), as each approval and the stamp come in; then as each is spoiled."""

    def told() -> list[bool]:
        return [line == "ok" for line in follow(sealed)[:-1]]

    assert told() == [True] * 6 + [False, False, True]
    approved(sealed, "ml_lead", LEAD)
    assert told() == [True] * 6 + [False, False, True]
    approved(sealed, "compliance", LAW)
    assert told() == [True] * 7 + [False, True]
    stamp(sealed, Credentials(tmp_path / "tsa"))
    assert told() == [True] * 9
    stamps = signature_files(sealed.certificate)
    for path in (stamps.stamp, stamps.authority):
        data = path.read_bytes()
        path.write_bytes(data[:-40] + b"A" * 40)
        # The bundle holds the stamp too, and not the authority's certificates.
        assert told() == [True] * 7 + [False, path != stamps.stamp], path.name
        path.write_bytes(data)
    approval = signature_files(sealed.certificate, key_id(public_pem(LEAD)))
    for path in (approval.stamp, approval.authority):
        data = path.read_bytes()
        path.write_bytes(b"Approved in time, by the board.\n")
        assert told() == [True] * 7 + [False, True], path.name
        path.write_bytes(data)
    lead = approval.key
    data = lead.read_bytes()
    lead.write_bytes(public_pem(CryptoSigner.generate_ed25519()))
    assert told() == [True] * 6 + [False] * 3
    lead.write_bytes(data)
    envelope = json.loads(sealed.certificate.read_bytes())
    envelope["signatures"].pop()
    sealed.certificate.write_text(json.dumps(envelope, indent=2) + "\n")
    assert told() == [True] * 6 + [False] * 3


@pytest.mark.parametrize(
    "name",
    [
        "certificate.tsa.pem",
        "approval-[0-9a-f][0-9a-f].pub.pem",
        "approval-................pub.pem",
        "approval-{lead}.more.pub.pem",
        "approval-{lead}.tsa.pem",
        "approval-0123456789abcdef.tsr",
        "board.tsa.pem",
    ],
)
def test_a_stray_file_is_found_by_hand_whatever_its_name(
    tmp_path: Path, signer: CryptoSigner, name: str
) -> None:
    files, _ = publish(tmp_path / "v", signer, more=demand(ml_lead=LEAD))
    approved(files, "ml_lead", LEAD)
    assert follow(files)[:-1] == ["ok"] * 9
    lead = key_id(public_pem(LEAD))[:16]
    (files.folder / f"{NAME}.{name.format(lead=lead)}").write_text("Approved by the board.\n")
    assert follow(files)[8].startswith("stray: ")
    assert not verify(files.folder).ok


@pytest.mark.parametrize(("board", "enough"), [([LEAD], False), ([LEAD, LAW], True)])
def test_a_key_with_two_roles_is_one_approval(
    tmp_path: Path, signer: CryptoSigner, board: list[CryptoSigner], enough: bool
) -> None:
    """No configuration may say so; whoever wrote another certificate may have. As `verify` does."""
    says = {"board": board, "auditor": [LEAD]}
    roles = {role: [key_id(public_pem(key)) for key in keys] for role, keys in says.items()}
    more: dict[str, object] = {"approvals": {"roles": roles, "threshold": 2}}
    files, _ = publish(tmp_path / "v", signer, more=more)
    approved(files, "auditor", LEAD)
    if LAW in board:
        approved(files, "board", LAW)
    assert (follow(files)[6] == "ok") == verify(files.folder).ok == enough


def test_an_old_stamp_verifies_by_hand(
    version: VersionFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The authority's certificate is over today; it was not when it stamped."""
    tsa = Credentials(tmp_path / "tsa")
    stamp(version, tsa)
    text = verify_instructions(version.name).decode()
    assert "-attime" in text
    tsr, ca = signature_files(version.certificate).stamp, tsa.ca
    command = [
        "openssl",
        "ts",
        "-verify",
        "-data",
        "signature",
        "-in",
        str(tsr),
        "-CAfile",
        str(ca),
    ]
    (version.folder / "signature").write_bytes(
        read_envelope(version.certificate.read_bytes()).signatures[0][1]
    )
    late = str(int(datetime.now(UTC).timestamp()) + 3 * 365 * 86400)
    assert run([*command, "-attime", late], version.folder).returncode != 0
    assert follow(version)[:-1] == ["ok"] * 9


def test_each_step_finds_what_it_is_for(version: VersionFiles) -> None:
    """Step by step: 0 the ZIP, 1 the manifests, 3 the signature, 4 the subjects, 5 the key."""
    intact = version.package.read_bytes()
    for tamper, block in (
        (tampering.cut_short, 0),
        (tampering.swap_files, 1),
        (tampering.remove_file, 1),
        (tampering.stray_tag_file, 1),
        (tampering.add_file, 1),
        (tampering.rezip, 4),
    ):
        tamper(version)
        assert first_failure(version) == block, tamper.__name__
        version.package.write_bytes(intact)
    tampering.edited_statement(version)
    assert first_failure(version) == 3


@pytest.mark.parametrize("tamper", BY_HAND)
def test_the_instructions_find_tampering(
    version: VersionFiles, tamper: tampering.Tampering
) -> None:
    tamper(version)
    assert follow(version)[:-1] != ["ok"] * 9


def test_the_package_carries_its_instructions(sample: Sample) -> None:
    with zipfile.ZipFile(sample.files.package) as archive:
        assert archive.read(f"{NAME}/VERIFY.md") == verify_instructions(NAME)
