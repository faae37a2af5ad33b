"""The job is submitted to Dataflow's service on loopback: launched, updated, drained.

Also the guard of updates: names of steps, URNs and coders are those of tests/data/dataflow-*.json.
A change there means that a running job cannot be updated in place: renew the files with
`UPDATE_GOLDEN=1 pytest tests/test_dataflow_service.py` only when that is meant, and say so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2 as proto
from apache_beam.portability.api import schema_pb2

from tests.support.dataflow_server import DataflowService, dataflow_service
from tests.test_dataflow import SECRET, Launched, launch

GOLDEN = Path(__file__).parent / "data"
SERVICE_ACCOUNT = "vividly-text@vividly-local.iam.gserviceaccount.com"


@pytest.fixture(scope="module", params=["all", "text", "media"])
def launched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Launched:
    folder = tmp_path_factory.mktemp(f"golden-{request.param}")
    done = launch(folder, f"--stages={request.param}")
    assert done.returncode == 0, done.stderr
    return Launched(
        job={"stages": request.param},
        pipeline=proto.Pipeline.FromString((folder / "staging" / "pipeline.pb").read_bytes()),
        staging=folder,
    )


def _named(coder: proto.FunctionSpec) -> str:
    if coder.urn != common_urns.coders.ROW.urn:
        return str(coder.urn)
    return f"{coder.urn} {schema_pb2.Schema.FromString(coder.payload).id}"


def shape(pipeline: proto.Pipeline) -> dict[str, object]:
    """The data that an update compares: each step with its URN, and the coder of each output.

    A row's coder is named with the id of its type's schema: see `transforms/elements.py`.
    """
    components = pipeline.components
    coders = {id: _named(coder.spec) for id, coder in components.coders.items()}
    steps = {}
    for transform in components.transforms.values():
        if not transform.unique_name:
            continue
        outputs = {
            tag: coders[components.pcollections[id].coder_id]
            for tag, id in sorted(transform.outputs.items())
        }
        steps[transform.unique_name] = {"urn": transform.spec.urn, "outputs": outputs}
    return dict(sorted(steps.items()))


def test_the_steps_are_those_of_the_running_jobs(launched: Launched) -> None:
    path = GOLDEN / f"dataflow-{launched.job['stages']}.json"
    found = shape(launched.pipeline)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    assert found == json.loads(path.read_text())
    assert len(found) > 20


def test_rendering_asks_for_memory(launched: Launched) -> None:
    components = launched.pipeline.components
    hints = {
        transform.unique_name: components.environments[transform.environment_id].resource_hints
        for transform in components.transforms.values()
        if transform.environment_id
    }
    wanted = {
        name: dict(hint)["beam:resources:min_ram_bytes:v1"]
        for name, hint in hints.items()
        if "beam:resources:min_ram_bytes:v1" in hint
    }
    if launched.job["stages"] == "text":
        assert wanted == {}
    else:
        assert wanted
        assert {name.split("/")[0] for name in wanted} == {"Render"}
        assert set(wanted.values()) == {b"4000000000"}


# -- the service ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[str, DataflowService]]:
    with dataflow_service() as running:
        yield running


def submit(folder: Path, endpoint: str, *extra: str) -> None:
    done = launch(
        folder,
        "--stages=text",
        f"--dataflow_endpoint={endpoint}",
        "--template_location=",
        f"--service_account_email={SERVICE_ACCOUNT}",
        "--labels=service=vividly",
        "--labels=environment=staging",
        "--max_num_workers=7",
        *extra,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_launch_is_what_was_asked_for(
    service: tuple[str, DataflowService], tmp_path: Path
) -> None:
    endpoint, dataflow = service
    submit(tmp_path, endpoint)
    job = dataflow.created[-1]
    told = json.dumps(job)
    environment = job["environment"]
    assert job["name"] == "vividly-test"
    assert job["type"] in ("JOB_TYPE_STREAMING", 2)
    assert job["labels"] == {"service": "vividly", "environment": "staging"}
    assert environment["serviceAccountEmail"] == SERVICE_ACCOUNT
    assert "streaming_mode_at_least_once" in environment["serviceOptions"]
    (pool,) = environment["workerPools"]
    assert pool["autoscalingSettings"]["maxNumWorkers"] == 7
    images = {one["containerImage"] for one in pool["sdkHarnessContainerImages"]}
    assert images == {"region-docker.pkg.dev/p/vividly/job:1"}
    assert SECRET in told, "the secret's name, and nothing of what it holds"
    assert "postgresql" not in told


def test_an_update_replaces_the_running_job(
    service: tuple[str, DataflowService], tmp_path: Path
) -> None:
    endpoint, dataflow = service
    before = [id for id, job in dataflow.jobs.items() if job["currentState"] == "JOB_STATE_RUNNING"]
    if not before:
        submit(tmp_path, endpoint)
        before = list(dataflow.jobs)[-1:]
    submit(tmp_path, endpoint, "--update")
    assert dataflow.created[-1]["replaceJobId"] == before[-1]
    assert dataflow.jobs[before[-1]]["currentState"] == "JOB_STATE_UPDATED"
