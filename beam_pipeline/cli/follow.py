"""Follows requests to their ends: a progress bar each on a terminal, lines in a pipe.

Both say why a request waits as soon as it waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column
from sqlalchemy import Engine

from beam_pipeline.cli.display import WIDE, Row, coloured, safe, say, waits_for
from vividly.execution.report import waiting
from vividly.model.errors import TransientError
from vividly.platform.ledger import queries
from vividly.platform.ledger.schema import ENDED

POLL_S = 0.25
PATIENCE_S = 660.0
OUTAGE_S = 60.0
TOLD_AFTER_S = 10.0
"""Seconds after which a request that no job has begun is reported as waiting."""
_BESIDE_LABEL = 54
_HEADROOM = 8


class _View(Protocol):
    def __enter__(self) -> _View: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, row: Row) -> None:
        """Show the progress of a request."""

    def say(self, request_id: str, news: str) -> None:
        """Print a line about a request that stays on the screen."""


def follow(
    console: Console,
    engine: Engine,
    labels: Mapping[str, str],
    *,
    patience: float = PATIENCE_S,
    tick: Callable[[], None] = lambda: None,
    over: Callable[[], bool] = lambda: False,
    failed_before: Mapping[str, int] | None = None,
) -> dict[str, Row]:
    """Show the progress of each request until all have ended.

    Args:
        labels: request id -> label on the screen.
        patience: seconds without any change after which to stop following.
        tick: called at every poll of the database.
        over: returns whether the open requests will make no more progress.
        failed_before: request id -> last attempt of a failed request that is being replayed:
            `failed` with that attempt does not count as its end.

    Returns:
        The last rows, by request id.

    Raises:
        TransientError: the database has been away for a minute.
    """
    live = console.is_terminal and not console.is_dumb_terminal
    view: _View = _Bars(console, labels) if live else _Lines(console, labels)
    rows: dict[str, Row] = {}
    stale = failed_before or {}

    def begun(row: Row) -> bool:
        return bool(row["status"] != "failed" or row["attempt"] != stale.get(row["id"]))

    seen: dict[str, tuple[object, ...]] = {}
    said: dict[str, str] = {}
    changed = reached = time.monotonic()
    with view:
        while time.monotonic() < changed + patience:
            tick()
            last = over()
            try:
                rows = queries.by_id(engine, labels)
                reached = time.monotonic()
            except TransientError:
                if time.monotonic() > reached + OUTAGE_S:
                    raise
            now = {key: _state(row) for key, row in rows.items()}
            if now != seen:
                seen, changed = now, time.monotonic()
                for row in filter(begun, rows.values()):
                    view.show(row)
            for key, row in rows.items():
                if (news := _news(row)) and said.get(key) != news:
                    said[key] = news
                    view.say(key, news)
            at_end = (ended(row) and begun(row) for row in rows.values())
            if last or (len(rows) == len(labels) and all(at_end)):
                break
            time.sleep(POLL_S)
    return rows


def ended(row: Row) -> bool:
    """Whether a request has ended."""
    return row["status"] in ENDED


def _state(row: Row) -> tuple[object, ...]:
    return (
        row["status"],
        row["current_stage"],
        row["progress_percentage"],
        row["text_ready_at"],
        row["attempt"],
    )


def _news(row: Row) -> str:
    """Why a request waits, empty if it only waits for its turn."""
    waits = waiting(row)
    if waits is None or waits["why"] in ("shared", "no_place"):
        return ""
    if waits["why"] in ("not_begun", "handed_over", "due"):
        since = waits["since"] or row["read_at"]
        if (row["read_at"] - since).total_seconds() < TOLD_AFTER_S:
            return ""
    times = {name: waits[name] and waits[name].isoformat() for name in ("since", "until")}
    return f"waits: {waits_for({**waits, **times})}"


def _stage(row: Row) -> str:
    if ended(row):
        return coloured(row["status"])
    text = "[green]text ✓[/] " if row["text_ready_at"] else ""
    return text + safe(row["current_stage"] or row["status"])


class _Bars:
    """A bar per request, as many as fit; bars of ended requests make room for others."""

    def __init__(self, console: Console, labels: Mapping[str, str]) -> None:
        label = Column(no_wrap=True, overflow="ellipsis", max_width=console.width - _BESIDE_LABEL)
        self._progress = Progress(
            SpinnerColumn(finished_text="•"),
            TextColumn("{task.description}", table_column=label),
            BarColumn(bar_width=24 if console.width >= WIDE else 10),
            TaskProgressColumn(),
            TextColumn(
                "{task.fields[stage]}",
                table_column=Column(no_wrap=True, overflow="ellipsis", max_width=25),
            ),
            TimeElapsedColumn(table_column=Column(no_wrap=True)),
            console=console,
        )
        self._labels = labels
        self._all_fit = len(labels) <= console.height - _HEADROOM
        self._tasks: dict[str, TaskID] = {
            request_id: self._progress.add_task(safe(name), total=100, stage="[dim]waiting[/]")
            for request_id, name in labels.items()
        }

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, row: Row) -> None:
        task = self._tasks[row["id"]]
        # A question back is an end too: the bar is full.
        done = 100 if ended(row) else row["progress_percentage"]
        self._progress.update(task, completed=done, stage=_stage(row))
        if ended(row):
            self._progress.stop_task(task)
            self._progress.update(task, visible=self._all_fit)

    def say(self, request_id: str, news: str) -> None:
        say(self._progress.console, f"{self._labels[request_id]}: {news}", first=_now())


class _Lines:
    """A line for each step of a request: for logs and pipes."""

    def __init__(self, console: Console, labels: Mapping[str, str]) -> None:
        self._console, self._labels = console, labels
        self._said: dict[str, str] = {}

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, row: Row) -> None:
        stage = _stage(row)
        if self._said.get(row["id"]) != stage:
            self._said[row["id"]] = stage
            label = safe(self._labels[row["id"]])
            self._console.print(f"{_now()}{label}: {stage}", soft_wrap=True)

    def say(self, request_id: str, news: str) -> None:
        say(self._console, f"{self._labels[request_id]}: {news}", first=_now())


def _now() -> str:
    return f"[dim]{time.strftime('%H:%M:%S', time.gmtime())}[/] "
