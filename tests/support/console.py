"""The pages, as a browser without scripts uses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from beam_pipeline.api.app import make_app
from beam_pipeline.api.backend import Backend
from beam_pipeline.console.app import make_pages
from vividly.platform.ledger.tokens import Holder, create_token

SAME = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form of the page itself."""


class Reader:
    """Somebody who is signed in."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> Response:
        return self.client.get(path, follow_redirects=False, **more)

    def send(self, path: str, fields: Any = None, **more: Any) -> Response:
        headers = SAME | more.pop("headers", {})
        return self.client.post(path, data=fields, headers=headers, follow_redirects=False, **more)

    def ask(self, **changes: Any) -> Response:
        fields = {
            "student_query": "Explain photosynthesis",
            "grade_level": "10",
            "interest": "basketball",
            "wanted": "video",
            "language": "en-US",
        }
        return self.send("/ask", fields | changes)


@contextmanager
def reading(backend: Backend, holder: Holder) -> Iterator[Reader]:
    """The pages of a system, read by a holder of a token."""
    with TestClient(make_app(backend, make_pages), raise_server_exceptions=False) as client:
        token = create_token(backend.engine, holder, lifetime=3600)
        reader = Reader(client)
        assert reader.send("/sign-in", {"token": token}).status_code == 303
        yield reader


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def tags(page: str) -> list[tuple[str, dict[str, str]]]:
    """The elements of a page in order: their names and attributes."""
    parser = _Tags()
    parser.feed(page)
    return parser.found
