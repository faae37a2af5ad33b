"""A Google Cloud project on loopback (Dataflow, a bucket, an image registry), and its `make`."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from beam_pipeline.deploy import dataflow, images
from beam_pipeline.deploy.__main__ import app
from beam_pipeline.deploy.launches import Launch, Records
from beam_pipeline.deploy.said import VARIABLES
from beam_pipeline.deploy.templates import Templates, steps_of_checkout
from tests.support.command_line import Ended
from tests.support.dataflow_server import DataflowService, dataflow_service
from tests.support.gcs_server import storage_server
from tests.test_storage import free_port
from vividly.platform.storage import ObjectStore, open_store

PROJECT = "school"
BUCKET = f"{PROJECT}-vividly-staging"
IMAGE = f"us-central1-docker.pkg.dev/{PROJECT}/vividly/vividly"


class Registry:
    """Artifact Registry (v1): tags and versions of one package.

    Attributes:
        tags: tag -> digest.
        digests: of the existing images.
    """

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.digests: set[str] = set()

    def push(self, tag: str, content: str = "") -> str:
        """Push an image. Returns its digest."""
        digest = f"sha256:{hashlib.sha256((content or tag).encode()).hexdigest()}"
        self.tags[tag] = digest
        self.digests.add(digest)
        return digest

    def answer(self, path: str) -> dict[str, Any] | None:
        """The body for a path; None if there is nothing."""
        package, _, what = path.partition("/packages/vividly/")
        kind, _, name = what.partition("/")
        if package != f"/v1/projects/{PROJECT}/locations/us-central1/repositories/vividly":
            return None
        full = f"{package.removeprefix('/v1/')}/packages/vividly"
        if kind == "tags" and name in self.tags:
            return {"name": f"{full}/tags/{name}", "version": f"{full}/versions/{self.tags[name]}"}
        if kind == "versions" and name in self.digests:
            return {"name": f"{full}/versions/{name}"}
        return None


@contextmanager
def registry() -> Iterator[tuple[str, Registry]]:
    """Start a registry. Yields its address and the registry."""
    kept = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = kept.answer(self.path)
            data = json.dumps(found or {"error": {"code": 404, "message": "not found"}}).encode()
            self.send_response(200 if found else 404)
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
        yield f"http://localhost:{server.server_port}", kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Deployment:
    """A project, and the user who runs `make` for it."""

    def __init__(
        self, service: DataflowService, images: Registry, variables: dict[str, str]
    ) -> None:
        self.dataflow = service
        self.images = images
        self.variables = variables
        """Environment variables with the addresses of the services."""

    def clear(self) -> None:
        """Empty the project."""
        for name in self.bucket.sizes():
            self.bucket.delete(name)
        self.images.__init__()  # type: ignore[misc]
        self.dataflow.__init__()  # type: ignore[misc]
        self.dataflow.template = lambda at: self.bucket.read(at.removeprefix(f"gs://{BUCKET}/"))

    @property
    def bucket(self) -> ObjectStore:
        """The deploy bucket."""
        return open_store(f"gs://{BUCKET}")

    def make(self, what: str, typed: str | None = None, **said: str) -> Ended:
        """Run what `make WHAT NAME=value ...` runs, without make. `PROJECT` is given."""
        unsaid = dict.fromkeys([*VARIABLES, "PARAMETERS", "DRY_RUN", "YES", "GCP_PROJECT_ID"])
        env = {**unsaid, **self.variables, "COLUMNS": "80", "PROJECT": PROJECT, **said}
        done = CliRunner().invoke(app, [what], env=env, input=typed)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ended(done.exit_code, done.stdout, done.stderr)

    def good(self, what: str, **said: str) -> str:
        """Like `make`, but must succeed. Returns the output."""
        done = self.make(what, **said)
        assert done.code == 0, done.out + done.err
        return done.out

    def bad(self, what: str, **said: str) -> str:
        """Like `make`, but must fail and launch nothing. Returns the error message."""
        before = len(self.dataflow.launched)
        done = self.make(what, **said)
        assert done.code != 0, done.out
        assert len(self.dataflow.launched) == before, done.err
        return " ".join(done.err.split())

    def release(self, tag: str, content: str = "", **steps: list[str]) -> str:
        """Push an image and write its template. Returns the image's digest.

        Args:
            steps: stages -> names of the steps of the graph; default: those of the checkout.
        """
        digest = self.images.push(tag, content)
        Templates(PROJECT, "us-central1", BUCKET).build(tag, steps or _steps())
        return digest

    @property
    def records(self) -> Records:
        """The records of launches."""
        return Records(self.bucket, PROJECT, "us-central1")

    def newest(self, job: str = "vividly-text") -> Launch:
        """The record of a job's last launch, successful or not."""
        return self.records.read(job, self.records.ids(job)[0])

    def end(self, job: str = "vividly-text", state: str = "DRAINED") -> None:
        """End a job."""
        for id in self.dataflow.active(job):
            self.dataflow.jobs[id]["currentState"] = f"JOB_STATE_{state}"


_found: dict[str, list[str]] = {}


def _steps() -> dict[str, list[str]]:
    if not _found:
        _found.update(steps_of_checkout())
    return _found


@contextmanager
def project() -> Iterator[Deployment]:
    """An empty project, whose services this process uses."""
    with (
        dataflow_service() as (address, service),
        registry() as (registry_address, kept),
        storage_server(free_port(), BUCKET) as storage,
        pytest.MonkeyPatch.context() as patch,
    ):
        variables = {
            "STORAGE_EMULATOR_HOST": storage,
            dataflow.ENDPOINT: address,
            images.ENDPOINT: registry_address,
            "NO_GCE_CHECK": "true",  # no metadata server is asked for credentials
        }
        for name, value in variables.items():
            patch.setenv(name, value)
        made = Deployment(service, kept, variables)
        made.clear()
        yield made
