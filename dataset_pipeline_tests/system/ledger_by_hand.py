"""A ledger held against a checkpoint that somebody kept: Python's standard library and openssl.

python3 ledger_by_hand.py LEDGER_FOLDER KEPT_CHECKPOINT KEY.pem
"""

import base64
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

folder, kept, key = map(Path, sys.argv[1:])


def signed(note: bytes) -> tuple[int, bytes]:
    """Size and root of a checkpoint (C2SP tlog-checkpoint), whose signature openssl accepts."""
    text, _, line = note.partition(b"\n\n")
    signature = base64.b64decode(line.split()[-1])[4:]  # before it: four bytes of the key's id
    with tempfile.TemporaryDirectory() as room:
        for name, data in (("text", text + b"\n"), ("sig", signature)):
            (Path(room) / name).write_bytes(data)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(key), "-rawin"]
        subprocess.run([*command, "-in", "text", "-sigfile", "sig"], cwd=room, check=True)
    _, size, root = text.split(b"\n")
    return int(size), base64.b64decode(root)


def root_of(lines: list[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if len(lines) < 2:
        return hashlib.sha256(b"\0" + lines[0] if lines else b"").digest()
    half = 1 << (len(lines) - 1).bit_length() - 1
    both = root_of(lines[:half]) + root_of(lines[half:])
    return hashlib.sha256(b"\1" + both).digest()


lines = (folder / "ledger.jsonl").read_bytes().splitlines()
for checkpoint in (folder / "checkpoint", kept):
    size, root = signed(checkpoint.read_bytes())
    assert size <= len(lines), f"{checkpoint.name}: lines are gone"
    assert root_of(lines[:size]) == root, f"{checkpoint.name}: the lines are others"
assert signed((folder / "checkpoint").read_bytes())[0] == len(lines), "not covered"
