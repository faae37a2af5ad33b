"""Adds request ids to every log entry of a Dataflow worker.

On Dataflow, Beam's handler sends log records to the runner as `LogEntry` messages. The Python SDK
leaves their field `custom_data` empty (apache/beam#30978); this module fills it. Runners may not
show that field, so the message text also ends with the ids, and a search for an id finds it.
"""

from __future__ import annotations

import logging
import threading

from apache_beam.portability.api import beam_fn_api_pb2
from apache_beam.runners.worker.log_handler import FnApiLogRecordHandler

from vividly.platform.telemetry.logs import TextFormatter, current

_lock = threading.Lock()


def add_request_to_logs() -> None:
    """Make Beam's log handlers add the request's ids. Local jobs have no such handlers."""
    with _lock:
        for handler in logging.getLogger().handlers:
            if isinstance(handler, FnApiLogRecordHandler) and handler.formatter is None:
                handler.setFormatter(TextFormatter())
                _fill_custom_data(handler)


def _fill_custom_data(handler: FnApiLogRecordHandler) -> None:
    """Fill `custom_data` where `emit` queues an entry, on the thread that logs it."""
    queue = handler._log_entry_queue
    put = queue.put

    def put_with_request(entry: object, block: bool = True, timeout: float | None = None) -> None:
        if isinstance(entry, beam_fn_api_pb2.LogEntry) and (fields := current()):
            entry.custom_data.update(fields)
        put(entry, block=block, timeout=timeout)

    queue.put = put_with_request
