"""What people see: tables, a request in full, a lesson's end."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

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
WIDE = 120
SHORT_ID = 8
STATUS_WIDTH = 20
_PIPED_WIDTH = 160
_JOINERS = "\u200c\u200d"
Row = Mapping[str, Any]


def console(*, stderr: bool = False) -> Console:
    """The terminal; a file or pipe is taken to be wide, for grep finds no wrapped word."""
    stream = sys.stderr if stderr else sys.stdout
    piped = not stream.isatty() and "COLUMNS" not in os.environ
    return Console(stderr=stderr, highlight=False, width=_PIPED_WIDTH if piped else None)


def safe(value: object) -> str:
    """Text of unknown origin, that neither passes for markup nor drives the terminal."""
    text = str(value)
    return escape(
        "".join(c if c.isprintable() or c in "\n\t" + _JOINERS else "\ufffd" for c in text)
    )


def coloured(status: str) -> str:
    """A status in its colour."""
    colour = COLOURS.get(status, "default")
    return f"[{colour}]{status.replace('_', ' ')}[/]"


def seconds(value: object) -> str:
    """A duration for a table, or a dash."""
    return "–" if value is None else f"{float(value):.1f} s"  # type: ignore[arg-type]


def table(**options: Any) -> Table:
    """A table without vertical lines: they cost more width than they are worth."""
    return Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), **options
    )


def add_fixed(to: Table, name: str, width: int, **options: Any) -> None:
    """Add a column that keeps its width where others shrink."""
    to.add_column(name, no_wrap=True, min_width=width, **options)


def counts_table(counts: Mapping[str, int]) -> Table:
    """How many requests have each status."""
    counted = table()
    counted.add_column("status")
    counted.add_column("requests", justify="right")
    for status, number in counts.items():
        counted.add_row(coloured(status), str(number))
    return counted


def requests_table(rows: Sequence[Row], width: int) -> Table:
    """The requests of a list; a narrow terminal gets the beginning of each id, which is enough."""
    wide = width >= WIDE
    listed = table()
    add_fixed(listed, "request", SHORT_ID)
    if wide:
        add_fixed(listed, "asked (UTC)", 11)
    add_fixed(listed, "status", STATUS_WIDTH)
    add_fixed(listed, "%", 3, justify="right")
    add_fixed(listed, "to text", 7, justify="right")
    add_fixed(listed, "to end", 7, justify="right")
    beside = 56 if not wide else 96
    listed.add_column("about", overflow="ellipsis", no_wrap=True, max_width=width - beside)
    for row in rows:
        listed.add_row(
            row["id"] if wide else row["id"][:SHORT_ID],
            *([f"{row['created_at']:%m-%d %H:%M}"] if wide else []),
            coloured(row["status"]),
            str(row["progress_percentage"]),
            seconds(row["seconds_to_text"]),
            seconds(row["seconds_to_end"]),
            safe(row["error_message"] or row["current_stage"] or row["topic"] or ""),
        )
    return listed


def show_request(console: Console, row: Row, stages: Sequence[Row], events: Sequence[Row]) -> None:
    """One request in full."""
    facts = Table(show_header=False, box=None, pad_edge=False)
    facts.add_column(no_wrap=True)
    facts.add_column(overflow="fold")
    for name in (
        "id", "status", "progress_percentage", "current_stage", "topic", "grade_level", "interest",
        "requested_modalities", "created_at", "text_ready_at", "completed_at", "failed_at",
        "video_url", "audio_url", "captions_url", "thumbnail_url", "transcript_url",
        "lesson_url", "error_stage", "error_message", "retry_count",
    ):  # fmt: skip
        if row[name] not in (None, "", []):
            value = coloured(row[name]) if name == "status" else safe(_plain(row[name]))
            facts.add_row(f"[dim]{name}[/]", value)
    console.print(facts)
    listed = table()
    for name in ("stage", "status", "took", "retries"):
        listed.add_column(name, no_wrap=True)
    listed.add_column("what it says", overflow="fold")
    for stage in stages:
        said = ", ".join(f"{k}={v}" for k, v in stage["stage_metadata"].items())
        listed.add_row(
            stage["stage_name"],
            coloured(stage["status"]),
            seconds(stage["duration_seconds"]),
            str(stage["retry_count"]),
            safe(stage["error_message"] or said),
        )
    if stages:
        console.print(listed)
    for event in events:
        when = event["created_at"].strftime("%H:%M:%S")
        said = safe(event["event_message"])
        console.print(f"[dim]{when}[/] {event['event_type']}: {said}", soft_wrap=True)


def show_end(console: Console, row: Row) -> None:
    """What came of a request, in a line or two."""
    console.print(f"{coloured(row['status'])} after {seconds(row['seconds_to_end'])}")
    if answer := row["request_metadata"].get("answer"):
        show_answer(console, answer)
    for url in ("video_url", "audio_url", "captions_url"):
        if row[url]:
            console.print(f"[dim]{url.removesuffix('_url')}:[/] {safe(row[url])}", soft_wrap=True)
    if row["text_ready_at"]:
        text = f"vividly status {row['id'][:SHORT_ID]} --text"
        console.print(f"[dim]text:[/] {text}", soft_wrap=True)
    if row["error_message"]:
        said = safe(row["error_message"])
        console.print(f"[red]{row['error_stage'] or 'error'}:[/] {said}", soft_wrap=True)


def show_answer(console: Console, answer: Mapping[str, Any]) -> None:
    """What a request got instead of a lesson: a question back, or why there is none."""
    console.print(safe(answer["message"]), soft_wrap=True)
    for question in answer.get("questions", ()):
        console.print(f"  • {safe(question)}", soft_wrap=True)


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if hasattr(value, "strftime") else str(value)
