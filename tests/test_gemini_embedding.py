"""Embeddings on Vertex AI, over real sockets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.google_faults import dropped, page, slow, status
from tests.support.google_server import Exchange, GoogleServer
from vividly.model.errors import PermanentError, TransientError, UnusableAnswer
from vividly.model.settings import Settings
from vividly.platform.cost import metered
from vividly.platform.google.gemini import Gemini, make_gemini

ONE_EACH, SEVERAL, NEWER = "gemini-embedding-001", "text-embedding-005", "gemini-embedding-2"


@pytest.fixture(scope="module")
def running() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield server


@pytest.fixture
def server(running: GoogleServer) -> Iterator[GoogleServer]:
    yield running
    running.forget()


@pytest.fixture
def gemini(server: GoogleServer) -> Gemini:
    return make_gemini(
        Settings("", "", "", vertex_project="demo-project", vertex_endpoint=server.url)
    )


def embed(gemini: Gemini, *texts: str, **changes: Any) -> list[list[float]]:
    how: dict[str, Any] = {
        "model": ONE_EACH,
        "task": "RETRIEVAL_DOCUMENT",
        "dimensions": 64,
        "timeout": 5.0,
    }
    return gemini.embed(list(texts), **(how | changes))


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("model", [ONE_EACH, SEVERAL, NEWER])
def test_a_vector_of_length_one_for_each_text_in_order(gemini: Gemini, model: str) -> None:
    texts = [f"passage about thing{n}" for n in range(30)]
    together = embed(gemini, *texts, model=model)
    assert [len(vector) for vector in together] == [64] * 30
    assert all(math.isclose(dot(vector, vector), 1.0) for vector in together)
    assert together == [embed(gemini, text, model=model)[0] for text in texts]


def test_texts_that_share_words_are_near(gemini: Gemini) -> None:
    light, photon, frog = embed(gemini, "waves of light", "light waves", "a green frog")
    assert dot(light, photon) > 0.6 > dot(light, frog)


def test_requests_keep_to_the_limits(server: GoogleServer, gemini: Gemini) -> None:
    embed(gemini, *["some words"] * 25)
    assert [len(call.body["instances"]) for call in server.called(":predict")] == [1] * 25
    server.calls.clear()
    embed(gemini, *["some words"] * 250, *["word " * 2000] * 7, model=SEVERAL)
    sizes = [len(call.body["instances"]) for call in server.called(":predict")]
    assert sum(sizes) == 257 and max(sizes) == 100 and len(sizes) == 5


def test_what_is_sent(server: GoogleServer, gemini: Gemini) -> None:
    embed(gemini, "why", task="RETRIEVAL_QUERY", dimensions=128)
    (call,) = server.calls
    assert call.path.endswith(f"/models/{ONE_EACH}:predict")
    assert call.body["instances"] == [{"content": "why", "task_type": "RETRIEVAL_QUERY"}]
    assert call.body["parameters"] == {"outputDimensionality": 128, "autoTruncate": False}


def test_no_text_is_no_request(server: GoogleServer, gemini: Gemini) -> None:
    with metered() as meter:
        assert embed(gemini) == []
    assert not server.calls
    assert not sum(used.amount for used in meter.usage)


@pytest.mark.parametrize("model", [ONE_EACH, SEVERAL])
def test_tokens_are_charged(gemini: Gemini, model: str) -> None:
    with metered() as meter:
        embed(gemini, *["twelve chars"] * 9, model=model)
    assert [(u.sku, u.unit, u.amount) for u in meter.usage] == [(model, "input_tokens", 27)]


def test_what_was_answered_before_a_failure_is_charged(
    server: GoogleServer, gemini: Gemini
) -> None:
    server.play(status(503), on=lambda call: "last" in str(call.body))
    with metered() as meter, pytest.raises(TransientError):
        embed(gemini, *["twelve chars"] * 9, "the last one")
    assert sum(u.amount for u in meter.usage) == 27


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        (status(400, "Bad."), PermanentError, "400.*check the model"),
        (status(404), PermanentError, "404.*check the model's name"),
        (status(429, retry_after="4"), TransientError, "429"),
        (slow(3), TransientError, "in time"),
        (dropped, TransientError, "dropped"),
        (page(), TransientError, "not its JSON"),
    ],
)
def test_failures(
    server: GoogleServer, gemini: Gemini, fault: Any, error: type[Exception], message: str
) -> None:
    server.play(fault, on=":predict")
    with pytest.raises(error, match=message) as failed:
        embed(gemini, "my cousin Quirino", timeout=1.0)
    assert "Quirino" not in str(failed.value)
    assert getattr(failed.value, "retry_after", None) in (None, 4.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0] * 63, "63 numbers instead of 64"),
        ([], "0 numbers"),
        ([0.0] * 64, "not a direction"),
        (None, "0 vectors for 1 texts"),
    ],
)
def test_vectors_that_cannot_be_used(
    server: GoogleServer, gemini: Gemini, values: list[float] | None, message: str
) -> None:
    def other(exchange: Exchange) -> None:
        found = [{"embeddings": {"values": values, "statistics": {"token_count": 5}}}]
        exchange.json({"predictions": found if values is not None else []})

    server.play(other, on=":predict")
    with metered(), pytest.raises(UnusableAnswer, match=message):
        embed(gemini, "why")


def test_an_empty_text_is_refused_before_it_costs(server: GoogleServer, gemini: Gemini) -> None:
    with pytest.raises(PermanentError, match="text 2 of 3 is empty"):
        embed(gemini, "a", " ", "c")
    assert not server.calls


def test_the_check_finds_a_wrong_model_and_wrong_dimensions(gemini: Gemini) -> None:
    gemini.check_embedding(ONE_EACH, dimensions=768)
    with pytest.raises(PermanentError, match="gemini-embedding-9"):
        gemini.check_embedding("gemini-embedding-9", dimensions=768)
    with pytest.raises(PermanentError, match="between 1 and 3072"):
        gemini.check_embedding(ONE_EACH, dimensions=5000)
