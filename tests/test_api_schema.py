"""The API keeps its own OpenAPI document, whatever it is sent (Schemathesis)."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine

from beam_pipeline.api.app import make_app
from tests.support.api import STUDENT, backend_on
from tests.support.requests import claimed
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.tokens import create_token

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = 15


@pytest.fixture
def api(engine: Engine, tmp_path: Path, pubsub: str):  # type: ignore[no-untyped-def]
    backend = backend_on(engine, tmp_path, pubsub, rate_limit=0)
    loaded = schemathesis.openapi.from_asgi("/api/v1/openapi.json", make_app(backend))
    loaded.token = create_token(engine, STUDENT, lifetime=3600)
    done = claimed(Ledger(engine, owner="test"), student_id="s-1")
    Ledger(engine, owner="test").finish(done, "completed", message="", details={})
    loaded.request_id = done.request.request_id
    return loaded


def test_every_answer_is_as_the_document_says(api) -> None:  # type: ignore[no-untyped-def]
    """For all operations but the stream of events, which test_api_events reads."""
    tried = set()
    for result in api.get_all_operations():
        operation = result.ok()
        if operation.path.endswith("/events"):
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def answers_as_documented(case) -> None:  # type: ignore[no-untyped-def]
            if len((case.path_parameters or {}).get("request_id", "")) == 36:
                case.path_parameters["request_id"] = api.request_id
            case.call_and_validate(headers={"Authorization": f"Bearer {api.token}"}, checks=CHECKS)

        answers_as_documented()
        tried.add((operation.method.upper(), operation.path))
    assert ("POST", "/api/v1/content/generate") in tried and len(tried) >= 10
