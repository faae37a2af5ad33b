"""What Dataflow would be sent, looked at without a cloud.

With `--template_location` and an endpoint on localhost the job is written to files:
its JSON, the pipeline proto and the staged package.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest
from apache_beam.io.gcp.pubsub import ReadFromPubSub  # noqa: F401  (registers its URNs)
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2 as proto

from tests.support.package import one_build_at_a_time

ROOT = Path(__file__).resolve().parent.parent
SECRET = "projects/p/secrets/vividly-database/versions/latest"
PARDO = "beam:transform:pardo:v1"


@dataclass
class Launched:
    """A launch's leavings."""

    job: dict
    pipeline: proto.Pipeline
    staging: Path

    def urns(self) -> dict[str, str]:
        return {t.unique_name: t.spec.urn for t in self.pipeline.components.transforms.values()}


def launch(
    folder: Path, *extra: str, without: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """As the flex-template launcher does: a clean environment, a foreign directory."""
    for name in ("staging", "temp"):
        (folder / name).mkdir(exist_ok=True)
    arguments = [
        "--runner=DataflowRunner",
        "--project=vividly-local",
        "--region=us-central1",
        "--job_name=vividly-test",
        f"--temp_location={folder}/temp",
        f"--staging_location={folder}/staging",
        f"--template_location={folder}/job.json",
        "--dataflow_endpoint=http://localhost:1",
        "--no_auth",
        f"--setup_file={ROOT}/setup.py",
        "--sdk_container_image=region-docker.pkg.dev/p/vividly/job:1",
        "--dataflow_service_options=streaming_mode_at_least_once",
        "--input_subscription=content-generation-worker-sub",
        f"--database_url={SECRET}",
        "--generated_content_bucket=gs://p-generated",
        "--temp_files_bucket=gs://p-temp",
        "--environment=staging",
        *extra,
    ]
    with one_build_at_a_time():
        return subprocess.run(
            [
                sys.executable,
                str(ROOT / "beam_pipeline" / "main.py"),
                *(one for one in arguments if one != without),
            ],
            capture_output=True,
            text=True,
            cwd="/",
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
            | variables,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module", params=["all", "text", "media"])
def launched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Launched:
    folder = tmp_path_factory.mktemp(f"dataflow-{request.param}")
    done = launch(folder, f"--stages={request.param}")
    assert done.returncode == 0, done.stderr
    return Launched(
        job=json.loads((folder / "job.json").read_text()),
        pipeline=proto.Pipeline.FromString((folder / "staging" / "pipeline.pb").read_bytes()),
        staging=folder / "staging",
    )


def test_pubsub_is_read_and_written_by_dataflow_itself(launched: Launched) -> None:
    urns = launched.urns().values()
    assert "beam:transform:pubsub_read:v1" in urns
    assert "beam:transform:pubsub_write:v1" in urns


def test_attributes_are_read(launched: Launched) -> None:
    (read,) = (
        t
        for t in launched.pipeline.components.transforms.values()
        if t.spec.urn == "beam:transform:pubsub_read:v1"
    )
    payload = proto.PubSubReadPayload.FromString(read.spec.payload)
    assert payload.with_attributes
    assert payload.subscription.endswith("-worker-sub")


def test_it_is_a_streaming_job_at_least_once(launched: Launched) -> None:
    assert launched.job["type"] == "JOB_TYPE_STREAMING"
    assert "streaming_mode_at_least_once" in json.dumps(launched.job["environment"])


@pytest.mark.parametrize("option", ["dataflow_service_options", "experiments"])
def test_the_profiler_runs_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    done = launch(tmp_path, f"--{option}=enable_google_cloud_profiler")
    assert done.returncode == 0, done.stderr
    job = json.loads((tmp_path / "job.json").read_text())
    options = job["environment"]["sdkPipelineOptions"]["options"]
    # Read as on a worker, where a variable has the name of the job.
    monkeypatch.setenv("JOB_NAME", "vividly-test")
    told = PipelineOptions.from_dictionary(options).view_as(GoogleCloudOptions)
    assert told.get_cloud_profiler_service_name() == "vividly-test"


def test_the_profiler_does_not_run_unasked(launched: Launched) -> None:
    options = launched.job["environment"]["sdkPipelineOptions"]["options"]
    told = PipelineOptions.from_dictionary(options).view_as(GoogleCloudOptions)
    assert told.get_cloud_profiler_service_name() is None


def test_a_worker_that_hangs_is_ended_after_all_its_requests(launched: Launched) -> None:
    options = launched.job["environment"]["sdkPipelineOptions"]["options"]
    assert options["element_processing_timeout_minutes"] * 60 > options["request_budget"]


def test_every_label_is_explicit(launched: Launched) -> None:
    ours = [name for name in launched.urns() if name]
    # A label that Beam derives from code would change with the code and break updates.
    assert not [name for name in ours if re.search(r"lambda|\.py:|<", name)]
    assert not [name for name in ours if re.search(r"\[\d+\]$", name)]


def test_workers_know_the_elements_before_they_decode_any(launched: Launched) -> None:
    options = launched.job["environment"]["sdkPipelineOptions"]["options"]
    assert "transforms.elements" in options["beam_plugins"]


def test_no_secret_is_shown_by_the_job(launched: Launched) -> None:
    assert "postgresql://" not in json.dumps(launched.job)


def test_elements_have_row_coders(launched: Launched) -> None:
    components = launched.pipeline.components
    pickled = {
        name
        for name, coder in components.coders.items()
        if coder.spec.urn == "beam:coder:pickled_python:v1"
    }
    ours = {
        collection.unique_name
        for collection in components.pcollections.values()
        if collection.coder_id in pickled
    }
    # Pub/Sub's own messages have no other coder; all our elements are rows.
    assert not {
        n for n in ours if not re.search(r"PubSub|Publish|[Nn]otifications|main|None|tokens", n)
    }, ours


def test_every_dofn_unpickles_with_only_the_staged_package(launched: Launched) -> None:
    check = textwrap.dedent(
        """
        import pathlib, sys, tarfile, tempfile
        staging = pathlib.Path(sys.argv[1])
        folder = tempfile.mkdtemp()
        tarfile.open(staging / "workflow.tar.gz").extractall(folder, filter="data")
        (package,) = pathlib.Path(folder).iterdir()
        sys.path[:] = [p for p in sys.path if not (pathlib.Path(p) / "beam_pipeline").exists()]
        sys.path.insert(0, str(package))
        from apache_beam.internal import pickler
        from apache_beam.portability.api import beam_runner_api_pb2 as proto
        pipeline = proto.Pipeline.FromString((staging / "pipeline.pb").read_bytes())
        modules = set()
        for transform in pipeline.components.transforms.values():
            if transform.spec.urn == "beam:transform:pardo:v1":
                payload = proto.ParDoPayload.FromString(transform.spec.payload)
                if "pickled" in payload.do_fn.urn:
                    fn = pickler.loads(payload.do_fn.payload)[0]
                    modules.add(type(fn).__module__)
        import transforms
        assert str(package) in transforms.__file__, transforms.__file__
        from vividly.library.corpus import load_topics
        from vividly.text.interests import bridge_interest
        from vividly.model.settings import Settings
        from vividly.lesson.understanding import make_understander
        assert len(load_topics()) > 40, "the corpus is not in the package"
        assert bridge_interest("NBA", ["basketball"]) == "basketball"
        offline = make_understander(Settings("", "", ""))
        found = offline.understand("gravity", grade_level=9, language="en")
        assert found.topic_id == "gravity"
        print(sorted(modules))
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", check, str(launched.staging)],
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.environ["PATH"]},
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "transforms." in done.stdout


def test_a_plain_database_url_is_refused(tmp_path: Path) -> None:
    done = launch(tmp_path, "--database_url=postgresql://u:hunter2@host/db")
    assert done.returncode == 2
    assert "Secret Manager" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


def test_every_missing_setting_is_named_at_once(tmp_path: Path) -> None:
    done = launch(
        tmp_path, "--database_url=", "--generated_content_bucket=", "--input_subscription="
    )
    assert done.returncode == 2
    for name in ("--database_url", "--generated_content_bucket", "--input_subscription"):
        assert name in done.stderr


def test_what_cannot_be_reached_is_named_before_a_worker_starts(tmp_path: Path) -> None:
    # No credentials, and no metadata server to get them from.
    alone = {"NO_GCE_CHECK": "true", "GOOGLE_CLOUD_PROJECT": "vividly-local"}
    done = launch(tmp_path, without="--no_auth", **alone)
    assert done.returncode == 2
    for subject in ("database_url", "generated_content_bucket", "temp_files_bucket", "pubsub"):
        assert re.search(rf"^{subject}: .*no Google Cloud credentials", done.stderr, re.M), subject
    assert not list((tmp_path / "staging").iterdir()), "nothing was staged"
