"""Runs a file of requests through the local stack and shows what becomes of each."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rich.markup import escape
from rich.table import Table

from beam_pipeline.cli import display
from beam_pipeline.cli.context import Context, out
from beam_pipeline.cli.dlq import DeadLetter, dead_letters, letters_table
from beam_pipeline.local.stack import LocalStack
from vividly.errors import InvalidRequest
from vividly.ledger.schema import ENDED
from vividly.request import UUID4, Message, parse_request

DEAD_LETTER_WAIT_S = 20.0


@dataclass(frozen=True)
class Line:
    """A line of the file: the bytes to publish, and the id if it is a valid request's."""

    data: bytes
    request_id: str | None
    label: str


def run_demo(stack: LocalStack, file: Path, *, keep_ids: bool) -> bool:
    """Submit every line of the file, follow all to their ends, print a table.

    Returns:
        Whether every valid request came to an end other than `failed`.
    """
    lines = read_lines(file, keep_ids=keep_ids)
    context = Context()
    valid = {line.request_id: line.label for line in lines if line.request_id}
    began = time.time()
    if stack.pubsub:
        stack.start_jobs()
        for line in lines:
            _submit(context, line)
        rows = display.follow(out, context.services.engine, valid, tick=stack.check)
    else:
        requests = stack.write_requests([line.data for line in lines])
        for line in lines:
            _write_pending(context, line)
        job = stack.run_file(requests)
        rows = display.follow(
            out, context.services.engine, valid, over=lambda: not job.running
        )
    refused = len(lines) - sum(1 for line in lines if line.request_id)
    letters = _new_letters(context, began, refused)
    out.print(_table(lines, rows))
    if letters:
        out.print("In the dead-letter queue (see `vividly dlq show`):")
        out.print(letters_table(letters))
    for row in rows.values():
        answer = row["request_metadata"].get("answer")
        if answer:
            asked = " ".join(f"\n    • {q}" for q in answer.get("questions", ()))
            out.print(
                f"[bold]{escape(valid[row['id']])}[/]: {escape(answer['message'] + asked)}",
                soft_wrap=True,
            )
    return len(rows) == len(valid) and all(
        row["status"] in ENDED and row["status"] != "failed" for row in rows.values()
    )


def read_lines(file: Path, *, keep_ids: bool) -> list[Line]:
    """The requests of a file, each valid id replaced by a new one throughout.

    A duplicate stays a duplicate: the same id is replaced by the same new one.
    """
    fresh: dict[str, str] = {}
    lines = []
    for raw in file.read_bytes().splitlines():
        if not raw.strip():
            continue
        data = raw if keep_ids else _with_fresh_id(raw, fresh)
        try:
            request = parse_request(data)
            label = f"{request.student_query[:34]} ({'+'.join(request.modalities)})"
            lines.append(Line(data, request.request_id, label))
        except InvalidRequest:
            lines.append(Line(data, None, "(not a valid request)"))
    return lines


def _with_fresh_id(raw: bytes, fresh: dict[str, str]) -> bytes:
    try:
        fields = json.loads(raw)
        old = fields["request_id"]
    except (ValueError, KeyError, TypeError):
        return raw
    if not isinstance(old, str) or not UUID4.fullmatch(old):
        return raw
    fields["request_id"] = fresh.setdefault(old, str(uuid.uuid4()))
    return json.dumps(fields).encode()


def _submit(context: Context, line: Line) -> None:
    _write_pending(context, line)
    attributes = {"environment": context.environment}
    if line.request_id:
        attributes["request_id"] = line.request_id
    context.resources.publish(context.request_topic, line.data, attributes)


def _write_pending(context: Context, line: Line) -> None:
    if line.request_id:
        message = Message(line.data, {"request_id": line.request_id})
        context.services.ledger.submit(
            parse_request(line.data), message, {"submitted_by": "vividly run"}
        )


def _new_letters(context: Context, since: float, expected: int) -> list[DeadLetter]:
    """The dead letters of this run; those that must come are waited for."""
    end = time.monotonic() + DEAD_LETTER_WAIT_S
    while True:
        with dead_letters(context, 1000) as found:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since))
            letters = [letter for letter in found if letter.get("failed_at") >= stamp]
        if len(letters) >= expected or time.monotonic() > end:
            return letters
        time.sleep(0.5)


def _table(lines: list[Line], rows: Mapping[str, display.Row]) -> Table:
    table = Table(title="What became of the requests")
    table.add_column("request")
    table.add_column("status")
    table.add_column("to text", justify="right")
    table.add_column("to end", justify="right")
    table.add_column("where", overflow="fold")
    seen: set[str] = set()
    for line in lines:
        if line.request_id is None:
            table.add_row(escape(line.label), "[red]dead letter[/]", "–", "–", "")
        elif line.request_id in seen:
            table.add_row(escape(line.label), "[dim]duplicate[/]", "–", "–", "[dim]done once[/]")
        else:
            seen.add(line.request_id)
            row = rows.get(line.request_id)
            if row is None:
                table.add_row(escape(line.label), "[red]unknown[/]", "–", "–", "")
                continue
            table.add_row(
                escape(line.label),
                display.coloured(row["status"]),
                display.seconds(row["seconds_to_text"]),
                display.seconds(row["seconds_to_end"]),
                escape(_where(row)),
            )
    return table


def _where(row: display.Row) -> str:
    """Where the lesson is: a path from here where it is a file."""
    url = row["video_url"] or row["audio_url"]
    if not url:
        return "content_requests.script_text" if row["text_ready_at"] else ""
    parts = urlsplit(url)
    return os.path.relpath(unquote(parts.path)) if parts.scheme == "file" else str(url)
