"""`vividly submit|status|watch|requests|text|open`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from beam_pipeline.cli import display
from beam_pipeline.cli.context import (
    EXIT_FAILED,
    EXIT_NOT_FOUND,
    Context,
    out,
    reported,
    say_error,
)
from beam_pipeline.cli.follow import follow
from vividly.execution.report import reports
from vividly.model.errors import InvalidRequest, SettingsError, VividlyError
from vividly.model.request import FRESH, MARK, Message, parse_request
from vividly.platform.ledger import Ledger, queries
from vividly.platform.ledger.schema import ENDED, REQUEST_STATUSES

SOURCE = {"submitted_by": "vividly submit"}
OPTIONS = {
    "student_query": "--query",
    "grade_level": "--grade",
    "interest": "--interest",
    "requested_modalities": "--modality",
    "student_id": "--student",
    "language": "--language",
    "follow_up_to": "--follow-up-to",
    "environment": "ENVIRONMENT",
}
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
ID_HELP = "The request's UUID, or its beginning."


def submit(
    query: Annotated[str, typer.Option(help="The student's question.")],
    grade: Annotated[int, typer.Option(help="Grade level, 1 to 12.")],
    interest: Annotated[str | None, typer.Option(help="What the student cares about.")] = None,
    modality: Annotated[
        list[str] | None,
        typer.Option(help="text, audio or video; may be repeated. Default: video."),
    ] = None,
    student: Annotated[str, typer.Option(help="The student's id.")] = "cli-student",
    language: Annotated[
        str, typer.Option(help="Of the lesson: a BCP 47 tag such as es-MX.")
    ] = "en-US",
    follow_up_to: Annotated[
        str | None,
        typer.Option(
            help="UUID, or its beginning, of the student's request that this question follows up."
        ),
    ] = None,
    test: Annotated[
        bool,
        typer.Option("--test", help="Mark it as a test, for `vividly purge --test-data`."),
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow it to its end; exit code 1 where it failed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Request a lesson: validate it, write the pending row, publish it.

    An invalid request is neither written nor published.

    [bold]Examples[/]
      vividly submit --query "Explain photosynthesis" --grade 9 --wait
      vividly submit --query "What is Ohm's law?" --grade 10 \\
        --interest guitar --modality text --json
      vividly submit --query "Why does it need light?" --grade 9 \\
        --follow-up-to d0805d49
    """
    fields: dict[str, Any] = {
        "request_id": str(uuid.uuid4()),
        "student_id": student,
        "student_query": query,
        "grade_level": grade,
        "requested_modalities": modality or ["video"],
        "language": language,
    }
    if interest is not None:
        fields["interest"] = interest
    with reported():
        context = Context()
        if follow_up_to is not None:
            earlier = find(context, follow_up_to)
            if earlier["student_id"] != student:
                raise SettingsError(
                    f"--follow-up-to: request {follow_up_to} is of another student; "
                    f"add --student {earlier['student_id']}"
                )
            fields["follow_up_to"] = earlier["id"]
        try:
            request_id = publish(context, fields, test="submit" if test else "")
        except InvalidRequest as error:
            raise SettingsError(_in_options(error)) from error
        topic = context.request_topic
    if not as_json:
        out.print(f"Submitted [bold]{request_id}[/]")
        out.print(f"[dim]to {topic}[/]", soft_wrap=True)
    if wait:
        _watch(context, request_id, as_json=as_json)
    elif as_json:
        with reported():
            print_json(told(context, request_id))
    else:
        out.print(f"Follow it with: vividly watch {request_id[: display.SHORT_ID]}")


def publish(
    context: Context, fields: Mapping[str, Any], *, test: str = "", fresh: bool = False
) -> str:
    """Validate, write the `pending` row, publish.

    Args:
        test: marks the request as a test; the name of the tool.
        fresh: make all its parts from scratch, and share none of them.

    Returns:
        The request id.

    Raises:
        InvalidRequest: names every fault; nothing was written or published.
    """
    data = json.dumps({"environment": context.environment, **fields}).encode()
    request = parse_request(data, environment=context.environment)
    attributes = {
        "request_id": request.request_id,
        "student_id": request.student_id,
        "environment": context.environment,
    }
    # Two marks, in row and message: one stays even if the message is published again.
    mark = ({MARK: test} if test else {}) | ({FRESH: "true"} if fresh else {})
    # Both before the row is written, so that an error leaves nothing behind.
    topic, resources = context.request_topic, context.resources
    ledger = Ledger(context.engine, owner="vividly submit")
    attributes |= mark
    ledger.submit(request, Message(data, attributes), SOURCE | mark)
    try:
        resources.publish(topic, data, attributes)
    except VividlyError as error:
        raise type(error)(
            f"{error}; request {request.request_id} is recorded as pending but is not published"
        ) from error
    return request.request_id


def status(
    request_id: Annotated[str | None, typer.Argument(metavar="ID", help=ID_HELP)] = None,
    as_json: Json = False,
) -> None:
    """Show one request in full or, without an ID, the system.

    For a request: the question, its attempts and stages, its result, and why it waits;
    `vividly watch ID` follows it. For the system: its jobs and their version, how long
    requests wait and in which stages, open circuits, and what waits and why.
    Exit code 3 if there is no such request.

    [bold]Examples[/]
      vividly status
      vividly status d0805d49
      vividly status d0805d49-5b84-4a88-8537-448a97871960 --json
    """
    with reported():
        context = Context()
        if request_id is None:
            from beam_pipeline.cli.system import show_system, system

            found = system(context)
            if as_json:
                print_json(found)
            else:
                show_system(out, found)
            return
        request = told(context, request_id)
    if as_json:
        print_json(request)
    else:
        display.show_request(out, request)


def text(request_id: Annotated[str, typer.Argument(metavar="ID", help=ID_HELP)]) -> None:
    """Print a lesson's text; in a pipe as Markdown.

    Exit code 3 if there is no such request, or no text yet.

    [bold]Examples[/]
      vividly text d0805d49
      vividly text d0805d49 > lesson.md
    """
    with reported():
        context = Context()
        request = told(context, request_id)
    if request["text"] is None:
        short = request["request_id"][: display.SHORT_ID]
        why = "not yet" if request["status"] not in ENDED else request["status"].replace("_", " ")
        say_error(f"request {short} has no text ({why}); see `vividly status {short}`")
        raise typer.Exit(EXIT_NOT_FOUND)
    display.show_text(out, request["text"])


def open_lesson(request_id: Annotated[str, typer.Argument(metavar="ID", help=ID_HELP)]) -> None:
    """Open a lesson's video, or print its path.

    If there is a screen, the system's own player opens the video, or the sound of a lesson
    without a video. In a pipe the path is only printed.
    Exit code 3 if there is no such request, or neither video nor sound.

    [bold]Examples[/]
      vividly open d0805d49
      mpv "$(vividly open d0805d49)"
    """
    with reported():
        context = Context()
        request = told(context, request_id)
    short = request["request_id"][: display.SHORT_ID]
    url = request["urls"].get("video") or request["urls"].get("audio")
    if url is None:
        read = f"; read it with `vividly text {short}`" if request["text"] else ""
        say_error(f"request {short} ({request['status']}) has no video{read}")
        raise typer.Exit(EXIT_NOT_FOUND)
    place = display.place_of(url)
    is_file = url.startswith("file:")
    if is_file and not Path(place).is_file():
        say_error(f"{place} is not there any more")
        raise typer.Exit(EXIT_NOT_FOUND)
    viewer = _viewer() if is_file and out.is_terminal else None
    out.print(display.safe(place), soft_wrap=True)
    if viewer:
        nothing = subprocess.DEVNULL
        subprocess.Popen([viewer, place], stdin=nothing, stdout=nothing, stderr=nothing)


def _viewer() -> str | None:
    """The system's command that opens a file; None without a screen."""
    if sys.platform == "darwin":
        return shutil.which("open")
    on_screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return shutil.which("xdg-open") if on_screen else None


def watch(
    request_id: Annotated[str, typer.Argument(metavar="ID", help=ID_HELP)], as_json: Json = False
) -> None:
    """Follow a request to its end, and show its result.

    Whenever the request waits, prints why and until when.
    Exit code 1 if it failed, was cancelled, or made no progress for 11 minutes.

    [bold]Examples[/]
      vividly watch d0805d49
      vividly watch d0805d49-5b84-4a88-8537-448a97871960 --json
    """
    with reported():
        context = Context()
        found = find(context, request_id)
        if not as_json:
            display.show_question(out, told(context, found["id"]))
    _watch(context, found["id"], as_json=as_json)


def list_requests(
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=100_000)] = 10,
    only: Annotated[
        str | None,
        typer.Option("--status", help=f"Only with this status: {', '.join(REQUEST_STATUSES)}."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the newest requests, newest first; in a pipe, one per line.

    Other commands accept the first characters of an id. With --json each line is one
    request, with its text.

    [bold]Examples[/]
      vividly requests --limit 20
      vividly requests --status failed --json
    """
    with reported():
        if only and only not in REQUEST_STATUSES:
            raise SettingsError(f"--status {only}: choose one of {', '.join(REQUEST_STATUSES)}")
        context = Context()
        rows = queries.recent(context.engine, limit=limit, status=only)
        found = reports(context.engine, [row["id"] for row in rows])
    if as_json:
        print_json(*found)
    elif found:
        display.show_requests(out, found)
    else:
        out.print("No requests.")


def _watch(context: Context, request_id: str, *, as_json: bool) -> None:
    with reported():
        console = display.console(stderr=True) if as_json else out
        rows = queries.by_id(context.engine, [request_id])
        labels = {request_id: rows[request_id]["student_query"] if rows else "request"}
        follow(console, context.engine, labels)
        found = reports(context.engine, [request_id])
    if not found:
        say_error(f"request {request_id} is not there any more")
        raise typer.Exit(EXIT_NOT_FOUND)
    (request,) = found
    if as_json:
        print_json(request)
    elif request["status"] in ENDED:
        out.print()
        display.show_lesson(out, request)
    if request["status"] not in ENDED:
        say_error(
            f"it got no further than {request['current_stage'] or request['status']}: is the job "
            f"running? See `vividly status`, and `vividly status {request_id[: display.SHORT_ID]}`"
        )
        raise typer.Exit(EXIT_FAILED)
    if request["status"] in ("failed", "cancelled"):
        raise typer.Exit(EXIT_FAILED)


def told(context: Context, request_id: str) -> dict[str, Any]:
    """The report of the one request whose id begins with `request_id`.

    Exits with code 3 if there is none, or several.
    """
    for found in reports(context.engine, [find(context, request_id)["id"]]):
        return found
    say_error(f"request {request_id} is not there any more")
    raise typer.Exit(EXIT_NOT_FOUND)


def find(context: Context, request_id: str) -> Mapping[str, Any]:
    """The row of the one request whose id begins with `request_id`.

    Exits with code 3 if there is none, or several.
    """
    if not request_id:
        raise SettingsError("the id is empty: give a request's UUID or its first characters")
    found = queries.by_prefix(context.engine, request_id.lower())
    if len(found) == 1:
        return found[0]
    say_error(
        f"several requests begin with {request_id}: give more characters of the id"
        if found
        else f"there is no request {request_id}; `vividly requests` lists the newest"
    )
    raise typer.Exit(EXIT_NOT_FOUND)


def _in_options(error: InvalidRequest) -> str:
    """The faults, one per line, with the names of the options."""
    faults = [f"{OPTIONS.get(field, field)}: {what}" for field, what in error.faults]
    return "\n".join(["the request is not valid, and was not sent", *(faults or [str(error)])])


def print_json(*records: Mapping[str, Any]) -> None:
    """Print records for scripts, one JSON object per line."""
    for record in records:
        print(json.dumps(record, ensure_ascii=False))
