"""TLS in front of a real Postgres, on loopback: certificates, a TLS server, and a Cloud SQL.

authority = Authority(tmp_path)
with TlsPostgres(upstream_port, authority.server("db.school.example")) as port: ...
with CloudSqlInstance(upstream_port, tmp_path) as cloud: cloud.admin_url ...
"""

from __future__ import annotations

import datetime
import itertools
import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
DAY = datetime.timedelta(days=1)
_numbers = itertools.count(1)


class Authority:
    """A certificate authority that signs certificates.

    Attributes:
        path: the file of its own certificate, for `sslrootcert`.
    """

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        self.folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = (
            self._builder(self._name, self._key.public_key(), days=(-9, 9))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .add_extension(
                x509.KeyUsage(*(True,) * 7, encipher_only=False, decipher_only=False),
                critical=True,
            )
            .sign(self._key, hashes.SHA256())
        )
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.path = folder / f"authority-{next(_numbers)}.pem"
        self.path.write_text(self.pem)

    def _builder(
        self, subject: x509.Name, key: Any, days: tuple[int, int]
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + days[0] * DAY)
            .not_valid_after(now + days[1] * DAY)
        )

    def sign(self, key: Any, common_name: str, *hosts: str, days: tuple[int, int]) -> str:
        """A certificate in PEM, with its validity in days from now."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        names = [_general_name(host) for host in hosts]
        builder = self._builder(name, key, days)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
            critical=False,
        )
        signed = builder.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    def server(self, host: str, *, days: tuple[int, int] = (-1, 1)) -> ssl.SSLContext:
        """The TLS context of a server with a certificate for a host or address."""
        key = ec.generate_private_key(ec.SECP256R1())
        file = self.folder / f"server-{next(_numbers)}.pem"
        file.write_text(
            self.sign(key.public_key(), host, host, days=days)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode()
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class _Relay:
    """Accepts connections, opens each by `_greet`, and passes bytes to the Postgres and back."""

    def __init__(self, upstream: int, address: tuple[str, int]) -> None:
        self._upstream = upstream
        self._listener = socket.create_server(address)
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []

    def _greet(self, client: socket.socket) -> socket.socket:
        raise NotImplementedError

    def __enter__(self) -> Any:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        self._open.append(raw)
        try:
            client = self._greet(raw)
        except OSError:  # the client does not trust this server, or the reverse
            raw.close()
            return
        server = socket.create_connection(("127.0.0.1", self._upstream))
        self._open += [client, server]
        threading.Thread(target=_pump, args=(server, client), daemon=True).start()
        _pump(client, server)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


class TlsPostgres(_Relay):
    """A Postgres with TLS: answers SSLRequest like a real one with `ssl = on`, or with `ssl = off`.

    Attributes:
        encrypted, plain: number of connections so far.
    """

    def __init__(self, upstream: int, context: ssl.SSLContext | None) -> None:
        super().__init__(upstream, ("127.0.0.1", 0))
        self._context = context
        self.encrypted = self.plain = 0

    def _greet(self, client: socket.socket) -> socket.socket:
        asked = client.recv(8, socket.MSG_PEEK) == SSL_REQUEST
        if asked:
            client.recv(8)
            client.sendall(b"S" if self._context else b"N")
        if asked and self._context:
            secured = self._context.wrap_socket(client, server_side=True)
            self.encrypted += 1
            return secured
        self.plain += 1
        return client


class CloudSqlInstance(_Relay):
    """A Cloud SQL instance and its Admin API, as Google's connector meets them.

    The instance listens on port 3307 of its own loopback address and accepts clients with a
    client certificate from the Admin API.

    Attributes:
        name: PROJECT:REGION:INSTANCE.
        admin_url: where the Admin API and the token endpoint listen.
        credentials: a file for GOOGLE_APPLICATION_CREDENTIALS.
        asked: bodies of the requests for client certificates.
        subjects: the logins: "password", or the access token of an IAM login.
        answer: if set, what the Admin API answers with: an HTTP code and a message.
    """

    name = "school:us-central1:ledger"
    account = "vividly-text@school.iam.gserviceaccount.com"

    def __init__(self, upstream: int, folder: Path, *, days: tuple[int, int] = (-1, 1)) -> None:
        self.ip = f"127.{os.getpid() >> 8 & 127}.{os.getpid() & 255}.{next(_numbers) % 254 + 1}"
        super().__init__(upstream, (self.ip, 3307))
        self._clients, self._servers = Authority(folder), Authority(folder)
        self._context = self._servers.server("instance", days=days)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.load_verify_locations(self._clients.path)
        self.told_authority = self._servers.pem
        self.address_type = "PRIVATE"
        self.asked: list[dict[str, Any]] = []
        self.subjects: list[str] = []
        self.answer: tuple[int, str] | None = None
        self._admin = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._respond))
        self.admin_url = f"http://127.0.0.1:{self._admin.server_port}"
        self.credentials = folder / "account.json"
        key = rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.credentials.write_text(
            json.dumps(
                {
                    "type": "service_account",
                    "client_email": self.account,
                    "private_key": key.decode(),
                    "private_key_id": "1",
                    "token_uri": f"{self.admin_url}/token",
                }
            )
        )

    def __enter__(self) -> CloudSqlInstance:
        threading.Thread(target=self._admin.serve_forever, daemon=True).start()
        super().__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._admin.shutdown()
        self._admin.server_close()
        super().__exit__()

    def url(self, database: str, login: str = "", **more: str) -> str:
        """The database's URL."""
        query = {"cloud_sql_instance": self.name, "cloud_sql_endpoint": self.admin_url} | more
        rest = "&".join(f"{name}={value}" for name, value in query.items())
        return f"postgresql://{login}/{database}?{rest}"

    def _greet(self, client: socket.socket) -> socket.socket:
        secured = self._context.wrap_socket(client, server_side=True)
        secured.do_handshake()
        subject = dict(part[0] for part in secured.getpeercert()["subject"])  # type: ignore
        self.subjects.append(subject["commonName"])
        return secured

    def _respond(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        project, _, instance = self.name.split(":")
        if path == "/token":
            claims = dict(parse_qsl(body.decode()))["assertion"].split(".")[1]
            scope = json.loads(_unpadded(claims))["scope"]
            return 200, {"access_token": f"token for {scope.rsplit('/')[-1]}", "expires_in": 3600}
        if self.answer:
            code, message = self.answer
            return code, {"error": {"code": code, "message": message}}
        place = f"/sql/v1beta4/projects/{project}/instances/{instance}"
        if path == f"{place}/connectSettings":
            return 200, {
                "region": self.name.split(":")[1],
                "databaseVersion": "POSTGRES_16",
                "ipAddresses": [{"type": self.address_type, "ipAddress": self.ip}],
                "serverCaCert": {"cert": self.told_authority},
            }
        if path == f"{place}:generateEphemeralCert":
            asked = json.loads(body)
            self.asked.append(asked)
            key = serialization.load_pem_public_key(asked["public_key"].encode())
            who = asked.get("access_token", "password")
            return 200, {"ephemeralCert": {"cert": self._clients.sign(key, who, days=(-1, 1))}}
        return 404, {"error": {"code": 404, "message": f"nothing at {path}"}}


def _unpadded(text: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _handler(
    respond: Callable[[str, bytes], tuple[int, dict[str, Any]]],
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            code, answer = respond(self.path, body)
            data = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def known_host(name: str) -> Iterator[None]:
    """Make a host name resolve to this machine, like an entry in /etc/hosts."""
    original = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **keywords: Any) -> Any:
        return original("127.0.0.1" if host == name else host, *args, **keywords)

    socket.getaddrinfo = resolve
    try:
        yield
    finally:
        socket.getaddrinfo = original
