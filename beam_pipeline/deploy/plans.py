"""Plans launches, updates and rollbacks, and checks them before anything is changed."""

from __future__ import annotations

import getpass
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import google.auth
from google.auth.exceptions import GoogleAuthError

from beam_pipeline.deploy.dataflow import Dataflow, Job
from beam_pipeline.deploy.images import Images
from beam_pipeline.deploy.launches import JOBS, Launch, Records, next_id
from beam_pipeline.deploy.said import Said
from beam_pipeline.deploy.templates import Template, Templates, of_checkout
from beam_pipeline.options import MEDIA_SUBSCRIPTION, REQUEST_SUBSCRIPTION
from vividly.model.errors import SettingsError
from vividly.platform.storage import open_store

MAX_WORKERS = 2
"""Default limit of workers per job: each may hold 15 connections, 30 during an update."""
DEFAULT_STAGES = ("text", "media")


@dataclass(frozen=True)
class Plan:
    """One job to be launched.

    Attributes:
        base: the launch that it starts from; None if it starts from the defaults.
        old: the running launch, or the last one; None if there was none.
        running: the job to update; None to launch a new one.
        notes: warnings to show before.
    """

    new: Launch
    template: Template
    base: Launch | None = None
    old: Launch | None = None
    running: Job | None = None
    notes: tuple[str, ...] = ()


class Planner:
    """Plans launches from the given variables, the running jobs and the records."""

    def __init__(self, said: Said) -> None:
        """Look up the running jobs.

        Raises:
            VividlyError: Google Cloud cannot be reached or refuses access.
        """
        self.said = said
        self.dataflow = Dataflow(said.project, said.region)
        self.active = self.dataflow.active()
        self.records = Records(open_store(f"gs://{said.bucket}"), said.project, said.region)
        self.templates = Templates(said.project, said.region, said.bucket)

    # -- launch ---------------------------------------------------------------------------

    def launches(self) -> list[Plan]:
        """Plans of new jobs.

        Raises:
            SettingsError: one of them runs already, or a value is missing or does not fit.
        """
        said, active = self.said, self.active
        plans = []
        for stages in said.stages or self._stages_of_launch() or DEFAULT_STAGES:
            job = JOBS[stages]
            for one in active.get(job, ()):
                raise SettingsError(
                    f"{job} already exists ({one.state}, {one.id}): change it with "
                    f"`make update PROJECT={said.project}`, or drain it first"
                )
            last = self.records.newest(job)
            if said.launch:
                base = self.records.read(job, said.launch)
            else:
                base = fresh(said, stages)
                _refuse_silent_environment(said, base, last)
            plans.append(self._plan(base, last, action="launch", before=last.id if last else ""))
        return plans

    def _stages_of_launch(self) -> tuple[str, ...]:
        """The stages of the jobs that were launched together under the given id."""
        if not self.said.launch:
            return ()
        return tuple(s for s, job in JOBS.items() if self.said.launch in self.records.ids(job))

    # -- update ---------------------------------------------------------------------------

    def updates(self) -> list[Plan]:
        """Plans of updates: the running jobs with the given changes.

        Raises:
            SettingsError: no job runs, no change is given, or a value does not fit.
        """
        said = self.said
        if said.launch:
            raise SettingsError("LAUNCH= is for `make rollback` and `make launch`")
        if not said.changes:
            raise SettingsError(
                "there is nothing to update: give TAG=, PARAMETERS=, MAX_WORKERS=, NETWORK=, "
                "SUBNETWORK= or PROFILER=. Everything else stays as it is"
            )
        jobs = [self._running(name) for name in self._wanted()]
        olds = [(job, self._launched_as(job)) for job in jobs]
        return [self._plan(old, old, job, action="update", before=old.id) for job, old in olds]

    # -- rollback -------------------------------------------------------------------------

    def rollbacks(self) -> list[Plan]:
        """Plans of rollbacks to the launch before; new launches if no job runs.

        Raises:
            SettingsError: there is no such launch, it had another environment, or Dataflow
                would refuse it as an update.
        """
        if self.said.changes:
            raise SettingsError(
                "a rollback repeats a launch unchanged: leave out TAG, PARAMETERS, MAX_WORKERS, "
                "PROFILER and the network. LAUNCH= selects a launch (`make launches`); without it, "
                "the rollback goes to the previous one"
            )
        plans = []
        for old, job in self._rolled_back():
            target = (
                self.records.read(old.job, self.said.launch)
                if self.said.launch
                else self.records.one_before(old)
            )
            if target.environment != old.environment:
                raise SettingsError(
                    f"{old.job}: launch {target.id} was in {target.environment}, {old.id} is in "
                    f"{old.environment}: a rollback cannot change the environment"
                )
            plans.append(
                self._plan(target, old, job, action="rollback", before=old.id, restores=target.id)
            )
        return plans

    def _rolled_back(self) -> list[tuple[Launch, Job | None]]:
        """The launches to replace; without given stages those that were launched last."""
        said, active = self.said, self.active
        recorded = [job for job in JOBS.values() if not active and self.records.ids(job)]
        found: list[tuple[Launch, Job | None]] = []
        for name in [JOBS[one] for one in said.stages or ()] or list(active) or recorded:
            if name in active:
                job = self._running(name)
                found.append((self.records.read(name, self._described(job).id), job))
            elif last := self.records.newest(name, tried=True):
                found.append((last, None))
            else:
                raise self._nothing_runs(name)
        if not found:
            raise self._nothing_runs()
        newest = max(old.id for old, _ in found)
        return [(old, job) for old, job in found if said.stages or old.id == newest]

    # -- what runs ------------------------------------------------------------------------

    def draining(self) -> list[Launch]:
        """The launches of the given running jobs, or of all, from their descriptions.

        Raises:
            SettingsError: a job does not run, is being changed, or has another environment.
        """
        return [self._described(self._running(name)) for name in self._wanted()]

    def _wanted(self) -> list[str]:
        """The names of the given jobs, or of all running ones."""
        said = [JOBS[one] for one in self.said.stages or ()]
        for name in said:
            if name not in self.active:
                raise self._nothing_runs(name)
        if not (wanted := said or list(self.active)):
            raise self._nothing_runs()
        return wanted

    def _running(self, name: str) -> Job:
        jobs = self.active[name]
        if len(jobs) > 1 or jobs[0].state != "running":
            states = ", ".join(f"{job.id} is {job.state}" for job in jobs)
            raise SettingsError(f"{name} is being changed just now ({states}): wait until it runs")
        return self.dataflow.get(jobs[0].id)

    def _described(self, job: Job) -> Launch:
        """The launch of a running job, from its own description."""
        said = self.said
        launch = job.described(of_checkout(), said.project, said.region)
        if said.environment and launch.environment not in ("", said.environment):
            raise SettingsError(
                f"{job.name} runs in {launch.environment}, but ENVIRONMENT={said.environment} was "
                "given: the environment of a running job cannot change"
            )
        return launch

    def _launched_as(self, job: Job) -> Launch:
        """The launch of a running job: its record, otherwise its own description."""
        described = self._described(job)
        if self.on_record(described):
            return self.records.read(job.name, described.id)
        if not described.environment:
            raise SettingsError(
                f"{job.name} ({job.id}) has no record, and its description lacks the parameters: "
                "drain it, and launch it with all its parameters"
            )
        if found := self.templates.of_image(described.image):
            steps = found.steps.get(described.stages)
            return described.changed(tag=found.tag, steps=steps)
        return described

    def on_record(self, launch: Launch) -> bool:
        """Whether the launch has a record."""
        return launch.id in self.records.ids(launch.job)

    def adopt(self, old: Launch) -> None:
        """Record a running launch that has no record, so that a rollback finds it.

        Raises:
            SettingsError: its template and image are not known.
        """
        template = self._template(old)
        kept = self.templates.keep(template, self.records.template(old))
        self.records.create(old.changed(image=template.image, template=kept))

    def _nothing_runs(self, name: str = "") -> SettingsError:
        said = self.said
        others = f" (but {', '.join(sorted(self.active))})" if self.active else ""
        lines = [f"no job {name or 'vividly-*'} runs in {said.project}, {said.region}{others}"]
        for job in [name] if name else JOBS.values():
            if last := self.records.newest(job):
                lines.append(
                    f"To launch {job} as before: make launch PROJECT={said.project} "
                    f"STAGES={last.stages} LAUNCH={last.id}"
                )
        return SettingsError("\n".join(lines))

    # -- all of them ----------------------------------------------------------------------

    def _plan(self, base: Launch, old: Launch | None, job: Job | None = None, **more: str) -> Plan:
        """A launch like `base` with the given changes.

        Raises:
            SettingsError: the result cannot be launched.
        """
        said = self.said
        if said.environment not in (None, base.environment):
            raise SettingsError(
                f"{base.job}: launch {base.id} was in {base.environment}, but "
                f"ENVIRONMENT={said.environment} was given"
            )
        template = self.templates.of_tag(said.tag) if said.tag else self._template(base)
        parameters = {**base.parameters, **said.parameters}
        new = base.changed(
            tag=template.tag,
            image=template.image,
            parameters={k: v for k, v in parameters.items() if v != ""},
            runtime=said.runtime_after(base.runtime),
            steps=template.steps.get(base.stages),
            outcome="",
            job_id="",
            **{"restores": "", **more},
        )
        if problems := list(template.problems(new.parameters)):
            raise SettingsError("\n".join(f"{base.job}: {one}" for one in problems))
        notes = self._notes(old, new, job) if job and old else ()
        return Plan(new, template, base if base.id else None, old, job, notes)

    def _notes(self, old: Launch, new: Launch, job: Job) -> tuple[str, ...]:
        """Warnings before an update.

        Raises:
            SettingsError: Dataflow would refuse it because steps of the job are gone.
        """
        notes = []
        if not self.on_record(old):
            notes.append(
                "this launch has no record: the values below are from the job's own description"
            )
        if "goog-terraform-provisioned" in job.labels:
            notes.append(
                "Terraform launched this job and would undo the change: change its variables too"
            )
        if old.steps is None or new.steps is None:
            notes.append(
                "the steps have no record: Dataflow compares them and may refuse the update"
            )
        elif gone := sorted(set(old.steps) - set(new.steps)):
            made = sorted(set(new.steps) - set(old.steps))
            raise SettingsError("\n".join(_refused(old, new, gone, made)))
        return tuple(notes)

    def signed(self, plans: Sequence[Plan]) -> list[Plan]:
        """The plans with a common id, the time and the user."""
        now = datetime.now(UTC)
        known = [id for plan in plans for id in self.records.ids(plan.new.job)]
        id = next_id(now, [*known, *(plan.old.id for plan in plans if plan.old)])
        mark = {"id": id, "at": f"{now:%Y-%m-%dT%H:%M:%SZ}", "by": _caller()}
        return [replace(plan, new=plan.new.changed(**mark)) for plan in plans]

    def _template(self, base: Launch) -> Template:
        """The template of a launch."""
        if base.template:
            return self.templates.of_launch(base)
        if "@" in base.image:
            found = self.templates.of_image(base.image)
        else:
            found = self.templates.of_tag(base.tag) if base.tag else None
        if found is None:
            raise SettingsError(
                f"{base.job}: the running image has no template ({base.image or 'image unknown'}): "
                "give a version, TAG="
            )
        return found


def fresh(said: Said, stages: str) -> Launch:
    """A launch that starts from the defaults.

    Raises:
        SettingsError: there is no tag.
    """
    bucket, subscriptions = f"gs://{said.bucket}/", f"projects/{said.project}/subscriptions"
    source = (
        {"media_subscription": f"{subscriptions}/{MEDIA_SUBSCRIPTION}"}
        if stages == "media"
        else {"input_subscription": f"{subscriptions}/{REQUEST_SUBSCRIPTION}"}
    )
    account = "media" if stages == "media" else "text"
    return Launch(
        job=JOBS[stages],
        stages=stages,
        project=said.project,
        region=said.region,
        environment=said.environment or "dev",
        tag=tag_of(said),
        parameters={
            **source,
            "database_url": f"projects/{said.project}/secrets/vividly-database/versions/latest",
            "generated_content_bucket": f"gs://{said.project}-vividly-generated",
            "temp_files_bucket": f"gs://{said.project}-vividly-temp",
            "oer_content_bucket": f"gs://{said.project}-vividly-oer",
        },
        runtime={
            "max_workers": MAX_WORKERS,
            "service_account_email": f"vividly-{account}@{said.project}.iam.gserviceaccount.com",
            "staging_location": f"{bucket}staging",
            "temp_location": f"{bucket}tmp",
            "ip_configuration": "WORKER_IP_PRIVATE",
            "enable_streaming_engine": True,
            "additional_experiments": ["no_use_multiple_sdk_containers"],
        },
    )


def offline(said: Said, stages: str) -> Launch:
    """A new launch as far as it is known without the cloud.

    Raises:
        SettingsError: the given values do not fit.
    """
    base = fresh(said, stages)
    image = Images(said.project, said.region).tagged(base.tag)
    parameters = {k: v for k, v in {**base.parameters, **said.parameters}.items() if v != ""}
    if problems := list(of_checkout().problems(parameters)):
        raise SettingsError("\n".join(problems))
    runtime = said.runtime_after(base.runtime)
    return base.changed(image=image, parameters=parameters, runtime=runtime)


def tag_of(said: Said) -> str:
    """The given tag, or the checkout's commit.

    Raises:
        SettingsError: there is neither.
    """
    if said.tag:
        return said.tag
    with suppress(OSError, subprocess.CalledProcessError):
        asked = ["git", "rev-parse", "--short", "HEAD"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    raise SettingsError("set TAG: this folder is not a git checkout")


def _caller() -> str:
    """The user who launches: the Google account, otherwise the user of this machine."""
    with suppress(GoogleAuthError):
        found, _ = google.auth.default()
        for name in ("service_account_email", "account"):
            if "@" in (account := getattr(found, name, None) or ""):
                return str(account)
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return socket.gethostname()


def _refuse_silent_environment(said: Said, new: Launch, last: Launch | None) -> None:
    if last and said.environment is None and last.environment != new.environment:
        raise SettingsError(
            f"{new.job} was last launched in {last.environment} ({last.id}): set ENVIRONMENT. "
            f"LAUNCH={last.id} repeats that launch"
        )


def _refused(old: Launch, new: Launch, gone: Sequence[str], made: Sequence[str]) -> Iterator[str]:
    yield (
        f"{old.job}: Dataflow would refuse this {new.action}: {new.tag or new.restores} lacks "
        f"steps of the running job ({old.tag or old.id}). Nothing was changed"
    )
    for mark, steps in (("-", gone), ("+", made)):
        yield from (f"{mark} {step}" for step in steps[:10])
        if len(steps) > 10:
            yield f"{mark} and {len(steps) - 10} more"
    yield "Drain the job, wait until it has ended (`make launches`), and launch it again:"
    yield f"make drain PROJECT={old.project} STAGES={old.stages}"
    if new.action == "rollback":
        yield f"make rollback PROJECT={old.project} STAGES={old.stages} LAUNCH={new.restores}"
    else:
        yield (
            f"make launch PROJECT={old.project} STAGES={old.stages} LAUNCH={old.id} TAG={new.tag}"
        )
