import hashlib
import shutil
import stat
import subprocess
import threading
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_pipeline.certify import zip_form
from dataset_pipeline.certify.bag import write_bag
from dataset_pipeline.certify.errors import BagError, CertificateMissing
from dataset_pipeline.certify.facts import CHUNK
from dataset_pipeline.certify.paths import clashes, path_problem
from dataset_pipeline.certify.verify import verify
from dataset_pipeline_tests.certify.conftest import INFO, NAME, PAYLOAD, Sample

# Changing this digest changes what every published certificate says of its package.
GOLDEN = "5751dc1c600aa9801616dcfa16de26613bca3444bc04ae95ac00bda2f3adee88"


def is_intact(package: Path) -> bool:
    """Whether nothing is wrong with a package that has no certificate."""
    with pytest.raises(CertificateMissing):
        verify(package)
    return True


def test_the_bytes_of_a_package_never_change(tmp_path: Path) -> None:
    digests = write_bag(tmp_path / "a.zip", NAME, PAYLOAD, {"README.md": b"# Sample\n"}, INFO)
    assert digests.package_sha256 == GOLDEN
    assert digests.package_sha256 == hashlib.sha256((tmp_path / "a.zip").read_bytes()).hexdigest()


def test_the_same_content_in_another_order_and_form_is_the_same_package(tmp_path: Path) -> None:
    (tmp_path / "train").write_bytes(PAYLOAD["train.jsonl"])  # type: ignore[arg-type]
    (tmp_path / "train").chmod(0o600)
    again = {**dict(reversed(PAYLOAD.items())), "train.jsonl": tmp_path / "train"}
    first = write_bag(tmp_path / "a.zip", NAME, PAYLOAD, {"A.md": b"a", "B.md": b"b"}, INFO)
    second = write_bag(tmp_path / "b.zip", NAME, again, {"B.md": b"b", "A.md": b"a"}, INFO)
    assert first == second
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_digests_and_extent_are_those_of_the_files(sample: Sample) -> None:
    with zipfile.ZipFile(sample.files.package) as archive:
        for name, digest in (
            ("manifest-sha256.txt", sample.digests.manifest_sha256),
            ("tagmanifest-sha256.txt", sample.digests.tagmanifest_sha256),
        ):
            assert hashlib.sha256(archive.read(f"{NAME}/{name}")).hexdigest() == digest
        info = archive.read(f"{NAME}/bag-info.txt").decode()
    size = sum(len(data) for data in PAYLOAD.values() if isinstance(data, bytes))
    assert (sample.digests.payload_files, sample.digests.payload_bytes) == (4, size)
    assert info == (
        f"Bagging-Date: 2026-05-01\nExternal-Identifier: sample\nPayload-Oxum: {size}.4\n"
    )


def test_entries_are_stored_sorted_and_of_no_time(sample: Sample) -> None:
    with zipfile.ZipFile(sample.files.package) as archive:
        entries = archive.infolist()
    assert [e.filename for e in entries] == sorted((e.filename for e in entries), key=str.encode)
    for entry in entries:
        assert entry.compress_type == zipfile.ZIP_STORED
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.external_attr >> 16 == stat.S_IFREG | 0o644
        assert (entry.extra, entry.comment) == (b"", b"")
        assert not entry.is_dir()


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../up", "a/../b", "a//b", "a/", ".", "a\\b", "a\nb", "a\0b", "a\x85b",
     "50%.csv", "a:b", "a*", "a ", " a", "a.", "~a", "cafe\u0301", "a\u202eb", "a\u2028b",
     "\udcff", "nul", "COM1.txt", "x" * 256, "x/" * 600 + "x"],
)  # fmt: skip
def test_bad_paths_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(BagError):
        write_bag(tmp_path / "a.zip", NAME, {path: b""}, {}, [])
    with pytest.raises(BagError):
        write_bag(tmp_path / "a.zip", NAME, {"x": b""}, {path: b""}, [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("one", "two"),
    [("a.csv", "A.csv"), ("straße", "STRASSE"), ("A/x", "a/y"), ("a", "a/b"), ("a/b", "A")],
)
def test_paths_that_clash_on_some_system_are_refused(tmp_path: Path, one: str, two: str) -> None:
    with pytest.raises(BagError, match="same file"):
        write_bag(tmp_path / "a.zip", NAME, {one: b"", two: b""}, {}, [])


def test_paths_that_only_share_folders_do_not_clash() -> None:
    assert not list(clashes(["a/b/c", "a/b/d", "a/e", "b/c"]))


@pytest.mark.parametrize(
    "name",
    ["bagit.txt", "bag-info.txt", "BAGIT.TXT", "manifest-sha256.txt", "manifest-md5.txt",
     "tagmanifest-sha512.txt", "fetch.txt", "data", "data/x", "Data/x"],
)  # fmt: skip
def test_reserved_tag_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BagError):
        write_bag(tmp_path / "a.zip", NAME, {"x": b""}, {name: b""}, [])


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b", "-x", "größe", "a'", "x.", "con"])
def test_bad_bag_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BagError):
        write_bag(tmp_path / "a.zip", name, {"x": b""}, {}, [])


@pytest.mark.parametrize(
    "element",
    [("Payload-Oxum", "1.1"), ("payload-oxum", "1.1"), ("A:b", "c"), ("", "c"), ("A", ""),
     ("A", "b\nC: d"), ("A", " b"), ("A", "b\u2028")],
)  # fmt: skip
def test_bad_bag_info_is_refused(tmp_path: Path, element: tuple[str, str]) -> None:
    with pytest.raises(BagError):
        write_bag(tmp_path / "a.zip", NAME, {"x": b""}, {}, [element])


def test_an_empty_payload_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="payload"):
        write_bag(tmp_path / "a.zip", NAME, {}, {}, [])


def test_a_published_package_is_never_overwritten(tmp_path: Path) -> None:
    dest = tmp_path / "a.zip"
    dest.write_bytes(b"published")
    with pytest.raises(FileExistsError):
        write_bag(dest, NAME, {"x": b""}, {}, [])
    dest.unlink()
    dest.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        write_bag(dest, NAME, {"x": b""}, {}, [])
    assert list(tmp_path.iterdir()) == [dest]


def test_of_two_writers_at_once_one_wins(tmp_path: Path) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait()
        try:
            write_bag(tmp_path / "a.zip", NAME, {"x": b"%d" % number * 100_000}, {}, [])
            outcomes.append("won")
        except FileExistsError:
            outcomes.append("lost")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["lost"] * 7 + ["won"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("large", [1, 1 << 20])
def test_a_file_that_changes_meanwhile_stops_the_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"before")
    monkeypatch.setattr("dataset_pipeline.certify.archive._LARGE", large)
    from dataset_pipeline.certify import bag

    def published(dest: Path) -> object:
        source.write_bytes(b"after!")
        return original(dest)

    original = bag.published
    monkeypatch.setattr(bag, "published", published)
    with pytest.raises(BagError, match="changed"):
        write_bag(tmp_path / "a.zip", NAME, {"x": source}, {}, [])
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_payload_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="regular"):
        write_bag(tmp_path / "a.zip", NAME, {"x": tmp_path}, {}, [])
    with pytest.raises(FileNotFoundError):
        write_bag(tmp_path / "a.zip", NAME, {"x": tmp_path / "missing"}, {}, [])
    assert list(tmp_path.iterdir()) == []


def test_files_larger_than_a_chunk_are_streamed(tmp_path: Path) -> None:
    source = tmp_path / "large"
    source.write_bytes(bytes(range(256)) * (CHUNK // 64))
    write_bag(tmp_path / "a.zip", NAME, {"large": source}, {}, [])
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read(f"{NAME}/data/large") == source.read_bytes()


@pytest.mark.parametrize("limit", [50, 500, 2000])
def test_zip64_where_a_number_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """With a lower limit in place of 4 GiB: other readers decide by the field's value alone."""
    monkeypatch.setattr(zip_form, "ZIP64_COUNT", 3)
    monkeypatch.setattr(zip_form, "ZIP64_FROM", limit)
    write_bag(tmp_path / f"{NAME}.zip", NAME, PAYLOAD, {}, INFO)
    assert is_intact(tmp_path / f"{NAME}.zip")
    with zipfile.ZipFile(tmp_path / f"{NAME}.zip") as archive:
        assert archive.testzip() is None
        for path, data in PAYLOAD.items():
            assert archive.read(f"{NAME}/data/{path}") == data


def test_records_of_files_beyond_4_gib() -> None:
    entry = zip_form.Entry("n", 5 << 30, 7)
    assert zip_form.local_record(entry)[4:6] == b"\x2d\0"
    assert (
        zip_form.local_record(entry)[-20:] == b"\x01\0\x10\0" + (5 << 30).to_bytes(8, "little") * 2
    )
    assert len(zip_form.directory_record(entry, 6 << 30)) == 46 + 1 + 4 + 24
    small = zip_form.Entry("n", 1, 7)
    assert len(zip_form.directory_record(small, 6 << 30)) == 46 + 1 + 4 + 8
    assert len(zip_form.directory_record(small, 0)) == 46 + 1
    assert len(zip_form.end_record(3, 100, 100)) == 22
    assert zip_form.end_record(3, 6 << 30, 100)[-6:] == b"\xff" * 4 + b"\0\0"
    assert len(zip_form.end_record(70_000, 100, 100)) == 22 + 56 + 20


@pytest.mark.slow
def test_a_package_beyond_4_gib_is_read_by_others_too(tmp_path: Path) -> None:
    """A file of more than 4 GiB, and one that begins behind 4 GiB. The file is sparse; what is
    written is not, so it is 4 GiB on the disk for a minute.
    """
    if shutil.disk_usage(tmp_path).free < 10 << 30:
        pytest.skip("needs 10 GiB of disk")
    large, size = tmp_path / "large", (4 << 30) + 5
    with large.open("wb") as file:
        file.seek(size - 3)
        file.write(b"end")
    package = tmp_path / f"{NAME}.zip"
    write_bag(package, NAME, {"a/large": large, "b/small": b"small"}, {}, INFO)
    large.unlink()
    assert is_intact(package)
    with zipfile.ZipFile(package) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        assert sizes[f"{NAME}/data/a/large"] == size
        assert archive.getinfo(f"{NAME}/data/b/small").header_offset > 4 << 30
        assert archive.read(f"{NAME}/data/b/small") == b"small"
    if shutil.which("unzip"):
        done = subprocess.run(["unzip", "-t", str(package)], capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    package.unlink()


@given(st.text(max_size=40))
def test_a_path_that_is_accepted_survives_a_round_trip(path: str) -> None:
    if path_problem(path) is None:
        assert unicodedata.normalize("NFC", path) == path
        assert path.encode().decode() == path
        assert len(path.splitlines()) == 1
        assert path == path.strip()
        assert not {"..", "", "."} & set(path.split("/"))


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=12).filter(lambda p: path_problem(p) is None),
        st.binary(max_size=50),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, payload: dict[str, Path | bytes]
) -> None:
    folder = tmp_path_factory.mktemp("bag")
    if list(clashes(f"data/{path}" for path in payload)):
        return
    write_bag(folder / f"{NAME}.zip", NAME, payload, {}, INFO)
    with zipfile.ZipFile(folder / f"{NAME}.zip") as archive:
        for path, data in payload.items():
            assert archive.read(f"{NAME}/data/{path}") == data
    assert is_intact(folder / f"{NAME}.zip")
