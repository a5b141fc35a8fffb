"""Trees over any records, the proofs taken from them, and proofs that were changed."""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner

from dataset_pipeline.certify import record_tree
from dataset_pipeline.certify.envelope import sign_statement
from dataset_pipeline.certify.keys import public_pem
from dataset_pipeline.certify.merkle import build, leaf_hash, node_hash, verify_inclusion
from dataset_pipeline.certify.record_files import StoredTrees, store_key, write_trees
from dataset_pipeline.certify.record_names import folded, record_id_digest, text_digest
from dataset_pipeline.certify.record_proof import (
    NotAProof,
    Statement,
    _node,
    check_proof,
    proof_bytes,
)
from dataset_pipeline.certify.record_tree import (
    RecordTrees,
    in_order,
    record_trees,
    version_secret,
)
from dataset_pipeline.certify.statement import dataset_statement
from dataset_pipeline.certify.verify import CannotVerify
from dataset_pipeline.certify.verify_md import verify_instructions
from dataset_pipeline.errors import StoreError
from dataset_pipeline.records import SPLITS
from dataset_pipeline.stages.texts import comparison_text

VERSION, OTHER = "Sample_v1.0.0_2026-05-01", "Sample_v1.0.1_2026-05-02"
SECRET = bytes(range(32))
Row = tuple[str, str | None, str]

texts = st.sampled_from([f"question {n}" for n in range(12)]) | st.none()
rows = st.lists(st.tuples(texts, st.sampled_from(SPLITS)), max_size=40).map(
    lambda drawn: [(f"{n:032x}", text, split) for n, (text, split) in enumerate(drawn)]
)


def frame(records: list[Row]) -> pl.LazyFrame:
    schema = {"record_id": pl.String, "text": pl.String, "split": pl.String}
    return pl.LazyFrame(records, schema=schema, orient="row")


def naive(records: list[Row], trees: RecordTrees, split: str | None) -> dict[str, Any]:
    """The tree of a split or of the version, as plainly as it can be written."""
    digests = set()
    for key, text, place in records:
        if split in (None, place):
            digests.add(hashlib.sha256(f"record_id\n{key}".encode()).digest())
            if text is not None:
                digests.add(hashlib.sha256(f"text\n{text}".encode()).digest())
    salts = [trees.salts[n * 32 : n * 32 + 32] for n in range(4096)]
    leaves = sorted(
        hashlib.sha256(b"\0" + salts[int(d.hex()[:3], 16)] + d).digest() for d in digests
    )
    return {"size": len(leaves), "root": mth(leaves).hex()}


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(mth(leaves[:half]), mth(leaves[half:]))


@given(rows)
def test_the_trees_are_those_of_the_definition_whatever_the_order(records: list[Row]) -> None:
    trees = record_trees(frame(records), SECRET)
    told = trees.commitment()["trees"]
    assert told == {"version": naive(records, trees, None)} | {
        split: naive(records, trees, split) for split in SPLITS
    }
    assert record_trees(frame(records[::-1]), SECRET).commitment() == trees.commitment()


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 31, 100])
def test_large_trees_grow_as_small_ones_do(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Part by part and level by level, whatever is left over at the end of either."""
    monkeypatch.setattr(record_tree, "_FEW", 2)
    monkeypatch.setattr(record_tree, "_PART", 6)
    trees = record_trees(frame(many(count)), SECRET)
    assert trees.commitment()["trees"]["version"] == naive(many(count), trees, None)
    for tree in trees.trees.values():
        assert tree == build(bytes(tree.levels[0]) if tree.levels else b"")


@given(rows)
def test_every_name_is_proven_where_it_is_and_where_it_is_not(records: list[Row]) -> None:
    trees = record_trees(frame(records), SECRET)
    told = trees.commitment()
    with tempfile.TemporaryDirectory() as folder:
        kept = stored(trees, Path(folder))
        asked = {text_digest(f"question {n}"): (f"question {n}", 1) for n in range(12)}
        asked |= {record_id_digest(f"{n:032x}"): (f"{n:032x}", 0) for n in range(0, 41, 8)}
        for digest, (name, column) in asked.items():
            for tree in ("version", *SPLITS):
                here = any(r[column] == name and tree in ("version", r[2]) for r in records)
                statement = kept.prove(tree, digest)
                assert statement.says == ("present" if here else "absent")
                assert statement.wrong(told) is None


def stored(trees: RecordTrees, folder: Path) -> StoredTrees:
    write_trees(trees, folder / "records", folder / "tmp")
    return StoredTrees(folder / "records", trees.commitment())


def test_a_proof_of_presence_is_rfc_6962_audit_path(tmp_path: Path) -> None:
    trees = record_trees(frame(many(3000)), SECRET)
    told, kept = trees.commitment(), stored(trees, tmp_path)
    for n in (0, 1, 77, 2999):
        statement = kept.prove("version", text_digest(f"text {n}"))
        leaf = leaf_hash(statement.salt + bytes.fromhex(statement.digest))
        tree, salts = told["trees"]["version"], told["salts"]
        root = bytes.fromhex(tree["root"])
        assert verify_inclusion(statement.at, tree["size"], leaf, statement.path, root)
        index, salt = int(statement.digest[:3], 16), leaf_hash(statement.salt)
        root = bytes.fromhex(salts["root"])
        assert verify_inclusion(index, 4096, salt, statement.salt_path, root)


def many(count: int) -> list[Row]:
    return [(f"{n:032x}", f"text {n}", SPLITS[n % 3]) for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 300, 2000])
def test_trees_of_every_size_prove_absence_from_end_to_end(count: int, tmp_path: Path) -> None:
    """Some names stand before the first leaf, some after the last, most between two."""
    trees = record_trees(frame(many(count)), SECRET)
    told, kept = trees.commitment(), stored(trees, tmp_path)
    places = set()
    for n in range(400):
        statement = kept.prove("version", text_digest(f"never {n}"))
        assert statement.says == "absent"
        assert statement.wrong(told) is None
        assert len(proof_bytes(VERSION, [statement])) <= 2048
        places.add(statement.at)
    for size in {told["trees"][name]["size"] for name in told["trees"]}:
        beyond = replace(kept.prove("version", text_digest("never")), at=size + 1, path=())
        assert beyond.wrong(told) is not None
    if count <= 1:
        assert places == set(range(told["trees"]["version"]["size"] + 1))


def test_the_longest_proof_from_a_million_records_has_2_kib() -> None:
    """That of the place where the paths of two leaves meet in the root alone."""
    size, at = 2_000_000, 1 << 20
    leaves: dict[int, bytes | None] = {at - 1: None, at: None}
    rest = iter([bytes(32)] * 100)
    _node(0, size, leaves, rest)
    path = [bytes(32)] * (100 - len(list(rest)))
    assert len(path) == 42
    longest = Statement("0" * 64, "version", "absent", at, bytes(32), (bytes(32),) * 12, (*path,))
    assert len(proof_bytes("Customer_Support_AI_Dataset_v10.20.30_2026-05-01", [longest])) <= 2048


# ------------------------------------------------------------------------------ files and secrets


def test_the_secret_is_made_once_and_differs_by_version(tmp_path: Path) -> None:
    key = store_key(tmp_path / "records")
    assert store_key(tmp_path / "records") == key
    assert (tmp_path / "records" / "key").stat().st_mode & 0o077 == 0
    assert version_secret(key, "a") != version_secret(key, "b") != version_secret(bytes(32), "b")
    (tmp_path / "records" / "key").write_bytes(b"short")
    with pytest.raises(StoreError, match="restore"):
        store_key(tmp_path / "records")


def test_another_secret_gives_other_roots() -> None:
    one, two = (record_trees(frame(many(50)), bytes([n]) * 32).commitment() for n in (1, 2))
    assert all(one["trees"][name]["root"] != two["trees"][name]["root"] for name in one["trees"])
    assert one["salts"]["root"] != two["salts"]["root"]


def test_trees_that_were_damaged_or_lost_are_told(tmp_path: Path) -> None:
    trees = record_trees(frame(many(900)), SECRET)
    kept = stored(trees, tmp_path)
    (folder,) = (tmp_path / "records").iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    leaves = folder / "version.leaves"
    leaves.write_bytes(leaves.read_bytes()[32:])
    with pytest.raises(StoreError, match="damaged"):
        kept.prove("version", text_digest("text 1"))
    with pytest.raises(StoreError, match="missing"):
        StoredTrees(tmp_path / "elsewhere", trees.commitment())


# ------------------------------------------------------------------------------------- the check


@dataclass(frozen=True)
class Certified:
    """A version's certificate, and proofs of one text that is in train, and one that is nowhere.

    ``children``: the two nodes below the root of each tree.
    """

    folder: Path
    present: Path
    absent: Path
    children: dict[str, bytes]

    def certificate(self, version: str = VERSION) -> Path:
        return self.folder / f"{version}.certificate.json"


PRESENT, ABSENT = text_digest("text 3"), text_digest("never")


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory, signer: CryptoSigner) -> Certified:
    folder = tmp_path_factory.mktemp("certified")
    trees = record_trees(frame(many(600)), SECRET)
    certify(folder, VERSION, {"records": trees.commitment()}, signer)
    other = record_trees(frame(many(600)), b"another version's secret")
    certify(folder, OTHER, {"records": other.commitment()}, signer)
    kept = stored(trees, folder)
    for name, tree, digest in (("present", "train", PRESENT), ("absent", "version", ABSENT)):
        data = proof_bytes(VERSION, [kept.prove(tree, digest)])
        (folder / f"{name}.json").write_bytes(data)
    children = {name: bytes(tree.levels[-2]) for name, tree in trees.trees.items()}
    return Certified(folder, folder / "present.json", folder / "absent.json", children)


def certify(folder: Path, version: str, predicate: dict[str, Any], signer: CryptoSigner) -> None:
    predicate = {"version": {"name": version}, "gaps": [], **predicate}
    statement = dataset_statement({f"{version}.zip": "0" * 64}, predicate)
    data = sign_statement(statement, signer)
    (folder / f"{version}.certificate.json").write_bytes(data)
    (folder / f"{version}.pub.pem").write_bytes(public_pem(signer))


def held(
    certified: Certified, data: bytes, version: str = VERSION, asked: str | None = None
) -> bool:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return check_proof(Path(file.name), certified.certificate(version), asked=asked).ok


@pytest.mark.parametrize("kind", ["present", "absent"])
def test_a_proof_holds_against_the_certificate_of_its_version_alone(
    certified: Certified, kind: str
) -> None:
    data = (certified.folder / f"{kind}.json").read_bytes()
    assert len(data) <= 2048
    assert held(certified, data)
    assert not held(certified, data, OTHER)
    assert not held(certified, data.replace(VERSION.encode(), OTHER.encode()), OTHER)
    assert not held(certified, data.replace(VERSION.encode(), OTHER.encode()))


def test_it_is_about_what_was_asked(certified: Certified) -> None:
    data = certified.present.read_bytes()
    assert held(certified, data, asked=PRESENT)
    assert not held(certified, data, asked=ABSENT)
    assert not held(certified, data, asked=record_id_digest("text 3"))


@pytest.mark.parametrize("kind", ["present", "absent"])
def test_no_byte_of_a_proof_can_be_changed(certified: Certified, kind: str) -> None:
    data = (certified.folder / f"{kind}.json").read_bytes()
    for at in range(len(data)):
        changed = bytes([data[at] ^ (0x20 if chr(data[at]).isalpha() else 1)])
        assert not held(certified, data[:at] + changed + data[at + 1 :]), at
    for other in (data[:-1], data + b"\n", b" " + data, b"", data[: len(data) // 2], data * 2):
        assert not held(certified, other)


def parts(data: bytes) -> tuple[dict[str, Any], dict[str, Any], list[bytes]]:
    """A proof's first line, the one statement in it, and the hashes."""
    line, _, rest = data.partition(b"\n")
    proof = json.loads(line)
    (statement,) = proof["statements"]
    return proof, statement, [rest[at : at + 32] for at in range(0, len(rest), 32)]


def written(plain: object, hashes: list[bytes]) -> bytes:
    line = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    return b"\n".join([line, b"".join(hashes)])


def changes(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The statement with one thing in it that is not so."""
    says = "absent" if statement["says"] == "present" else "present"
    yield from ({**statement, "says": other} for other in (says, "", None, ["absent"]))
    yield from ({**statement, "tree": tree} for tree in ("version", *SPLITS, "", "salts", 1))
    for at in (-1, 0, 1, statement["at"] + 1, statement["at"] - 1, 1200, 10**15, 1.0, True, None):
        yield {**statement, "at": at}
    for count in (-1, 0, 1, 13, statement["hashes"] - 1, statement["hashes"] + 1, 10**15, "", None):
        yield {**statement, "hashes": count}
    for digest in (PRESENT.upper(), "", "0" * 64, None, PRESENT + "00", f" {PRESENT[1:]}"):
        yield {**statement, "digest": digest}
    yield {**statement, "more": 1}
    yield from ({key: statement[key] for key in statement if key != name} for name in statement)


@pytest.mark.parametrize("kind", ["present", "absent"])
def test_no_part_of_a_proof_can_be_changed(certified: Certified, kind: str) -> None:
    proof, statement, hashes = parts((certified.folder / f"{kind}.json").read_bytes())
    for changed in changes(statement):
        if changed != statement or str(changed) != str(statement):
            other = written({**proof, "statements": [changed]}, hashes)
            assert not held(certified, other), changed
    wrong = {"statements": []}, {"format": "x"}, {"version": 1}, {"statements": [statement, {}]}
    for plain in (*({**proof, **part} for part in wrong), [], 1, {"version": VERSION}):
        assert not held(certified, written(plain, hashes))


@pytest.mark.parametrize("kind", ["present", "absent"])
def test_no_hash_of_a_proof_can_be_changed(certified: Certified, kind: str) -> None:
    proof, statement, hashes = parts((certified.folder / f"{kind}.json").read_bytes())
    assert held(certified, written(proof, hashes))
    for at in range(len(hashes)):
        others = [
            [*hashes[:at], *hashes[at + 1 :]],
            [*hashes[: at + 1], *hashes[at:]],
            [*hashes[:at], hashes[at][1:], *hashes[at + 1 :]],
            [*hashes[:at], hashes[at] + b"x", *hashes[at + 1 :]],
            [*hashes[:at], *hashes[at : at + 2][::-1], *hashes[at + 2 :]],
        ]
        for other in others:
            if other != hashes:
                count = len(b"".join(other)) // 32
                for said in (statement["hashes"], count, count + 1):
                    plain = {**proof, "statements": [{**statement, "hashes": said}]}
                    assert not held(certified, written(plain, other)), (at, said)
    twice = {**proof, "statements": [statement, statement]}
    assert held(certified, written(twice, hashes * 2))
    assert not held(certified, written(twice, hashes))


def test_what_is_present_cannot_be_proven_absent(tmp_path: Path) -> None:
    """By any two leaves of its tree, shown with their true paths."""
    trees = record_trees(frame(many(12)), SECRET)
    told, kept = trees.commitment(), stored(trees, tmp_path)
    true = kept.prove("version", PRESENT)
    names = [kept.prove("version", text_digest(f"gap {n}")) for n in range(300)]
    assert len({name.at for name in names}) > 15
    for name in names:
        false = replace(name, digest=true.digest, salt=true.salt, salt_path=true.salt_path)
        assert false.wrong(told) is not None


def test_forged_statements_about_a_tree_of_four() -> None:
    """Each is built of true hashes alone."""
    salt, digest = b"t" * 32, "0" * 64
    mine = leaf_hash(salt + bytes.fromhex(digest))
    leaves = [bytes(32), mine, b"\xfe" * 32, b"\xff" * 32]
    low, high = mth(leaves[:2]), mth(leaves[2:])
    assert leaves == sorted(leaves)
    heads = {"version": {"size": 4, "root": mth(leaves).hex()}}
    records = {"salts": {"size": 1, "root": leaf_hash(salt).hex()}, "trees": heads}

    def says(what: str, at: int, path: list[bytes], *shown: bytes) -> Statement:
        return Statement(digest, "version", what, at, salt, (), (*shown, *path))

    assert says("present", 1, [leaves[0], high]).wrong(records) is None
    for false in (
        says("present", 9, [low, high]),
        says("present", -1, [low, high]),
        says("absent", 9, [low, high]),
        says("absent", 1, [high], *leaves[:2]),
        says("absent", 2, [leaves[3]], leaves[1], leaves[0], leaves[2]),
        says("absent", 3, [low], *leaves[2:]),
        says("absent", 0, [leaves[1], high], leaves[0]),
        says("absent", 4, [leaves[2], low], leaves[3]),
    ):
        assert false.wrong(records) is not None, false


def test_a_certificate_without_trees_or_without_signature(
    certified: Certified, tmp_path: Path, signer: CryptoSigner
) -> None:
    certify(tmp_path, VERSION, {}, signer)
    path = tmp_path / f"{VERSION}.certificate.json"
    with pytest.raises(NotAProof, match="before record proofs"):
        check_proof(certified.present, path)
    certify(tmp_path, VERSION, {"records": {"scheme": "another"}}, signer)
    with pytest.raises(NotAProof, match="scheme"):
        check_proof(certified.present, path)
    data = certified.certificate().read_bytes()
    path.write_bytes(data.replace(b'"sig": "', b'"sig": "AA'))
    assert not check_proof(certified.present, path).ok
    for missing in ((tmp_path / "no.json", path), (certified.present, tmp_path / "no.json")):
        with pytest.raises(CannotVerify):
            check_proof(*missing)


# ------------------------------------------------------------------------------------------ by hand


def by_hand(
    certified: Certified, data: bytes, *asked: str, version: str = VERSION, options: str = "-I"
) -> list[str]:
    """What the script in VERIFY.md prints; it knows nothing of this project."""
    (script,) = re.findall(r"```python\n(.*?)```", verify_instructions(VERSION).decode(), re.S)
    envelope = json.loads(certified.certificate(version).read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "statement").write_bytes(base64.b64decode(envelope["payload"]))
        (Path(folder) / "proof").write_bytes(data)
        command = [sys.executable, options, "-c", script, "proof", "statement", *asked]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def test_a_proof_is_checked_by_hand(certified: Certified) -> None:
    present, absent = certified.present.read_bytes(), certified.absent.read_bytes()
    assert by_hand(certified, present, "text", " Text: 3!") == ["present train as given", "ok"]
    assert by_hand(certified, absent, "text", "never") == ["absent version as given", "ok"]
    assert by_hand(certified, present, "text", "Text 4") == ["present train in another form"]
    assert "ok" not in by_hand(certified, present, "record_id", "text 3")
    assert by_hand(certified, present, "text", "text 3", version=OTHER) == []


def test_by_hand_nothing_is_checked_without_the_checks(certified: Certified) -> None:
    """An optimizing Python leaves out what fails: any proof would be ok."""
    present = certified.present.read_bytes()
    assert by_hand(certified, present, "text", "Text 4", options="-IO") == []


@pytest.mark.parametrize("kind", ["present", "absent"])
def test_by_hand_too_a_changed_proof_fails(certified: Certified, kind: str) -> None:
    proof, statement, hashes = parts((certified.folder / f"{kind}.json").read_bytes())
    children = certified.children[statement["tree"]]
    halves = [*hashes[:13], children[:32], children[32:]]
    other = {"present": "absent", "absent": "present"}[kind]
    for changed, kept in (
        ({"at": 10**6, "hashes": 15}, halves),
        ({"at": statement["at"] + 1}, hashes),
        ({"hashes": len(hashes) - 1}, hashes[:-1]),
        ({"hashes": len(hashes) - 1}, hashes),
        ({"says": other}, hashes),
        ({"says": "absent", "at": 10**6, "hashes": 13}, hashes[:13]),
        ({"tree": "test"}, hashes),
        ({}, [hashes[13], *hashes[1:]]),
        ({}, [*hashes, b"more"]),
        ({"hashes": len(hashes) + 1}, [*hashes, hashes[0]]),
    ):
        wrong = written({**proof, "statements": [{**statement, **changed}]}, kept)
        assert "ok" not in by_hand(
            certified, wrong, "text", "never" if kind == "absent" else "text 3"
        )
        assert not held(certified, wrong)


# -------------------------------------------------------------------------------------- the names


@given(st.text())
def test_texts_are_folded_as_the_stages_fold_them(text: str) -> None:
    check_folding([text])


def test_every_character_is_folded_as_the_stages_fold_it() -> None:
    characters = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    check_folding([*characters, *(f"a{c}B" for c in characters), "ΟΔΟΣ ΑΣ", "İI", "ß ẞ ŉ"])


def test_gaps_of_every_shape_are_folded_as_the_stages_fold_them() -> None:
    gaps = ["".join(gap) for size in range(5) for gap in product(" \n,", repeat=size)]
    check_folding([f"{one}a{one}b c{one}" for one in gaps])


def check_folding(texts: list[str]) -> None:
    """Characters that this Python's Unicode does not know yet are left out."""
    known = [text for text in texts if all(unicodedata.category(c) != "Cn" for c in text)]
    frame = pl.DataFrame({"prompt": known}, schema={"prompt": pl.String})
    theirs = frame.select(comparison_text(["prompt"])).to_series().fill_null("").to_list()
    assert [folded(text) for text in known] == theirs


# Some agree in what is looked at first: in 12 bytes, in the bits beside a place, or in all.
hashes = st.lists(
    st.tuples(
        st.sampled_from([bytes(12), bytes(7) + b"\1" + bytes(4), b"\xff" * 12]),
        st.binary(min_size=2, max_size=2),
    ).map(lambda drawn: drawn[0] + drawn[1] + bytes(18)),
    max_size=30,
)


@given(hashes)
def test_hashes_that_begin_alike_are_sorted_by_the_rest(drawn: list[bytes]) -> None:
    array = np.frombuffer(b"".join(drawn), np.uint8).reshape(-1, 32)
    assert array[in_order(array)].tobytes() == b"".join(sorted(drawn))


@given(hashes)
def test_a_hash_that_is_there_twice_is_one_leaf(drawn: list[bytes]) -> None:
    array = np.frombuffer(b"".join(sorted(drawn * 2)), np.uint8).reshape(-1, 32)
    assert record_tree._distinct(array).tobytes() == b"".join(sorted(set(drawn)))
