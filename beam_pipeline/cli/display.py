"""Output for people: tables, a request in full, a lesson with its text.

A terminal gets colours and wrapped text. A pipe gets one line per record, without wrapping.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from beam_pipeline.local.state import shown
from vividly.platform.ledger.schema import ACTIVE, ENDED

COLOURS = {
    "completed": "green",
    "failed": "red",
    "clarification_needed": "yellow",
    "out_of_scope": "yellow",
    "blocked": "magenta",
    "cancelled": "dim",
    "generating": "cyan",
    "validating": "cyan",
    "put_down": "yellow",
    "lost": "yellow",
}
WIDE = 120
SHORT_ID = 8
STATUS_WIDTH = 20
ABOUT_WIDTH = 80
PIPED_WIDTH = 100_000
"""Columns of a pipe: wide enough for any line, so that no record is broken in two."""
_JOINERS = "\u200c\u200d"
_FACT_WIDTH = 10
Row = Mapping[str, Any]
Report = Mapping[str, Any]
"""The report of a request, as `vividly.execution.report` makes it."""


def console(*, stderr: bool = False) -> Console:
    """A console for the terminal, or for a pipe, which gets no colours and no wrapping."""
    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(stderr=stderr, highlight=False)
    return Console(stderr=stderr, highlight=False, force_terminal=False, width=PIPED_WIDTH)


def safe(value: object) -> str:
    """Untrusted text with markup escaped and control characters replaced."""
    return escape(printable(value))


def printable(value: object) -> str:
    """Untrusted text with control characters replaced; markup stays."""
    return "".join(c if c.isprintable() or c in "\n\t" + _JOINERS else "\ufffd" for c in str(value))


def coloured(status: str, told: str = "") -> str:
    """Markup of a status in its colour; `told` replaces its text."""
    colour = COLOURS.get(status, "default")
    return f"[{colour}]{told or status.replace('_', ' ')}[/]"


def seconds(value: object) -> str:
    """A duration for a table, or a dash."""
    return "–" if value is None else f"{float(value):.1f} s"  # type: ignore[arg-type]


def clock(time: str | None) -> str:
    """HH:MM:SS of an ISO 8601 time."""
    return (time or "")[11:19]


# -- lines and tables --------------------------------------------------------------------------


def say(to: Console, text: str, *, first: str = "", rest: str | None = None) -> None:
    """Print a paragraph of untrusted text; a terminal gets it wrapped at words.

    Args:
        first: markup before the first line.
        rest: markup before the other lines; by default as many spaces as `first` is wide.
    """
    indent = len(to.render_str(first))
    rest = " " * indent if rest is None else rest
    told = " ".join(printable(text).split())
    lines = [told]
    if to.is_terminal:
        # A long word, such as a URL, is not broken: it has to be copied.
        lines = textwrap.wrap(
            told,
            max(20, to.width - max(indent, len(to.render_str(rest)))),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    told = "\n".join((rest if at else first) + escape(line) for at, line in enumerate(lines))
    to.print(told, soft_wrap=True)


def fact(to: Console, name: str, value: str) -> None:
    """Print a name and its untrusted value."""
    say(to, value, first=f"[dim]{name:<{_FACT_WIDTH}}[/] ", rest=" " * (_FACT_WIDTH + 1))


def table(**options: Any) -> Table:
    """A table without vertical lines, to save width."""
    return Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), **options
    )


def show_table(to: Console, rows: Table) -> None:
    """Print a table; in a pipe without rules and without trailing spaces."""
    if to.is_terminal:
        to.print(rows)
        return
    rows.box, rows.padding = None, (0, 2, 0, 0)  # type: ignore[assignment]
    with to.capture() as captured:
        to.print(rows)
    for line in captured.get().splitlines():
        to.file.write(line.rstrip() + "\n")


def add_fixed(to: Table, name: str, width: int, **options: Any) -> None:
    """Add a column that never gets narrower than `width`."""
    to.add_column(name, no_wrap=True, min_width=width, **options)


def show_requests(to: Console, reports: Sequence[Report]) -> None:
    """Print a list of requests; a narrow terminal gets short ids, which other commands accept."""
    if not to.is_terminal:
        _list_requests(to, reports)
        return
    wide = to.width >= WIDE
    listed = table()
    add_fixed(listed, "request", 36 if wide else SHORT_ID)
    if wide:
        add_fixed(listed, "asked (UTC)", 11)
    add_fixed(listed, "status", STATUS_WIDTH)
    add_fixed(listed, "to text", 7, justify="right")
    add_fixed(listed, "to end", 7, justify="right")
    # Between columns there are two spaces.
    beside = (36 + 11 + 2 * 2 if wide else SHORT_ID + 2) + STATUS_WIDTH + 2 + 2 * 9
    listed.add_column("question", no_wrap=True, overflow="ellipsis", max_width=to.width - beside)
    for told in reports:
        why = _why(told)
        listed.add_row(
            told["request_id"] if wide else told["request_id"][:SHORT_ID],
            *([told["created_at"][5:16].replace("T", " ")] if wide else []),
            _status(told),
            seconds(told["seconds_to_text"]),
            seconds(told["seconds_to_end"]),
            _one_line(told["student_query"]) + (f"\n[dim]{_one_line(why)}[/]" if why else ""),
        )
    to.print(listed)


def _list_requests(to: Console, reports: Sequence[Report]) -> None:
    listed = table()
    names = ("request_id", "created_at", "status", "percent", "to_text", "to_end")
    for name in (*names, "question", "about"):
        listed.add_column(name, no_wrap=True)
    for told in reports:
        listed.add_row(
            told["request_id"],
            told["created_at"][:19] + "Z",
            told["status"],
            str(told["progress_percentage"]),
            *(_number(told[name]) for name in ("seconds_to_text", "seconds_to_end")),
            _one_line(told["student_query"]),
            cut(_why(told) or told["title"] or (told["answer"] or {}).get("message") or "–"),
        )
    show_table(to, listed)


# -- a request in full -------------------------------------------------------------------------


def show_request(to: Console, told: Report) -> None:
    """Print one request in full: question, result, attempts, stages and events."""
    show_question(to, told)
    to.print()
    show_outcome(to, told)
    if told["text"]:
        fact(to, "text", f"vividly text {told['request_id'][:SHORT_ID]}")
    if told["answer"]:
        to.print()
        show_answer(to, told["answer"])
    if told["attempts"]:
        to.print()
        show_attempts(to, told["attempts"])
    if told["stages"]:
        to.print()
        _show_stages(to, told["stages"])
    if told["events"]:
        to.print()
    for event in told["events"]:
        when = f"[dim]{clock(event['created_at'])}[/] {event['event_type']}: "
        say(to, event["event_message"], first=when)


def show_question(to: Console, told: Report) -> None:
    """Print what was asked, when, by whom, and for which grade, interest and language."""
    say(to, told["student_query"], first="[bold]", rest="[bold]")
    to.print(f"[dim]{told['request_id']}[/]")
    asked = told["created_at"]
    wishes = [f"grade {told['grade_level']}", told["interest"], told["language"]]
    wishes.append("+".join(told["requested_modalities"]))
    fact(to, "asked", f"{asked[:10]} {clock(asked)} UTC by {told['student_id']}")
    fact(to, "for", ", ".join(wish for wish in wishes if wish))


def show_outcome(to: Console, told: Report) -> None:
    """Print the status of a request, why it waits, its files, and the wishes not met."""
    status = told["status"].replace("_", " ")
    if told["status"] in ENDED:
        status += f" after {seconds(told['seconds_to_end'])}"
    else:
        status += f", {told['progress_percentage']} %"
        status += f": {told['current_stage']}" if told["current_stage"] else ""
    fact(to, "status", status)
    if waits := told["waiting"]:
        fact(to, "waits", waits_for(waits))
    if told["title"] or told["topic"]:
        fact(to, "lesson", told["title"] or told["topic"])
    if told["status"] == "failed":
        fact(to, "error", _error(told))
    show_files(to, told)
    for wish in told["unmet"]:
        fact(to, "not met", wish["message"])


def waits_for(waits: Mapping[str, Any]) -> str:
    """Why a request waits, and since or until when."""
    until = f"; tried again at {clock(waits['until'])} UTC" if waits["until"] else ""
    since = f", since {clock(waits['since'])} UTC" if waits["since"] else ""
    return f"{waits['message']}{until}{since}"


def show_attempts(to: Console, attempts: Sequence[Mapping[str, Any]]) -> None:
    """Print the attempts of a request, one per row."""
    listed = table()
    for name in ("attempt", "began", "ended"):
        listed.add_column(name, no_wrap=True)
    listed.add_column("how", overflow="fold")
    for one in attempts:
        ended = one["ended"]
        where = f" in {one['stage']}" if one["stage"] else ""
        why = f": {one['message']}" if ended in ("put_down", "failed") else ""
        why = ", with the job that had it" if ended == "lost" else why
        how = f"{ended.replace('_', ' ')}{where}{why}" if ended else "goes on"
        listed.add_row(
            str(one["attempt"]), clock(one["began_at"]), clock(one["ended_at"]), _one_line(how)
        )
    show_table(to, listed)


def _show_stages(to: Console, stages: Sequence[Mapping[str, Any]]) -> None:
    listed = table()
    for name in ("stage", "status"):
        listed.add_column(name, no_wrap=True)
    for name in ("took", "retries", "USD"):
        listed.add_column(name, no_wrap=True, justify="right")
    listed.add_column("note", overflow="fold")
    for stage in stages:
        said = stage["stage_metadata"]
        made_by = str(said.get("provider") or said.get("encoder") or "").partition("/")[0]
        note = "found, not made" if said.get("reused") else made_by and f"by {made_by}"
        cost = said.get("cost_usd")
        listed.add_row(
            stage["stage_name"],
            coloured(stage["status"]),
            seconds(stage["duration_seconds"]),
            str(stage["retry_count"]),
            "–" if cost is None else f"{cost:.4f}",
            _one_line(stage["error_message"] or note),
        )
    show_table(to, listed)


def show_files(to: Console, told: Report) -> None:
    """Print the path of the video, otherwise of the sound, and the kinds of the other files."""
    kinds = [kind for kind in ("video", "audio", *sorted(told["urls"])) if kind in told["urls"]]
    if not kinds:
        return
    first, *others = dict.fromkeys(kinds)
    place = place_of(told["urls"][first])
    # On one line, so that it can be copied.
    apart = "\n" if to.is_terminal and len(place) + _FACT_WIDTH + 1 > to.width else " "
    to.print(f"[dim]{first:<{_FACT_WIDTH}}[/]{apart}{safe(place)}", soft_wrap=True)
    if others:
        fact(to, "beside it", ", ".join(others))


def place_of(url: str) -> str:
    """A URL for people: a path relative to the working directory if it is a file below it."""
    parts = urlsplit(url)
    return shown(Path(unquote(parts.path))) if parts.scheme == "file" else url


# -- what came of a request --------------------------------------------------------------------


def show_lesson(to: Console, told: Report) -> None:
    """Print the result of a request: the lesson's text and files, the answer, or the error."""
    if told["text"]:
        show_text(to, told["text"])
        to.print()
    if told["answer"]:
        show_answer(to, told["answer"])
        to.print()
    show_outcome(to, told)
    if "video" in told["urls"] or "audio" in told["urls"]:
        to.print(f"[dim]{'':<{_FACT_WIDTH}}[/] vividly open {told['request_id'][:SHORT_ID]}")


def show_text(to: Console, text: str) -> None:
    """Print a lesson's text: as Markdown in a pipe, formatted on a terminal."""
    if not to.is_terminal:
        to.file.write(printable(text).rstrip("\n") + "\n")
        return
    for line in text.rstrip("\n").splitlines():
        heading = line.lstrip("#")
        if heading != line and heading.startswith(" "):
            say(to, heading, first="[bold]", rest="[bold]")
        else:
            say(to, line, rest="  " if line.startswith("- ") else "")


def show_answer(to: Console, answer: Mapping[str, Any]) -> None:
    """Print the answer instead of a lesson: a question back, or why there is no lesson."""
    for part in str(answer["message"]).splitlines():
        say(to, part)
    for question in answer.get("questions", ()):
        say(to, question, first="  • ")


def _status(told: Report) -> str:
    """The status for a table, with the percentage while the request is being worked on."""
    begun = told["status"] in ACTIVE
    return coloured(
        told["status"], f"{told['status']} {told['progress_percentage']} %" if begun else ""
    )


def _why(told: Report) -> str:
    """Why a request failed or waits, empty otherwise."""
    if told["status"] == "failed":
        return _error(told)
    return f"waits: {waits_for(told['waiting'])}" if told["waiting"] else ""


def _error(told: Report) -> str:
    return f"{told['error_stage'] or 'error'}: {told['error_message'] or 'not known'}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _one_line(value: object) -> str:
    return " ".join(safe(value).split())


def cut(value: object, width: int = ABOUT_WIDTH) -> str:
    """The beginning of a text for a table in a pipe; `--json` has all of it."""
    return safe(textwrap.shorten(printable(value), width, placeholder=" …"))
