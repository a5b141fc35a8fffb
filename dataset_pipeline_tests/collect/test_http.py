import gzip
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import zstandard

from dataset_pipeline.collect import http
from dataset_pipeline.errors import CollectError
from dataset_pipeline.store.store import Store
from dataset_pipeline_tests.collect.occasions import (
    collected,
    counts,
    names,
    nothing_half_written,
    source,
    written,
)

SECRET = "s3cr3t-t0k3n"


@dataclass
class Site:
    """A web server: what it has, how it misbehaves, and what it was asked for."""

    pages: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    # How the next answers go wrong: a status, "cut" (too short), "drop" (no answer), "slow".
    trouble: list[Any] = field(default_factory=list)
    token: str | None = None
    encoding: str | None = None
    asked: list[tuple[str, dict[str, str], int]] = field(default_factory=list)
    port: int = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def statuses(self) -> list[int]:
        return [status for _, _, status in self.asked]


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site, path = self.site, self.path.partition("?")[0]
        trouble = site.trouble.pop(0) if site.trouble else None
        if trouble == "drop":
            site.asked.append((self.path, dict(self.headers), 0))
            self.close_connection = True
            return
        if isinstance(trouble, int):
            self._answer(trouble)
        elif site.token and self.headers.get("X-Token") != site.token:
            self._answer(403)
        elif path in site.moved:
            self._answer(302, Location=site.moved[path])
        elif path not in site.pages:
            self._answer(404)
        else:
            self._page(site.pages[path], trouble)

    def _page(self, content: bytes, trouble: str | None) -> None:
        etag = f'"{md5(content).hexdigest()}"'  # noqa: S324
        if self.headers.get("If-None-Match") == etag:
            self._answer(304, ETag=etag)
            return
        more = {"Content-Encoding": self.site.encoding} if self.site.encoding else {}
        self._answer(200, **{"ETag": etag, "Content-Length": str(len(content)), **more})
        if trouble == "slow":
            self.wfile.flush()
            time.sleep(1)
        self.wfile.write(content[: len(content) // 2] if trouble == "cut" else content)

    def _answer(self, status: int, **headers: str) -> None:
        self.site.asked.append((self.path, dict(self.headers), status))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        pass


def _serve() -> Iterator[Site]:
    site = Site()
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


site = pytest.fixture(_serve, name="site")
elsewhere = pytest.fixture(_serve, name="elsewhere")


def test_the_second_time_only_changes_are_downloaded(store: Store, site: Site) -> None:
    site.pages = {"/export/a.csv": b"a\n1\n", "/export/b.csv": b"a\n2\n"}
    both = source("csv", url=[site.url("/export/a.csv"), site.url("/export/b.csv")])
    first = collected(store, both)
    assert names(first) == ["a.csv", "b.csv"]
    assert first.batch.files[0].copy.read_bytes() == b"a\n1\n"
    again = collected(store, both)
    assert again.unchanged
    site.pages["/export/b.csv"] = b"a\n3\n"
    changed = collected(store, both)
    assert counts(changed) == {"changed": 1, "unchanged": 1}
    assert site.statuses() == [200, 200, 304, 304, 304, 200]
    assert changed.batch.files[1].copy.read_bytes() == b"a\n3\n"


def test_a_copy_that_is_gone_is_downloaded_again(store: Store, site: Site) -> None:
    site.pages = {"/a.csv": b"a\n1\n"}
    rows = source("csv", url=site.url("/a.csv"))
    collected(store, rows).batch.files[0].copy.unlink()
    assert collected(store, rows).batch.files[0].copy.read_bytes() == b"a\n1\n"
    assert site.statuses() == [200, 200]


@pytest.mark.parametrize("trouble", [500, 503, 429, "cut", "drop"])
def test_what_passes_is_tried_again(store: Store, site: Site, trouble: Any) -> None:
    site.pages, site.trouble = {"/a.csv": b"a\n1\n" * 1000}, [trouble, trouble]
    batch = collected(store, source("csv", url=site.url("/a.csv"))).batch
    assert batch.files[0].copy.read_bytes() == b"a\n1\n" * 1000
    assert len(site.asked) == 3
    nothing_half_written(store)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [(500, "the server answers 500"), ("cut", "the download breaks off"), ("drop", "Connection")],
)
def test_what_does_not_pass_is_told(store: Store, site: Site, trouble: Any, told: str) -> None:
    site.pages, site.trouble = {"/a.csv": b"a\n1\n" * 1000}, [trouble] * 10
    with pytest.raises(CollectError, match=rf"/a\.csv cannot be collected: {told}.*, 4 times"):
        collected(store, source("csv", url=site.url("/a.csv")))
    assert len(site.asked) == http.ATTEMPTS
    nothing_half_written(store)
    assert store.collections.last("small", "rows") is None


def test_a_refusal_is_not_tried_again(store: Store, site: Site) -> None:
    with pytest.raises(CollectError, match="the server answers 404"):
        collected(store, source("csv", url=site.url("/a.csv")))
    assert site.statuses() == [404]


def test_a_server_that_says_nothing_is_given_up(
    store: Store, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", (1, 0.05))
    site.pages, site.trouble = {"/a.csv": b"a\n1\n"}, ["slow"] * 4
    with pytest.raises(CollectError, match="breaks off"):
        collected(store, source("csv", url=site.url("/a.csv")))


def test_a_failed_download_leaves_the_collection_before(store: Store, site: Site) -> None:
    site.pages = {"/a.csv": b"a\n1\n"}
    rows = source("csv", url=site.url("/a.csv"))
    first = collected(store, rows)
    site.pages, site.trouble = {"/a.csv": b"other" * 1000}, ["cut"] * 4
    with pytest.raises(CollectError):
        collected(store, rows)
    last = store.collections.last("small", "rows")
    assert last
    assert last["batch"] == first.batch.digest
    assert len(list((store.root / "raw" / "files").rglob("*/*"))) == 1


def test_secrets_are_sent_and_nowhere_written(
    store: Store, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages, site.token = {"/a.csv": b"a\n1\n"}, SECRET
    rows = source(
        "csv", url=site.url(f"/a.csv?sig={SECRET}"), environment={"X-Token": "ROWS_TOKEN"}
    )
    with pytest.raises(CollectError, match="environment variable ROWS_TOKEN is not set"):
        collected(store, rows)
    monkeypatch.setenv("ROWS_TOKEN", f"wrong {SECRET}")
    with pytest.raises(CollectError, match="answers 403") as error:
        collected(store, rows)
    assert SECRET not in str(error.value)
    monkeypatch.setenv("ROWS_TOKEN", f"{SECRET}\n")
    batch = collected(store, rows).batch
    assert batch.files[0].origin["url"] == site.url("/a.csv?sig=***")
    assert collected(store, rows).unchanged
    assert SECRET.encode() not in written(store)


def test_a_value_that_is_no_header_is_not_shown(
    store: Store, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWS_TOKEN", f"two\nlines {SECRET}")
    rows = source("csv", url=site.url("/a.csv"), environment={"X-Token": "ROWS_TOKEN"})
    with pytest.raises(CollectError, match="InvalidHeader") as error:
        collected(store, rows)
    assert SECRET not in str(error.value)


def test_redirects_are_recorded_and_secrets_stay_with_their_server(
    store: Store, site: Site, elsewhere: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWS_TOKEN", SECRET)
    elsewhere.pages = {"/deep/x.csv": b"a\n1\n"}
    site.moved = {"/a.csv": "/b.csv", "/b.csv": elsewhere.url(f"/deep/x.csv?sig={SECRET}")}
    rows = source(
        "csv", url=site.url("/a.csv"),
        environment={"X-Token": "ROWS_TOKEN", "Authorization": "ROWS_TOKEN"},
    )  # fmt: skip
    file = collected(store, rows).batch.files[0]
    assert file.name == "a.csv"
    assert file.origin == {
        "url": site.url("/a.csv"),
        "redirected_to": [site.url("/b.csv"), elsewhere.url("/deep/x.csv?sig=***")],
    }
    assert site.asked[1][1]["X-Token"] == SECRET
    assert SECRET not in str(elsewhere.asked[0][1])


def test_a_packed_file_stays_packed(store: Store, site: Site) -> None:
    packed = gzip.compress(b"a\n1\n")
    site.pages, site.encoding = {"/a.csv.gz": packed, "/a.csv": packed}, "gzip"
    urls = [site.url("/a.csv.gz"), site.url("/a.csv")]
    found = {
        f.name: f.copy.read_bytes() for f in collected(store, source("csv", url=urls)).batch.files
    }
    assert found == {"a.csv": b"a\n1\n", "a.csv.gz": packed}
    assert {headers["Accept-Encoding"] for _, headers, _ in site.asked} == {"identity"}


TEXT = b"".join(b"%d,a row\n" % n for n in range(5000))
BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:500]) + gzip.compress(TEXT[500:]),
    "deflate": zlib.compress(TEXT),
    "Deflate": BARE.compress(TEXT) + BARE.flush(),
    "zstd": zstandard.compress(TEXT),
    "deflate, gzip": gzip.compress(zlib.compress(TEXT)),
    "identity": TEXT,
}


@pytest.mark.parametrize("encoding", PACKED)
def test_what_is_packed_for_the_way_is_unpacked(store: Store, site: Site, encoding: str) -> None:
    site.pages, site.encoding = {"/a.csv": PACKED[encoding]}, encoding
    batch = collected(store, source("csv", url=site.url("/a.csv"))).batch
    assert batch.files[0].copy.read_bytes() == TEXT


@pytest.mark.parametrize("kept", [0, 1, 20, -1])
@pytest.mark.parametrize("encoding", [name for name in PACKED if name != "identity"])
def test_a_body_that_the_server_cut_is_no_whole_one(
    store: Store, site: Site, encoding: str, kept: int
) -> None:
    """Its Content-Length is that of what is left, so that only its end is missing."""
    site.pages, site.encoding = {"/a.csv": PACKED[encoding][:kept]}, encoding
    with pytest.raises(CollectError, match=r"breaks off \(its .* has no end\), 4 times"):
        collected(store, source("csv", url=site.url("/a.csv")))
    nothing_half_written(store)
    assert store.collections.last("small", "rows") is None


def test_what_is_packed_in_a_way_that_is_not_known_is_told(store: Store, site: Site) -> None:
    site.pages, site.encoding = {"/a.csv": TEXT}, "br"
    with pytest.raises(CollectError, match="the server packs it as br, which is not read here"):
        collected(store, source("csv", url=site.url("/a.csv")))


def test_files_of_one_name_are_told_apart(store: Store, site: Site) -> None:
    site.pages = {"/1/a.csv": b"a\n1\n", "/2/a.csv": b"a\n2\n", "/..%2Fx%20y.csv": b"a\n3\n"}
    found = names(collected(store, source("csv", url=[site.url(path) for path in site.pages])))
    assert [name[9:] for name in found if name.endswith("-a.csv")] == ["a.csv", "a.csv"]
    assert len(set(found)) == 3
    assert [name for name in found if "x y" in name] == ["_x y.csv"]
