"""Downloads over HTTP(S)."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from dataset_pipeline.collect.found import Before, Found
from dataset_pipeline.collect.secrets import public, told_apart, variables
from dataset_pipeline.collect.unpacked import BrokenContent, encodings, unknown, unpacked
from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.errors import CollectError, system_error
from dataset_pipeline.store.batches import BatchFile, BatchStore

if TYPE_CHECKING:
    import requests

ATTEMPTS = 4
WAIT = 0.5  # seconds, twice as long after each attempt
TIMEOUT = (10, 60)  # seconds to connect, and to wait for the next bytes
_CHUNK = 1 << 20
_NOT_MODIFIED = 304
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_COMPRESSED = (".gz", ".zst", ".bz2", ".xz")
_MARKERS = {"etag": "ETag", "last_modified": "Last-Modified"}
_CONDITIONS = {"etag": "If-None-Match", "last_modified": "If-Modified-Since"}
Marker = Mapping[str, Any]


class _PassingError(Exception):
    """What may be gone when it is tried again."""


def collect_http(
    batches: BatchStore, urls: Sequence[str], environment: Mapping[str, str], before: Before
) -> Found:
    """Download what changed since the collection before; the rest is kept as it is."""
    headers = variables(environment)
    names = told_apart({url: _name(url) for url in urls})
    files, markers = [], {}
    with _session(headers) as session:
        for url, name in names.items():
            key = sha256_hex(url.encode())
            download = _Download(batches, session, url, name)
            file, markers[key] = download.fetched(before.markers.get(key, {}))
            files.append(file)
    return Found(files, markers)


def _name(url: str) -> str:
    parts = urlsplit(url)
    last = unquote(parts.path.rstrip("/").rpartition("/")[2])
    return last.replace("/", "_").replace("\x00", "_").strip(".") or (parts.hostname or "file")


class _Download:
    def __init__(
        self, batches: BatchStore, session: "requests.Session", url: str, name: str
    ) -> None:
        self._batches, self._session, self._url, self._name = batches, session, url, name

    def fetched(self, marker: Marker) -> tuple[BatchFile, Marker]:
        """The file and its new marker; what passes is tried again, a little later each time."""
        why = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(WAIT * 2 ** (attempt - 1))
            try:
                return self._fetch(marker)
            except _PassingError as error:
                why = str(error)
            except OSError as error:
                raise self._failed(system_error(error)) from None
        raise self._failed(f"{why}, {ATTEMPTS} times; try later")

    def _fetch(self, marker: Marker) -> tuple[BatchFile, Marker]:
        import requests

        known = self._known(marker)
        conditions = {
            header: marker[name] for name, header in _CONDITIONS.items() if known and name in marker
        }
        try:
            response = self._session.get(
                self._url, headers=conditions, stream=True, timeout=TIMEOUT
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            raise _PassingError(type(error).__name__) from None
        except (requests.RequestException, ValueError) as error:
            raise self._failed(type(error).__name__) from None
        with closing(response):
            if response.status_code == _NOT_MODIFIED and known:
                return known, marker
            if response.status_code in _PASSING:
                raise _PassingError(f"the server answers {response.status_code}")
            if response.status_code != requests.codes.ok:
                told = f"the server answers {response.status_code} to {public(response.url)}"
                raise self._failed(told)
            return self._received(response)

    def _received(self, response: "requests.Response") -> tuple[BatchFile, Marker]:
        origin: dict[str, Any] = {"url": public(self._url)}
        if response.history:
            passed = [*response.history[1:], response]
            origin["redirected_to"] = [public(hop.url) for hop in passed]
        packed = encodings(response.headers.get("Content-Encoding"))
        if self._name.endswith(_COMPRESSED):
            packed = []  # a file that lies packed on the server stays so; its reader unpacks it
        if unread := unknown(packed):
            told_of = ", ".join(unread)
            raise self._failed(f"the server packs it as {told_of}, which is not read here")
        file = self._batches.take(_body(response, packed), self._name, origin)
        told = {name: response.headers.get(header) for name, header in _MARKERS.items()}
        marker = {name: value for name, value in told.items() if value}
        return file, {**marker, "sha256": file.sha256, "bytes": file.size, "origin": origin}

    def _known(self, marker: Marker) -> BatchFile | None:
        if not marker:
            return None
        return self._batches.kept(self._name, marker["sha256"], marker["bytes"], marker["origin"])

    def _failed(self, why: str) -> CollectError:
        return CollectError(f"{public(self._url)} cannot be collected: {why}")


def _body(response: "requests.Response", packed: list[str]) -> Iterator[bytes]:
    """The content as it lies on the server; raises when connection or content end too early."""
    from urllib3.exceptions import HTTPError

    try:
        yield from unpacked(response.raw.stream(_CHUNK, decode_content=False), packed)
    except HTTPError as error:  # urllib3 counts the bytes against Content-Length
        raise _PassingError(f"the download breaks off ({type(error).__name__})") from None
    except BrokenContent:
        told = ", ".join(packed)
        raise _PassingError(f"the download breaks off (its {told} has no end)") from None


def _session(headers: Mapping[str, str]) -> "requests.Session":
    """A session that takes credentials from nowhere else, and gives them to no other server."""
    import requests

    class Session(requests.Session):
        def rebuild_auth(
            self, prepared_request: "requests.PreparedRequest", response: "requests.Response"
        ) -> None:
            old, new = response.request.url or "", prepared_request.url or ""
            if self.should_strip_auth(old, new):  # type: ignore[no-untyped-call]
                for name in headers:
                    prepared_request.headers.pop(name, None)

    session = Session()
    session.auth = lambda request: request  # else a .netrc file is asked
    session.headers.update({"Accept-Encoding": "identity", **headers})
    return session
