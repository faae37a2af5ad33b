"""What a stage is: a name, a place in the order, a time limit, and a function.

A stage's function gets a `StageContext` and returns the next part of the lesson,
which is stored under a name made from all that went into it. The same inputs
are never paid for twice: not by a retry, not by another request. (A request of a
tool's that is to be made anew, `Ticket.fresh`, has names of its own instead.)
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
from vividly.model.ticket import Ticket
from vividly.platform.cost import Usage

T = TypeVar("T")


@dataclass
class Deadline:
    """A point in time after which there is no use in going on.

    Attributes:
        at: in seconds since the epoch.
        of: whose time it is, for people.
    """

    at: float
    of: str = "this stage"

    def postpone(self, seconds: float, *, latest: float) -> None:
        """Make up for time that was lost to others, up to a last point in time."""
        self.at = min(latest, self.at + seconds)

    @property
    def remaining(self) -> float:
        """Seconds that are left; 0 when it has passed."""
        return max(0.0, self.at - time.time())

    def check(self) -> None:
        """Raise `DeadlineExceeded` once the time has come."""
        if time.time() >= self.at:
            raise DeadlineExceeded(f"the time of {self.of} is used up")


@dataclass
class StageContext:
    """What a stage's function works with.

    Attributes:
        report: call with 0..1 to tell how far the stage has come; raises
            `Superseded` once the request is somebody else's.
        metadata: what the stage says of itself in `request_stages.stage_metadata`.
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
        """Raise `DeadlineExceeded` or `Superseded` where there is no use in going on."""
        self.deadline.check()
        self.services.ledger.check(self.ticket)

    def result(self, stage: str, of: type[T]) -> T:
        """The result of an earlier stage."""
        return from_json(of, self.services.temp.read(self.ticket.results[stage]))


@dataclass(frozen=True)
class StageSpec:
    """A stage. `inputs` are all values that its result depends on, for the result's name.

    Attributes:
        doing: `content_requests.current_stage` while it runs, for people.
        start, end: `progress_percentage` when it begins and when it is done.
        result: the type that `run` returns unless it returns an `Answer`.
        describe: what `stage_metadata` says of a result, made now or found.
        applies: whether a request needs the stage at all.
        pool: stages of the same pool share a limit of how many run at once in a process.
        shared: requests that need the same result wait for the one that makes it.
        computes: whether the worker itself does the work, so that its seconds cost.
        estimate: what the stage is going to use, asked before one that is dear.
        follows_text: whether the student has the text when the stage begins.
        time_limit: seconds, retries included, in place of those of the settings.
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
    shared: bool = True
    computes: bool = False
    estimate: Callable[[StageContext], Iterable[Usage]] | None = None
    follows_text: bool = False
    time_limit: float | None = None

    def seconds(self, settings: Settings) -> float:
        """How long the stage may take, retries included."""
        return settings.stage_seconds(self.name) if self.time_limit is None else self.time_limit

    def result_prefix(self, context: StageContext) -> str:
        """Where the stage's result for these inputs lies: `speak/3f/3f9c...`.

        That of a fresh request lies below `own_results`, where nobody else looks.
        """
        canonical = json.dumps(self.inputs(context), sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(f"{self.name}\0{canonical}".encode()).hexdigest()[:40]
        ticket = context.ticket
        below = own_results(ticket.request.request_id) if ticket.fresh else ""
        return f"{below}{self.name}.{digest}" if below else f"{self.name}/{digest[:2]}/{digest}"


def own_results(request_id: str) -> str:
    """How the names of all results of a fresh request begin."""
    return f"fresh/{request_id}."
