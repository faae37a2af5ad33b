"""Cloud Run on loopback: its metadata server, and the IAM API that signs for an account.

An account on Cloud Run has no private key. The metadata server tells its address and its token,
and the IAM API signs in its name.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from vividly.platform.storage import signed_url

EMAIL = "vividly-api@school.iam.gserviceaccount.com"
TOKEN = "token-of-the-account"
_ACCOUNT = "/computeMetadata/v1/instance/service-accounts/"


class CloudRun:
    """What the account may do, and what was asked.

    Attributes:
        asked: the paths of all calls.
        status: what the IAM API answers; 200 if the account may sign.
    """

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.asked: list[str] = []
        self.status = 200

    @property
    def signed(self) -> int:
        """How often the IAM API was asked to sign."""
        return sum(path.endswith(":signBlob") for path in self.asked)

    def told(self, path: str) -> Any:
        """What the metadata server tells."""
        info = {"email": EMAIL, "aliases": ["default"], "scopes": ["cloud-platform"]}
        token = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        return {
            "/": "",
            "/computeMetadata/v1/project/project-id": "school",
            "/computeMetadata/v1/universe/universe-domain": "googleapis.com",
            f"{_ACCOUNT}default/": info,
            f"{_ACCOUNT}{EMAIL}/": info,
            f"{_ACCOUNT}default/token": token,
        }.get(path)

    def verify(self, url: str) -> dict[str, str]:
        """Check the signature of a signed URL (V4) as Cloud Storage does; its parameters.

        Raises:
            cryptography.exceptions.InvalidSignature: it is wrong.
        """
        parts = urlsplit(url)
        told = {name: values[0] for name, values in parse_qs(parts.query).items()}
        unsigned = parts.query.rpartition("&X-Goog-Signature=")[0]
        canonical = [
            "GET", parts.path, unsigned, f"host:{parts.netloc}", "", "host", "UNSIGNED-PAYLOAD",
        ]  # fmt: skip
        to_sign = [
            told["X-Goog-Algorithm"],
            told["X-Goog-Date"],
            told["X-Goog-Credential"].partition("/")[2],
            hashlib.sha256("\n".join(canonical).encode()).hexdigest(),
        ]
        signature = bytes.fromhex(told["X-Goog-Signature"])
        self.key.public_key().verify(
            signature, "\n".join(to_sign).encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        return told


@contextmanager
def cloud_run(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudRun]:
    """Make this process one of Cloud Run, as far as credentials and signatures go."""
    from google.auth.compute_engine import _metadata

    account = CloudRun()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            account.asked.append(path)
            told = account.told(path)
            if self.headers.get("Metadata-Flavor") != "Google" or told is None:
                self._answer(404, "not found")
            else:
                self._answer(200, told)

        def do_POST(self) -> None:
            account.asked.append(self.path)
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._answer(401, {"error": {"code": 401, "message": "no token"}})
            elif not self.path.endswith(f"/serviceAccounts/{EMAIL}:signBlob"):
                self._answer(404, {"error": {"code": 404, "message": "not found"}})
            elif account.status != 200:
                denied = "Permission 'iam.serviceAccounts.signBlob' denied"
                self._answer(account.status, {"error": {"message": denied}})
            else:
                message = base64.b64decode(body["payload"])
                signature = account.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
                self._answer(200, {"signedBlob": base64.b64encode(signature).decode()})

        def _answer(self, status: int, body: Any) -> None:
            plain = isinstance(body, str)
            data = body.encode() if plain else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Metadata-Flavor", "Google")
            self.send_header("Content-Type", "application/text" if plain else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "NO_GCE_CHECK", "STORAGE_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", "/nonexistent")
    monkeypatch.setenv("GCE_METADATA_IP", host)
    monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", host)
    monkeypatch.setattr(_metadata, "_NO_GCE_CHECK", False)
    monkeypatch.setattr(signed_url, "IAM_ENDPOINT", f"http://{host}")
    try:
        yield account
    finally:
        server.shutdown()
        server.server_close()
