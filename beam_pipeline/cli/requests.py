"""`vividly submit|status|watch|requests`."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Mapping
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
from beam_pipeline.cli.follow import ended, follow
from vividly.errors import InvalidRequest, SettingsError, VividlyError
from vividly.ledger import Ledger, queries
from vividly.ledger.schema import REQUEST_STATUSES
from vividly.request import FRESH, MARK, Message, parse_request

SOURCE = {"submitted_by": "vividly submit"}
OPTIONS = {
    "student_query": "--query",
    "grade_level": "--grade",
    "interest": "--interest",
    "requested_modalities": "--modality",
    "student_id": "--student",
    "language": "--language",
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
    language: Annotated[str, typer.Option(help="BCP 47 tag.")] = "en-US",
    test: Annotated[
        bool,
        typer.Option("--test", help="Mark it as a test, for `vividly purge --test-data`."),
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow it to its end; exit code 1 where it failed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask for a lesson: validate, write the pending row, publish.

    Nothing is written or published where something is wrong with the request.

    [bold]Examples[/]
      vividly submit --query "Explain photosynthesis" --grade 9 --wait
      vividly submit --query "What is Ohm's law?" --grade 10 \\
        --interest guitar --modality text --json
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
        try:
            request_id = publish(context, fields, test="submit" if test else "")
        except InvalidRequest as error:
            raise SettingsError(_in_options(error)) from error
        topic = context.request_topic
    if not as_json:
        out.print(f"Submitted [bold]{request_id}[/] [dim]to {topic}[/]", soft_wrap=True)
    elif not wait:
        print(json.dumps({"request_id": request_id, "topic": topic}))
    if wait:
        _watch(context, request_id, as_json=as_json)
    elif not as_json:
        out.print(f"Follow it with: vividly watch {request_id[: display.SHORT_ID]}")


def publish(
    context: Context, fields: Mapping[str, Any], *, test: str = "", fresh: bool = False
) -> str:
    """Validate, write the `pending` row, publish.

    Args:
        test: marks the request as a test, with what it is for.
        fresh: whether all its parts are to be made, and none served to others.

    Returns:
        The request id.

    Raises:
        InvalidRequest: with every fault; nothing was written or published.
    """
    data = json.dumps({"environment": context.environment, **fields}).encode()
    request = parse_request(data, environment=context.environment)
    attributes = {
        "request_id": request.request_id,
        "student_id": request.student_id,
        "environment": context.environment,
    }
    # Of the two marks at least one stays, whoever publishes the message another time.
    mark = ({MARK: test} if test else {}) | ({FRESH: "true"} if fresh else {})
    # Both before the row: what is wrong with them leaves nothing behind.
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
    text: Annotated[bool, typer.Option("--text", help="Print the lesson's text only.")] = False,
    as_json: Json = False,
) -> None:
    """Show one request with its stages and events; without an ID, how many are where.

    Exit code 3 where there is no such request, or no text yet.

    [bold]Examples[/]
      vividly status
      vividly status d0805d49 --text
      vividly status d0805d49-5b84-4a88-8537-448a97871960 --json
    """
    with reported():
        context = Context()
        if request_id is None:
            counted = queries.counts(context.engine)
            if as_json:
                print(json.dumps(counted))
            elif counted:
                out.print(display.counts_table(counted))
            else:
                out.print("No requests.")
            return
        row = find(context, request_id)
        if text:
            _print_text(context, row["id"])
            return
        stages = queries.stages(context.engine, row["id"])
        events = queries.events(context.engine, row["id"])
    if as_json:
        _print_json({"request": row, "stages": stages, "events": events})
    else:
        display.show_request(out, row, stages, events)


def watch(
    request_id: Annotated[str, typer.Argument(metavar="ID", help=ID_HELP)], as_json: Json = False
) -> None:
    """Follow a request to its end.

    Exit code 1 where it failed, was cancelled, or got no further for 11 minutes.

    [bold]Examples[/]
      vividly watch d0805d49
      vividly watch d0805d49-5b84-4a88-8537-448a97871960 --json
    """
    with reported():
        context = Context()
        found = find(context, request_id)
    _watch(context, found["id"], as_json=as_json)


def list_requests(
    limit: Annotated[int, typer.Option(help="How many.", min=1)] = 10,
    only: Annotated[
        str | None,
        typer.Option("--status", help=f"Only those of a status: {', '.join(REQUEST_STATUSES)}."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the newest requests, newest first.

    The beginning of an id is enough for the other commands.

    [bold]Examples[/]
      vividly requests --limit 20
      vividly requests --status failed --json
    """
    with reported():
        if only and only not in REQUEST_STATUSES:
            raise SettingsError(f"--status {only}: choose one of {', '.join(REQUEST_STATUSES)}")
        rows = queries.recent(Context().engine, limit=limit, status=only)
    if as_json:
        _print_json(rows)
    elif rows:
        out.print(display.requests_table(rows, out.width))
    else:
        out.print("No requests.")


def _watch(context: Context, request_id: str, *, as_json: bool) -> None:
    with reported():
        console = display.console(stderr=True) if as_json else out
        rows = follow(console, context.engine, {request_id: "lesson"})
    row = rows.get(request_id)
    if row is None:
        say_error(f"request {request_id} is not there any more")
        raise typer.Exit(EXIT_NOT_FOUND)
    if as_json:
        _print_json(row)
    elif ended(row):
        display.show_end(out, row)
    if not ended(row):
        say_error(
            f"it got no further than {row['current_stage'] or row['status']}: is the job running? "
            f"See vividly status {request_id[: display.SHORT_ID]}"
        )
    if not ended(row) or row["status"] in ("failed", "cancelled"):
        raise typer.Exit(EXIT_FAILED)


def find(context: Context, request_id: str) -> Mapping[str, Any]:
    """The one request whose id begins so; the command ends where there is none, or several."""
    if not request_id:
        raise SettingsError("the id is empty: give a request's UUID, or its beginning")
    found = queries.by_prefix(context.engine, request_id.lower())
    if len(found) == 1:
        return found[0]
    say_error(
        f"several requests begin with {request_id}: give more of the id"
        if found
        else f"there is no request {request_id}; `vividly requests` lists the newest"
    )
    raise typer.Exit(EXIT_NOT_FOUND)


def _print_text(context: Context, request_id: str) -> None:
    text = queries.script_text(context.engine, request_id)
    if text is None:
        say_error(f"request {request_id} has no text (yet)")
        raise typer.Exit(EXIT_NOT_FOUND)
    print(text)


def _in_options(error: InvalidRequest) -> str:
    """A fault per line, by the names of the options."""
    faults = []
    for fault in str(error).split("; "):
        field, colon, rest = fault.partition(": ")
        faults.append(OPTIONS.get(field, field) + colon + rest)
    return "\n".join(["the request is not valid, and was not sent", *faults])


def _print_json(value: object) -> None:
    def plain(other: Any) -> object:
        if hasattr(other, "keys"):
            return dict(other)
        if hasattr(other, "isoformat"):
            return other.isoformat()
        return str(other)

    rows = [dict(row) for row in value] if isinstance(value, list) else value
    json.dump(rows, sys.stdout, default=plain, indent=1, ensure_ascii=False)
    print()
