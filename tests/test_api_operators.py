"""The API: what operators do, and tokens of an OIDC issuer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import Engine

from beam_pipeline.api.oidc import Oidc, OidcSettings
from beam_pipeline.cli.api_letters import ContextLetters
from beam_pipeline.cli.context import Context
from tests.support.api import CONTENT, OPERATOR, STUDENT, TEACHER, backend_on, is_problem, served
from tests.support.project import Project
from vividly.model.errors import TransientError
from vividly.platform.ledger.tokens import Holder

OPERATIONS = "/api/v1/operations"


def test_operators_act_on_dead_letters(project: Project, engine: Engine, tmp_path: Path) -> None:
    project.bury(b"first", dlq_id="aaaa00000001")
    project.bury(b"second", dlq_id="bbbb00000002", dlq_reason="permanent")
    backend = backend_on(engine, tmp_path, project.name)
    with served(replace(backend, dead_letters=ContextLetters(Context()))) as api:

        def call(what: str, **body: Any) -> Any:
            path = f"{OPERATIONS}/dead-letters/{what}"
            answer = api.post(path, by=OPERATOR, json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()

        for holder in (STUDENT, TEACHER):
            assert is_problem(api.get(f"{OPERATIONS}/state", by=holder), 403)
            for what in ("list", "replay", "purge"):
                path = f"{OPERATIONS}/dead-letters/{what}"
                assert is_problem(api.post(path, by=holder, json={"dry_run": False}), 403)
        assert {one["data"] for one in call("list")["letters"]} == {"first", "second"}
        (one,) = call("list", reason="permanent")["letters"]
        assert one["id"] == "bbbb00000002"
        wrong = api.post(f"{OPERATIONS}/dead-letters/list", by=OPERATOR, json={"reason": "x"})
        assert is_problem(wrong, 422)
        missing = api.post(f"{OPERATIONS}/dead-letters/list", by=OPERATOR, json={"ids": ["ffff"]})
        assert is_problem(missing, 404)
        (tried,) = call("replay", ids=["aaaa"])["results"]
        assert tried["result"] == "would be replayed"
        assert len(project.buried) == 2
        (done,) = call("replay", ids=["aaaa"], dry_run=False)["results"]
        assert done["result"] == "replayed"
        assert [data for data, _ in project.take("content-generation-requests")] == [b"first"]
        (purged,) = call("purge", dry_run=False)["results"]
        assert (purged["id"], purged["result"]) == ("bbbb00000002", "purged")
        assert project.buried == []
        api.asked()
        state = api.get(f"{OPERATIONS}/state", by=OPERATOR).json()
        assert state["counts"] == {"pending": 1}
        assert [(one["stage"], one["waiting"]) for one in state["backlog"]] == [("claim", 1)]


# -- OIDC --------------------------------------------------------------------------------------


class Issuer:
    """An OIDC issuer on loopback, with one key."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.answers = 200
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/.well-known/openid-configuration":
                    told: Any = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}
                else:
                    public = issuer.key.public_key()
                    own = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
                    told = {"keys": [own | {"kid": "k1", "use": "sig"}]}
                body = json.dumps(told).encode()
                self.send_response(issuer.answers)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def token(self, *, key: Any = None, algorithm: str = "RS256", **changes: Any) -> str:
        claims = {
            "iss": self.url,
            "aud": "vividly",
            "exp": time.time() + 300,
            "sub": "s-1",
            "role": "student",
        } | changes
        given = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(given, key or self.key, algorithm=algorithm, headers={"kid": "k1"})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    one = Issuer()
    yield one
    one.close()


def test_tokens_of_the_issuer_name_a_holder(issuer: Issuer) -> None:
    oidc = Oidc(OidcSettings(issuer.url, "vividly"))
    assert oidc.holder_of(issuer.token()) == Holder("student", "s-1")
    teacher = issuer.token(role=["staff", "teacher"], sub="t-1", **{"class": ["s-1", 7]})
    assert oidc.holder_of(teacher) == Holder("teacher", "t-1", ("s-1",))
    assert oidc.holder_of(issuer.token(role=["student", "operator"])) == Holder("operator", "s-1")


def test_other_tokens_are_refused(issuer: Issuer) -> None:
    oidc = Oidc(OidcSettings(issuer.url, "vividly"))
    other = rsa.generate_private_key(65537, 2048)
    refused = [
        issuer.token(key=other),
        issuer.token(iss="https://other.example"),
        issuer.token(aud="another"),
        issuer.token(exp=time.time() - 60),
        issuer.token(exp=None),
        issuer.token(nbf=time.time() + 600),
        issuer.token(role="king"),
        issuer.token(role=None),
        issuer.token(sub=""),
        issuer.token(key="k" * 40, algorithm="HS256"),
        jwt.encode({"sub": "s-1", "role": "operator"}, None, algorithm="none"),
        issuer.token()[:-4] + "AAAA",
        "not.a.token",
        "x",
    ]
    assert [oidc.holder_of(token) for token in refused] == [None] * len(refused)


def test_an_issuer_that_is_away_is_no_reason_to_refuse() -> None:
    gone = Issuer()
    token = gone.token()
    gone.close()
    with pytest.raises(TransientError):
        Oidc(OidcSettings(gone.url, "vividly")).holder_of(token)


def test_both_kinds_of_tokens_open_the_api(issuer: Issuer, engine: Engine, tmp_path: Path) -> None:
    backend = backend_on(engine, tmp_path, "unused", oidc=OidcSettings(issuer.url, "vividly"))
    with served(backend) as api:
        own = {"Authorization": f"Bearer {issuer.token()}"}
        assert api.client.get(f"{CONTENT}/requests", headers=own).status_code == 200
        assert api.get(f"{CONTENT}/requests").status_code == 200
        forged = {"Authorization": f"Bearer {issuer.token(aud='another')}"}
        assert is_problem(api.client.get(f"{CONTENT}/requests", headers=forged), 401)
