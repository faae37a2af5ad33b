"""Where Vertex AI is, who may call it, and how the launch checks both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gemini_calls import MODEL, ask, echoes, vertex
from tests.support.google_faults import status
from tests.support.google_server import GoogleServer
from vividly.model.errors import PermanentError, SettingsError, TransientError
from vividly.platform.cost import metered
from vividly.platform.google.gemini import Gemini, make_gemini
from vividly.platform.google.vertex import credentials


@pytest.fixture(scope="module")
def running() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield echoes(server)


@pytest.fixture
def server(running: GoogleServer) -> Iterator[GoogleServer]:
    yield running
    running.forget()


@pytest.fixture
def gemini(server: GoogleServer) -> Gemini:
    return make_gemini(vertex(server.url))


# -- location and access ----------------------------------------------------------------------


def test_a_closed_port_is_transient(gemini: Gemini) -> None:
    with GoogleServer() as gone:
        url = gone.url
    with pytest.raises(TransientError, match="dropped or refused"):
        ask(make_gemini(vertex(url)))


def test_plain_http_never_gets_a_real_credential(
    server: GoogleServer, gemini: Gemini, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "a-real-key")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    ask(gemini, "hello there")
    headers = server.calls[-1].headers
    assert headers["authorization"] == "Bearer anonymous"
    assert "a-real-key" not in str(headers)


def test_https_wants_application_default_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert credentials("https://vertex.example", "--vertex_endpoint") is None
    assert credentials("", "--vertex_endpoint") is None
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(PermanentError, match=r"no usable credentials.*gcloud auth"):
        ask(make_gemini(vertex("https://127.0.0.1:9")))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vertex_project": ""}, "--vertex_project is not set"),
        ({"vertex_location": ""}, "--vertex_location is not set"),
        ({"vertex_endpoint": "aiplatform.example"}, "--vertex_endpoint is no address"),
        ({"vertex_endpoint": "ftp://aiplatform.example"}, "--vertex_endpoint is no address"),
        ({"vertex_endpoint": "http://:80"}, "--vertex_endpoint is no address"),
        ({"vertex_endpoint": "http://host:99999999"}, "--vertex_endpoint is no address"),
    ],
)
def test_malformed_settings_are_named(changes: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        make_gemini(vertex("http://127.0.0.1:9", **changes))


# -- before the launch ------------------------------------------------------------------------


def test_the_check_is_a_real_call_that_costs_nothing(server: GoogleServer, gemini: Gemini) -> None:
    with metered() as meter:
        gemini.check(MODEL)
    assert [call.path.rsplit(":")[-1] for call in server.calls] == ["countTokens"]
    assert not meter.usage


@pytest.mark.parametrize("model", ["gemini-3.5-flesh", "gemini-embedding-001"])
def test_a_wrong_model_is_found(gemini: Gemini, model: str) -> None:
    with pytest.raises(PermanentError, match=f"{model}.*404 NOT_FOUND.*check the model's name"):
        gemini.check(model)


def test_a_missing_permission_is_found(server: GoogleServer, gemini: Gemini) -> None:
    server.play(status(403, "Permission 'aiplatform.endpoints.predict' denied."), on=":countTokens")
    with pytest.raises(PermanentError, match=r"endpoints\.predict.*roles/aiplatform\.user"):
        gemini.check(MODEL)
