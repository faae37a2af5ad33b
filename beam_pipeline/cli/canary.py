"""`vividly canary` and `vividly smoke`: does the whole system work, right now?"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from beam_pipeline.cli import display
from beam_pipeline.cli.context import EXIT_FAILED, Context, out, reported
from beam_pipeline.cli.letters import dead_letters
from beam_pipeline.cli.requests import publish
from vividly.ledger import queries
from vividly.ledger.purge import MARK
from vividly.ledger.schema import ENDED
from vividly.publication import delivered_name

BUDGET_S = 600.0
POLL_S = 0.5
LETTER_S = 60.0
QUERY = "Explain gravity"
Modality = Annotated[str, typer.Option(help="text, audio or video: how far the request is to go.")]
Patience = Annotated[float, typer.Option(help="Seconds until it is given up.", min=1)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    check: str
    passed: bool
    detail: str


def canary(
    modality: Modality = "video",
    patience: Patience = BUDGET_S,
    as_json: Json = False,
) -> None:
    """Send one marked request through everything, and report each stage.

    For Dataflow, where no port can be asked: run it from a scheduler. Exit code 1 where the
    request did not complete. `vividly purge --test-data` removes what it leaves.

    [bold]Examples[/]
      vividly canary
      vividly canary --modality text --patience 60 --json
    """
    with reported():
        context = Context()
        request_id = publish(context, _fields(modality), test="canary")
        row = _await_end(context, request_id, patience)
        stages = queries.stages(context.engine, request_id)
    well = row.get("status") == "completed"
    if as_json:
        report = {
            "request_id": request_id,
            "status": row.get("status"),
            "seconds_to_text": _seconds(row, "seconds_to_text"),
            "seconds_to_end": _seconds(row, "seconds_to_end"),
            "error_stage": row.get("error_stage"),
            "error_message": row.get("error_message"),
            "stages": {one["stage_name"]: _stage(one) for one in stages},
        }
        print(json.dumps(report, indent=1))
    else:
        table = display.table()
        for column in ("stage", "status", "seconds", "note"):
            table.add_column(column)
        for one in stages:
            told = _stage(one)
            note = "found, not made" if told["reused"] else str(one["error_message"] or "")
            seconds = "" if told["seconds"] is None else f"{told['seconds']:.2f}"
            table.add_row(one["stage_name"], one["status"], seconds, display.safe(note))
        out.print(table)
        mark = "[green]completed[/]" if well else f"[red]{row.get('status', 'not begun')}[/]"
        out.print(
            f"{mark}  text after {_told(row, 'seconds_to_text')}, all after "
            f"{_told(row, 'seconds_to_end')}  [dim]{request_id}[/]"
        )
        if row.get("error_message"):
            out.print(f"{row['error_stage']}: {display.safe(row['error_message'])}")
    if not well:
        raise typer.Exit(EXIT_FAILED)


def smoke(
    modality: Modality = "video",
    patience: Patience = BUDGET_S,
    as_json: Json = False,
) -> None:
    """Run the checklist after a deployment; a table of what passed.

    One success from end to end, its files in the bucket, its status, its message acknowledged,
    a bad message in the dead letters, all under ten minutes, and no connection error.
    What it leaves is marked, and removed at the end.

    [bold]Examples[/]
      vividly smoke
      vividly smoke --modality text
    """
    with reported():
        context = Context()
        findings = _smoke(context, modality, patience)
    if as_json:
        print(json.dumps([vars(one) for one in findings], indent=1))
    else:
        table = display.table()
        for column in ("check", "", "detail"):
            table.add_column(column, overflow="fold")
        for one in findings:
            mark = "[green]passed[/]" if one.passed else "[red]FAILED[/]"
            table.add_row(one.check, mark, display.safe(one.detail))
        out.print(table)
    failed = sum(not one.passed for one in findings)
    if not as_json:
        out.print(f"{len(findings) - failed} of {len(findings)} passed")
    if failed:
        raise typer.Exit(EXIT_FAILED)


def _smoke(context: Context, modality: str, patience: float) -> list[Finding]:
    began = time.monotonic()
    mark = uuid.uuid4().hex
    request_id = publish(context, _fields(modality), test=f"smoke {mark}")
    bad = json.dumps({"request_id": "test-smoke-001", "smoke": mark}).encode()
    context.resources.publish(context.request_topic, bad, {MARK: f"smoke {mark}"})
    row = _await_end(context, request_id, patience)
    took = time.monotonic() - began
    status = str(row.get("status", "not begun"))
    events = queries.events(context.engine, request_id)
    attempts = [one for one in events if one["event_type"] == "claimed"]
    troubles = [one for one in events if one["event_type"] in ("put_down", "failed")]
    files = _files(context, request_id, modality)
    letter = _await_letter(context, mark)
    return [
        Finding("a request completes", status == "completed", f"{status} ({request_id})"),
        Finding("in less than ten minutes", took < BUDGET_S, f"{took:.1f} s"),
        Finding(
            "the status is right",
            status == "completed" and row.get("progress_percentage") == 100,
            f"{row.get('progress_percentage')} %",
        ),
        Finding("its files are in the bucket", not files, ", ".join(files) or "all there"),
        Finding(
            "its message is acknowledged",
            len(attempts) == 1,
            f"claimed {len(attempts)} times",
        ),
        Finding("a bad message is a dead letter", bool(letter), letter or "none came"),
        Finding(
            "no connection error",
            not troubles,
            "; ".join(str(one["event_message"]) for one in troubles) or "none",
        ),
    ]


def _fields(modality: str) -> dict[str, Any]:
    return {
        "request_id": str(uuid.uuid4()),
        "student_id": "canary",
        "student_query": QUERY,
        "grade_level": 9,
        "requested_modalities": [modality],
    }


def _await_end(context: Context, request_id: str, patience: float) -> Mapping[str, Any]:
    row: Mapping[str, Any] = {}

    def ended() -> bool:
        nonlocal row
        row = queries.by_id(context.engine, [request_id]).get(request_id, {})
        return row.get("status") in ENDED

    _until(ended, patience)
    return row


def _await_letter(context: Context, mark: str) -> str:
    """The reason of the dead letter of the bad message, empty where none comes."""
    reason = ""

    def there() -> bool:
        nonlocal reason
        with dead_letters(context, 100_000) as letters:
            found = [one for one in letters if mark.encode() in one.data]
        reason = found[0].get("reason") if found else ""
        return bool(found)

    _until(there, LETTER_S)
    return reason


def _until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(POLL_S)


def _files(context: Context, request_id: str, modality: str) -> list[str]:
    """The files that are missing or empty."""
    wanted = {
        "text": (),
        "audio": ("audio", "lesson"),
        "video": (
            "video", "audio", "captions", "chapters", "transcript", "thumbnail", "lesson",
        ),
    }[modality]  # fmt: skip
    sizes = context.services.generated.sizes(f"videos/{request_id}.") if wanted else {}
    return [kind for kind in wanted if not sizes.get(delivered_name(request_id, kind))]


def _stage(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": row["status"],
        "seconds": row["duration_seconds"],
        "reused": bool((row["stage_metadata"] or {}).get("reused")),
        "retries": row["retry_count"],
    }


def _seconds(row: Mapping[str, Any], name: str) -> float | None:
    return None if row.get(name) is None else round(float(row[name]), 2)


def _told(row: Mapping[str, Any], name: str) -> str:
    return "?" if row.get(name) is None else f"{float(row[name]):.1f} s"
