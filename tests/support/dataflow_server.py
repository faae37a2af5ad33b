"""Dataflow's job service (v1b3) on loopback: it accepts jobs and reports their states."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipeline.options import VividlyOptions  # noqa: F401  (its options become known)

Json = dict[str, Any]
OVER = ("DONE", "FAILED", "CANCELLED", "UPDATED", "DRAINED")


class Refused(Exception):
    """The service answers with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class DataflowService:
    """Keeps the jobs that it is sent.

    Attributes:
        created: each job as it was submitted.
        requested: each requested state, such as `JOB_STATE_DRAINING`.
        launched: each accepted launch of a flex template.
        template: reads the object at a `gs://` address; FileNotFoundError if there is none.
        launcher: runs a template's image. It gets the program's arguments and returns its error
            message, or an empty string if it submitted the job. Without a launcher, a job runs
            from the second time it is read.
        refuses: why the next job will fail.
    """

    def __init__(self) -> None:
        self.created: list[Json] = []
        self.requested: list[str] = []
        self.launched: list[Json] = []
        self.jobs: dict[str, Json] = {}
        self.template: Callable[[str], bytes] | None = None
        self.launcher: Callable[[list[str]], str] | None = None
        self.refuses = ""
        self._complaints: dict[str, list[str]] = {}
        self._count = 0
        self._lock = threading.RLock()

    def create(self, job: Json) -> Json:
        """Accept a job. If it replaces another one, that one ends."""
        with self._lock:
            self.created.append(job)
            replaced = job.get("replaceJobId")
            if replaced and replaced not in self.jobs:
                raise Refused(404, f"there is no job {replaced}")
            # The job of a template exists since its launch was requested.
            waiting = [i for i in self.active(job["name"]) if self._state(i) == "QUEUED"]
            id = waiting[0] if waiting else self._new_id()
            created = {"createTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
            self.jobs[id] = {**created, **self.jobs.get(id, {}), **job, "id": id}
            if self.refuses:
                self._fail(id, self.refuses)
                self.refuses = ""
            else:
                self._run(id)
            return self.shown(id)

    def launch(self, request: Json, project: str, region: str) -> Json:
        """Launch a flex template: the service's part of it."""
        given = request["launchParameter"]
        spec = self._spec(given)
        _check(given["parameters"], spec["metadata"])
        with self._lock:
            if not given.get("update") and self.active(given["jobName"]):
                raise Refused(409, f"There is already an active job named {given['jobName']}.")
            self.launched.append(given)
            id = self._new_id()
            arguments = _arguments(given, project, region)
            self.jobs[id] = {
                "name": given["jobName"],
                "id": id,
                "projectId": project,
                "location": region,
                "currentState": "JOB_STATE_QUEUED",
                "createTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "update": bool(given.get("update")),
                "labels": given["environment"]["additionalUserLabels"],
                "environment": {
                    "sdkPipelineOptions": {"options": PipelineOptions(arguments).get_all_options()}
                },
            }
        if self.launcher is not None:
            threading.Thread(target=self._launch, args=(id, arguments), daemon=True).start()
        return {"job": self.shown(id)}

    def get(self, id: str, *, all: bool) -> Json:
        """A job; with `all` also its labels and environment."""
        with self._lock:
            if id not in self.jobs:
                raise Refused(404, f"there is no job {id}")
            if self.launcher is None and self._state(id) == "QUEUED":
                self._look(id)
            more = ("labels", "environment") if all else ()
            return self.shown(id) | {key: self.jobs[id].get(key, {}) for key in more}

    def _look(self, id: str) -> None:
        """Without a launcher, do its work when the job is read for the second time."""
        job = self.jobs[id]
        if (looks := job.pop("looks", 0)) == 0:
            job["looks"] = 1
            return
        assert looks == 1
        running = [one for one in self.active(job["name"]) if self._state(one) == "RUNNING"]
        if job["update"] and not running:
            self._fail(id, f"No running job found with name '{job['name']}'")
            return
        self.create(job | ({"replaceJobId": running[0]} if job["update"] else {}))

    def complaints(self, id: str) -> Json:
        """The errors in a job's log."""
        found = self._complaints.get(id, [])
        return {
            "jobMessages": [
                {"messageText": one, "messageImportance": "JOB_MESSAGE_ERROR"} for one in found
            ]
        }

    def shown(self, id: str) -> Json:
        """A job as the service shows it."""
        known = (
            "id", "name", "clientRequestId", "currentState", "createTime", "projectId", "location",
            "type",
        )  # fmt: skip
        return {key: self.jobs[id][key] for key in known if key in self.jobs[id]}

    def running(self, name: str) -> Json:
        """The single running job of that name."""
        (id,) = (i for i in self.active(name) if self._state(i) == "RUNNING")
        return self.jobs[id]

    def listed(self, query: dict[str, list[str]]) -> Json:
        """All jobs, or only those that have not ended."""
        active = query.get("filter", [""])[0] in ("ACTIVE", "3")
        ids = [id for id in self.jobs if not active or self._state(id) not in OVER]
        return {"jobs": [self.shown(id) for id in ids]}

    def _launch(self, id: str, arguments: list[str]) -> None:
        assert self.launcher
        if complaint := self.launcher(arguments):
            with self._lock:
                self._fail(id, complaint)

    def _spec(self, given: Json) -> Json:
        assert self.template
        try:
            spec: Json = json.loads(self.template(given["containerSpecGcsPath"]))
        except FileNotFoundError:
            raise Refused(400, "Unable to open template file") from None
        return spec

    def _run(self, id: str) -> None:
        self.jobs[id]["currentState"] = "JOB_STATE_RUNNING"
        if replaced := self.jobs[id].get("replaceJobId"):
            self.jobs[replaced]["currentState"] = "JOB_STATE_UPDATED"

    def _fail(self, id: str, why: str) -> None:
        self.jobs[id]["currentState"] = "JOB_STATE_FAILED"
        self._complaints.setdefault(id, []).append(why)

    def _state(self, id: str) -> str:
        return str(self.jobs[id]["currentState"]).removeprefix("JOB_STATE_")

    def active(self, name: str) -> list[str]:
        """The ids of the jobs of that name that have not ended."""
        return [
            id
            for id, job in self.jobs.items()
            if job["name"] == name and self._state(id) not in OVER
        ]

    def _new_id(self) -> str:
        self._count += 1
        return f"2026-11-27_00_00_00-{self._count}"


def _check(parameters: dict[str, str], metadata: Json) -> None:
    """Check the parameters as the service does before it starts a launcher."""
    known = {one["name"]: one for one in metadata["parameters"]}
    wrong = {*parameters} - {*known, "sdk_container_image"}
    wrong |= {n for n, one in known.items() if not one["isOptional"] and n not in parameters}
    for name in parameters.keys() & known.keys():
        regexes = known[name].get("regexes", ())
        if not all(re.fullmatch(regex, parameters[name]) for regex in regexes):
            wrong.add(name)
    if wrong:
        raise Refused(400, f"The template parameters are invalid: {', '.join(sorted(wrong))}")


def _arguments(given: Json, project: str, region: str) -> list[str]:
    """The arguments that the launcher passes to the template's program."""
    environment = given["environment"]
    options = {
        **given["parameters"],
        "runner": "DataflowRunner",
        "project": project,
        "region": region,
        "job_name": given["jobName"],
        "staging_location": environment["stagingLocation"],
        "temp_location": environment["tempLocation"],
        "service_account_email": environment["serviceAccountEmail"],
        "max_num_workers": environment["maxWorkers"],
        **{k: environment[k] for k in ("network", "subnetwork") if k in environment},
        **({"machine_type": environment["machineType"]} if "machineType" in environment else {}),
    }
    flags = ["--update"] if given.get("update") else []
    if environment.get("ipConfiguration") in (2, "WORKER_IP_PRIVATE"):
        flags.append("--no_use_public_ips")
    if environment.get("enableStreamingEngine"):
        flags.append("--enable_streaming_engine")
    flags += [f"--experiments={one}" for one in environment.get("additionalExperiments", ())]
    flags += [f"--labels={k}={v}" for k, v in environment["additionalUserLabels"].items()]
    return [*(f"--{name}={value}" for name, value in options.items()), *flags]


@contextmanager
def dataflow_service() -> Iterator[tuple[str, DataflowService]]:
    """Start a service. Yields its address and the service."""
    service = DataflowService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self._body()
            if path := re.search(r"/projects/([^/]+)/locations/([^/]+)/flexTemplates:", self.path):
                self._answer(lambda: service.launch(body, path[1], path[2]))
            else:
                self._answer(lambda: service.create(body))

        def do_PUT(self) -> None:
            body, id = self._body(), self._job()
            wanted = _state_name(body["requestedState"])
            service.requested.append(wanted)
            service.jobs[id]["currentState"] = wanted
            self._answer(lambda: service.shown(id))

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = parse_qs(url.query)
            if url.path.endswith("/messages"):
                self._answer(lambda: service.complaints(self._job()))
            elif url.path.endswith("/metrics"):
                self._answer(lambda: {"metrics": []})
            elif "/jobs/" in url.path:
                all = query.get("view", [""])[0] in ("JOB_VIEW_ALL", "2")
                self._answer(lambda: service.get(self._job(), all=all))
            else:
                self._answer(lambda: service.listed(query))

        def _job(self) -> str:
            found = re.search(r"/jobs/([^/?]+)", self.path)
            assert found
            return found[1]

        def _body(self) -> Json:
            read: Json = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return read

        def _answer(self, work: Callable[[], Json]) -> None:
            code = 200
            try:
                body = work()
            except Refused as error:
                code = error.code
                body = {"error": {"code": code, "message": str(error)}}
            data = json.dumps(body).encode()
            self.send_response(code)
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


def _state_name(state: str | int) -> str:
    """The name of a state; clients send either the name or the number."""
    from google.cloud.dataflow_v1beta3 import JobState

    return JobState(state).name if isinstance(state, int) else state
