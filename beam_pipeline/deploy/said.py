"""Reads and checks the variables of `make`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from beam_pipeline.deploy.launches import JOBS
from vividly.model.errors import SettingsError
from vividly.model.settings import choices

VARIABLES = (
    "PROJECT", "REGION", "ENVIRONMENT", "TAG", "STAGES", "MAX_WORKERS", "BUCKET", "NETWORK",
    "SUBNETWORK", "LAUNCH", "PROFILER",
)  # fmt: skip
OWN = {
    "environment": "ENVIRONMENT",
    "stages": "STAGES",
    "sdk_container_image": "TAG",
    "max_num_workers": "MAX_WORKERS",
}
"""Parameters of a job that have a variable of their own."""
PROFILER = "enable_google_cloud_profiler"
"""Dataflow's experiment: Cloud Profiler samples the workers' Python code."""
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_LAUNCH = re.compile(r"\d{8}-\d{6}")


@dataclass(frozen=True)
class Said:
    """The given variables; those that were not given are None or empty.

    Attributes:
        parameters: name -> value; an empty value removes the parameter.
        launch: the id of a launch, to repeat it or to roll back to it.
        profiler: whether Cloud Profiler is to run; None leaves it as it is.
    """

    project: str
    bucket: str
    region: str = "us-central1"
    environment: str | None = None
    tag: str | None = None
    stages: tuple[str, ...] | None = None
    runtime: Mapping[str, str | int] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    launch: str | None = None
    profiler: bool | None = None
    dry_run: bool = False
    yes: bool = False

    @property
    def changes(self) -> bool:
        """Whether anything is given that an update could change."""
        return bool(self.tag or self.runtime or self.parameters or self.profiler is not None)

    def runtime_after(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """The runtime environment of a launch, with what was given changed."""
        runtime = {**base, **self.runtime}
        if self.profiler is not None:
            others = [one for one in base.get("additional_experiments", ()) if one != PROFILER]
            runtime["additional_experiments"] = others + [PROFILER] * self.profiler
        return runtime


def read(variables: Mapping[str, str]) -> Said:
    """Read the variables.

    Raises:
        SettingsError: variables are missing, empty or malformed; the message names all of them.
    """
    problems = list(_problems(variables))
    if problems:
        raise SettingsError("\n".join(problems))
    project = variables.get("PROJECT") or variables["GCP_PROJECT_ID"]
    runtime: dict[str, str | int] = {}
    if "MAX_WORKERS" in variables:
        runtime["max_workers"] = int(variables["MAX_WORKERS"])
    for name in ("NETWORK", "SUBNETWORK"):
        if name in variables:
            runtime[name.lower()] = variables[name]
    stages = variables.get("STAGES")
    return Said(
        project=project,
        bucket=variables.get("BUCKET", f"{project}-vividly-staging").removeprefix("gs://"),
        region=variables.get("REGION", Said.region),
        environment=variables.get("ENVIRONMENT"),
        tag=variables.get("TAG"),
        stages=tuple(dict.fromkeys(stages.split())) if stages else None,
        runtime=runtime,
        parameters=dict(_pairs(variables)),
        launch=variables.get("LAUNCH"),
        profiler=variables["PROFILER"] == "1" if "PROFILER" in variables else None,
        dry_run=variables.get("DRY_RUN") == "1",
        yes=variables.get("YES") == "1",
    )


def _problems(variables: Mapping[str, str]) -> Iterator[str]:
    if not (variables.get("PROJECT") or variables.get("GCP_PROJECT_ID")):
        yield "set PROJECT (or GCP_PROJECT_ID)"
    for name in VARIABLES:
        if variables.get(name, "x").strip() == "":
            yield f"{name}= is empty: give it a value, or leave it out"
    said = {name: variables[name] for name in VARIABLES if variables.get(name, "").strip()}
    environment = said.get("ENVIRONMENT", "dev")
    if environment not in choices("environment"):
        yield f"ENVIRONMENT={environment}: choose dev, staging or prod"
    for one in said.get("STAGES", "").split():
        if one not in JOBS:
            yield f"STAGES has {one}: choose text, media or all"
    if not _TAG.fullmatch(said.get("TAG", "x")):
        yield f"TAG={said['TAG']} is no image tag: use letters, digits, _, . and -"
    if not re.fullmatch(r"[1-9]\d{0,3}", said.get("MAX_WORKERS", "1")):
        yield f"MAX_WORKERS={said['MAX_WORKERS']}: give a whole number, at least 1"
    if said.get("PROFILER", "1") not in ("0", "1"):
        yield f"PROFILER={said['PROFILER']}: set 1 or 0"
    if not _LAUNCH.fullmatch(said.get("LAUNCH", "00000000-000000")):
        yield f"LAUNCH={said['LAUNCH']} is no launch: `make launches` lists the launches"
    for name, value in _pairs(variables):
        if value is None:
            yield f"PARAMETERS has {name!r}: write 'name=value;name=value'"
        elif name in OWN:
            yield f"PARAMETERS has {name}: set {OWN[name]}= instead"


def _pairs(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for pair in variables.get("PARAMETERS", "").split(";"):
        if pair.strip():
            name, equals, value = pair.strip().partition("=")
            yield name, value if equals else None  # type: ignore[misc]
