"""`vividly submit|status|watch|requests`."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape

from beam_pipeline.cli import display
from beam_pipeline.cli.context import EXIT_FAILED, EXIT_NOT_FOUND, Context, err, out, reported
from vividly.ledger import queries
from vividly.request import Message, parse_request

SOURCE = {"submitted_by": "vividly submit"}
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
RequestId = Annotated[str, typer.Argument(metavar="ID", help="The request's UUID, or its beginning.")]


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
    wait: Annotated[bool, typer.Option("--wait", help="Watch it to its end.")] = False,
    as_json: Json = False,
) -> None:
    """Ask for a lesson: validate, write the pending row, publish.

    [bold]Examples[/]

      vividly submit --query "Explain photosynthesis" --grade 9 --interest basketball --wait

      vividly submit --query "What is Ohm's law?" --grade 10 --modality text --json
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
        request_id = publish(context, fields)
    if as_json:
        print(json.dumps({"request_id": request_id, "topic": context.request_topic}))
    else:
        out.print(f"Submitted [bold]{request_id}[/]")
    if wait:
        _watch(context, request_id)
    elif not as_json:
        out.print(f"Follow it with: vividly watch {request_id}")


def publish(context: Context, fields: Mapping[str, Any]) -> str:
    """Validate, write the `pending` row, publish.

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
    context.services.ledger.submit(request, Message(data, attributes), SOURCE)
    context.resources.publish(context.request_topic, data, attributes)
    return request.request_id


def status(
    request_id: Annotated[str | None, typer.Argument(metavar="[ID]")] = None,
    as_json: Json = False,
) -> None:
    """Show one request with its stages and events; without an ID, how many are where.

    [bold]Examples[/]

      vividly status

      vividly status d0805d49-5b84-4a88-8537-448a97871960 --json
    """
    with reported():
        context = Context()
        if request_id is None:
            counted = queries.counts(context.services.engine)
            print(json.dumps(counted)) if as_json else out.print(display.counts_table(counted))
            return
        row = _find(context, request_id)
        stages = queries.stages(context.services.engine, row["id"])
        events = queries.events(context.services.engine, row["id"])
    if as_json:
        _print_json({"request": row, "stages": stages, "events": events})
    else:
        display.show_request(out, row, stages, events)


def watch(request_id: RequestId) -> None:
    """Follow a request to its end. Exit code 1 where it failed.

    [bold]Example[/]

      vividly watch d0805d49-5b84-4a88-8537-448a97871960
    """
    with reported():
        context = Context()
        found = _find(context, request_id)
    _watch(context, found["id"])


def list_requests(
    limit: Annotated[int, typer.Option(help="How many.")] = 10,
    only: Annotated[str | None, typer.Option("--status", help="Only those of a status.")] = None,
    as_json: Json = False,
) -> None:
    """The newest requests, newest first.

    [bold]Examples[/]

      vividly requests --limit 20

      vividly requests --status failed --json
    """
    with reported():
        rows = queries.recent(Context().services.engine, limit=limit, status=only)
    if as_json:
        _print_json(rows)
    else:
        out.print(display.requests_table(rows))


def _watch(context: Context, request_id: str) -> None:
    with reported():
        rows = display.follow(out, context.services.engine, {request_id: "lesson"})
    row = rows[request_id]
    display.show_end(out, row)
    if row["status"] in ("failed", "cancelled"):
        raise typer.Exit(EXIT_FAILED)


def _find(context: Context, request_id: str) -> Mapping[str, Any]:
    found = queries.by_prefix(context.services.engine, request_id.lower())
    if len(found) == 1:
        return found[0]
    several = "several requests begin with" if found else "there is no request"
    err.print(f"[bold red]error:[/] {several} {escape(request_id)}")
    raise typer.Exit(EXIT_NOT_FOUND)


def _print_json(value: object) -> None:
    def plain(other: Any) -> object:
        if hasattr(other, "isoformat"):
            return other.isoformat()
        if hasattr(other, "keys"):
            return dict(other)
        return str(other)

    rows = [dict(row) for row in value] if isinstance(value, list) else value
    json.dump(rows, sys.stdout, default=plain, indent=1, ensure_ascii=False)
    print()


