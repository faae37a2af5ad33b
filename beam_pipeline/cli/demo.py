"""Runs a file of requests through the local stack and shows how each one ends."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from beam_pipeline.cli import display
from beam_pipeline.cli.context import Context, out, say_error
from beam_pipeline.cli.dead_letters import MAX_HELD, DeadLetter, dead_letters
from beam_pipeline.cli.dlq import dead_letters_table
from beam_pipeline.cli.follow import ended, follow
from beam_pipeline.local.state import running
from vividly.execution.report import reports
from vividly.model.errors import InvalidRequest
from vividly.model.request import UUID4, Message, parse_request
from vividly.platform.ledger import Ledger, queries

if TYPE_CHECKING:
    from beam_pipeline.local.stack import LocalStack

DEAD_LETTER_WAIT_S = 20.0
LABEL = 40
BESIDE = 56
"""Total width of all columns except the request's, with the two spaces between columns."""


@dataclass(frozen=True)
class Line:
    """A line of the file: the bytes to publish, and the id if it is a valid request's."""

    number: int
    data: bytes
    request_id: str | None
    label: str


@dataclass(frozen=True)
class Demo:
    """What came of a file of requests.

    Attributes:
        well: whether no valid request failed.
        lesson: the first finished lesson, one with a video before others; None if there is none.
    """

    well: bool
    lesson: display.Report | None


def run_demo(stack: LocalStack | None, lines: Sequence[Line]) -> Demo:
    """Submit every line, follow all requests to their ends, print the answers and a table.

    Args:
        stack: the stack that was started for this run; None to use the running one.
    """
    context = Context(stack.arguments() if stack else ())
    valid = {line.request_id: line.label for line in lines if line.request_id}
    began = time.time()
    known = queries.by_id(context.engine, valid)
    failed_before = {key: row["attempt"] for key, row in known.items() if row["status"] == "failed"}
    if stack:
        stack.start_jobs()
    for line in lines:
        _submit(context, line)
    rows = follow(
        out,
        context.engine,
        valid,
        tick=stack.check if stack else lambda: None,
        over=lambda: stack is None and running() is None,
        failed_before=failed_before,
    )
    if stack is None and running() is None:
        say_error("the stack that was up has stopped")
    failed = sum(row["status"] == "failed" for row in rows.values())
    refused = sum(line.request_id is None for line in lines)
    letters = _new_letters(context, began, failed + refused)
    told = {one["request_id"]: one for one in reports(context.engine, list(rows))}
    for line in _first_of_each(lines):
        if request := told.get(line.request_id or ""):
            out.print()
            display.say(out, f"{line.number}: {line.label}", first="[bold reverse]", rest="")
            display.show_lesson(out, request)
    _print_tables(lines, told, letters)
    lessons = [one for one in told.values() if one["status"] == "completed"]
    lesson = min(lessons, key=lambda one: "video" not in one["urls"], default=None)
    well = len(rows) == len(valid) and not failed and all(map(ended, rows.values()))
    return Demo(well, lesson)


def read_lines(file: Path, *, keep_ids: bool) -> list[Line]:
    """The requests of a file, each valid id replaced by a new one throughout.

    A duplicate stays a duplicate: the same id is replaced by the same new one.
    """
    fresh: dict[str, str] = {}
    lines = []
    for number, raw in enumerate(file.read_bytes().splitlines(), start=1):
        if not raw.strip():
            continue
        data = raw if keep_ids else _with_fresh_id(raw, fresh)
        try:
            request = parse_request(data, environment="dev")
        except InvalidRequest:
            lines.append(Line(number, data, None, "(not a valid request)"))
            continue
        query = request.student_query
        query = query if len(query) <= LABEL else query[: LABEL - 1] + "…"
        label = f"{query} ({'+'.join(request.modalities)})"
        lines.append(Line(number, data, request.request_id, label))
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
    attributes = {"environment": context.environment}
    if line.request_id:
        attributes["request_id"] = line.request_id
        message = Message(line.data, {"request_id": line.request_id})
        Ledger(context.engine, owner="vividly run").submit(
            parse_request(line.data), message, {"submitted_by": "vividly run"}
        )
    context.resources.publish(context.request_topic, line.data, attributes)


def _new_letters(context: Context, since: float, expected: int) -> list[DeadLetter]:
    """The dead letters of this run; waits for those that have to arrive."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since))
    end = time.monotonic() + DEAD_LETTER_WAIT_S
    while True:
        with dead_letters(context, MAX_HELD) as found:
            letters = [letter for letter in found if letter.get("failed_at") >= stamp]
        if len(letters) >= expected or time.monotonic() > end:
            return letters
        time.sleep(0.5)


def _first_of_each(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines of valid requests, without the duplicates."""
    seen: set[str] = set()
    for line in lines:
        if line.request_id and line.request_id not in seen:
            seen.add(line.request_id)
            yield line


def _print_tables(
    lines: Sequence[Line], told: Mapping[str, display.Report], letters: Sequence[DeadLetter]
) -> None:
    out.print()
    display.show_table(out, _table(lines, told))
    if letters:
        out.print("\n[bold]Dead letters[/]")
        display.show_table(out, dead_letters_table(_by_line(lines, letters), out.width, "line"))


def _by_line(lines: Sequence[Line], letters: Sequence[DeadLetter]) -> list[tuple[int, DeadLetter]]:
    """Each letter with the line that it came from; equal lines get one each."""
    numbers: dict[bytes, list[int]] = {}
    for line in reversed(lines):
        numbers.setdefault(line.data, []).append(line.number)
    numbered = [(numbers.get(letter.data, [0]), letter) for letter in letters]
    return sorted(
        ((left.pop() if len(left) > 1 else left[0], letter) for left, letter in numbered),
        key=lambda pair: pair[0],
    )


def _table(lines: Sequence[Line], told: Mapping[str, display.Report]) -> Table:
    table = display.table()
    display.add_fixed(table, "line", 4, justify="right")
    display.add_fixed(table, "id", display.SHORT_ID)
    display.add_fixed(table, "status", display.STATUS_WIDTH)
    display.add_fixed(table, "to text", 7, justify="right")
    display.add_fixed(table, "to end", 7, justify="right")
    table.add_column("request", no_wrap=True, overflow="ellipsis", max_width=out.width - BESIDE)
    if not out.is_terminal:
        table.add_column("where", no_wrap=True)
    first = {line.number for line in _first_of_each(lines)}
    for line in lines:
        request = told.get(line.request_id or "")
        status, to_text, to_end, where = "[red]dead letter[/]", "–", "–", ""
        if line.request_id and line.number not in first:
            status = "[dim]duplicate[/]"
        elif request:
            status = display.coloured(request["status"])
            to_text = display.seconds(request["seconds_to_text"])
            to_end = display.seconds(request["seconds_to_end"])
            urls = request["urls"]
            where = display.place_of(urls.get("video") or urls.get("audio") or "")
        elif line.request_id:
            status = "[red]unknown[/]"
        cells = [str(line.number), (line.request_id or "–")[: display.SHORT_ID], status]
        cells += [to_text, to_end, display.safe(line.label)]
        table.add_row(*cells, *([] if out.is_terminal else [display.safe(where)]))
    return table
