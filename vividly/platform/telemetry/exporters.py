"""Exports spans to a file, to Cloud Trace, or to an OTLP collector.

    --trace_export=/var/log/vividly/traces.jsonl           a line of JSON for each span
    --trace_export=cloud                                   Cloud Trace, through its OTLP address
    --trace_export=http://localhost:4318/v1/traces         an OpenTelemetry collector, Jaeger, ...

The libraries of an exporter are imported only when it is used.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from vividly.model.errors import SettingsError

CLOUD = "cloud"
CLOUD_ENDPOINT = "https://telemetry.googleapis.com/v1/traces"
PROJECT = "gcp.project_id"
"""The resource attribute that names the project of the traces."""
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
TIMEOUT_S = 10.0


class FileExporter(SpanExporter):
    """Appends each span to a file, as a line of JSON."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write spans."""
        lines = "".join(span.to_json(indent=None) + "\n" for span in spans)
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(lines)
        return SpanExportResult.SUCCESS


def open_exporter(where: str) -> tuple[SpanExporter, Mapping[str, str]]:
    """Create an exporter. Returns it with the attributes that its resource must have.

    Args:
        where: `cloud`, an address, or the path of a file, whose folder is created.

    Raises:
        SettingsError: spans cannot be exported there.
    """
    if where == CLOUD:
        return _cloud_exporter()
    if where.startswith(("http://", "https://")):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(endpoint=where, timeout=TIMEOUT_S), {}
    path = Path(where).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError as error:
        raise SettingsError(
            f"--trace_export={where} cannot be written: {error.strerror}; "
            "give `cloud`, the address of a collector, or a path that can"
        ) from error
    return FileExporter(path), {}


def _cloud_exporter() -> tuple[SpanExporter, Mapping[str, str]]:
    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import AuthorizedSession
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    try:
        credentials, project = google.auth.default(scopes=SCOPES)
    except GoogleAuthError as error:
        raise SettingsError(f"--trace_export=cloud: {error}") from error
    if not project:
        raise SettingsError("--trace_export=cloud: no project is known; set GOOGLE_CLOUD_PROJECT")
    exporter = OTLPSpanExporter(
        endpoint=CLOUD_ENDPOINT, session=AuthorizedSession(credentials), timeout=TIMEOUT_S
    )
    return exporter, {PROJECT: project}
