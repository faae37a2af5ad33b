"""Request ids in every log entry of a Dataflow worker.

There Beam's own handler takes what is logged to the runner, as `LogEntry` messages. They have a
field for data like ours, `custom_data`, which the Python SDK leaves empty (apache/beam#30978):
it is filled here. And because it is the runner's business what it shows of that field, the
message ends with the same in words, so that a search for a request's id finds its lines.
"""

from __future__ import annotations

import logging
import threading

from apache_beam.portability.api import beam_fn_api_pb2
from apache_beam.runners.worker.log_handler import FnApiLogRecordHandler

from vividly.platform.telemetry.logs import TextFormatter, current

_lock = threading.Lock()


def add_request_to_logs() -> None:
    """Make Beam's log handlers add the request's ids. Locally there are none to change."""
    with _lock:
        for handler in logging.getLogger().handlers:
            if isinstance(handler, FnApiLogRecordHandler) and handler.formatter is None:
                handler.setFormatter(TextFormatter())
                _fill_custom_data(handler)


def _fill_custom_data(handler: FnApiLogRecordHandler) -> None:
    """`emit` puts each entry into this queue, on the thread that logs."""
    queue = handler._log_entry_queue
    put = queue.put

    def put_with_request(entry: object, block: bool = True, timeout: float | None = None) -> None:
        if isinstance(entry, beam_fn_api_pb2.LogEntry) and (fields := current()):
            entry.custom_data.update(fields)
        put(entry, block=block, timeout=timeout)

    queue.put = put_with_request
