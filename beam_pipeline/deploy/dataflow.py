"""Client of Dataflow's API: the running jobs and their descriptions, launching, draining."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from google.cloud import dataflow_v1beta3 as api
from google.protobuf.json_format import MessageToDict

from beam_pipeline.deploy.launches import JOBS, Launch, id_at
from beam_pipeline.deploy.templates import Template
from vividly.platform.google.errors import google_errors
from vividly.platform.google.vertex import credentials

ENDPOINT = "CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAFLOW"
"""gcloud's own variable for another address of the service."""
TIMEOUT_S = 60.0
_FIXES = {
    401: "run `gcloud auth application-default login`",
    403: "enable the Dataflow API, and grant yourself roles/dataflow.developer",
    404: "check PROJECT and REGION",
}
_MESSAGES = 5


@dataclass(frozen=True)
class Job:
    """A job as Dataflow describes it.

    Attributes:
        state: in lower case and without its prefix, such as `running` or `draining`.
        options: of its pipeline, by name; empty in a list of jobs.
    """

    id: str
    name: str
    state: str
    created: datetime
    labels: Mapping[str, str]
    options: Mapping[str, Any]

    @property
    def ended(self) -> bool:
        """Whether it has ended, successfully or not."""
        return self.state in ("done", "failed", "cancelled", "updated", "drained")

    def described(self, template: Template, project: str, region: str) -> Launch:
        """The launch of this job, as far as its own description says.

        Args:
            template: says which options are parameters, and their defaults.
        """
        options = self.options
        parameters = {
            name: value
            for name in template.known
            if name not in ("stages", "environment")
            and (value := _text(options.get(name))) != template.default(name)
        }
        image = str(options.get("sdk_container_image") or "")
        tag = self.labels.get("tag") or image.rpartition("/")[2].partition(":")[2]
        return Launch(
            id=self.labels.get("launch") or id_at(self.created),
            at=f"{self.created:%Y-%m-%dT%H:%M:%SZ}",
            job=self.name,
            job_id=self.id,
            stages=self.name.removeprefix("vividly-"),
            project=project,
            region=region,
            environment=str(options.get("environment") or self.labels.get("environment", "")),
            tag="" if "@" in tag else tag,
            image=image,
            parameters=parameters,
            runtime=_runtime(options, self.name),
            labels=dict(self.labels),
        )


class Dataflow:
    """The jobs of one project and region."""

    def __init__(self, project: str, region: str) -> None:
        self._where = {"project_id": project, "location": region}
        self._endpoint = os.environ.get(ENDPOINT, "").rstrip("/")

    def active(self) -> dict[str, list[Job]]:
        """Name -> our jobs of that name that have not ended."""
        found: dict[str, list[Job]] = {}
        request = api.ListJobsRequest(filter=api.ListJobsRequest.Filter.ACTIVE, **self._where)
        with _errors():
            for job in map(_job, self._jobs.list_jobs(request, timeout=TIMEOUT_S)):
                if job.name in JOBS.values() and not job.ended:
                    found.setdefault(job.name, []).append(job)
        return found

    def get(self, id: str) -> Job:
        """A job with its full description."""
        request = api.GetJobRequest(job_id=id, view=api.JobView.JOB_VIEW_ALL, **self._where)
        with _errors():
            return _job(self._jobs.get_job(request, timeout=TIMEOUT_S))

    def launch(self, launch: Launch, *, update: bool) -> str:
        """Launch a job as an update of the one of its name, or as a new one. Returns its id."""
        parameter = api.LaunchFlexTemplateParameter(
            job_name=launch.job,
            container_spec_gcs_path=launch.template,
            update=update,
            parameters={
                **launch.parameters,
                "stages": launch.stages,
                "environment": launch.environment,
                "sdk_container_image": launch.image,
            },
            environment={**launch.runtime, "additional_user_labels": launch.job_labels()},
        )
        request = api.LaunchFlexTemplateRequest(launch_parameter=parameter, **self._where)
        with _errors():
            response = self._flex.launch_flex_template(request, timeout=TIMEOUT_S)
            return str(response.job.id)

    def drain(self, id: str) -> None:
        """Ask a job to finish its requests and stop."""
        wanted = api.Job(requested_state=api.JobState.JOB_STATE_DRAINING)
        request = api.UpdateJobRequest(job_id=id, job=wanted, **self._where)
        with _errors():
            self._jobs.update_job(request, timeout=TIMEOUT_S)

    def complaints(self, id: str) -> list[str]:
        """The last errors in a job's log."""
        request = api.ListJobMessagesRequest(
            job_id=id,
            minimum_importance=api.JobMessageImportance.JOB_MESSAGE_ERROR,
            **self._where,
        )
        with _errors():
            found = self._messages.list_job_messages(request, timeout=TIMEOUT_S)
            return [str(one.message_text) for one in found][-_MESSAGES:]

    @cached_property
    def _jobs(self) -> api.JobsV1Beta3Client:
        return self._client(api.JobsV1Beta3Client)

    @cached_property
    def _flex(self) -> api.FlexTemplatesServiceClient:
        return self._client(api.FlexTemplatesServiceClient)

    @cached_property
    def _messages(self) -> api.MessagesV1Beta3Client:
        return self._client(api.MessagesV1Beta3Client)

    def _client(self, kind: Any) -> Any:
        return kind(
            transport="rest",
            credentials=credentials(self._endpoint, ENDPOINT),
            client_options={"api_endpoint": self._endpoint} if self._endpoint else None,
        )


def _errors() -> AbstractContextManager[None]:
    return google_errors("Dataflow", fixes=_FIXES)


def _job(job: api.Job) -> Job:
    described = MessageToDict(job._pb.environment.sdk_pipeline_options)
    return Job(
        id=job.id,
        name=job.name,
        state=job.current_state.name.removeprefix("JOB_STATE_").lower(),
        created=job.create_time.astimezone(UTC),
        labels=dict(job.labels),
        options=described.get("options", {}),
    )


def _text(value: Any) -> str:
    """An option as a parameter of a template; JSON has no integers."""
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _runtime(options: Mapping[str, Any], job: str) -> dict[str, Any]:
    """The runtime environment, from the options of a job's pipeline."""
    found: dict[str, Any] = {
        ours: options[theirs]
        for ours, theirs in {
            "service_account_email": "service_account_email",
            "network": "network",
            "subnetwork": "subnetwork",
            "machine_type": "machine_type",
            "kms_key_name": "dataflow_kms_key",
            "worker_zone": "worker_zone",
            "additional_experiments": "experiments",
        }.items()
        if options.get(theirs)
    }
    for name in ("staging_location", "temp_location"):  # Beam adds a folder for each job
        if options.get(name):
            found[name] = re.sub(rf"/{job}\.[\d.]+$", "", options[name])
    numbers = {
        "max_workers": "max_num_workers",
        "num_workers": "num_workers",
        "disk_size_gb": "disk_size_gb",
    }
    for ours, theirs in numbers.items():
        if options.get(theirs):
            found[ours] = int(options[theirs])
    if options.get("use_public_ips") is False:
        found["ip_configuration"] = "WORKER_IP_PRIVATE"
    if options.get("enable_streaming_engine"):
        found["enable_streaming_engine"] = True
    return found
