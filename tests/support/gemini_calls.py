"""Test calls of Gemini: the model reverses the words of its prompt."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from tests.support.google_server import Call, GoogleServer, Json
from tests.support.google_vertex import asks_for, prompt_of
from vividly.model.settings import Settings
from vividly.platform.google.gemini import Gemini, Generated

MODEL = "gemini-3.5-flash-lite"
SECRET = "my cousin Tomás Quirino lives in Elm Street"


class Echo(BaseModel):
    """What the model is asked for here: the prompt's words, counted and upside down."""

    reversed: str
    count: int = Field(ge=1, le=500)
    kind: str = ""


def echo(call: Call) -> Json:
    words = prompt_of(call).split()
    return {"reversed": " ".join(reversed(words)), "count": len(words)}


def echoes(server: GoogleServer) -> GoogleServer:
    """Make the server answer the calls of `ask`."""
    server.generates(asks_for("reversed", "count"), echo)
    return server


def vertex(server_url: str, **changes: Any) -> Settings:
    fields = {"vertex_project": "demo-project", "vertex_endpoint": server_url} | changes
    return Settings("", "", "", **fields)


def ask(gemini: Gemini, prompt: str = SECRET, **changes: Any) -> Generated[Echo]:
    how: dict[str, Any] = {
        "model": MODEL,
        "system": "Turn it round.",
        "schema": Echo,
        "temperature": 0.2,
        "max_output_tokens": 100,
        "timeout": 5.0,
        "thinking": "minimal",
    }
    return gemini.generate(prompt=prompt, **(how | changes))
