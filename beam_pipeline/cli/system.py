"""`vividly status` without an id: jobs, version, lag, backlog, circuits, what waits and why."""

from __future__ import annotations

import http.client
import json
import os
import shutil
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from beam_pipeline.cli import display
from beam_pipeline.cli.context import Context
from beam_pipeline.local import state
from vividly import __version__
from vividly.execution.report import reports
from vividly.platform.ledger import pending_migrations, queries
from vividly.platform.ledger.engine import address, database_errors

SHOWN = 10
"""How many of the waiting requests are listed."""
HEALTH_S = 5.0
"""Seconds that a job's health check may take: it calls the job's services."""


def system(context: Context) -> dict[str, Any]:
    """The state of the system as far as it can be seen from here, as JSON values.

    Raises:
        VividlyError: the database cannot be reached, or has no tables.
    """
    engine, stack = context.engine, context.stack
    counted = queries.counts(engine)
    with database_errors(engine):
        lacks = pending_migrations(engine)
    waits = queries.waiting(engine, limit=SHOWN)
    backlog = queries.backlog(engine)
    jobs = [_job(name) for name in state.JOBS] if stack else []
    circuits = {circuit for job in jobs for circuit in job["open_circuits"]}
    last = queries.last_event(engine)
    return {
        "version": (stack.version if stack else "") or None,
        "own_version": __version__,
        "database": address(engine),
        "schema_lacks": lacks,
        "stack": {"home": str(state.home()), "pid": stack.pid} if stack else None,
        "jobs": jobs,
        "workers": queries.holders(engine),
        "lag_seconds": max((float(row["oldest"] or 0) for row in backlog), default=0.0),
        "backlog": [
            {"stage": r["stage"], "waiting": r["waiting"], "at_work": r["at_work"]} for r in backlog
        ],
        "open_circuits": sorted({*circuits, *queries.circuits(engine)}),
        "waiting": reports(engine, [row["id"] for row in waits]),
        "requests": counted,
        "last_event_seconds_ago": float(last["seconds_ago"]) if last else None,
        "disk_free_bytes": shutil.disk_usage(state.home()).free if stack else None,
    }


def _job(name: str) -> dict[str, Any]:
    """The state of a job of the local stack, from its health check."""
    found = state.reading(name)
    told: dict[str, Any] = {
        "job": name,
        "pid": found.pid if found else None,
        "problems": {},
        "open_circuits": [],
    }
    if found is None:
        return {**told, "state": "starting"}
    health = _health(found.health)
    if health is None:
        alive = _is_alive(found.pid)
        return {**told, "state": "does not answer" if alive else "gone, and is started again"}
    checks = health["checks"]
    return {
        **told,
        "state": health["status"],
        "problems": {name: said for name, said in checks.items() if said != "ok"},
        "open_circuits": health["open_circuits"],
    }


def _health(where: str) -> Mapping[str, Any] | None:
    connection = http.client.HTTPConnection(where, timeout=HEALTH_S)
    try:
        connection.request("GET", "/health/ready")
        told: Mapping[str, Any] = json.loads(connection.getresponse().read())
        return told
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def show_system(to: Console, found: Mapping[str, Any]) -> None:
    """Print the state of the system."""
    fact = display.fact
    stack, lacks = found["stack"], found["schema_lacks"]
    if stack:
        fact(to, "system", f"local stack in {stack['home']} (process {stack['pid']})")
    else:
        fact(to, "system", "the one of DATABASE_URL")
    fact(to, "version", _version(found))
    schema = f", whose tables lack {', '.join(lacks)}: run `vividly verify --create`"
    fact(to, "database", found["database"] + (schema if lacks else ""))
    for job in found["jobs"]:
        process = f" (process {job['pid']})" if job["pid"] else ""
        problems = "".join(f"; {name}: {said}" for name, said in job["problems"].items())
        fact(to, f"{job['job']} job", job["state"] + process + problems)
    if not stack:
        fact(to, "jobs", _remote_jobs(found))
    elif not found["jobs"]:
        fact(to, "jobs", "one, which reads a file of requests (`vividly run`)")
    circuits = ", ".join(found["open_circuits"])
    known = "none open" if stack else "none open that holds requests up"
    fact(to, "circuits", f"open: {circuits}" if circuits else known)
    waiting = sum(row["waiting"] for row in found["backlog"])
    at_work = sum(row["at_work"] for row in found["backlog"])
    of = f"{found['lag_seconds']:.0f} s of the oldest; {waiting} wait" if waiting else "none waits"
    fact(to, "lag", f"{of}, {at_work} at work")
    if (free := found["disk_free_bytes"]) is not None:
        low = ", too little for a video: requests wait. Free some space."
        fact(to, "disk", f"{free / 1e6:,.0f} MB free" + low * (free < state.LOW_DISK_BYTES))
    _show_numbers(to, found)
    for told in found["waiting"]:
        short = f"{told['request_id'][: display.SHORT_ID]}  "
        # A request that was begun meanwhile no longer waits.
        waits = f"waits: {display.waits_for(told['waiting'])}" if told["waiting"] else "at work"
        if to.is_terminal:
            to.print()
            display.say(to, told["student_query"], first=short)
            display.say(to, waits, first=" " * len(short))
        else:
            display.say(to, f"{told['student_query']}  {waits}", first=short)
    if waiting > len(found["waiting"]):
        to.print(f"\nand {waiting - len(found['waiting'])} more that wait")


def _show_numbers(to: Console, found: Mapping[str, Any]) -> None:
    if found["backlog"]:
        to.print()
        rows = display.table()
        rows.add_column("stage")
        for name in ("waiting", "at work"):
            rows.add_column(name, justify="right")
        for row in found["backlog"]:
            rows.add_row(row["stage"], str(row["waiting"]), str(row["at_work"]))
        display.show_table(to, rows)
    to.print()
    if not found["requests"]:
        to.print("No requests.")
        return
    rows = display.table()
    rows.add_column("status")
    rows.add_column("requests", justify="right")
    for status, number in found["requests"].items():
        rows.add_row(display.coloured(status) if to.is_terminal else status, str(number))
    display.show_table(to, rows)


def _version(found: Mapping[str, Any]) -> str:
    own, jobs = found["own_version"], found["version"]
    if jobs is None:
        return f"{own} of this command; that of the jobs is not known from here"
    return own if own == jobs else f"{jobs} of the stack, {own} of this command"


def _remote_jobs(found: Mapping[str, Any]) -> str:
    """What the database says of the jobs of a remote system."""
    ago = found["last_event_seconds_ago"]
    said = [f"{len(found['workers'])} processes hold requests"]
    said.append("nothing has happened yet" if ago is None else f"last sign {ago:.0f} s ago")
    return (
        "; ".join(said) + ". Whether they run, and how they are, is not known from here: "
        "`gcloud dataflow jobs list --status=active`"
    )
