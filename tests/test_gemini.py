"""Calls of Vertex AI over real sockets: their results and errors."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.support.gemini_calls import MODEL, SECRET, Echo, ask, echoes, vertex
from tests.support.google_faults import (
    as_usual,
    blocked_prompt,
    cut_text,
    dropped,
    empty_text,
    finish,
    hung_up,
    no_candidates,
    page,
    rating,
    says,
    slow,
    status,
    trickling,
    truncated,
)
from tests.support.google_server import Fault, GoogleServer
from tests.support.google_vertex import prompt_of, system_of
from vividly.model.errors import (
    ContentBlocked,
    DeadlineExceeded,
    PermanentError,
    TransientError,
    UnusableAnswer,
    VividlyError,
)
from vividly.model.gemini_models import THOUGHT_TOKENS
from vividly.model.time_left import until
from vividly.platform.cost import metered
from vividly.platform.google.gemini import MOST_OUTPUT_TOKENS, Gemini, make_gemini
from vividly.platform.google.vertex import vertex_client


@pytest.fixture(scope="module")
def running() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield echoes(server)


@pytest.fixture
def server(running: GoogleServer) -> Iterator[GoogleServer]:
    yield running
    unplayed = running.unplayed
    running.forget()
    assert not unplayed, "a fault was never met"


@pytest.fixture
def gemini(server: GoogleServer) -> Gemini:
    return make_gemini(vertex(server.url))


# -- success ----------------------------------------------------------------------------------


def test_an_answer_in_the_schema(server: GoogleServer, gemini: Gemini) -> None:
    with metered() as meter:
        got = ask(gemini, "one two three")
    assert got.value == Echo(reversed="three two one", count=3)
    assert (got.model_version, got.requests) == (MODEL, 1)
    assert {(u.sku, u.unit): u.amount for u in meter.usage} == {
        (MODEL, "input_tokens"): got.input_tokens,
        (MODEL, "output_tokens"): got.output_tokens,
    }
    assert got.input_tokens > 0 and got.output_tokens > 0


def test_what_is_sent(server: GoogleServer, gemini: Gemini) -> None:
    ask(gemini, "one", model="gemini-3.5-flash", temperature=0.7, thinking="minimal")
    (call,) = server.called()
    assert call.path == (
        "/v1beta1/projects/demo-project/locations/global/publishers/google/models/"
        "gemini-3.5-flash:generateContent"
    )
    assert system_of(call) == "Turn it round." and prompt_of(call) == "one"
    config = call.body["generationConfig"]
    assert config["temperature"] == 0.7
    assert config["maxOutputTokens"] == 100 + THOUGHT_TOKENS["minimal"]
    assert config["responseSchema"]["required"] == ["reversed", "count"]
    assert call.headers["x-server-timeout"] == "5"
    assert config["thinkingConfig"] == {"thinking_level": "MINIMAL"}
    thresholds = {s["category"]: s["threshold"] for s in call.body["safetySettings"]}
    assert len(thresholds) == 4
    assert set(thresholds.values()) == {"BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE"}


@pytest.mark.parametrize(
    ("model", "level", "sent", "temperature"),
    [
        ("gemini-3.1-flash-lite", "minimal", "MINIMAL", True),
        ("gemini-3.1-pro-preview", "minimal", "LOW", True),
        ("gemini-3.5-flash", "high", "HIGH", True),
        ("gemini-3.5-flash-lite", "minimal", "MINIMAL", False),
        ("gemini-3.8-flash", "minimal", "LOW", False),
        ("gemini-3.8-flash", "medium", "MEDIUM", False),
    ],
)
def test_each_model_is_asked_for_what_it_knows(
    server: GoogleServer, gemini: Gemini, model: str, level: str, sent: str, temperature: bool
) -> None:
    assert ask(gemini, "one two", model=model, thinking=level, temperature=0.3).value.count == 2
    config = server.called()[0].body["generationConfig"]
    assert config["thinkingConfig"] == {"thinking_level": sent}
    assert ("temperature" in config) == temperature


def test_a_model_keeps_its_own_temperature(server: GoogleServer, gemini: Gemini) -> None:
    ask(gemini, "one", model="gemini-3.5-flash", temperature=-1.0)
    assert "temperature" not in server.called()[0].body["generationConfig"]


def test_many_threads_share_a_client(server: GoogleServer) -> None:
    settings = vertex(server.url)

    def one(number: int) -> str:
        return ask(make_gemini(settings), f"number {number}").value.reversed

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(one, range(48))) == [f"{n} number" for n in range(48)]
    assert vertex_client(settings) is vertex_client(vertex(server.url, script_model="other"))


# -- errors -----------------------------------------------------------------------------------

FAILURES: dict[str, tuple[list[Fault], type[VividlyError], str]] = {
    "400": ([status(400, "Unsupported schema.")], PermanentError, "400.*--vertex_location"),
    "401": ([status(401)], PermanentError, "401 UNAUTHENTICATED.*gcloud auth"),
    "403": ([status(403)], PermanentError, "403.*aiplatform.googleapis.com.*aiplatform.user"),
    "404": ([status(404)], PermanentError, "404.*check the model's name"),
    "408": ([status(408)], TransientError, "408"),
    "429": ([status(429, "Quota exceeded.")], TransientError, "429 RESOURCE_EXHAUSTED: Quota"),
    "499": ([status(499)], TransientError, "499"),
    "500": ([status(500)], TransientError, "500 INTERNAL"),
    "503": ([status(503)], TransientError, "503 UNAVAILABLE"),
    "504": ([status(504)], TransientError, "504"),
    "slow": ([slow(3)], TransientError, "did not answer in time"),
    "slow trickle": ([trickling(30)], TransientError, "did not answer in time"),
    "dropped": ([dropped], TransientError, "dropped or refused"),
    "hung up": ([hung_up], TransientError, "dropped or refused"),
    "page": ([page()], TransientError, "not its JSON"),
    "page 502": ([page(502)], TransientError, "502.*a web page"),
    "truncated": ([truncated], TransientError, "not its JSON"),
    "MAX_TOKENS": ([finish("MAX_TOKENS", keep=0.5)] * 2, UnusableAnswer, "longer than 2248"),
    "RECITATION": ([finish("RECITATION")], UnusableAnswer, "RECITATION"),
    "OTHER": ([finish("OTHER", keep=1.0)], UnusableAnswer, "OTHER"),
    "unheard of": ([finish("GREMLINS", keep=1.0)], UnusableAnswer, "GREMLINS"),
    "SAFETY": ([finish("SAFETY")], ContentBlocked, "SAFETY"),
    "SAFETY with text": ([finish("SAFETY", keep=1.0)], ContentBlocked, "SAFETY"),
    "PROHIBITED": ([finish("PROHIBITED_CONTENT")], ContentBlocked, "PROHIBITED_CONTENT"),
    "BLOCKLIST": ([finish("BLOCKLIST")], ContentBlocked, "BLOCKLIST"),
    "SPII": ([finish("SPII")], ContentBlocked, "SPII"),
    "ARMOR": ([finish("MODEL_ARMOR")], ContentBlocked, "MODEL_ARMOR"),
    "prompt": ([blocked_prompt()], ContentBlocked, "refused the prompt: SAFETY"),
    "prompt OTHER": ([blocked_prompt("OTHER")], ContentBlocked, "refused the prompt: OTHER"),
    "prompt JAILBREAK": ([blocked_prompt("JAILBREAK")], ContentBlocked, "JAILBREAK"),
    "no candidates": ([no_candidates], UnusableAnswer, "no candidates"),
    "empty": ([empty_text], UnusableAnswer, "empty"),
    "blank": ([says(" \n ")], UnusableAnswer, "empty"),
    "cut": ([cut_text], UnusableAnswer, "the answer is not JSON"),
    "prose": ([says(f"Sure! {SECRET}")], UnusableAnswer, "the answer is not JSON"),
    "fenced": ([says('{"reversed": "a", "count": 1}', fenced=True)], UnusableAnswer, "is not JSON"),
    "list": ([says("[]")], UnusableAnswer, "the answer is an array, and has to be an object"),
    "missing": ([says(f'{{"reversed": "{SECRET}"}}')], UnusableAnswer, "count is missing"),
    "type": (
        [says(f'{{"reversed": "a", "count": "{SECRET}"}}')],
        UnusableAnswer,
        "count is not a whole number",
    ),
    "range": ([says('{"reversed": "a", "count": 0}')], UnusableAnswer, "count is less than 1"),
}
REFUSED_BEFORE = ("4", "5", "slow", "dropped", "hung", "page", "truncated")
"""Beginnings of the names of those for which nothing was used, as far as one can know."""


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_is_an_error_of_its_own(
    server: GoogleServer, gemini: Gemini, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    faults, error, message = FAILURES[name]
    server.play(*faults)
    with (
        caplog.at_level(logging.DEBUG),
        metered() as meter,
        pytest.raises(error, match=message) as failed,
    ):
        ask(gemini, timeout=1.0 if name.startswith("slow") else 5.0)
    assert type(failed.value) is error
    assert f"Gemini ({MODEL})" in str(failed.value)
    for said in (str(failed.value), caplog.text):
        assert "Quirino" not in said and "Elm" not in said
    assert len(server.called()) == len(faults), "nothing is retried but an answer too long"
    used = {u.unit: u.amount for u in meter.usage}
    if name.startswith(REFUSED_BEFORE):
        assert not used
    else:
        assert used["input_tokens"] > 0, "billed, although nothing came of it"
    server.play(as_usual)
    assert ask(gemini, "a b").value.count == 2, "the client still works"


@pytest.mark.parametrize(
    ("fault", "low", "high"),
    [
        (status(429, retry_after="2"), 2, 2),
        (status(503, retry_after="0"), 0, 0),
        (status(429, retry_delay="7s"), 7, 7),
        (status(429, retry_after="2", retry_delay="7s"), 2, 2),
    ],
)
def test_how_long_to_wait(
    server: GoogleServer, gemini: Gemini, fault: Fault, low: float, high: float
) -> None:
    server.play(fault)
    with pytest.raises(TransientError) as failed:
        ask(gemini)
    assert failed.value.retry_after is not None
    assert low <= failed.value.retry_after <= high


def test_how_long_to_wait_as_a_date(server: GoogleServer, gemini: Gemini) -> None:
    at = datetime.now(UTC) + timedelta(seconds=30)
    server.play(status(503, retry_after=format_datetime(at, usegmt=True)))
    with pytest.raises(TransientError) as failed:
        ask(gemini)
    assert failed.value.retry_after is not None and 20 < failed.value.retry_after <= 30


def test_no_wait_is_made_up(server: GoogleServer, gemini: Gemini) -> None:
    server.play(status(503))
    with pytest.raises(TransientError) as failed:
        ask(gemini)
    assert failed.value.retry_after is None


def test_a_message_that_repeats_the_prompt_is_withheld(
    server: GoogleServer, gemini: Gemini
) -> None:
    server.play(status(400, f"Invalid text: {SECRET}"))
    with pytest.raises(PermanentError, match=r"withheld.*check the model"):
        ask(gemini)


@pytest.mark.parametrize(
    ("fault", "category"),
    [
        (finish("SAFETY", ratings=[rating("HATE_SPEECH")]), "hate"),
        (finish("SAFETY", ratings=[rating("HARASSMENT")]), "hate"),
        (finish("SAFETY", ratings=[rating("SEXUALLY_EXPLICIT")]), "sexual"),
        (finish("SAFETY", ratings=[rating("DANGEROUS_CONTENT")]), "unsafe"),
        (finish("SAFETY"), "unsafe"),
        (finish("SPII", ratings=[rating("HATE_SPEECH")]), "personal_data"),
        (finish("PROHIBITED_CONTENT"), "unsafe"),
        (blocked_prompt("SAFETY", ratings=[rating("SEXUALLY_EXPLICIT")]), "sexual"),
        (blocked_prompt("PROHIBITED_CONTENT"), "unsafe"),
        (
            # The rating that blocked counts, not the most probable one.
            finish(
                "SAFETY",
                ratings=[
                    rating("SEXUALLY_EXPLICIT", probability="HIGH", blocked=False),
                    rating("HATE_SPEECH", probability="LOW"),
                ],
            ),
            "hate",
        ),
        (
            finish(
                "SAFETY",
                ratings=[
                    rating("HATE_SPEECH", probability="NEGLIGIBLE", blocked=False),
                    rating("SEXUALLY_EXPLICIT", probability="MEDIUM", blocked=False),
                ],
            ),
            "sexual",
        ),
        (
            finish(
                "SAFETY",
                ratings=[rating("SEXUALLY_EXPLICIT", probability="NEGLIGIBLE", blocked=False)],
            ),
            "unsafe",
        ),
    ],
)
def test_why_it_was_blocked(
    server: GoogleServer, gemini: Gemini, fault: Fault, category: str
) -> None:
    server.play(fault)
    with pytest.raises(ContentBlocked) as blocked:
        ask(gemini)
    assert blocked.value.category == category


# -- answers that are too long ----------------------------------------------------------------


def test_an_answer_that_was_cut_off_is_asked_for_once_more(
    server: GoogleServer, gemini: Gemini
) -> None:
    words = "a_longer_word " * 400
    with metered() as meter:
        got = ask(gemini, words, max_output_tokens=90)
    assert (got.value.count, got.requests) == (400, 2)
    limits = [call.body["generationConfig"]["maxOutputTokens"] for call in server.called()]
    assert limits == [1114, 2228]
    charged = sum(u.amount for u in meter.usage if u.unit == "output_tokens")
    assert charged == got.output_tokens > 2 * 1114, "both requests are paid"


def test_no_limit_goes_beyond_what_models_have(server: GoogleServer, gemini: Gemini) -> None:
    server.play(finish("MAX_TOKENS"), finish("MAX_TOKENS"))
    with pytest.raises(UnusableAnswer, match=str(MOST_OUTPUT_TOKENS)):
        ask(gemini, max_output_tokens=40_000)
    limits = [call.body["generationConfig"]["maxOutputTokens"] for call in server.called()]
    assert limits == [41_024, MOST_OUTPUT_TOKENS]


def test_an_answer_that_trickles_has_no_more_time_than_another(
    server: GoogleServer, gemini: Gemini
) -> None:
    server.play(trickling(0.5), trickling(30))
    assert ask(gemini, "a b", timeout=2.0).value.count == 2
    began = time.monotonic()
    with pytest.raises(TransientError, match="in time"):
        ask(gemini, "a b", timeout=0.8)
    assert time.monotonic() - began < 2


def test_a_call_takes_no_longer_than_its_stage_has_left(
    server: GoogleServer, gemini: Gemini
) -> None:
    server.play(slow(5))
    began = time.monotonic()
    with until(time.time() + 0.5), pytest.raises(TransientError, match="in time"):
        ask(gemini, timeout=30.0)
    assert time.monotonic() - began < 2
    with until(time.time()), pytest.raises(DeadlineExceeded):
        ask(gemini, timeout=30.0)
    assert len(server.called()) == 1


def test_both_requests_share_the_time(server: GoogleServer, gemini: Gemini) -> None:
    def slowly_cut(exchange: Any) -> None:
        exchange.closing.wait(0.6)
        finish("MAX_TOKENS")(exchange)

    server.play(slowly_cut, slow(3))
    began = time.monotonic()
    with pytest.raises(TransientError, match="in time"):
        ask(gemini, timeout=1.2)
    assert time.monotonic() - began < 2


def test_thoughts_are_paid_and_not_read(server: GoogleServer, gemini: Gemini) -> None:
    def thinks(exchange: Any) -> None:
        _, body = exchange.normal()
        body["candidates"][0]["content"]["parts"].insert(0, {"text": "Hmm {", "thought": True})
        body["usageMetadata"]["thoughtsTokenCount"] = 1000
        exchange.json(body)

    server.play(thinks)
    with metered() as meter:
        assert ask(gemini, "a b").value.count == 2
    assert sum(u.amount for u in meter.usage if u.unit == "output_tokens") > 1000
