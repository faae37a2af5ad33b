"""Limits of the job's database connections, and the Pub/Sub permissions that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from google.iam.v1 import iam_policy_pb2
from google.pubsub_v1.types import Subscription, Topic

from beam_pipeline import connections, preflight
from beam_pipeline.pubsub import Resources
from tests.test_graph import endpoints
from vividly.execution.services import Services
from vividly.model.errors import SettingsError
from vividly.model.settings import Settings

ON_DATAFLOW = "--runner=DataflowRunner"
ONE_EACH = "--experiments=no_use_multiple_sdk_containers"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], 15),
        (["--max_num_workers=7"], 15),
        ([ON_DATAFLOW, "--max_num_workers=7", ONE_EACH], 2 * 7 * 15),
        ([ON_DATAFLOW, "--num_workers=3", ONE_EACH], 2 * 3 * 15),
        ([ON_DATAFLOW, ONE_EACH], 2 * 100 * 15),
        ([ON_DATAFLOW, "--max_num_workers=7", "--machine_type=n2-standard-4"], 2 * 7 * 4 * 15),
        ([ON_DATAFLOW, "--max_num_workers=7", "--machine_type=custom-8-16384"], 2 * 7 * 8 * 15),
        ([ON_DATAFLOW, "--max_num_workers=7"], 2 * 7 * 2 * 15),
    ],
)
def test_a_jobs_connections(arguments: list[str], wanted: int) -> None:
    assert connections.wanted(PipelineOptions(arguments)) == wanted


def test_more_than_the_database_has_is_refused(
    settings: Settings, services: Services, tmp_path: Path
) -> None:
    ends = endpoints(tmp_path, input_file="requests.jsonl")

    def problems(count: int) -> dict[str, str]:
        return {c.subject: c.problem for c in preflight.checks(settings, ends, connections=count)}

    assert problems(15)["connections"] == ""
    told = problems(4000)["connections"]
    assert "4000" in told
    for fix in ("--max_num_workers", "no_use_multiple_sdk_containers", "max_connections"):
        assert fix in told


def test_the_text_job_needs_no_bucket_of_lessons(
    settings: Settings, services: Services, tmp_path: Path
) -> None:
    away = replace(settings, generated_content_bucket=str(tmp_path / "away"))
    failed = {
        stages: {
            check.subject
            for check in preflight.checks(away, endpoints(tmp_path, stages=stages))
            if not check.passed
        }
        for stages in ("all", "text")
    }
    assert failed == {"all": {"generated_content_bucket"}, "text": set()}


# -- permissions ------------------------------------------------------------------------------

TOPIC = "projects/school/topics/requests"
SUBSCRIPTION = "projects/school/subscriptions/requests-sub"


@pytest.fixture
def granted(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Pub/Sub on loopback that answers with the caller's permissions."""
    has: set[str] = set()

    def permissions(
        request: iam_policy_pb2.TestIamPermissionsRequest, _: object
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        return iam_policy_pb2.TestIamPermissionsResponse(
            permissions=[one for one in request.permissions if one in has]
        )

    def handler(answer: object, request: object, response: object) -> grpc.RpcMethodHandler:
        return grpc.unary_unary_rpc_method_handler(answer, request, response)

    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(
        [
            grpc.method_handlers_generic_handler(service, methods)
            for service, methods in {
                "google.iam.v1.IAMPolicy": {
                    "TestIamPermissions": handler(
                        permissions,
                        iam_policy_pb2.TestIamPermissionsRequest.FromString,
                        iam_policy_pb2.TestIamPermissionsResponse.SerializeToString,
                    )
                },
                "google.pubsub.v1.Publisher": {
                    "GetTopic": handler(lambda *_: Topic(name=TOPIC), None, Topic.serialize)
                },
                "google.pubsub.v1.Subscriber": {
                    "GetSubscription": handler(
                        lambda *_: Subscription(name=SUBSCRIPTION), None, Subscription.serialize
                    )
                },
            }.items()
        ]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{port}")
    yield has
    server.stop(None)


def test_a_missing_permission_is_named_with_the_role(granted: set[str]) -> None:
    resources = Resources()
    with pytest.raises(
        SettingsError, match=rf"{TOPIC}: .* lacks pubsub.topics.publish: .*publisher"
    ):
        resources.check_topic(TOPIC)
    with pytest.raises(SettingsError, match=r"lacks pubsub.subscriptions.consume: .*subscriber"):
        resources.check_subscription(SUBSCRIPTION)
    granted |= {"pubsub.topics.publish", "pubsub.subscriptions.consume"}
    resources.check_topic(TOPIC)
    resources.check_subscription(SUBSCRIPTION)
