"""Time stamps by a local authority, and by authorities that are dead, slow, wrong or strange."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import decode_timestamp_response

from dataset_pipeline.certify import time_authority, timestamp
from dataset_pipeline.certify.errors import StampError
from dataset_pipeline.certify.time_authority import stamped
from dataset_pipeline.certify.timestamp import (
    Authority,
    check_reply,
    new_request,
    verify_stamp,
)
from dataset_pipeline_tests.certify.authority import Credentials, Server, answering, serving

SIGNATURE = b"the bytes of a signature"
Answer = Callable[[BaseHTTPRequestHandler, bytes], None]
Serve = Callable[[Answer], Server]


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return Credentials(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    """An authority of the same names under another root."""
    return Credentials(tmp_path_factory.mktemp("other"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_authority, "WAIT", 0.001)


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serving(answer))


def asked(*servers: Server | str, ca: Path) -> tuple[str, bytes]:
    """The address of the authority that stamped, and its reply."""
    urls = [server if isinstance(server, str) else server.url for server in servers]
    authorities = [Authority(url, ca.read_bytes(), True, url) for url in urls]
    authority, reply = stamped(SIGNATURE, authorities, clock)
    return authority.url, reply


def test_an_authority_stamps_and_the_stamp_holds(
    ours: Credentials, serve: Serve, tmp_path: Path
) -> None:
    server = serve(answering(ours.answer))
    _, reply = asked(server, ca=ours.ca)
    assert server.asked == 1
    stamp = verify_stamp(reply, SIGNATURE, ours.ca.read_bytes())
    assert abs(stamp.time - clock()) < timedelta(minutes=1)
    assert stamp.by == "CN=Test authority"
    with pytest.raises(StampError, match="something else"):
        verify_stamp(reply, SIGNATURE + b"x", ours.ca.read_bytes())
    (tmp_path / "signature").write_bytes(SIGNATURE)
    (tmp_path / "stamp.tsr").write_bytes(reply)
    told = subprocess.run(
        ["openssl", "ts", "-verify", "-data", "signature", "-in", "stamp.tsr", "-CAfile", ours.ca],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert b"Verification: OK" in told.stdout + told.stderr


def test_a_chain_in_whatever_order_is_read(ours: Credentials) -> None:
    """OpenSSL writes the certificates in another order than DER's."""
    request = new_request(SIGNATURE)
    reply = ours.answer(request.as_bytes(), chain=True)
    assert check_reply(reply, request, SIGNATURE, ours.ca.read_bytes(), clock())
    with pytest.raises(ValueError, match="InvalidSetOrdering"):  # else _in_order is not needed
        decode_timestamp_response(reply)


def test_the_next_authority_is_asked(ours: Credentials, other: Credentials, serve: Serve) -> None:
    wrong, right = serve(answering(other.answer)), serve(answering(ours.answer))
    assert asked(wrong, right, ca=ours.ca)[0] == right.url
    assert (wrong.asked, right.asked) == (1, 1)


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def test_a_dead_authority_is_told(ours: Credentials) -> None:
    with pytest.raises(StampError, match="ConnectionError, 3 times"):
        asked(closed_port(), ca=ours.ca)
    with pytest.raises(StampError, match="ConnectionError, 3 times"):
        asked("http://name.invalid/", ca=ours.ca)


def test_every_authority_is_told_of(ours: Credentials, serve: Serve) -> None:
    dead, broken = closed_port(), serve(answering(lambda _: b"garbage"))
    with pytest.raises(StampError) as caught:
        asked(dead, broken, ca=ours.ca)
    assert f"{dead}: ConnectionError" in str(caught.value)
    assert f"{broken.url}: not a time stamp response" in str(caught.value)


def test_a_slow_authority_is_not_waited_for(
    ours: Credentials, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_authority, "TIMEOUT", (5, 0.1))

    def sleepy(handler: BaseHTTPRequestHandler, request: bytes) -> None:
        time.sleep(0.5)
        answering(ours.answer)(handler, request)

    with pytest.raises(StampError, match="ReadTimeout, 3 times"):
        asked(serve(sleepy), ca=ours.ca)


def test_a_dripping_authority_is_not_waited_for(
    ours: Credentials, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_authority, "DEADLINE", 0.1)

    def dripping(handler: BaseHTTPRequestHandler, request: bytes) -> None:
        handler.send_response(200)
        handler.end_headers()
        for byte in ours.answer(request):
            handler.wfile.write(bytes([byte]))
            time.sleep(0.01)

    with pytest.raises(StampError, match="no whole answer within"):
        asked(serve(dripping), ca=ours.ca)


def test_an_endless_answer_ends(ours: Credentials, serve: Serve) -> None:
    server = serve(answering(lambda _: b"\0" * (1 << 20)))
    with pytest.raises(StampError, match="more than 65536 bytes"):
        asked(server, ca=ours.ca)


def test_an_answer_that_breaks_off_is_asked_for_again(ours: Credentials, serve: Serve) -> None:
    server = serve(
        answering(lambda query: ours.answer(query)[:-9], headers={"Content-Length": "9999"})
    )
    with pytest.raises(StampError, match="3 times"):
        asked(server, ca=ours.ca)
    assert server.asked == 3


@pytest.mark.parametrize(("status", "times"), [(500, 3), (503, 3), (429, 3), (404, 1), (201, 1)])
def test_an_error_is_no_stamp(ours: Credentials, serve: Serve, status: int, times: int) -> None:
    server = serve(answering(ours.answer, status))
    with pytest.raises(StampError, match=f"it answers {status}"):
        asked(server, ca=ours.ca)
    assert server.asked == times


def test_a_passing_error_passes(ours: Credentials, serve: Serve) -> None:
    def moody(handler: BaseHTTPRequestHandler, request: bytes) -> None:
        answering(ours.answer, 200 if server.asked > 2 else 503)(handler, request)

    server = serve(moody)
    assert asked(server, ca=ours.ca)[0] == server.url
    assert server.asked == 3


def test_a_redirect_is_not_followed(ours: Credentials, serve: Serve) -> None:
    target = serve(answering(ours.answer))
    server = serve(answering(lambda _: b"", 307, {"Location": target.url}))
    with pytest.raises(StampError, match="it answers 307"):
        asked(server, ca=ours.ca)
    assert (server.asked, target.asked) == (1, 0)


def test_garbage_is_no_stamp(ours: Credentials, serve: Serve) -> None:
    for garbage in (b"", b"<html>", b"\x30\x03\x02\x01\x00", b"\x30\x84\xff\xff\xff\xff"):
        with pytest.raises(StampError, match="not a time stamp response"):
            asked(serve(answering(lambda _, garbage=garbage: garbage)), ca=ours.ca)  # type: ignore[misc]


def test_another_requests_nonce_is_refused(ours: Credentials, serve: Serve) -> None:
    """A stamp from before, replayed: it is over the same signature."""
    before = ours.answer(new_request(SIGNATURE).as_bytes())
    assert verify_stamp(before, SIGNATURE, ours.ca.read_bytes())
    with pytest.raises(StampError, match="Nonce mismatch"):
        asked(serve(answering(lambda _: before)), ca=ours.ca)


def test_a_stamp_over_something_else_is_refused(ours: Credentials, serve: Serve) -> None:
    """Right nonce, wrong hash."""

    def wrong(request: bytes) -> bytes:
        ours_is, theirs = sha256(SIGNATURE).digest(), sha256(b"other").digest()
        assert ours_is in request
        return ours.answer(request.replace(ours_is, theirs))

    with pytest.raises(StampError, match="something else than the signature"):
        asked(serve(answering(wrong)), ca=ours.ca)


def test_a_stamp_by_the_name_of_another_hash_is_refused(ours: Credentials, serve: Serve) -> None:
    """The same 32 bytes, called a SHA3-256."""

    def renamed(request: bytes) -> bytes:
        sha256_id, sha3_id = (bytes.fromhex(f"06096086480165030402{end}") for end in ("01", "08"))
        return ours.answer(request.replace(sha256_id, sha3_id))

    with pytest.raises(StampError, match="not over a SHA-256"):
        asked(serve(answering(renamed)), ca=ours.ca)


def test_an_authority_whose_certificate_has_expired_is_refused(
    tmp_path: Path, serve: Serve
) -> None:
    expired = Credentials(tmp_path / "expired", expired=True)
    with pytest.raises(StampError, match="certificate has expired"):
        asked(serve(answering(expired.answer)), ca=expired.ca)


def test_an_authority_under_another_root_is_refused(
    ours: Credentials, other: Credentials, serve: Serve
) -> None:
    with pytest.raises(StampError, match="does not hold"):
        asked(serve(answering(other.answer)), ca=ours.ca)


def test_an_authority_that_refuses_says_so(ours: Credentials, serve: Serve) -> None:
    def asks_for_md5(request: bytes) -> bytes:
        known, unknown = (bytes.fromhex(f"06096086480165030402{end}") for end in ("01", "09"))
        assert known in request
        return ours.answer(request.replace(known, unknown))

    with pytest.raises(StampError, match="the authority refused"):
        asked(serve(answering(asks_for_md5)), ca=ours.ca)


@pytest.mark.parametrize("hours", [-1, 1])
def test_an_authority_whose_clock_is_wrong_is_refused(ours: Credentials, hours: int) -> None:
    request = new_request(SIGNATURE)
    reply = ours.answer(request.as_bytes())
    now = clock() + timedelta(hours=hours)
    with pytest.raises(StampError, match="the authority's time is"):
        check_reply(reply, request, SIGNATURE, ours.ca.read_bytes(), now)


def test_an_authority_without_the_purpose_is_refused(
    tmp_path: Path, ours: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token by a certificate under the same root that is not for time stamps."""
    request = new_request(SIGNATURE)
    reply = ours.answer(request.as_bytes())
    monkeypatch.setattr(ExtendedKeyUsageOID, "TIME_STAMPING", ExtendedKeyUsageOID.CODE_SIGNING)
    with pytest.raises(StampError, match="timeStamping"):
        check_reply(reply, request, SIGNATURE, ours.ca.read_bytes(), clock())


@pytest.mark.parametrize("ca", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAA\n"])
def test_an_authority_without_certificates_proves_nothing(ours: Credentials, ca: bytes) -> None:
    reply = ours.answer(new_request(SIGNATURE).as_bytes())
    with pytest.raises(StampError, match="no certificates"):
        verify_stamp(reply, SIGNATURE, ca)


def test_any_flipped_byte_is_found_or_changes_nothing(ours: Credentials) -> None:
    ca = ours.ca.read_bytes()
    reply = ours.answer(new_request(SIGNATURE).as_bytes())
    right, passed = verify_stamp(reply, SIGNATURE, ca), []
    for place in range(len(reply)):
        changed = bytearray(reply)
        changed[place] ^= 1
        try:
            assert verify_stamp(bytes(changed), SIGNATURE, ca) == right
        except StampError:
            continue
        passed.append(place)
    assert len(passed) < 20, passed  # the names of algorithms, which stand there twice


def test_the_clocks_may_differ_by_minutes() -> None:
    assert timedelta(minutes=1) <= timestamp.SKEW <= timedelta(hours=1)
