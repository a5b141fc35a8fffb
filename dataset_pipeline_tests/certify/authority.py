"""Time-stamping authorities for tests: ``openssl ts`` behind a server on this machine."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIG = """\
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512, sha3-256
ess_cert_id_alg = sha256
"""
Reply = Callable[[bytes], bytes]


class Credentials:
    """A root, and a time-stamping certificate under it; ``answer`` stamps a request."""

    def __init__(
        self, folder: Path, name: str = "Test", *, expired: bool = False, purpose: bool = True
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.ca = folder, folder / "ca.pem"
        if self.ca.exists():
            return
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))
        root, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        constraint = x509.BasicConstraints(ca=True, path_length=None)
        self.ca.write_bytes(_certificate(f"{name} root", root, f"{name} root", root, constraint))
        usage = x509.ExtendedKeyUsage(
            [ExtendedKeyUsageOID.TIME_STAMPING if purpose else ExtendedKeyUsageOID.CODE_SIGNING]
        )
        ended = datetime.now(UTC) - timedelta(days=1) if expired else None
        own = _certificate(f"{name} authority", key, f"{name} root", root, usage, ended)
        (folder / "tsa.pem").write_bytes(own)
        (folder / "tsa.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def answer(self, request: bytes, *, chain: bool = False) -> bytes:
        """The reply to a request; with ``chain`` the root's certificate is in it."""
        folder = self.folder
        (folder / "request").write_bytes(request)
        more = ("-chain", "ca.pem") if chain else ()
        command = ("ts", "-reply", "-queryfile", "request", "-config", "tsa.cnf", "-out", "reply")
        done = subprocess.run(
            ["openssl", *command, *more], cwd=folder, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return (folder / "reply").read_bytes()


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
    ended: datetime | None = None,
) -> bytes:
    end = ended or datetime.now(UTC) + timedelta(days=365)
    built = (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=730))
        .not_valid_after(end)
        .add_extension(extension, critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass
class Server:
    """A server and the number of requests that it got."""

    url: str
    asked: int = 0


@contextmanager
def serving(reply: Callable[[BaseHTTPRequestHandler, bytes], None]) -> Iterator[Server]:
    """A server that hands each request's body to ``reply``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server.asked += 1
            length = int(self.headers["Content-Length"])
            with suppress(BrokenPipeError, ConnectionResetError):  # the asker has left
                reply(self, self.rfile.read(length))

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = Server(f"http://127.0.0.1:{http.server_port}/")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def answering(
    body: Reply, status: int = 200, headers: dict[str, str] | None = None
) -> Callable[[BaseHTTPRequestHandler, bytes], None]:
    """Answer with ``body`` of the request, as HTTP."""

    def reply(handler: BaseHTTPRequestHandler, request: bytes) -> None:
        data = body(request)
        handler.send_response(status)
        sent = {"Content-Type": "application/timestamp-reply", "Content-Length": str(len(data))}
        for name, value in {**sent, **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return reply
