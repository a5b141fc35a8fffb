"""The access log: who exported, removed or read raw data, and when; never what it says.

One hash-chained log (``chain.py``) a dataset, for its owner's eyes: it names people and machines.
"""

import getpass
import os
import re
import socket
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from dataset_pipeline.errors import StoreError
from dataset_pipeline.files import PRIVATE_FILE, PRIVATE_FOLDER
from dataset_pipeline.store.chain import Chain, ChainCheck

What = Literal["collection", "export", "removal", "reading"]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,400}")


class AccessLog:
    """The access log of one dataset, in the file ``path``."""

    def __init__(self, path: Path) -> None:
        self._chain = Chain(path, mode=PRIVATE_FILE)

    def note(  # noqa: PLR0913  an entry has that many parts
        self,
        what: What,
        dataset: str,
        at: datetime,
        *,
        about: str,
        digests: Iterable[str] = (),
        counts: Mapping[str, int] | None = None,
    ) -> dict[str, Any]:
        """Write down an access before it happens; when this returns, the entry is on the disk.

        ``about`` names a version, a record's id, a policy or a file, never what stands in them;
        ``digests`` are SHA-256 of what was accessed. StoreError when it cannot be written down:
        then the access must not happen.
        """
        named = sorted(set(digests))
        numbers = dict(counts or {})
        if what not in get_args(What) or not _NAME.fullmatch(about):
            raise StoreError(f"access log: {what!r} is no access, or it is about no plain name")
        if not all(_SHA256.fullmatch(digest) for digest in named):
            raise StoreError("access log: a digest is not 64 lower-case hex digits")
        if not all(type(number) is int for number in numbers.values()):
            raise StoreError("access log: a count is not a whole number")
        entry = {
            "at": moment(at),
            "who": whoever(),
            "what": what,
            "dataset": dataset,
            "about": about,
            "digests": named,
            "counts": numbers,
        }
        path = self._chain.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            return self._chain.append([entry])[0]
        except OSError as error:
            raise StoreError(
                f"{path}: the access log cannot be written ({error.strerror}), so nothing is read, "
                "exported or removed; ask for the right to write there"
            ) from None

    def entries(self) -> list[dict[str, Any]]:
        """The entries in order. Raises StoreError when the log is broken."""
        return self._chain.entries()

    def check(self) -> ChainCheck:
        """Whether the log is whole; see ``chain.py`` for what that can and cannot show."""
        return self._chain.check()

    def broken(self, check: ChainCheck) -> str:
        """What is wrong with the log, and what to do."""
        return self._chain.broken(check)


def whoever() -> dict[str, str]:
    """The operating system's user and machine; both are what they say they are, no proof."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # in a container a user may have a number and no name
        user = f"uid {os.getuid()}"
    return {"user": _told(user), "host": _told(socket.gethostname())}


def moment(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _told(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
