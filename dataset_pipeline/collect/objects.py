"""Objects on a store that fsspec reads: S3 and the like."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from dataset_pipeline.collect.found import Before, Found
from dataset_pipeline.collect.secrets import public, told_apart, variables
from dataset_pipeline.errors import CollectError, PipelineError
from dataset_pipeline.store.batches import BatchFile, BatchStore

ATTEMPTS = 4
WAIT = 0.5  # seconds, twice as long after each attempt
_CHUNK = 8 << 20
_WILD = frozenset("*?[")
# By these, as far as a store has them, an object is known to be what it was.
_STATE = (
    "ETag", "etag", "VersionId", "generation", "md5Hash", "content_md5", "size",
    "LastModified", "last_modified", "updated", "mtime", "created",
)  # fmt: skip
State = dict[str, str]


class _ChangedError(Exception):
    """The object is not what it was before the download."""


def collect_objects(
    batches: BatchStore, urls: Sequence[str], environment: Mapping[str, str], before: Before
) -> Found:
    """Download the objects that are new or changed since the collection before."""
    options = _options(variables(environment))
    listed: dict[str, tuple[Any, str, Mapping[str, Any]]] = {}
    for url in urls:
        system, pattern = _opened(url, options)
        listed |= {
            f"{url.partition('://')[0]}://{path}": (system, _name(path, pattern), info)
            for path, info in _listing(system, pattern, url).items()
        }
    names = told_apart({place: name for place, (_, name, _) in listed.items()})
    files, markers = [], {}
    for place, (system, _, info) in sorted(listed.items()):
        found = _Object(batches, system, place, names[place])
        file, state = found.fetched(info, before.markers.get(place, {}))
        markers[place] = {"state": state, "sha256": file.sha256, "bytes": file.size}
        files.append(file)
    return Found(files, markers)


def _options(values: Mapping[str, str]) -> dict[str, Any]:
    """Storage options; a name with dots is an option of an option (client_kwargs.region_name)."""
    options: dict[str, Any] = {}
    for name, value in values.items():
        *outer, last = name.split(".")
        inner = options
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[last] = {"true": True, "false": False}.get(value.lower(), value)
    return options


def _opened(url: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]

        fresh = {"use_listings_cache": False, "skip_instance_cache": True}
        return url_to_fs(url, **fresh, **options)  # type: ignore[no-any-return]
    except ImportError:
        what = "install dataset-pipeline[object-stores], and fsspec's driver for this scheme"
        raise CollectError(f"{public(url)} cannot be collected: {what}") from None
    except Exception as error:
        raise _failed(url, error) from None


def _listing(system: Any, pattern: str, url: str) -> dict[str, Mapping[str, Any]]:
    try:
        if _WILD & set(pattern):
            found = system.glob(pattern, detail=True)
        else:
            found = {pattern: system.info(pattern)} if system.exists(pattern) else {}
    except Exception as error:
        raise _failed(url, error) from None
    objects = {path: info for path, info in found.items() if info.get("type") == "file"}
    if not objects:
        raise CollectError(f"{public(url)}: no object has such a name; correct the URL")
    return objects


def _name(path: str, pattern: str) -> str:
    """The object's name below the part of the pattern that has no wildcard."""
    fixed = []
    for part in PurePosixPath(pattern).parts[:-1]:
        if _WILD & set(part):
            break
        fixed.append(part)
    return PurePosixPath(path).relative_to(PurePosixPath(*fixed)).as_posix()


class _Object:
    def __init__(self, batches: BatchStore, system: Any, place: str, name: str) -> None:
        self._batches, self._system, self._place, self._name = batches, system, place, name
        self._path = system._strip_protocol(place)

    def fetched(
        self, info: Mapping[str, Any], marker: Mapping[str, Any]
    ) -> tuple[BatchFile, State]:
        """The object's copy and state: of before if it is the same, else downloaded."""
        state = _state(info)
        if marker and marker["state"] == state:
            kept = self._batches.kept(
                self._name, marker["sha256"], marker["bytes"], self._origin(state)
            )
            if kept:
                return kept, state
        why = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(WAIT * 2 ** (attempt - 1))
            try:
                state = _state(self._info()) if attempt else state
                return self._batches.take(self._body(state), self._name, self._origin(state)), state
            except _ChangedError:
                why = "it changed while it was read"
            except PipelineError:
                raise
            except Exception as error:
                why = _told(error)
        raise CollectError(
            f"{public(self._place)} cannot be collected: {why}, {ATTEMPTS} times; try later"
        )

    def _body(self, before: State) -> Iterator[bytes]:
        size = 0
        with self._system.open(self._path, "rb", block_size=_CHUNK) as content:
            while chunk := content.read(_CHUNK):
                size += len(chunk)
                yield chunk
        after = _state(self._info())
        if after != before or str(size) != after.get("size", str(size)):
            raise _ChangedError

    def _info(self) -> Mapping[str, Any]:
        info: Mapping[str, Any] = self._system.info(self._path)
        return info

    def _origin(self, state: State) -> dict[str, Any]:
        return {"url": public(self._place), **state}


def _state(info: Mapping[str, Any]) -> State:
    return {name: str(info[name]) for name in _STATE if info.get(name) is not None}


def _failed(url: str, error: Exception) -> CollectError:
    return CollectError(f"{public(url)} cannot be collected: {_told(error)}")


def _told(error: Exception) -> str:
    """The kind of error; what a driver says may hold credentials."""
    kinds = {
        PermissionError: "the store refuses access; look at the credentials",
        FileNotFoundError: "there is no such bucket or object",
    }
    told = next((words for kind, words in kinds.items() if isinstance(error, kind)), "it failed")
    return f"{told} ({type(error).__name__})"
