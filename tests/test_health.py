"""The answers of a local job to probes and Prometheus."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest

from beam_pipeline.local import health
from beam_pipeline.local.health import Readiness, checks_of, serve
from beam_pipeline.options import Endpoints
from vividly.execution.services import Services
from vividly.model.errors import SettingsError, TransientError
from vividly.platform.breaker import breaker_of
from vividly.platform.retry import RetryPolicy

ENDS = Endpoints("", "", "", "", "", "", "all")


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH_S", 0.0)


@pytest.fixture
def port(services: Services, fresh: None) -> Iterator[int]:
    server = serve(0, Readiness(checks_of(services, ENDS)))
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_job_that_can_work_is_ready(port: int) -> None:
    assert ask(port, "/health") == (200, '{\n "status": "alive"\n}')
    status, body = ask(port, "/health/ready")
    assert status == 200
    assert json.loads(body) == {
        "status": "ready",
        "checks": dict.fromkeys(
            ["database", "generated_content_bucket", "temp_files_bucket", "providers"], "ok"
        ),
        "open_circuits": [],
    }
    status, metrics = ask(port, "/metrics")
    assert status == 200
    assert "vividly_open_circuits 0.0" in metrics
    assert ask(port, "/else")[0] == 404


def test_a_service_that_is_away_is_named(port: int) -> None:
    for _ in range(RetryPolicy.circuit_failures):
        with pytest.raises(TransientError), breaker_of("Gemini").call():
            raise TransientError("away")
    status, body = ask(port, "/health/ready")
    assert status == 503
    assert json.loads(body)["checks"]["providers"] == "known to be away: Gemini"
    assert json.loads(body)["open_circuits"] == ["Gemini"]
    assert ask(port, "/health")[0] == 200, "it lives"
    assert "vividly_open_circuits 1.0" in ask(port, "/metrics")[1]


def test_a_database_and_a_bucket_that_are_away_are_named(services: Services) -> None:
    away = Services(
        replace(
            services.settings,
            database_url="postgresql://a:s3cret@127.0.0.1:1/x",
            temp_files_bucket="/nowhere",
        )
    )
    problems = Readiness(checks_of(away, ENDS)).problems()
    assert problems.keys() == {"database", "temp_files_bucket"}
    assert "127.0.0.1:1/x" in problems["database"]
    assert "s3cret" not in str(problems)


def test_a_subscription_that_is_not_there_is_named(services: Services, pubsub: str) -> None:
    name = f"projects/{pubsub}/subscriptions/none-here"
    ends = Endpoints(name, "", "", "", "", "", "all")
    problems = Readiness(checks_of(services, ends)).problems()
    assert f"{name} does not exist" in problems["subscription"]


def test_many_probes_cost_one_look() -> None:
    looks = []
    readiness = Readiness({"a": lambda: looks.append(1)})
    assert [readiness.problems() for _ in range(50)] == [{}] * 50
    assert len(looks) == 1


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"--health_check_port={number}.*choose another"):
            serve(number, Readiness({}))
