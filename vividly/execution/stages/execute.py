"""Runs one stage for one request: record, reuse, deadline, retries, cost, record again."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from vividly.execution.services import Services
from vividly.execution.stages.base import Deadline, StageContext, StageSpec
from vividly.execution.stages.turns import turn
from vividly.lesson import safety
from vividly.model.errors import (
    ContentBlocked,
    DeadlineExceeded,
    PermanentError,
    Superseded,
    TransientError,
)
from vividly.model.explain import explain, is_full
from vividly.model.lesson import Answer, from_json, to_json
from vividly.model.ticket import Outcome, Ticket
from vividly.model.time_left import until
from vividly.platform import retry
from vividly.platform.breaker import CircuitOpen
from vividly.platform.cost import Meter, charge, metered
from vividly.platform.cost.budget import Bill, affordable, bill
from vividly.platform.ledger.waiting import FOR_A_PLACE, FOR_ANOTHER

REPORT_EVERY_S = 1.0
SAY_AFTER_S = 1.0
"""How long a request waits for its turn before its row says so."""
HOLD_EVERY_S = 10.0
"""How often a request that waits for its turn renews its claim."""


class StageFailed(Exception):
    """A stage gave up. The cause is `__cause__`; `tries` says how often it was tried."""

    def __init__(self, tries: int) -> None:
        super().__init__(f"gave up after {tries} tries")
        self.tries = tries


@dataclass
class Record:
    """What a stage took for one request, for metrics."""

    tries: int = 0
    reused: bool = False
    cost_usd: float = 0.0


class OverCost(PermanentError):
    """A request would cost more than it may."""


class TextOnly(PermanentError):
    """A request would cost more than it may, and ends with its text."""


def execute(
    stage: StageSpec,
    ticket: Ticket,
    services: Services,
    *,
    sleep: Callable[[float], None] = time.sleep,
    record: Record | None = None,
) -> Ticket | Answer | Outcome:
    """The ticket with the stage's result; or the answer, or the outcome, that ends the request.

    A result that is in the temp bucket already is used as it is; one that another request
    is making is waited for. A fresh request finds its own alone. Transient errors are tried
    again, with full-jitter exponential backoff or as long as the service asked to wait, while
    the stage's time lasts; errors that nobody foresaw, and a model's unusable answers, a few
    times.

    Where requests can wait in the ledger, a stage is patient for a while only, and not at all
    with a service that is known to be away.

    Args:
        record: is told what it took.

    Raises:
        StageFailed: with the last error as its cause.
        Superseded: the request is somebody else's now, or has ended.
    """
    settings = services.settings
    own = time.time() + stage.seconds(settings)
    whose = "the whole request" if ticket.deadline < own else "this stage"
    deadline = Deadline(min(ticket.deadline, own), whose)
    run = _Run(stage, ticket, services, deadline, record or Record())

    def worth(error: BaseException) -> bool:
        if isinstance(error, TransientError):
            run.trouble = error
            if settings.retries_later and not run.is_patient(error):
                return False
            run.tell_trouble(error)
        return retry.is_transient(error) or (
            retry.is_worth_retrying(error) and run.tries < services.settings.max_attempts
        )

    try:
        return retry.call(run.once, seconds=lambda: deadline.remaining, worth=worth, sleep=sleep)
    except TextOnly as over:
        return Outcome(ticket, "completed", message=str(over))
    except Superseded:
        run.record_cost()
        raise
    except Exception as error:
        run.record_cost()
        # Time that was used up with a service that was away is that service's failure.
        late = isinstance(error, DeadlineExceeded)
        raise StageFailed(run.tries) from (run.trouble if late and run.trouble else error)


@dataclass
class _Run:
    """A stage on its way for one request, over all its tries.

    Attributes:
        trouble: the last transient error.
        waits_for: what the row says that it waits for, empty while it does not.
    """

    stage: StageSpec
    ticket: Ticket
    services: Services
    deadline: Deadline
    record: Record
    tries: int = 0
    trouble: TransientError | None = None
    patient_until: float = 0.0
    told_trouble: str = ""
    waits_for: str = ""
    meter: Meter = field(default_factory=Meter)

    def once(self) -> Ticket | Answer:
        """One try."""
        self.tries += 1
        self.record.tries = self.tries
        self.deadline.check()
        stage, ticket, ledger = self.stage, self.ticket, self.services.ledger
        began = time.monotonic()
        self._start()
        context = StageContext(
            ticket, self.services, self.deadline, _reporter(stage, ticket, self.services)
        )
        if ticket.fresh:
            context.metadata["fresh"] = True
        prefix = stage.result_prefix(context)
        name = f"{prefix}.json"
        with self._turn(name) as mine:
            result = self._make(context, prefix, name) if mine else self._made(context, name)
        if isinstance(result, Answer):
            result = self._with_help(context, result)
        else:
            context.metadata |= stage.describe(result)
        billed = self.bill
        self.record.reused = context.metadata.get("reused", False)
        self.record.cost_usd = billed.cost_usd or 0.0
        ledger.stage_completed(
            ticket,
            stage.name,
            progress=stage.end,
            seconds=time.monotonic() - began,
            retries=self.tries - 1,
            metadata={**context.metadata, **billed.record},
            cost_usd=billed.cost_usd,
        )
        # Until the next stage begins, which may have to wait for others of its bundle.
        self.services.heartbeat.hold(ticket, max(0.0, ticket.deadline - time.time()))
        return result if isinstance(result, Answer) else ticket.with_result(stage.name, name)

    def is_patient(self, error: TransientError) -> bool:
        """Whether a service that is in trouble is worth waiting for on this thread."""
        if isinstance(error, CircuitOpen):
            return False
        now, patience = time.monotonic(), self.services.settings.retry_patience
        self.patient_until = self.patient_until or now + patience
        return now + (error.retry_after or 0.0) < self.patient_until

    @property
    def bill(self) -> Bill:
        """What all tries so far have used."""
        return bill(self.meter.usage, self.services.prices)

    def record_cost(self) -> None:
        """Write down what was used although nothing came of it. It is billed all the same."""
        billed = self.bill
        if not billed.usage:
            return
        self.record.cost_usd = billed.cost_usd or 0.0
        # A database that is away is told by the failure itself.
        with suppress(TransientError):
            self.services.ledger.spent(
                self.ticket, self.stage.name, billed.cost_usd, metadata=billed.record
            )

    def tell_trouble(self, error: TransientError) -> None:
        """Let the row say why the stage is tried again."""
        if str(error) != self.told_trouble:
            self.told_trouble = str(error)
            with suppress(TransientError):
                self.services.ledger.trouble(self.ticket, self.stage.name, self.told_trouble)

    def _start(self, waits_for: str = "") -> None:
        settings = self.services.settings
        self.waits_for = waits_for
        self.services.ledger.stage_started(
            self.ticket,
            self.stage.name,
            doing=waits_for or self.stage.doing,
            progress=self.stage.start,
            lease=settings.lease,
        )
        self.services.heartbeat.hold(
            self.ticket, self.stage.seconds(settings) + settings.lease_margin
        )

    def _made(self, context: StageContext, name: str) -> object:
        context.metadata["reused"] = True
        return from_json(self.stage.result, self.services.temp.read(name))

    def _make(self, context: StageContext, prefix: str, name: str) -> object:
        """The stage's function itself, when it may run."""
        with self._slot():
            self._check_cost(context)
            result: object
            with metered(self.meter), until(self.deadline.at):
                began = time.monotonic()
                try:
                    # Files have a name of each try's own: a worker that was lost, and wakes
                    # up, cannot replace those that a result names.
                    result = self.stage.run(context, f"{prefix}-{uuid.uuid4().hex[:8]}")
                except ContentBlocked as blocked:
                    result = self._blocked(context, blocked.category)
                except OSError as error:
                    if is_full(error):  # as where a bucket is on the disk: it waits for space
                        raise TransientError(explain(error)) from error
                    raise
                finally:
                    if self.stage.computes:
                        charge("worker", seconds=time.monotonic() - began)
            if isinstance(result, Answer):
                return result
            if not self.services.temp.create(name, to_json(result), "application/json"):
                return self._made(context, name)  # somebody was faster: theirs is used by others
        return result

    def _blocked(self, context: StageContext, category: str) -> Answer:
        """What a provider refuses for the student's sake is an answer, not a failure."""
        context.metadata |= {"answer": "blocked", "category": category}
        return safety.blocked_answer(category, language=self.ticket.request.language)

    def _with_help(self, context: StageContext, answer: Answer) -> Answer:
        """Every answer that is no lesson comes with help lines where there may be need of them."""
        request, settings = self.ticket.request, self.services.settings
        answer = safety.kindly(
            answer,
            request.student_query,
            request.interest or "",
            language=request.language,
            help_lines=self.services.help_lines,
            encoder_folder=settings.sentence_encoder,
        )
        context.metadata["help"] = bool(answer.help)
        return answer

    def _check_cost(self, context: StageContext) -> None:
        """Refuse to begin what would cost more than the request may."""
        cap = self.services.settings.max_cost_usd
        if cap <= 0 or self.stage.estimate is None:
            return
        spent = self.services.ledger.cost(self.ticket) + (self.bill.cost_usd or 0.0)
        ahead = tuple(self.stage.estimate(context))
        if affordable(spent, ahead, self.services.prices, cap):
            return
        expected = self.services.prices.cost(ahead)
        over = (
            f"{self.stage.name} would cost about {expected:.4f} USD after {spent:.4f} USD, "
            f"and a request may cost {cap:.4f} USD (--max_cost_usd)"
        )
        if self.services.settings.over_cost == "text_only" and self.stage.follows_text:
            self.services.ledger.over_cost(self.ticket, self.stage.name, over)
            raise TextOnly("The text is ready. Sound and pictures were left out of this lesson.")
        raise OverCost(over)

    # -- waiting ---------------------------------------------------------------------------

    @contextmanager
    def _turn(self, name: str) -> Iterator[bool]:
        exists = self.services.temp.exists
        if not self.stage.shared:
            yield not exists(name)
            return
        began = time.time()
        with turn(
            name,
            self.services.leases,
            is_made=lambda: exists(name),
            until=self.ticket.deadline,
            waiting=self._holding(FOR_ANOTHER),
        ) as mine:
            self._make_up_for(began)
            yield mine

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """A place among those that this process runs at once."""
        slots = self.services.slots(self.stage.pool)
        began, hold = time.time(), self._holding(FOR_A_PLACE)
        while not slots.acquire(timeout=1.0):
            if time.time() >= self.ticket.deadline:
                raise DeadlineExceeded("the request's time was used up waiting for a free place")
            hold()
        try:
            self._make_up_for(began)
            yield
        finally:
            slots.release()

    def _make_up_for(self, began: float) -> None:
        """The wait is over: it is not the stage's time that was lost."""
        if self.waits_for:
            self._start()
        self.deadline.postpone(time.time() - began, latest=self.ticket.deadline)

    def _holding(self, waits_for: str) -> Callable[[], None]:
        """Says that a request waits, renews its claim, and notices when it is gone."""
        last, pause = time.monotonic(), SAY_AFTER_S

        def hold() -> None:
            nonlocal last, pause
            if time.monotonic() - last >= pause:
                self._start(waits_for)
                last, pause = time.monotonic(), HOLD_EVERY_S

        return hold


def _reporter(stage: StageSpec, ticket: Ticket, services: Services) -> Callable[[float], None]:
    """Progress inside the stage, written at most once a second and only when it has grown."""
    last_at, last = time.monotonic(), stage.start

    def report(fraction: float) -> None:
        nonlocal last_at, last
        now = time.monotonic()
        progress = stage.start + int((stage.end - stage.start) * min(max(fraction, 0.0), 1.0))
        if progress > last and now - last_at >= REPORT_EVERY_S:
            last_at, last = now, progress
            services.ledger.progress(ticket, progress)

    return report


def outcome_of(answer: Answer, ticket: Ticket) -> Outcome:
    """An answer as the end of its request."""
    details: dict[str, object] = {"questions": answer.questions, "category": answer.category}
    if answer.help:
        details["help"] = answer.help
    if answer.suggestions:
        details["suggestions"] = answer.suggestions
    return Outcome(
        ticket=ticket,
        status=answer.status,
        message=answer.message,
        details=json.dumps(details),
    )
