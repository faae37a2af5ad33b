"""Faults of calls of a Google service, for `GoogleServer.play`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.support.google_server import Exchange, Fault, Json, Refusal, as_usual

__all__ = [
    "as_usual",
    "blocked_prompt",
    "cut_text",
    "dropped",
    "empty_text",
    "finish",
    "hung_up",
    "no_candidates",
    "page",
    "says",
    "slow",
    "status",
    "trickling",
    "truncated",
]

PAGE = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1>nginx</body></html>"


def status(
    code: int,
    message: str = "It failed.",
    *,
    name: str = "",
    retry_after: str = "",
    retry_delay: str = "",
) -> Fault:
    """An error as Google sends it.

    Args:
        name: such as `RESOURCE_EXHAUSTED`; if empty, the name that belongs to the code.
        retry_after: the header's value, in seconds or as a date.
        retry_delay: of a `RetryInfo` in the body, such as "7s".
    """
    info: Json = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": retry_delay}
    refusal = Refusal(code, message, status=name, details=(info,) if retry_delay else ())

    def fault(exchange: Exchange) -> None:
        headers = {"Retry_After": retry_after} if retry_after else {}
        exchange.json(refusal.body, code=code, **headers)

    return fault


def slow(seconds: float) -> Fault:
    """The right answer, whose first byte comes late."""

    def fault(exchange: Exchange) -> None:
        exchange.closing.wait(seconds)
        as_usual(exchange)

    return fault


def trickling(seconds: float) -> Fault:
    """The right answer in small pieces over so many seconds: never silent for long."""

    def fault(exchange: Exchange) -> None:
        body = json.dumps(exchange.normal()[1]).encode()
        exchange.raw(body, content="application/json", over=seconds)

    return fault


def hung_up(exchange: Exchange) -> None:
    """The connection is closed before any answer."""
    exchange.raw(b"", content="application/json", only=-1)


def dropped(exchange: Exchange) -> None:
    """The connection is closed in the middle of the body."""
    body = json.dumps(exchange.normal()[1]).encode()
    exchange.raw(body, content="application/json", only=len(body) // 2)


def truncated(exchange: Exchange) -> None:
    """A complete HTTP answer whose JSON is cut in the middle."""
    body = json.dumps(exchange.normal()[1]).encode()
    exchange.raw(body[: len(body) // 2], content="application/json")


def page(code: int = 200) -> Fault:
    """A web page, as from proxies and captive portals."""
    return lambda exchange: exchange.raw(PAGE, code=code, content="text/html; charset=UTF-8")


# -- what a model does ------------------------------------------------------------------------


def finish(
    reason: str, *, ratings: Sequence[Json] = (), keep: float = 0.0, output_tokens: int = 40
) -> Fault:
    """A candidate with this finish reason and the share `keep` of its text."""

    def change(body: Json) -> None:
        candidate = body["candidates"][0]
        candidate["finishReason"] = reason
        _cut(candidate, keep)
        if ratings:
            candidate["safetyRatings"] = list(ratings)
        body["usageMetadata"]["candidatesTokenCount"] = output_tokens

    return _changed(change)


def blocked_prompt(reason: str = "SAFETY", *, ratings: Sequence[Json] = ()) -> Fault:
    """No candidate: the prompt itself was refused."""

    def change(body: Json) -> None:
        del body["candidates"]
        body["usageMetadata"].pop("candidatesTokenCount")
        body["promptFeedback"] = {"blockReason": reason} | (
            {"safetyRatings": list(ratings)} if ratings else {}
        )

    return _changed(change)


def no_candidates(exchange: Exchange) -> None:
    """An empty answer."""

    def change(body: Json) -> None:
        body["candidates"] = []

    _changed(change)(exchange)


def says(text: str, *, fenced: bool = False) -> Fault:
    """The model writes this text for any prompt; `fenced` as Markdown code."""
    written = f"```json\n{text}\n```" if fenced else text

    def change(body: Json) -> None:
        body["candidates"][0]["content"] = {"role": "model", "parts": [{"text": written}]}

    return _changed(change)


def empty_text(exchange: Exchange) -> None:
    """A candidate that finished normally, without text."""

    def change(body: Json) -> None:
        body["candidates"][0]["content"] = {"role": "model"}

    _changed(change)(exchange)


def cut_text(exchange: Exchange) -> None:
    """The model's JSON stops in the middle, although its finish reason is normal."""
    _changed(lambda body: _cut(body["candidates"][0], 0.5))(exchange)


def rating(category: str, *, probability: str = "HIGH", blocked: bool = True) -> Json:
    """A safety rating, such as of `HARASSMENT`."""
    return {
        "category": f"HARM_CATEGORY_{category}",
        "probability": probability,
        "probabilityScore": 0.9,
        "severity": "HARM_SEVERITY_HIGH",
        "severityScore": 0.8,
    } | ({"blocked": True} if blocked else {})


def _changed(change) -> Fault:  # type: ignore[no-untyped-def]
    """The usual answer of generateContent with a change. A refusal stays as it is."""

    def fault(exchange: Exchange) -> None:
        code, body = exchange.normal()
        if code == 200:
            change(body)
        exchange.json(body, code=code)

    return fault


def _cut(candidate: Json, keep: float) -> None:
    parts = candidate["content"].get("parts", [])
    text = "".join(part["text"] for part in parts)[: int(keep * len(parts[0]["text"]))]
    if text:
        candidate["content"]["parts"] = [{"text": text}]
    else:
        candidate["content"] = {"role": "model"}
