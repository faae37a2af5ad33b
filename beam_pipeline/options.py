"""The job's options, read once into frozen settings.

Options in `VARIABLES` default to an environment variable. Beam does not call
`validate()` of other options classes than its own, so `read_options` checks them: it
names every missing or malformed setting at once.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace

from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
)

from beam_pipeline.setting_help import HELP
from vividly.model.database_url import SECRET_NAME
from vividly.model.errors import SettingsError
from vividly.model.settings import Settings

STAGES_CHOICES = ("all", "text", "media")
REQUEST_TOPIC = "content-generation-requests"
REQUEST_SUBSCRIPTION = "content-generation-worker-sub"
NOTIFICATION_TOPIC = "content-notifications"
MEDIA_TOPIC = "content-media"
MEDIA_SUBSCRIPTION = "content-media-worker-sub"
LAUNCH_CHECKS = ("all", "settings")

VARIABLES = {
    "database_url": "DATABASE_URL",
    "environment": "ENVIRONMENT",
    "generated_content_bucket": "GCS_GENERATED_CONTENT_BUCKET",
    "oer_content_bucket": "GCS_OER_CONTENT_BUCKET",
    "temp_files_bucket": "GCS_TEMP_FILES_BUCKET",
    "input_subscription": "PUBSUB_SUBSCRIPTION",
    "input_topic": "PUBSUB_TOPIC",
    "project": "GCP_PROJECT_ID",
    "vertex_project": "GCP_PROJECT_ID",
}
"""Option -> the environment variable that is its default."""

_SHORT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._~%+-]{2,254}")
_FULL_NAME = re.compile(
    # A project as Beam accepts it; for any other Beam would end with a traceback.
    r"projects/[a-z][-a-z0-9:.]{4,61}[a-z0-9]/(topics|subscriptions)/[A-Za-z][A-Za-z0-9._~%+-]{2,254}"
)


class VividlyOptions(PipelineOptions):  # type: ignore[misc]
    """Our own options, in addition to Beam's."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        source = parser.add_argument_group("requests")
        source.add_argument(
            "--input_subscription",
            default=os.environ.get("PUBSUB_SUBSCRIPTION", ""),
            help="Pub/Sub subscription to read requests from [PUBSUB_SUBSCRIPTION]",
        )
        source.add_argument(
            "--input_topic",
            default=os.environ.get("PUBSUB_TOPIC", REQUEST_TOPIC),
            help="Pub/Sub topic that requests are published to [PUBSUB_TOPIC]",
        )
        source.add_argument(
            "--input_file",
            default="",
            help="read requests from a file of JSON lines instead, for backfill and debugging",
        )
        source.add_argument(
            "--stages",
            default="all",
            choices=STAGES_CHOICES,
            help="part of the graph that this job runs: all; text (up to the script); media",
        )
        source.add_argument(
            "--launch_checks",
            default="all",
            choices=LAUNCH_CHECKS,
            help="checks before the start: all that the job needs, or its settings only",
        )
        ends = parser.add_argument_group("destinations: a topic, or a file of JSON lines")
        ends.add_argument(
            "--dead_letter_topic", default="", help="for messages that cannot be processed"
        )
        ends.add_argument("--notification_topic", default=NOTIFICATION_TOPIC)
        ends.add_argument(
            "--media_topic", default=MEDIA_TOPIC, help="from the text job to the media job"
        )
        ends.add_argument("--media_subscription", default=MEDIA_SUBSCRIPTION)
        lessons = parser.add_argument_group("how lessons are made")
        for field in fields(Settings):
            default = "" if field.default is MISSING else field.default
            variable = VARIABLES.get(field.name)
            lessons.add_argument(
                f"--{field.name}",
                type=type(default),
                default=(os.environ.get(variable) or default) if variable else default,
                help=HELP[field.name] + (f" [{variable}]" if variable else ""),
            )
        local = parser.add_argument_group("local runner")
        local.add_argument(
            "--local_max_messages",
            type=int,
            default=10,
            help="messages that the local runner pulls, and finishes, at a time",
        )
        local.add_argument(
            "--local_bundles",
            type=int,
            default=1,
            help="pulls that the local runner processes at the same time",
        )
        local.add_argument(
            "--health_check_port",
            type=int,
            default=health_check_port(),
            help="port of /health, /health/ready and /metrics; 0 for none [HEALTH_CHECK_PORT]",
        )
        local.add_argument(
            "--local_ready_file",
            default="",
            help="file to create once the job is reading; it holds the process id and the "
            "address of its health check",
        )


def health_check_port() -> int:
    """The value of HEALTH_CHECK_PORT, 0 if it is not set.

    Raises:
        SettingsError: it is not a port.
    """
    given = os.environ.get("HEALTH_CHECK_PORT", "").strip() or "0"
    if not (given.isascii() and given.isdigit() and int(given) < 65536):
        raise SettingsError(
            f"HEALTH_CHECK_PORT={given} is not a port: give a number from 1 to 65535, "
            "or leave it out"
        )
    return int(given)


@dataclass(frozen=True)
class Endpoints:
    """Sources and destinations of messages: full resource names, or paths of files.

    `media_topic` and `media_subscription` are empty if the stages do not need them.
    """

    input_subscription: str
    input_file: str
    dead_letters: str
    notifications: str
    media_topic: str
    media_subscription: str
    stages: str

    @property
    def streaming(self) -> bool:
        """Whether the job reads from Pub/Sub, so that it never ends by itself."""
        return not self.input_file


def read_options(options: PipelineOptions) -> tuple[Settings, Endpoints]:
    """The job's settings and endpoints.

    Raises:
        SettingsError: one line per missing or malformed setting, with its fix.
    """
    ours = options.view_as(VividlyOptions)
    project = project_of(options)
    settings = read_settings(options)
    media = ours.stages == "media"
    endpoints = Endpoints(
        input_subscription=""
        if ours.input_file or media
        else resource(project, "subscriptions", ours.input_subscription),
        input_file=ours.input_file,
        dead_letters=resource(
            project, "topics", ours.dead_letter_topic or dead_letter_topic(settings.environment)
        ),
        notifications=resource(project, "topics", ours.notification_topic),
        media_topic=resource(project, "topics", ours.media_topic) if ours.stages == "text" else "",
        media_subscription=resource(project, "subscriptions", ours.media_subscription)
        if media
        else "",
        stages=ours.stages,
    )
    if endpoints.input_file:
        # Nothing reads a topic, so no scheduled retry would be published.
        settings = replace(settings, durable_retries="off")
    problems = [*settings.problems(), *_endpoint_problems(endpoints, ours)]
    if runs_on_dataflow(options):
        problems += _dataflow_problems(settings, endpoints)
    if problems:
        raise SettingsError("\n".join(problems))
    return settings, endpoints


def read_settings(options: PipelineOptions) -> Settings:
    """The settings as given, unchecked."""
    ours = options.view_as(VividlyOptions)
    values = {field.name: getattr(ours, field.name) for field in fields(Settings)}
    values["vertex_project"] = values["vertex_project"] or project_of(options)
    return Settings(**values)


def project_of(options: PipelineOptions) -> str:
    """The Google Cloud project: --project, else GCP_PROJECT_ID, else empty."""
    project = options.view_as(GoogleCloudOptions).project
    return project or os.environ.get(VARIABLES["project"], "")


def runs_on_dataflow(options: PipelineOptions) -> bool:
    """Whether the job is launched on Dataflow; its endpoint may be a local one."""
    return "Dataflow" in (options.view_as(StandardOptions).runner or "")


def dead_letter_topic(environment: str) -> str:
    """The short name of the dead-letter topic (docs/interfaces.md#dead-letters)."""
    return f"content-requests-{environment}-dlq"


def is_file(destination: str) -> bool:
    """Whether a destination is a path, not a Pub/Sub name."""
    return destination.startswith(("/", "./", "../", "~"))


def resource(project: str, kind: str, name: str) -> str:
    """The full Pub/Sub resource name for a short one; any other name unchanged."""
    if name and project and _SHORT_NAME.fullmatch(name):
        return f"projects/{project}/{kind}/{name}"
    return name


def _endpoint_problems(endpoints: Endpoints, ours: VividlyOptions) -> Iterator[str]:
    if ours.stages == "media":
        if endpoints.input_file:
            yield "--input_file with --stages=media: the media job reads --media_subscription only"
    elif endpoints.input_file:
        if ours.input_subscription and "PUBSUB_SUBSCRIPTION" not in os.environ:
            yield "--input_file and --input_subscription are both set: choose one"
        if "://" not in endpoints.input_file and not os.path.isfile(endpoints.input_file):
            yield f"--input_file={endpoints.input_file}: there is no such file"
    elif not endpoints.input_subscription:
        yield (
            "--input_subscription (or PUBSUB_SUBSCRIPTION) is not set: give "
            f"projects/PROJECT/subscriptions/{REQUEST_SUBSCRIPTION}, or --input_file"
        )
    checked: Mapping[str, tuple[str, str]] = {
        "input_subscription": (endpoints.input_subscription, "subscriptions"),
        "dead_letter_topic": (endpoints.dead_letters, "topics"),
        "notification_topic": (endpoints.notifications, "topics"),
        "media_topic": (endpoints.media_topic, "topics"),
        "media_subscription": (endpoints.media_subscription, "subscriptions"),
    }
    for option, (name, kind) in checked.items():
        if not name or (kind == "topics" and is_file(name) and option != "media_topic"):
            continue
        match = _FULL_NAME.fullmatch(name)
        if not match or match.group(1) != kind:
            yield (
                f"--{option}={name!r}: want projects/PROJECT/{kind}/NAME, or a short NAME "
                "together with --project (or GCP_PROJECT_ID)"
                + (", or the path of a file" if kind == "topics" else "")
            )


def _dataflow_problems(settings: Settings, endpoints: Endpoints) -> Iterator[str]:
    if settings.database_url and not SECRET_NAME.fullmatch(settings.database_url):
        yield (
            "--database_url: Dataflow shows a job's options to everyone who can see the job; "
            "put the URL into Secret Manager and give projects/PROJECT/secrets/NAME/versions/latest"
        )
    for name in ("generated_content_bucket", "temp_files_bucket"):
        if not getattr(settings, name).startswith("gs://"):
            yield f"--{name}: Dataflow workers share no directory; give gs://NAME"
    for name, value in (
        ("dead_letter_topic", endpoints.dead_letters),
        ("notification_topic", endpoints.notifications),
    ):
        if is_file(value):
            yield f"--{name}: Dataflow workers share no file; give a topic"
