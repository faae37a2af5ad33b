"""One trace per request, through all stages and both jobs.

The trace id comes from the message's attributes (W3C `traceparent`, or Pub/Sub's own
`googclient_traceparent`); without these, it is derived from the request's id. The attributes
travel with the ticket.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace import TraceFlags as Flags

from vividly.model.errors import SettingsError
from vividly.model.ticket import Ticket
from vividly.platform.telemetry.exporters import open_exporter

if TYPE_CHECKING:
    from sqlalchemy import Engine

LOG = logging.getLogger(__name__)
_ids: ContextVar[int | None] = ContextVar("vividly_span_id", default=None)


@contextmanager
def stage_span(export: str, ticket: Ticket, stage: str) -> Iterator[trace.Span]:
    """A span for a stage in the request's trace. Exceptions are recorded.

    Args:
        export: the setting `trace_export`; nothing is traced where it is empty.
    """
    if not export:
        yield trace.INVALID_SPAN
        return
    span = _tracer(export).start_span(
        stage, context=_in_request(ticket), attributes=_attributes(ticket)
    )
    try:
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield span
    except BaseException as error:
        # Only the type: the message may hold a student's words.
        span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        span.end()


def request_span(export: str, ticket: Ticket, status: str, *, budget: float) -> None:
    """Write the parent span of an attempt's stages, once the attempt has ended.

    Args:
        budget: seconds from the claim to the ticket's deadline.
    """
    if not export:
        return
    began = ticket.deadline - budget  # negative for a request that was never claimed
    token = _ids.set(_span_id(ticket))
    try:
        span = _tracer(export).start_span(
            "request",
            context=_from_outside(ticket),
            kind=SpanKind.CONSUMER,
            attributes={**_attributes(ticket), "status": status},
            start_time=int(began * 1e9) if began > 0 else None,
        )
    finally:
        _ids.reset(token)
    if status == "failed":
        span.set_status(Status(StatusCode.ERROR))
    span.end(time.time_ns())


def trace_id(request_id: str, attributes: Mapping[str, str]) -> str:
    """The id of a request's trace, 32 hexadecimal digits."""
    found = _parent(attributes)
    return found[0] if found else request_id.replace("-", "")


def flush(export: str) -> None:
    """Write the pending spans."""
    if export:
        _provider(export).force_flush()


def trace_statements(export: str, engine: Engine) -> None:
    """Trace an engine's statements, as children of the stage that sends them.

    Args:
        export: the setting `trace_export`; nothing is traced where it is empty.
    """
    if export:
        from vividly.platform.telemetry.calls import trace_database

        trace_database(engine, _provider(export))


class _GivenIds(RandomIdGenerator):
    """Random ids, except for a span whose id its children already use."""

    def generate_span_id(self) -> int:
        return _ids.get() or super().generate_span_id()


@cache
def _provider(export: str) -> TracerProvider:
    # Imported here because the traced libraries take a second to load.
    from vividly.platform.telemetry.calls import WithoutContent, trace_calls

    attributes: dict[str, str] = {"service.name": "vividly"}
    processor = None
    try:
        exporter, more = open_exporter(export)
        attributes |= more
        processor = BatchSpanProcessor(WithoutContent(exporter))
    except SettingsError as error:
        # The launch has checked the exporter. If it fails now, lessons go on without traces.
        LOG.error("Nothing is traced: %s", error)
    provider = TracerProvider(
        resource=Resource.create(attributes),
        id_generator=_GivenIds(),
        # Calls outside a stage, such as those that renew claims, are in no request's trace.
        sampler=ParentBased(ALWAYS_OFF),
    )
    if processor:
        provider.add_span_processor(processor)
        trace_calls(provider)
    return provider


def _tracer(export: str) -> trace.Tracer:
    return _provider(export).get_tracer("vividly")


def _in_request(ticket: Ticket) -> Context:
    return _below(trace_id(ticket.request.request_id, ticket.message.attributes), _span_id(ticket))


def _from_outside(ticket: Ticket) -> Context:
    """The context of the request's publisher, or of a new trace."""
    if found := _parent(ticket.message.attributes):
        return _below(found[0], int(found[1], 16))
    return _below(trace_id(ticket.request.request_id, {}), 0x1)


def _below(id: str, span_id: int) -> Context:
    parent = SpanContext(int(id, 16), span_id, is_remote=True, trace_flags=Flags(Flags.SAMPLED))
    return trace.set_span_in_context(NonRecordingSpan(parent))


def _span_id(ticket: Ticket) -> int:
    """The span id of an attempt: the same in every process that works on it."""
    name = f"{ticket.request.request_id}/{ticket.attempt}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") or 1


def _parent(attributes: Mapping[str, str]) -> tuple[str, str] | None:
    for name in ("traceparent", "googclient_traceparent"):
        parts = attributes.get(name, "").split("-")
        if len(parts) >= 4 and _is_hex(parts[1], 32) and _is_hex(parts[2], 16):
            return parts[1], parts[2]
    return None


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and all(c in "0123456789abcdef" for c in text) and int(text, 16) > 0


def _attributes(ticket: Ticket) -> dict[str, str | int]:
    return {
        "request_id": ticket.request.request_id,
        "correlation_id": ticket.request.correlation_id,
        "attempt": ticket.attempt,
    }
