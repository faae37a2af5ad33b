"""Defines a stage: a name, progress percentages, a time limit, and a function.

A stage's function gets a `StageContext` and returns the next part of the lesson. The result is
stored under a name derived from its inputs, so a retry or another request with the same inputs
reuses it at no cost. A fresh request (`Ticket.fresh`) stores its results under its own names.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vividly.execution.services import Services
from vividly.model.errors import DeadlineExceeded
from vividly.model.lesson import Answer, from_json
from vividly.model.request import Request
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket, own_results
from vividly.platform.cost import Usage

T = TypeVar("T")


@dataclass
class Deadline:
    """The time by which work must be done.

    Attributes:
        at: in seconds since the epoch.
        of: what the deadline belongs to, for error messages.
    """

    at: float
    of: str = "this stage"

    def postpone(self, seconds: float, *, latest: float) -> None:
        """Move the deadline by `seconds`, to `latest` at most (seconds since the epoch)."""
        self.at = min(latest, self.at + seconds)

    @property
    def remaining(self) -> float:
        """Seconds left; 0 once the deadline has passed."""
        return max(0.0, self.at - time.time())

    def check(self) -> None:
        """Raise `DeadlineExceeded` once the deadline has passed."""
        if time.time() >= self.at:
            raise DeadlineExceeded(f"the time of {self.of} is used up")


@dataclass
class StageContext:
    """The argument of a stage's function.

    Attributes:
        report: reports the stage's progress, 0 to 1. Raises `Superseded` once another attempt
            has the request.
        metadata: what the stage writes to `request_stages.stage_metadata`.
    """

    ticket: Ticket
    services: Services
    deadline: Deadline
    report: Callable[[float], None]
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def request(self) -> Request:
        """The student's request."""
        return self.ticket.request

    def check(self) -> None:
        """Raise `DeadlineExceeded` or `Superseded` if the stage must stop."""
        self.deadline.check()
        self.services.ledger_of(self.ticket).check(self.ticket)

    def result(self, stage: str, of: type[T]) -> T:
        """The result of an earlier stage."""
        return from_json(of, self.services.temp.read(self.ticket.results[stage]))


@dataclass(frozen=True)
class StageSpec:
    """A stage.

    Attributes:
        doing: `content_requests.current_stage` while it runs, for people.
        start, end: `progress_percentage` when it begins and when it is done.
        result: the type that `run` returns unless it returns an `Answer`.
        inputs: all values that the result depends on; they determine the result's name.
        describe: the `stage_metadata` of a result, computed or reused.
        applies: whether a request needs the stage.
        pool: stages of the same pool share a limit on how many run at once in a process.
        needs_all_cores: whether it takes a place of the pool `render` instead.
        shared: whether requests that need the same result wait for the one that computes it.
        quick: whether it takes no longer than to record it, so that its record may come later.
        computes: whether the worker itself does the work, so that its seconds cost money.
        estimate: the usage to expect, for the check of the cost before the stage runs.
        follows_text: whether the student has the text when the stage begins.
        time_limit: seconds, retries included; overrides the settings.
        prepare: loads what the stage needs of this machine, so that the first requests do not
            wait for it.
    """

    name: str
    doing: str
    start: int
    end: int
    result: type
    inputs: Callable[[StageContext], Mapping[str, object]]
    run: Callable[[StageContext, str], object | Answer]
    describe: Callable[[Any], Mapping[str, object]] = lambda result: {}
    applies: Callable[[Request], bool] = lambda request: True
    pool: str = "io"
    needs_all_cores: Callable[[StageContext], bool] = lambda context: False
    shared: bool = True
    quick: bool = False
    computes: bool = False
    estimate: Callable[[StageContext], Iterable[Usage]] | None = None
    follows_text: bool = False
    time_limit: float | None = None
    prepare: Callable[[Settings], object] = lambda settings: None

    def seconds(self, settings: Settings) -> float:
        """How long the stage may take, retries included."""
        return settings.stage_seconds(self.name) if self.time_limit is None else self.time_limit

    def result_prefix(self, context: StageContext) -> str:
        """The prefix of the result's name for these inputs: `speak/3f/3f9c...`.

        The prefix of a fresh request starts with `own_results`, so no other request reuses it.
        """
        canonical = json.dumps(self.inputs(context), sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(f"{self.name}\0{canonical}".encode()).hexdigest()[:40]
        ticket = context.ticket
        below = own_results(ticket.request.request_id) if ticket.fresh else ""
        return f"{below}{self.name}.{digest}" if below else f"{self.name}/{digest[:2]}/{digest}"
