"""Spans of the calls that a stage makes: of models, over HTTP, and of the database.

They come from OpenTelemetry's instrumentors, and are below the stage's span; what is called
outside a stage makes none. The instrumentors can record prompts, answers, headers, whole
addresses and error messages, all of which may hold a student's words: that is switched off, and
whatever they record all the same is dropped before it is exported, unless it is in `KEPT`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from urllib.parse import urlsplit

from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from sqlalchemy import Engine

OWN = "vividly"
"""The scope of our own spans, which hold ids and numbers only."""
ADDRESSES = frozenset({"http.url", "url.full"})
KEPT = frozenset(
    {
        *("http.method", "http.request.method", "http.status_code", "http.response.status_code"),
        *("server.address", "server.port", "net.peer.name", "net.peer.port", "error.type"),
        # Statements as they stand in the code: values are parameters, which nobody records.
        *("db.system", "db.system.name", "db.name", "db.namespace", "db.statement"),
        *("db.query.text", "db.operation", "db.operation.name"),
        *("gen_ai.system", "gen_ai.provider.name", "gen_ai.operation.name"),
        *("gen_ai.request.model", "gen_ai.response.model", "gen_ai.response.finish_reasons"),
        *("gen_ai.request.temperature", "gen_ai.request.max_tokens", "gen_ai.output.type"),
        *("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
        *("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.reasoning.output_tokens"),
        *ADDRESSES,
    }
)
"""Attributes of calls that are exported. Addresses lose their query first."""


def trace_calls(provider: TracerProvider) -> None:
    """Make spans of all calls over httpx and of google-genai, in this process, from now on."""
    from opentelemetry._logs import NoOpLoggerProvider
    from opentelemetry.instrumentation.google_genai import GoogleGenAiSdkInstrumentor
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.util.genai import environment_variables as genai

    os.environ[genai.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT] = "NO_CONTENT"
    # It would be given prompts and answers, whatever the line above says.
    os.environ.pop(genai.OTEL_INSTRUMENTATION_GENAI_COMPLETION_HOOK, None)
    for instrumentor in (HTTPXClientInstrumentor(), GoogleGenAiSdkInstrumentor()):
        if instrumentor.is_instrumented_by_opentelemetry:  # as where a test traces elsewhere
            instrumentor.uninstrument()
        instrumentor.instrument(
            tracer_provider=provider,
            meter_provider=NoOpMeterProvider(),
            logger_provider=NoOpLoggerProvider(),
        )


def trace_database(engine: Engine, provider: TracerProvider) -> None:
    """Make spans of an engine's statements."""
    from opentelemetry.instrumentation.sqlalchemy import engine as sqlalchemy

    # Not by SQLAlchemyInstrumentor: it adds a span for each checkout of a pooled connection.
    usage = NoOpMeterProvider().get_meter(OWN).create_up_down_counter("db.client.connections.usage")
    tracer = provider.get_tracer(sqlalchemy.__name__)
    sqlalchemy.EngineTracer(tracer, engine, usage)  # type: ignore[no-untyped-call]
    # It looks for the database's name where pg8000 has none, and pg8000 warns of it.
    warnings.filterwarnings("ignore", message="DB-API extension cursor.connection used")


class WithoutContent(SpanExporter):
    """Drops whatever of a call's span may hold content: all but `KEPT`."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export what is left."""
        return self._exporter.export([_bare(span) for span in spans])

    def shutdown(self) -> None:
        """Close the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Write what is still to be written."""
        return self._exporter.force_flush(timeout_millis)


def _bare(span: ReadableSpan) -> ReadableSpan:
    scope = span.instrumentation_scope
    if scope is not None and scope.name == OWN:
        return span
    kept = {name: value for name, value in (span.attributes or {}).items() if name in KEPT}
    for name in ADDRESSES & kept.keys():
        kept[name] = _without_query(str(kept[name]))
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=kept,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=scope,
    )


def _without_query(address: str) -> str:
    """Scheme, host, port and path: no user, password, query or fragment."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
