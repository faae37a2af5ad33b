"""`/health`, `/health/ready` and `/metrics` of a local job, on --health_check_port.

`/health` says that the process is alive. `/health/ready` says whether it can work, what it lacks
(the database, its subscription, its buckets, a provider), and which services are known to be
unavailable. `/metrics` is for Prometheus.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from beam_pipeline.options import Endpoints
from beam_pipeline.preflight import bucket_checks
from vividly.execution.services import Services
from vividly.model.errors import SettingsError, VividlyError
from vividly.platform.breaker import open_circuits
from vividly.platform.ledger.engine import database_errors
from vividly.platform.telemetry.prometheus import exposition

LOG = logging.getLogger(__name__)
FRESH_S = 5.0
"""Seconds that an answer is cached, so that frequent probes cost nothing."""
PUBSUB_TIMEOUT_S = 3.0

Checks = Mapping[str, Callable[[], object]]


class Readiness:
    """Checks what the job needs, on request; results are cached for `FRESH_S` seconds."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, str]] = (-FRESH_S, {})

    def problems(self) -> dict[str, str]:
        """Subject -> what is wrong with it; empty if the job can work."""
        with self._lock:
            at, found = self._known
            if time.monotonic() - at >= FRESH_S:
                found = {
                    name: told for name, check in self._checks.items() if (told := _ask(check))
                }
                self._known = (time.monotonic(), found)
            return found

    @property
    def subjects(self) -> list[str]:
        """The subjects that are checked."""
        return list(self._checks)


def checks_of(services: Services, endpoints: Endpoints) -> Checks:
    """The checks of a job: its database, its subscription, its buckets, its providers."""
    settings = services.settings
    checks: dict[str, Callable[[], object]] = {"database": lambda: _database(services)}
    if name := endpoints.input_subscription or endpoints.media_subscription:
        from beam_pipeline.pubsub import Resources

        resources = Resources(timeout=PUBSUB_TIMEOUT_S)
        checks["subscription"] = lambda: resources.check_subscription(name)
    checks |= bucket_checks(settings, endpoints)
    checks["providers"] = _providers
    return checks


def serve(port: int, readiness: Readiness, *, host: str = "") -> ThreadingHTTPServer:
    """Serve from a thread until the process ends.

    Args:
        port: 0 for any free port.
        host: the address to listen on. Default: all addresses of this machine, since probes
            come from outside the container.

    Raises:
        SettingsError: the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health":
                self._answer(200, {"status": "alive"})
            elif self.path == "/health/ready":
                problems = readiness.problems()
                state = {name: problems.get(name, "ok") for name in readiness.subjects}
                told = {
                    "status": "not ready" if problems else "ready",
                    "checks": state,
                    "open_circuits": open_circuits(),
                }
                self._answer(503 if problems else 200, told)
            elif self.path == "/metrics":
                self._send(200, exposition(), "text/plain; version=0.0.4; charset=utf-8")
            else:
                self._answer(404, {"error": "there are /health, /health/ready and /metrics"})

        def _answer(self, status: int, body: object) -> None:
            self._send(status, json.dumps(body, indent=1).encode(), "application/json")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "a port is a number up to 65535"
        raise SettingsError(
            f"--health_check_port={port} (or HEALTH_CHECK_PORT) cannot be used: "
            f"{why}; choose another, or 0 for none"
        ) from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="vividly-health", daemon=True).start()
    LOG.info("Health and metrics: port %d", server.server_port)
    return server


def _ask(check: Callable[[], object]) -> str:
    try:
        check()
    except VividlyError as error:
        return str(error)
    except Exception as error:  # a probe always gets an answer
        return type(error).__name__
    return ""


def _database(services: Services) -> None:
    with database_errors(services.engine), services.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")


def _providers() -> None:
    if away := open_circuits():
        raise SettingsError(f"known to be away: {', '.join(away)}")
