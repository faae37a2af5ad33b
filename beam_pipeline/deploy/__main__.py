"""`python -m beam_pipeline.deploy`, which `make` runs with its variables in the environment."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from beam_pipeline.cli.context import EXIT_FAILED, out, reported, say_error
from beam_pipeline.cli.display import safe
from beam_pipeline.deploy.launches import JOBS, Launch, difference
from beam_pipeline.deploy.said import Said, read
from vividly.model.errors import PermanentError, SettingsError, TransientError, VividlyError

if (
    TYPE_CHECKING
):  # Google's clients take seconds to load: not needed for a mistake in the variables
    from beam_pipeline.deploy.plans import Plan, Planner

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
PATIENCE_S = 30 * 60.0
"""Seconds to watch a launch; Dataflow gives its launcher less."""
MOST = 20
"""Launches listed per job."""
_COLOURS = {"-": "red", "+": "green", " ": "default"}


@app.command()
def image() -> None:
    """Build and push the image."""
    with reported():
        from beam_pipeline.deploy.images import Images
        from beam_pipeline.deploy.plans import tag_of

        said = read(os.environ)
        name = Images(said.project, said.region).tagged(tag_of(said))
        _run(said, "docker", "build", "--platform=linux/amd64", "--tag", name, ".")
        _run(said, "docker", "push", name)


@app.command()
def template() -> None:
    """Write the flex template of a tag's image to the deploy bucket."""
    with reported():
        from beam_pipeline.deploy.plans import tag_of
        from beam_pipeline.deploy.templates import Templates, steps_of_checkout

        said = read(os.environ)
        tag = tag_of(said)
        where = f"gs://{said.bucket}/templates/vividly-{tag}.json"
        _say(f"{where}")
        if said.dry_run:
            _say("from templates/metadata.json and the image of the tag (not looked up)")
            return
        made = Templates(said.project, said.region, said.bucket).build(tag, steps_of_checkout())
        _line(" ", "image", made.image)


@app.command()
def launch() -> None:
    """Launch the jobs."""
    with reported():
        said = read(os.environ)
        if planner := _planner(said):
            _carry_out(planner, planner.launches())
        else:
            _show_offline(said)


@app.command()
def update() -> None:
    """Update the running jobs: change the given variables, keep all else."""
    with reported():
        said = read(os.environ)
        if planner := _planner(said):
            _carry_out(planner, planner.updates())
            return
        _say("The running jobs are not known here. An update would change only these values:")
        changes = {"tag": said.tag, **said.runtime, **said.parameters}
        for name, value in changes.items():
            if value is not None:
                _line("+", name, value)


@app.command()
def rollback() -> None:
    """Relaunch the launch before the running one."""
    with reported():
        said = read(os.environ)
        if (planner := _planner(said)) is None:
            raise SettingsError(
                "a rollback needs the records of launches, which are only in the cloud"
            )
        _carry_out(planner, planner.rollbacks())


@app.command()
def drain() -> None:
    """Let the running jobs finish their requests, then stop them."""
    with reported():
        said = read(os.environ)
        if planner := _planner(said):
            for job in planner.draining():
                _say(f"{job.job}: drain {job.job_id} ({job.environment}, {job.tag or 'no tag'})")
                if not said.dry_run:
                    planner.dataflow.drain(job.job_id)
        if said.dry_run:
            _say("Nothing was changed.")


@app.command()
def launches() -> None:
    """List the launches, the newest first; * marks the running ones."""
    with reported():
        from beam_pipeline.deploy.plans import Planner

        said = read(os.environ)
        planner = Planner(said)
        records = planner.records
        _say(f"gs://{said.bucket}/{records.folder}")
        for name in [JOBS[one] for one in said.stages or JOBS]:
            states = {job.id: job.state for job in planner.active.get(name, ())}
            listed = [records.read(name, id) for id in records.ids(name)[:MOST]]
            if listed or states:
                _say(f"\n{name}")
            for one in listed:
                state = states.pop(one.job_id, one.outcome)
                mark = "*" if state == "running" else " "
                line = (one.id, one.environment, one.tag, _action(one), one.by, state)
                _say(f"{mark} {'  '.join(filter(None, line))}")
            for id, state in states.items():
                _say(f"* {id}, {state}: not on record")


# -- carrying out ---------------------------------------------------------------------------


def _planner(said: Said) -> Planner | None:
    """The planner; None for a dry run without access to the cloud."""
    from beam_pipeline.deploy.plans import Planner

    try:
        return Planner(said)
    except VividlyError as error:
        if not said.dry_run:
            raise
        _say(f"Not looked up: {error}")
        return None


def _carry_out(planner: Planner, plans: Sequence[Plan]) -> None:
    """Show the plans, launch them, and wait until they run.

    Raises:
        typer.Exit: one of the jobs failed.
    """
    said = planner.said
    plans = [plan for plan in plans if _differs(plan)]
    for plan in plans:
        _show(plan, whole=said.dry_run or not plan.running or bool(plan.notes))
    if said.dry_run or not plans:
        _say("\nNothing was changed.")
        return
    if plans[0].new.action == "rollback":
        _confirm(said)
    _say("")
    started, well = [], True
    for plan in planner.signed(plans):
        try:
            started.append(_start(planner, plan))
        except VividlyError as error:  # what was launched before it continues
            say_error(error)
            well = False
            break
    if started:
        _say("Waiting until it runs, which takes minutes; Ctrl-C ends only the waiting")
    try:
        for plan in started:
            well = _runs(planner, plan) and well
    except KeyboardInterrupt:
        _say("No longer waiting: the launch continues (`make launches`)")
        raise
    if not well:
        raise typer.Exit(EXIT_FAILED)


def _differs(plan: Plan) -> bool:
    if plan.running and plan.old and plan.old.facts() == plan.new.facts():
        _say(f"{plan.new.job}: is up to date ({plan.running.id})")
        return False
    return True


def _confirm(said: Said) -> None:
    if said.yes:
        return
    if not sys.stdin.isatty():
        raise SettingsError("there is no terminal to confirm on: set YES=1 to roll back")
    typer.confirm("\nRoll back?", abort=True)


def _start(planner: Planner, plan: Plan) -> Plan:
    """Record a launch and request it from Dataflow. Returns the plan with the job's id.

    Raises:
        VividlyError: it was not launched, or the result is not known.
    """
    records = planner.records
    if plan.running and plan.old and not planner.on_record(plan.old):
        try:
            planner.adopt(plan.old)
        except SettingsError as error:
            _say(f"A rollback will not find the running launch. {error}")
    kept = planner.templates.keep(plan.template, records.template(plan.new))
    new = plan.new.changed(template=kept)
    records.create(new)
    try:
        id = planner.dataflow.launch(new, update=plan.running is not None)
    except PermanentError:
        records.remove(new)
        raise
    except TransientError as error:
        told = f"{new.job}: {error}\nIt may have been launched nevertheless: see `make launches`"
        raise TransientError(told) from error
    new = new.changed(job_id=id)
    records.replace(new)
    _say(f"{new.job}: launch {new.id} is under way ({id})")
    return replace(plan, new=new)


def _runs(planner: Planner, plan: Plan) -> bool:
    """Wait for a launch and print the result. Returns whether its job runs."""
    new, pause, end = plan.new, 0.1, time.monotonic() + PATIENCE_S
    state = "not visible"
    while True:
        with suppress(TransientError):  # Dataflow is asked again
            job = planner.dataflow.get(new.job_id)
            if job.ended:
                break
            state = job.state
        if state == "running":
            _say(f"{new.job}: runs {new.tag}")
            return True
        if time.monotonic() > end:
            say_error(f"{new.job}: {new.job_id} is still {state}: `make launches` shows its state")
            return False
        time.sleep(pause)
        pause = min(2 * pause, 10.0)
    planner.records.replace(new.changed(outcome="refused" if plan.running else "failed"))
    lines = [f"{new.job}: {job.id} {job.state}", *planner.dataflow.complaints(job.id)]
    log = f'resource.labels.job_id="{job.id}" severity>=ERROR'
    lines.append(f"More: gcloud logging read '{log}' --project={new.project} --limit=20")
    if plan.running:
        still = planner.dataflow.get(plan.running.id)
        lines.append(f"{still.id}, which ran before, is {still.state}")
    say_error("\n".join(lines))
    return False


# -- what people see ------------------------------------------------------------------------


def _show(plan: Plan, *, whole: bool) -> None:
    """Print a plan, one parameter per line: all of them, or those that change."""
    new, old, base, template = plan.new, plan.old, plan.base, plan.template
    _say(f"\n{new.job}: {new.action} in {new.project}, {new.region}")
    if old:
        _say(f"  {'from    ' if plan.running else 'last was'} {_version(old)}")
    if base and base is not old:
        _say(f"  {'back to ' if new.restores else 'as      '} {_version(base)}")
    if new.restores and not plan.running:
        _say("  as a new job, since none runs")
    for note in plan.notes:
        _say(f"  note: {note}")
    old = old or new
    # A parameter that only one of them sets has the job's default in the other.
    said = old.parameters.keys() | new.parameters.keys()
    defaults = {name: template.default(name) for name in said & template.known.keys()}
    lines = difference(old.facts(defaults), new.facts(defaults))
    for mark, name, value in lines:
        if whole or mark != " ":
            _line(mark, name, value)
    if not whole and (rest := sum(mark == " " for mark, *_ in lines)):
        _say(f"  and {rest} unchanged (DRY_RUN=1 lists them)")


def _show_offline(said: Said) -> None:
    """Print a launch as far as it is known without the cloud."""
    from beam_pipeline.deploy.plans import DEFAULT_STAGES, offline

    for stages in said.stages or DEFAULT_STAGES:
        new = offline(said, stages)
        _say(f"\n{new.job}: launch in {new.project}, {new.region}")
        for name, value in new.facts().items():
            _line(" ", name, value)
    _say("\nNot known here: running and earlier jobs, and whether this image and template exist.")


def _version(launch: Launch) -> str:
    """A launch in one line."""
    by = f", {_action(launch)} by {launch.by}" if launch.by else ""
    return f"{launch.id}: {launch.tag or 'no tag'}, {launch.environment}{by}"


def _action(launch: Launch) -> str:
    return f"{launch.action} to {launch.restores}" if launch.restores else launch.action


def _line(mark: str, name: str, value: object) -> None:
    out.print(f"  [{_COLOURS[mark]}]{mark} {safe(name)}={safe(value)}[/]", soft_wrap=True)


def _say(line: str) -> None:
    out.print(safe(line), soft_wrap=True)


def _run(said: Said, *words: str) -> None:
    """Print a command and run it.

    Raises:
        SettingsError: there is no such program.
        typer.Exit: it failed.
    """
    _say(f"+ {shlex.join(words)}")
    if said.dry_run:
        return
    try:
        done = subprocess.run(words, check=False)
    except FileNotFoundError as error:
        raise SettingsError(f"program {words[0]} is not installed") from error
    if done.returncode:
        raise typer.Exit(done.returncode)


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=FutureWarning)
    app(prog_name="deploy")
