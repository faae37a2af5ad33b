"""Logs in Google Cloud's format: JSON with fields for severity, request, stage and trace.

    LOG_FORMAT=json python -m beam_pipeline.main ...

`log_context` sets the request that log records are about. Everything logged in its block on its
thread, by libraries too, has the request's ids. A student's words are never logged.
"""

from __future__ import annotations

import json
import logging
import os
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType

from vividly.model.ticket import Ticket
from vividly.platform.telemetry.traces import trace_id

_context: ContextVar[Mapping[str, str]] = ContextVar("vividly_about", default=MappingProxyType({}))
TRACE = "logging.googleapis.com/trace"
TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_PLAIN = re.compile(r"[\w.:/-]+")
"""Characters that are logged unquoted. A publisher's correlation id could hold line breaks."""
_SEVERITIES = {"WARN": "WARNING", "FATAL": "CRITICAL"}


@contextmanager
def log_context(ticket: Ticket, stage: str) -> Iterator[None]:
    """Add the request's ids and the stage to every log record of the block, on this thread."""
    fields = {
        "request_id": ticket.request.request_id,
        "correlation_id": ticket.request.correlation_id,
        "stage": stage,
        "attempt": str(ticket.attempt),
        "trace": trace_id(ticket.request.request_id, ticket.message.attributes),
    }
    token = _context.set(fields)
    try:
        yield
    finally:
        _context.reset(token)


def current(project: str = "") -> dict[str, str]:
    """The context fields of this thread, under Cloud Logging's names; empty outside any context.

    Args:
        project: the Google Cloud project that traces are in.
    """
    fields = dict(_context.get())
    if trace := fields.pop("trace", ""):
        where = f"projects/{project}/traces/" if project else ""
        fields[TRACE] = where + trace
    return fields


class TextFormatter(logging.Formatter):
    """A readable line, with the request's ids at its end."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, without a traceback."""
        line = super().formatMessage(record)
        if not (fields := current()):
            return line
        known = fields["request_id"]
        # Fields that repeat the request's id are left out.
        shown = {
            name.rsplit("/", 1)[-1]: value if _PLAIN.fullmatch(value) else json.dumps(value)
            for name, value in fields.items()
            if name == "request_id" or value not in (known, known.replace("-", ""))
        }
        return f"{line} [{' '.join(f'{name}={value}' for name, value in shown.items())}]"


class JsonFormatter(logging.Formatter):
    """One JSON object per line, with Cloud Logging's field names."""

    def __init__(self, project: str = "") -> None:
        super().__init__()
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        entry: dict[str, object] = {
            "severity": _SEVERITIES.get(record.levelname, record.levelname),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "message": record.getMessage(),
            "logger": record.name,
            "logging.googleapis.com/sourceLocation": {
                "file": record.pathname.rsplit("/", 2)[-1],
                "line": str(record.lineno),
                "function": record.funcName,
            },
        }
        if fields := current(self._project):
            entry |= fields
            entry["logging.googleapis.com/labels"] = {"request_id": fields["request_id"]}
        if record.exc_info and record.exc_info[1] is not None:
            entry["stack_trace"] = "".join(traceback.format_exception(record.exc_info[1]))
        return json.dumps(entry, ensure_ascii=False)


def configure(default: str = "text", *, project: str = "") -> None:
    """Log to standard error, in LOG_FORMAT (`json` or `text`), from LOG_LEVEL up.

    Args:
        default: the format if LOG_FORMAT is not set.
        project: the Google Cloud project that traces are in.
    """
    handler = logging.StreamHandler()
    as_json = os.environ.get("LOG_FORMAT", default).lower() == "json"
    handler.setFormatter(JsonFormatter(project) if as_json else TextFormatter(TEXT))
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO").upper(), handlers=[handler])
    # Below warnings, Beam logs every string annotation it meets.
    logging.getLogger("apache_beam").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
