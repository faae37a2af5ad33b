"""Embeddings on Vertex AI, within its limits.

Limits from cloud.google.com/vertex-ai/generative-ai/docs/embeddings/get-text-embeddings:
gemini-embedding-001 takes one text per request; other models 250, and 20,000 tokens in all.
A text has at most 2,048 tokens. A longer text is refused, not cut: the rest would silently
never be found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

from google.genai import Client, types

from vividly.model.errors import PermanentError, UnusableAnswer
from vividly.platform.cost import charge

TEXTS = 100
BYTES = 30_000
"""Characters per request of several texts: below 20,000 tokens in any script."""
AT_ONCE = 6
"""Requests in parallel."""


def embed(
    client: Client, texts: Sequence[str], model: str, task: str, dimensions: int, timeout: float
) -> list[list[float]]:
    """A vector of length 1 for each text. See `Gemini.embed`, which also names the errors."""
    for at, text in enumerate(texts, 1):
        if not text.strip():
            raise PermanentError(f"Vertex AI ({model}): text {at} of {len(texts)} is empty")
    config = types.EmbedContentConfig(
        task_type=task,
        output_dimensionality=dimensions,
        auto_truncate=False,
        http_options=types.HttpOptions(timeout=max(1, int(1000 * timeout))),
    )

    def request(batch: Sequence[str]) -> Any:
        return client.models.embed_content(model=model, contents=list(batch), config=config)

    batches = list(_batches(texts, model))
    answered, failed = _ask(request, batches)
    # Charged here, since only this thread has the meter.
    charge(model, input_tokens=sum(_tokens(response) for response in answered))
    if failed is not None:
        raise failed
    return [
        vector
        for batch, response in zip(batches, answered, strict=True)
        for vector in _vectors(response, len(batch), model, dimensions)
    ]


def _ask(
    request: Callable[[Sequence[str]], Any], batches: Sequence[Sequence[str]]
) -> tuple[list[Any], BaseException | None]:
    """The answers in order, and the first error, after which no request is sent."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="embed") as pool:
        futures = [pool.submit(request, batch) for batch in batches]
        wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            future.cancel()
    ended = [future for future in futures if not future.cancelled()]
    errors = [error for future in ended if (error := future.exception())]
    return [f.result() for f in ended if not f.exception()], errors[0] if errors else None


def _tokens(response: Any) -> int:
    found = response.embeddings or ()
    return int(sum(one.statistics.token_count or 0 for one in found if one.statistics))


def _vectors(response: Any, count: int, model: str, dimensions: int) -> list[list[float]]:
    found = response.embeddings or []
    if len(found) != count:
        raise UnusableAnswer(f"Vertex AI ({model}): {len(found)} vectors for {count} texts")
    return [_unit(one.values, model, dimensions) for one in found]


def _batches(texts: Sequence[str], model: str) -> Iterator[Sequence[str]]:
    if model.startswith("gemini-"):
        yield from ([text] for text in texts)
        return
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if batch and (len(batch) == TEXTS or size + length > BYTES):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch


def _unit(values: Sequence[float] | None, model: str, dimensions: int) -> list[float]:
    """The vector scaled to length 1: gemini-embedding-001 normalises only full-length vectors."""
    vector = values or []
    length = math.sqrt(math.fsum(value * value for value in vector))
    if len(vector) != dimensions or not math.isfinite(length) or length == 0:
        raise UnusableAnswer(
            f"Vertex AI ({model}): a vector of {len(vector)} numbers instead of {dimensions}, "
            "or not a direction"
        )
    return [value / length for value in vector]
