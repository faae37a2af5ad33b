"""`vividly canary` and `vividly smoke`: end-to-end checks of a deployed system."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import typer

from beam_pipeline.cli import display
from beam_pipeline.cli.context import EXIT_FAILED, Context, err, out, reported
from beam_pipeline.cli.leftovers import dead_letters_of, remove_all, require_buckets
from beam_pipeline.cli.probe import Probe, Question, await_end, draw, new_id, send
from vividly.execution.lesson_files import delivered_name
from vividly.model.errors import VividlyError
from vividly.model.request import MARK
from vividly.platform.ledger import queries
from vividly.platform.ledger.purge import STOPPING_S

BUDGET_S = 600.0
LETTER_S = 60.0
"""Seconds to wait for a failure to become a dead letter."""
Modality = Annotated[Literal["text", "audio", "video"], typer.Option(help="What to request.")]
Patience = Annotated[float, typer.Option(help="Seconds to wait for the end.", min=1)]
Keep = Annotated[bool, typer.Option("--keep", help="Keep all its data, for inspection.")]
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
    keep: Keep = False,
    as_json: Json = False,
) -> None:
    """Request one lesson, and report which provider made each part of it.

    Asks a different question each time and reuses no stored result. Exit code 1 if the request
    did not complete, if a part was reused, or if the request's data could not be removed. Safe
    in production: it removes its own request and nothing else.

    [bold]Examples[/]
      vividly canary
      vividly canary --modality text --patience 60 --json
    """
    with reported():
        context, question, id = Context(), draw(), new_id()
        require_buckets(context)
        with _left_is_told([id]):
            send(context, id, modality, question=question, test="canary")
            if not as_json:
                _say_asked(id, question)
            probe = await_end(context, id, modality, question=question, patience=patience)
            if not as_json:
                _show(probe)
            cleared = Cleared(Counter()) if keep else _clear(context, [id], _buried(probe))
    if as_json:
        print(json.dumps(_as_json(probe, cleared), indent=1, ensure_ascii=False))
    else:
        out.print(_kept([id]) if keep else display.safe(cleared.told), soft_wrap=True)
    if probe.faults or cleared.problem:
        raise typer.Exit(EXIT_FAILED)


def smoke(
    modality: Modality = "video",
    patience: Patience = BUDGET_S,
    keep: Keep = False,
    as_json: Json = False,
) -> None:
    """Run the checklist after a deployment, and print a table of its results.

    Checks that one lesson is made from end to end in under ten minutes, its files, its status,
    that its message is acknowledged, that a bad message becomes a dead letter, and that no
    connection failed. Safe in production: it removes its own messages and request only.

    [bold]Examples[/]
      vividly smoke
      vividly smoke --modality text
    """
    with reported():
        context, question, ids = Context(), draw(), [new_id(), new_id()]
        require_buckets(context)
        with _left_is_told(ids):
            if not as_json:
                _say_asked(ids[0], question)
            findings = list(_smoke(context, ids, question, modality, patience, keep))
    if as_json:
        print(json.dumps([asdict(one) for one in findings], indent=1, ensure_ascii=False))
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
        if keep:
            out.print(_kept(ids), soft_wrap=True)
    if failed:
        raise typer.Exit(EXIT_FAILED)


def _smoke(
    context: Context,
    ids: Sequence[str],
    question: Question,
    modality: str,
    patience: float,
    keep: bool,
) -> Iterator[Finding]:
    began = time.monotonic()
    good, bad = ids
    send(context, good, modality, question=question, test="smoke")
    nothing = json.dumps({"request_id": bad}).encode()
    context.resources.publish(context.request_topic, nothing, {MARK: "smoke"})
    probe = await_end(context, good, modality, question=question, patience=patience)
    took, completed = time.monotonic() - began, probe.status == "completed"
    yield Finding("a lesson is made", completed, f"{probe.status}: {question}")
    yield Finding("in less than ten minutes", took < BUDGET_S, f"{took:.1f} s")
    progress = probe.row.get("progress_percentage")
    yield Finding("the status is right", completed and progress == 100, f"{progress} %")
    made = [f"{one.stage} {one.how} in {display.seconds(one.seconds)}" for one in probe.dear]
    yield Finding(
        "its parts are made, not found", not probe.faults, "; ".join(probe.faults or made)
    )
    missing = _missing_files(context, good, modality)
    yield Finding("its files are in the bucket", not missing, ", ".join(missing) or "all there")
    events = queries.events(context.engine, good)
    claims = sum(one["event_type"] == "claimed" for one in events)
    often = "once" if claims == 1 else f"{claims} times"
    yield Finding("its message is acknowledged", claims == 1, f"claimed {often}")
    troubles = [one for one in events if one["event_type"] in ("put_down", "failed")]
    said = "; ".join(str(one["event_message"]) for one in troubles)
    yield Finding("no connection error", not troubles, said or "none")
    buried = {bad, *_buried(probe)}
    letters, why = {}, "none came"
    try:
        letters = dead_letters_of(context, buried, seconds=LETTER_S, take=not keep)
    except VividlyError as error:
        why = str(error)
    yield Finding("a bad message is a dead letter", bad in letters, letters.get(bad, why))
    if not keep:
        cleared = _clear(context, ids, buried, letters)
        yield Finding("what it left is removed", not cleared.problem, cleared.told)


# -- cleaning up -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cleared:
    """How many items of each kind were removed, and why others could not be removed."""

    done: Counter[str]
    problem: str = ""

    @property
    def told(self) -> str:
        """A summary for people."""
        listed = ", ".join(
            f"{number} {what if number > 1 else what[:-1]}"
            for what, number in self.done.items()
            if number
        )
        removed = f"Removed: {listed or 'nothing'}"
        return f"{removed}; {self.problem}" if self.problem else removed


def _buried(probe: Probe) -> list[str]:
    """Ids of requests that must have a dead letter: the probe's, if it failed."""
    return [probe.request_id] if probe.status == "failed" else []


def _clear(
    context: Context,
    ids: Sequence[str],
    buried: Collection[str],
    letters: Mapping[str, str] | None = None,
) -> Cleared:
    """Remove all data of these requests.

    Args:
        buried: ids of requests that have dead letters.
        letters: dead letters that were already removed; None to look for them.
    """
    done: Counter[str] = Counter()
    try:
        if letters is None:
            letters = dead_letters_of(context, buried, seconds=LETTER_S, take=True)
        done["dead letters"] = len(letters)
        done += remove_all(context, ids, waiting=_say_waiting)
    except VividlyError as error:
        return Cleared(done, f"not all could be removed: {error}. Later: {_purge(ids)}")
    if late := set(buried) - letters.keys():
        return Cleared(done, f"a dead letter has not come yet. Later: {_purge(sorted(late))}")
    return Cleared(done)


@contextmanager
def _left_is_told(ids: Sequence[str]) -> Iterator[None]:
    """If the command is interrupted, print how to remove the data that is left."""
    try:
        yield
    except BaseException:
        err.print(f"What it has left is removed by: {_purge(ids)}", soft_wrap=True)
        raise


def _say_asked(request_id: str, question: Question) -> None:
    out.print(f"Asked: {display.safe(question)}\n[dim]{request_id}[/]")


def _say_waiting() -> None:
    err.print(
        f"It is stopped. Its worker may be at it for {STOPPING_S:.0f} s still; then what it leaves "
        "is removed ..."
    )


def _kept(ids: Sequence[str]) -> str:
    return f"Kept. Remove it by: {_purge(ids)}"


def _purge(ids: Sequence[str]) -> str:
    return "vividly purge --test-data" + "".join(f" --request {id}" for id in ids)


# -- reports -----------------------------------------------------------------------------------


def _missing_files(context: Context, request_id: str, modality: str) -> list[str]:
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


def _show(probe: Probe) -> None:
    table = display.table()
    widths = {"stage": 12, "what": 11, "seconds": 7}
    for column, width in widths.items():
        display.add_fixed(table, column, width, justify="right" if column == "seconds" else "left")
    left = out.width - sum(widths.values()) - len(widths)
    table.add_column("by", no_wrap=True, overflow="ellipsis", max_width=left)
    for part in probe.parts:
        colour = {"found": "red", "failed": "red", "made": "green"}.get(part.how, "default")
        table.add_row(
            part.stage,
            f"[{colour}]{part.how}[/]",
            "" if part.seconds is None else f"{part.seconds:.2f}",
            display.safe(part.by),
        )
    if probe.parts:
        out.print(table)
    if not probe.faults:
        text, end = probe.seconds_to("text"), probe.seconds_to("end")
        times = f"text after {display.seconds(text)}, all after {display.seconds(end)}"
        out.print(f"[green]Made anew[/]: {times}")
    for fault in probe.faults:
        out.print(f"[red]FAILED:[/] {display.safe(fault)}", soft_wrap=True)


def _as_json(probe: Probe, cleared: Cleared) -> dict[str, Any]:
    return {
        "request_id": probe.request_id,
        "query": probe.question.query,
        "grade_level": probe.question.grade,
        "interest": probe.question.interest,
        "passed": not (probe.faults or cleared.problem),
        "faults": probe.faults,
        "status": probe.status,
        "seconds_to_text": probe.seconds_to("text"),
        "seconds_to_end": probe.seconds_to("end"),
        "stages": {
            part.stage: {
                "how": part.how, "seconds": part.seconds, "by": part.by, "error": part.error,
            }
            for part in probe.parts
        },
        "removed": dict(cleared.done),
        "problem": cleared.problem,
    }  # fmt: skip
