"""Spans of a stage's calls: of models, over HTTP, and of the database.

OpenTelemetry's instrumentors create them as children of the stage's span; calls outside a stage
have none. The instrumentors can record prompts, answers, headers, whole addresses and error
messages, which may hold a student's words. Such recording is switched off, and every attribute
that is not in `KEPT` is dropped before export.
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
        # Statements as written in the code: the values are parameters and are not recorded.
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
"""Attributes of calls that are exported. The query of an address is removed first."""


def trace_calls(provider: TracerProvider) -> None:
    """Trace all calls of httpx and google-genai in this process from now on."""
    from opentelemetry._logs import NoOpLoggerProvider
    from opentelemetry.instrumentation.google_genai import GoogleGenAiSdkInstrumentor
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.util.genai import environment_variables as genai

    os.environ[genai.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT] = "NO_CONTENT"
    # This hook would get prompts and answers, whatever the setting above says.
    os.environ.pop(genai.OTEL_INSTRUMENTATION_GENAI_COMPLETION_HOOK, None)
    for instrumentor in (HTTPXClientInstrumentor(), GoogleGenAiSdkInstrumentor()):
        if instrumentor.is_instrumented_by_opentelemetry:  # by an earlier test
            instrumentor.uninstrument()
        instrumentor.instrument(
            tracer_provider=provider,
            meter_provider=NoOpMeterProvider(),
            logger_provider=NoOpLoggerProvider(),
        )


def trace_database(engine: Engine, provider: TracerProvider) -> None:
    """Trace an engine's statements."""
    from opentelemetry.instrumentation.sqlalchemy import engine as sqlalchemy

    # SQLAlchemyInstrumentor would add a span for each checkout of a pooled connection.
    usage = NoOpMeterProvider().get_meter(OWN).create_up_down_counter("db.client.connections.usage")
    tracer = provider.get_tracer(sqlalchemy.__name__)
    sqlalchemy.EngineTracer(tracer, engine, usage)  # type: ignore[no-untyped-call]
    # The tracer reads `cursor.connection` for the database's name, and pg8000 warns about it.
    warnings.filterwarnings("ignore", message="DB-API extension cursor.connection used")


class WithoutContent(SpanExporter):
    """Drops the attributes of a call's span that may hold content: all except `KEPT`."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export the spans without content."""
        return self._exporter.export([_bare(span) for span in spans])

    def shutdown(self) -> None:
        """Close the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Write the pending spans."""
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
