"""Whatever is done to any file of a version: never a crash, never a false ok.

``WHOLE_FUZZ=20000`` in the environment sets the number of mutations, and has every byte of every
file flipped; the default is what a suite has time for.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify.claims import Verification
from dataset_pipeline.certify.der import element, parts
from dataset_pipeline.certify.errors import CannotVerify
from dataset_pipeline.certify.verify import verify
from dataset_pipeline_tests.certify.test_tampering import Edit, edits, mutated
from dataset_pipeline_tests.certify.whole import Whole, made

EXAMPLES = int(os.environ.get("WHOLE_FUZZ", "500"))
STEP = 1 if "WHOLE_FUZZ" in os.environ else 17
# Not read by whoever has the key from elsewhere: what makes the next entry quick, a lock, keys.
UNREAD = {"edge.json", "ledger.jsonl.lock", "keys.pem"}
# What may be missing. The verifier has keys and authorities from elsewhere; a bundle and a ledger's
# newest checkpoint are copies; that the documentation was not looked at is told; an approval counts
# without its stamp.
MAY_BE_MISSING = (*UNREAD, ".pub.pem", ".tsa.pem", ".sigstore.json", ".documentation.zip",
                  "checkpoint")  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> Iterator[Whole]:
    with tempfile.TemporaryDirectory() as room:
        keys = [CryptoSigner.generate_ed25519() for _ in range(2)]
        yield made(Path(room) / "whole", *keys, CryptoSigner.generate_ecdsa())


def unsigned(stamp: bytes) -> set[int]:
    """Where an approval's time stamp says what nobody signs, and nobody reads.

    RFC 5652 signs neither the two version numbers of a CMS nor the name of its signature's
    algorithm. The publisher's own stamp is in the bundle, too, and must be the same there.
    """
    _, token = parts(stamp, element(stamp, 0))
    _, wrapped = parts(stamp, token)
    (signed,) = parts(stamp, wrapped)
    version, *_, signers = parts(stamp, signed)
    (signer,) = parts(stamp, signers)
    own_version, *_, algorithm, _signature = parts(stamp, signer)
    name, *_ = parts(stamp, algorithm)
    fields = (version, own_version, name)
    return {at for field in fields for at in range(field.content, field.end)}


def says_the_same(path: Path, intact: bytes, damaged: bytes) -> bool:
    """Whether what was changed is known to be covered by no signature, and to say nothing."""
    if path.name in UNREAD:
        return True
    if path.name == "ledger.jsonl":  # the rest of a line whose writer was killed; told as such
        return damaged.startswith(intact) and b"\n" not in damaged[len(intact) :]
    if path.name == "checkpoints.jsonl":  # by true lines; their own signatures add nothing
        return _notes(damaged) <= _notes(intact)
    if path.suffix == ".tsr" and len(damaged) == len(intact):
        differ = {at for at, byte in enumerate(intact) if damaged[at] != byte}
        return differ <= unsigned(intact)
    return damaged == intact


def _notes(series: bytes) -> set[str]:
    lines = series.split(b"\n")[:-1]
    try:
        return {str(json.loads(line)).partition("\n\n")[0] for line in lines}
    except ValueError:
        return {"not a series"}


def judged(whole: Whole, path: Path) -> Verification | None:
    """The verdict on what the file belongs to; None where the question cannot be answered."""
    try:
        return whole.judges[path]()
    except CannotVerify:
        return None


def hold(whole: Whole, path: Path, damaged: bytes) -> None:
    """A changed file is found, and named unless it is a proof of its own."""
    intact = path.read_bytes()
    try:
        path.write_bytes(damaged)
        found = judged(whole, path)
        if found is not None and found.ok:
            assert says_the_same(path, intact, damaged), path.name
        elif found is not None:
            assert not found.failed or all(claim.file for claim in found.failed)
        if path.parent == whole.ledger.parent:  # whatever it is, verifying the version reads it
            verify(whole.files.folder, trust=whole.trust)
    finally:
        path.write_bytes(intact)


def test_the_intact_files_pass(whole: Whole) -> None:
    judges = whole.judges
    assert len(judges) > 30
    for path, judge in judges.items():
        assert judge().ok, path.name


def test_no_flipped_bit_passes(whole: Whole) -> None:
    for path in whole.judges:
        data = path.read_bytes()
        step = STEP * max(1, len(data) // 1000)
        for at in range(len(path.name) % step, len(data), step):
            hold(whole, path, data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])


def test_no_missing_file_passes(whole: Whole) -> None:
    for path in whole.judges:
        data = path.read_bytes()
        path.unlink()
        found = judged(whole, path)
        path.write_bytes(data)
        stamp = path.suffix == ".tsr" and ".approval-" in path.name
        if found is not None and found.ok:
            assert stamp or path.name.endswith(MAY_BE_MISSING), path.name


def test_every_unsigned_field_of_a_stamp_is_told_here(whole: Whole) -> None:
    """The list of what is not covered is exact: each of these bytes may be any other."""
    path, *_ = (p for p in whole.judges if ".approval-" in p.name and p.suffix == ".tsr")
    data = path.read_bytes()
    assert len(unsigned(data)) == 10
    for at in unsigned(data):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        found = judged(whole, path)
        path.write_bytes(data)
        assert found is not None
        assert found.ok


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(where=st.integers(0, 1 << 16), changes=st.lists(edits, min_size=1, max_size=4))
def test_no_mutation_passes_or_crashes(whole: Whole, where: int, changes: list[Edit]) -> None:
    paths = [*whole.judges]
    path = paths[where % len(paths)]
    hold(whole, path, mutated(path.read_bytes(), changes))


@settings(max_examples=EXAMPLES // 5)
@given(one=st.integers(0, 1 << 16), other=st.integers(0, 1 << 16))
def test_no_file_passes_for_another(whole: Whole, one: int, other: int) -> None:
    paths = [*whole.judges]
    path = paths[one % len(paths)]
    hold(whole, path, paths[other % len(paths)].read_bytes())
