"""A time limit for a whole answer: httpx's own timeouts apply to each read.

Without it a server that sends a byte now and then would block a call, and its stage, for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import httpx

_BEGAN = "vividly_began"


def hooks() -> Mapping[str, list[Callable[..., None]]]:
    """`event_hooks` for an httpx client that apply its read timeout to the whole answer.

    The limit is checked after each read, so an answer may take one read longer.
    """
    return {"request": [_begin], "response": [_bound]}


def _begin(request: httpx.Request) -> None:
    request.extensions[_BEGAN] = time.monotonic()


def _bound(response: httpx.Response) -> None:
    asked = response.request.extensions
    limit = (asked.get("timeout") or {}).get("read")
    stream = response.stream
    if limit is not None and isinstance(stream, httpx.SyncByteStream):
        response.stream = _Until(stream, asked[_BEGAN] + limit, response.request)


class _Until(httpx.SyncByteStream):
    """A body that raises at the first read after the limit."""

    def __init__(self, stream: httpx.SyncByteStream, end: float, request: httpx.Request) -> None:
        self._stream = stream
        self._end = end
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            if time.monotonic() > self._end:
                raise httpx.ReadTimeout("the answer came too slowly", request=self._request)
            yield piece

    def close(self) -> None:
        self._stream.close()
