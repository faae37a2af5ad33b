"""The API on a database and a project of the emulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import Engine

from beam_pipeline.api.app import make_app
from beam_pipeline.api.backend import ApiSettings, Backend
from beam_pipeline.pubsub import Resources
from vividly.platform.ledger.tokens import Holder, create_token
from vividly.platform.storage import open_store

QUESTION: Mapping[str, Any] = {
    "student_query": "Explain photosynthesis for basketball fans",
    "grade_level": 10,
    "interest": "basketball",
}
CONTENT = "/api/v1/content"
STUDENT = Holder("student", "s-1")
OTHER = Holder("student", "s-2")
TEACHER = Holder("teacher", "t-1", ("s-1",))
OPERATOR = Holder("operator", "ops")


def backend_on(engine: Engine, folder: Path, project: str, **settings: Any) -> Backend:
    """The system behind an API, whose generated bucket is a directory."""
    (folder / "generated").mkdir(exist_ok=True)
    return Backend(
        engine=engine,
        environment="dev",
        request_topic=f"projects/{project}/topics/content-generation-requests",
        connect=lambda: Resources(timeout=1),
        generated=open_store(str(folder / "generated")),
        settings=ApiSettings(**settings),
    )


class Api:
    """Calls of the API by several holders."""

    def __init__(self, client: TestClient, backend: Backend) -> None:
        self.client, self.backend = client, backend
        self._tokens: dict[Holder, str] = {}

    def token(self, holder: Holder) -> str:
        if holder not in self._tokens:
            self._tokens[holder] = create_token(self.backend.engine, holder, lifetime=3600)
        return self._tokens[holder]

    def call(
        self, method: str, path: str, *, by: Holder = STUDENT, headers: Any = None, **more: Any
    ) -> Response:
        own = {"Authorization": f"Bearer {self.token(by)}"} | dict(headers or {})
        return self.client.request(method, path, headers=own, **more)

    def get(self, path: str, **more: Any) -> Response:
        return self.call("GET", path, **more)

    def post(self, path: str, **more: Any) -> Response:
        return self.call("POST", path, **more)

    def ask(self, *, by: Holder = STUDENT, key: str | None = None, **changes: Any) -> Response:
        headers = {"Idempotency-Key": key} if key else {}
        body = {**QUESTION, **changes}
        return self.post(f"{CONTENT}/generate", by=by, headers=headers, json=body)

    def asked(self, **more: Any) -> str:
        """The id of a request that was just accepted."""
        answer = self.ask(**more)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["request_id"])


@contextmanager
def served(backend: Backend, **settings: Any) -> Iterator[Api]:
    """The API of a system, for calls in this process."""
    if settings:
        backend = replace(backend, settings=ApiSettings(**settings))
    with TestClient(make_app(backend), raise_server_exceptions=False) as client:
        yield Api(client, backend)


def is_problem(answer: Response, status: int) -> bool:
    """Whether an answer is a problem (RFC 9457) with this status."""
    body = answer.json()
    return (
        answer.status_code == status
        and answer.headers["Content-Type"] == "application/problem+json"
        and body["status"] == status
        and bool(body["title"] and body["detail"])
    )
