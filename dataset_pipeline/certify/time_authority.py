"""Asks time-stamping authorities over HTTP (RFC 3161, section 3.4), one after the other."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from dataset_pipeline.certify.errors import StampError
from dataset_pipeline.certify.timestamp import Authority, check_reply, new_request

if TYPE_CHECKING:
    import requests

ATTEMPTS = 3
WAIT = 0.5  # seconds, twice as long after each attempt
TIMEOUT = (5, 10)  # seconds to connect, and to wait for the next bytes
DEADLINE = 20  # seconds for a whole reply, which may come byte by byte
LONGEST = 1 << 16  # bytes; a reply has a few thousand
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_HEADERS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
    "Accept-Encoding": "identity",
}


class _PassingError(StampError):
    """What may be gone when it is tried again."""


def stamped(
    signature: bytes, authorities: Sequence[Authority], clock: Callable[[], datetime]
) -> tuple[Authority, bytes]:
    """The reply of the first authority whose stamp holds, and that authority.

    Raises StampError that says of each authority why there is no stamp of it.
    """
    failed = []
    for authority in authorities:
        try:
            return authority, _asked(authority, signature, clock)
        except StampError as error:
            failed.append(f"{authority.name}: {error}")
    raise StampError("; ".join(failed))


def _asked(authority: Authority, signature: bytes, clock: Callable[[], datetime]) -> bytes:
    """Its reply; what passes is tried again, a wrong reply is not."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(WAIT * 2 ** (attempt - 1))
        request = new_request(signature)
        try:
            reply = _posted(authority.url, request.as_bytes())
        except _PassingError as error:
            why = str(error)
            continue
        check_reply(reply, request, signature, authority.ca, clock())
        return reply
    raise StampError(f"{why}, {ATTEMPTS} times")


def _posted(url: str, body: bytes) -> bytes:
    import requests
    from urllib3.exceptions import HTTPError

    try:
        response = requests.post(
            url,
            data=body,
            headers=_HEADERS,
            timeout=TIMEOUT,
            stream=True,
            allow_redirects=False,  # another authority than the one that was named
            auth=lambda request: request,  # else a .netrc file is asked
        )
        with closing(response):
            _accept(response.status_code)
            return _body(response)
    except (requests.ConnectionError, requests.Timeout, HTTPError) as error:
        raise _PassingError(type(error).__name__) from None
    except (requests.RequestException, ValueError) as error:
        raise StampError(f"cannot be asked ({type(error).__name__})") from None


def _accept(status: int) -> None:
    if status in _PASSING:
        raise _PassingError(f"it answers {status}")
    if status != 200:
        raise StampError(f"it answers {status}")


def _body(response: "requests.Response") -> bytes:
    end = time.monotonic() + DEADLINE
    body = b""
    while piece := response.raw.read1(LONGEST):
        body += piece
        if len(body) > LONGEST:
            raise StampError(f"it answers with more than {LONGEST} bytes")
        if time.monotonic() > end:
            raise _PassingError(f"no whole answer within {DEADLINE} seconds")
    return body
