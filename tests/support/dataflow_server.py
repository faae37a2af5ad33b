"""Dataflow's job service (v1b3) on loopback: it takes jobs, and says how they are."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


class DataflowService:
    """Keeps what it is sent.

    Attributes:
        created: each job as it was submitted.
        requested: each state that was asked for, such as `JOB_STATE_DRAINING`.
    """

    def __init__(self) -> None:
        self.created: list[Json] = []
        self.requested: list[str] = []
        self.jobs: dict[str, Json] = {}

    def create(self, job: Json) -> Json:
        """Take a job; one that replaces another ends that."""
        self.created.append(job)
        id = f"2026-11-27_00_00_00-{len(self.created)}"
        if replaced := job.get("replaceJobId"):
            if replaced not in self.jobs:
                return {"error": {"code": 404, "message": f"there is no job {replaced}"}}
            self.jobs[replaced]["currentState"] = "JOB_STATE_UPDATED"
        self.jobs[id] = {**job, "id": id, "currentState": "JOB_STATE_RUNNING"}
        return self.shown(id)

    def shown(self, id: str) -> Json:
        """What a job looks like from outside."""
        known = ("id", "name", "clientRequestId", "currentState", "projectId", "location", "type")
        return {key: self.jobs[id][key] for key in known if key in self.jobs[id]}


@contextmanager
def dataflow_service() -> Iterator[tuple[str, DataflowService]]:
    """Its address, and what it keeps."""
    service = DataflowService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(service.create(self._body()))

        def do_PUT(self) -> None:
            body, id = self._body(), self._job()
            service.requested.append(body["requestedState"])
            service.jobs[id]["currentState"] = body["requestedState"]
            self._answer(service.shown(id))

        def do_GET(self) -> None:
            if self.path.split("?")[0].endswith("/messages"):
                self._answer({})
            elif self.path.split("?")[0].endswith("/metrics"):
                self._answer({"metrics": []})
            elif "/jobs/" in self.path:
                self._answer(service.shown(self._job()))
            else:
                self._answer({"jobs": [service.shown(id) for id in service.jobs]})

        def _job(self) -> str:
            found = re.search(r"/jobs/([^/?]+)", self.path)
            assert found
            return found[1]

        def _body(self) -> Json:
            read: Json = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return read

        def _answer(self, body: Json) -> None:
            data = json.dumps(body).encode()
            self.send_response(body.get("error", {}).get("code", 200))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}", service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
