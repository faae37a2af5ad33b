"""What people see: tables, a bar per request, a lesson's end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine

from vividly.ledger import queries
from vividly.ledger.schema import ENDED

COLOURS = {
    "completed": "green",
    "failed": "red",
    "clarification_needed": "yellow",
    "out_of_scope": "yellow",
    "blocked": "magenta",
    "cancelled": "dim",
    "generating": "cyan",
    "validating": "cyan",
}
POLL_S = 0.25
Row = Mapping[str, Any]


def coloured(status: str) -> str:
    """A status in its colour."""
    colour = COLOURS.get(status, "white")
    return f"[{colour}]{status.replace('_', ' ')}[/]"


def seconds(value: object) -> str:
    """A duration for a table, or a dash."""
    return "–" if value is None else f"{float(value):.1f} s"  # type: ignore[arg-type]


def counts_table(counts: Mapping[str, int]) -> Table:
    """How many requests have each status."""
    table = Table("status", "requests")
    for status, number in counts.items():
        table.add_row(coloured(status), str(number))
    return table


def requests_table(rows: Sequence[Row]) -> Table:
    """The requests of a list."""
    table = Table()
    table.add_column("request", no_wrap=True)
    for name in ("status", "%", "stage", "topic", "to text", "to end", "error"):
        table.add_column(name)
    for row in rows:
        table.add_row(
            row["id"],
            coloured(row["status"]),
            str(row["progress_percentage"]),
            escape(row["current_stage"] or ""),
            escape(row["topic"] or ""),
            seconds(row["seconds_to_text"]),
            seconds(row["seconds_to_end"]),
            escape((row["error_message"] or "")[:60]),
        )
    return table


def show_request(console: Console, row: Row, stages: Sequence[Row], events: Sequence[Row]) -> None:
    """One request in full."""
    facts = Table(show_header=False, box=None)
    for name in (
        "id", "status", "progress_percentage", "current_stage", "topic", "grade_level", "interest",
        "requested_modalities", "created_at", "text_ready_at", "completed_at", "failed_at",
        "video_url", "audio_url", "captions_url", "thumbnail_url", "transcript_url",
        "lesson_url", "error_stage", "error_message", "retry_count",
    ):  # fmt: skip
        if row[name] not in (None, "", []):
            value = coloured(row[name]) if name == "status" else escape(str(row[name]))
            facts.add_row(f"[dim]{name}[/]", value)
    console.print(facts)
    table = Table("stage", "status", "took", "retries", "what it says")
    for stage in stages:
        said = ", ".join(f"{k}={v}" for k, v in stage["stage_metadata"].items())
        table.add_row(
            stage["stage_name"],
            coloured(stage["status"]),
            seconds(stage["duration_seconds"]),
            str(stage["retry_count"]),
            escape(stage["error_message"] or said),
        )
    console.print(table)
    for event in events:
        when = event["created_at"].strftime("%H:%M:%S")
        console.print(
            f"[dim]{when}[/] {event['event_type']}: {escape(event['event_message'])}",
            soft_wrap=True,
        )


def show_end(console: Console, row: Row) -> None:
    """What came of a request, in a line or two."""
    console.print(f"{coloured(row['status'])} after {seconds(elapsed(row))}")
    answer = row["request_metadata"].get("answer")
    if answer:
        console.print(escape(answer["message"]))
        for question in answer.get("questions", ()):
            console.print(f"  • {escape(question)}")
    for url in ("video_url", "audio_url", "captions_url"):
        if row[url]:
            console.print(f"[dim]{url.removesuffix('_url')}:[/] {escape(row[url])}", soft_wrap=True)
    if row["error_message"]:
        console.print(f"{row['error_stage']}: {escape(row['error_message'])}")


def elapsed(row: Row) -> float | None:
    """Seconds from the request to its end, as far as it has one."""
    return row["seconds_to_end"]  # type: ignore[no-any-return]


def follow(
    console: Console,
    engine: Engine,
    labels: Mapping[str, str],
    *,
    patience: float = 660.0,
    tick: Callable[[], None] = lambda: None,
    over: Callable[[], bool] = lambda: False,
) -> dict[str, Row]:
    """A bar per request, until each has come to its end.

    Args:
        labels: request id -> what to call it.
        patience: seconds after which those that are still open are left alone.
        tick: called with every look at the database.
        over: whether nothing more will come of the open ones.

    Returns:
        The rows as they were at last, by id.
    """
    progress = Progress(
        SpinnerColumn(finished_text="•"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[stage]}"),
        TimeElapsedColumn(),
        console=console,
    )
    tasks = {
        request_id: progress.add_task(escape(label), total=100, stage="[dim]waiting[/]")
        for request_id, label in labels.items()
    }
    rows: dict[str, Row] = {}
    end = time.monotonic() + patience
    with progress:
        while time.monotonic() < end:
            tick()
            last = over()
            rows = queries.by_id(engine, labels)
            for request_id, row in rows.items():
                _move(progress, tasks[request_id], row)
            if last or (len(rows) == len(labels) and all(_ended(row) for row in rows.values())):
                break
            time.sleep(POLL_S)
    return rows


def _ended(row: Row) -> bool:
    return row["status"] in ENDED


def _move(progress: Progress, task: Any, row: Row) -> None:
    if _ended(row):
        # A question back is as much an end as a lesson: the bar is full.
        progress.update(task, completed=100, stage=coloured(row["status"]))
        progress.stop_task(task)
    else:
        text = "  [green]text ready[/]" if row["text_ready_at"] else ""
        progress.update(
            task,
            completed=row["progress_percentage"],
            stage=escape(row["current_stage"] or row["status"]) + text,
        )
