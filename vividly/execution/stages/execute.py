"""Runs one stage for one request: reuse or compute, retry, bill, and record it."""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from vividly.execution.services import Services
from vividly.execution.single_flight import single_flight
from vividly.execution.stages import STAGES
from vividly.execution.stages.base import Deadline, StageContext, StageSpec
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
from vividly.platform.cost import Bill, Meter, affordable, bill, charge, metered
from vividly.platform.ledger.outbox import FOR_A_PLACE, FOR_ANOTHER

REPORT_EVERY_S = 1.0
SHOW_WAIT_AFTER_S = 1.0
"""Seconds that a request waits before its row says what it waits for."""
RENEW_WAIT_EVERY_S = 10.0
"""Seconds between the renewals of a waiting request's claim."""


class StageFailed(Exception):
    """A stage failed for good. `__cause__` is the last error, `tries` the number of tries."""

    def __init__(self, tries: int) -> None:
        super().__init__(f"gave up after {tries} tries")
        self.tries = tries


@dataclass
class Record:
    """Metrics of one stage of one request.

    Attributes:
        throttled_s: seconds spent waiting because a service's quota was used up.
        tallies: what the stage's work counted, by the metric's name.
    """

    tries: int = 0
    reused: bool = False
    cost_usd: float = 0.0
    throttled_s: float = 0.0
    tallies: Counter[str] = field(default_factory=Counter)


class OverCost(PermanentError):
    """A request would cost more than `--max_cost_usd`."""


class TextOnly(PermanentError):
    """A request would cost more than `--max_cost_usd`, and ends with its text only."""


def execute(
    stage: StageSpec,
    ticket: Ticket,
    services: Services,
    *,
    sleep: Callable[[float], None] = time.sleep,
    record: Record | None = None,
    defer: bool = False,
) -> Ticket | Answer | Outcome:
    """Run a stage of a request.

    A result in the temp bucket is reused. If another request is computing it, this one waits.
    A fresh request uses only its own results. Transient errors are retried within the stage's
    time; unforeseen errors and unusable answers `max_stage_tries` times. Where retries can be
    scheduled (`RetryPolicy.durable`), a stage retries only for `stage_patience` seconds, and
    not at all while a circuit breaker is open.

    Args:
        record: filled with the stage's metrics.
        defer: whether a result that is found made may be recorded later (`Ticket.unrecorded`).

    Returns:
        The ticket with the stage's result, or the answer or outcome that ends the request.

    Raises:
        StageFailed: with the last error as its cause.
        Superseded: the request belongs to another attempt, or has ended.
    """
    settings = services.settings
    own = time.time() + stage.seconds(settings)
    whose = "the whole request" if ticket.deadline < own else "this stage"
    deadline = Deadline(min(ticket.deadline, own), whose)
    run = _Run(stage, ticket, services, deadline, record or Record(), defer)

    def retryable(error: BaseException) -> bool:
        run.waits_for_quota = isinstance(error, TransientError) and error.quota
        if isinstance(error, TransientError):
            run.last_error = error
            if services.retry_policy.durable and not run.is_patient(error):
                return False
            run.record_error(error)
        return services.retry_policy.retries_in_stage(error, run.tries)

    def pause(seconds: float) -> None:
        sleep(seconds)
        if run.waits_for_quota:
            run.record.throttled_s += seconds

    try:
        return retry.call(
            run.once, seconds=lambda: deadline.remaining, retryable=retryable, sleep=pause
        )
    except TextOnly as over:
        return Outcome(ticket, "completed", message=str(over))
    except Superseded:
        run.record_cost()
        raise
    except Exception as error:
        run.record_cost()
        # If an unavailable service used up the time, report its error as the cause.
        late = isinstance(error, DeadlineExceeded)
        raise StageFailed(run.tries) from (run.last_error if late and run.last_error else error)


@dataclass
class _Run:
    """All tries of a stage for one request.

    Attributes:
        last_error: the last transient error.
        patient_until: end of the stage's patience, on the monotonic clock; 0 before an error.
        recorded_error: the error message in the stage's row.
        waits_for_quota: whether the last error was a used-up quota.
        waits_for: what the row says that it waits for; empty if it does not wait.
        lease: name and token of the lease on the result, when it is to be released.
    """

    stage: StageSpec
    ticket: Ticket
    services: Services
    deadline: Deadline
    record: Record
    defer: bool = False
    tries: int = 0
    last_error: TransientError | None = None
    patient_until: float = 0.0
    recorded_error: str = ""
    waits_for_quota: bool = False
    waits_for: str = ""
    lease: tuple[str, str] | None = None
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(tallies=self.record.tallies)

    def once(self) -> Ticket | Answer:
        """One try."""
        self.tries += 1
        self.record.tries = self.tries
        self.deadline.check()
        stage, ticket = self.stage, self.ticket
        began = time.monotonic()
        context = StageContext(
            ticket, self.services, self.deadline, _reporter(stage, ticket, self.services)
        )
        if ticket.fresh:
            context.metadata["fresh"] = True
        prefix = stage.result_prefix(context)
        name = f"{prefix}.json"
        if self.defer and self.tries == 1 and self._is_made(context, prefix, name):
            return ticket.with_unrecorded(stage.name, name)
        self._record_found()
        try:
            with self._single_flight(name) as mine:
                made = self._compute(context, prefix, name) if mine else self._reuse(context, name)
            if isinstance(made, Answer):
                made = self._with_help(context, made)
            else:
                context.metadata |= stage.describe(made)
            self._complete(context, time.monotonic() - began)
        finally:
            self._release()
        # The next stage may have to wait for other elements of its bundle.
        left = max(0.0, ticket.deadline - time.time())
        self.services.heartbeat_of(ticket).start_renewing(ticket, left)
        return made if isinstance(made, Answer) else self.ticket.with_result(stage.name, name)

    def _is_made(self, context: StageContext, prefix: str, name: str) -> bool:
        """Whether the result exists, or was made at once by a quick stage."""
        if self.services.temp.exists(name):
            self.record.reused = True
            return True
        return self.stage.quick and not isinstance(self._compute(context, prefix, name), Answer)

    def _record_found(self) -> None:
        """Record the earlier stages whose results were found made."""
        if self.ticket.unrecorded:
            found = describe_found(self.ticket, self.services)
            self.services.ledger.record_found(self.ticket, found, progress=self.stage.start)
            self.ticket = replace(self.ticket, unrecorded=())

    def _complete(self, context: StageContext, seconds: float) -> None:
        """Record that the stage is done, and release its lease in the same transaction."""
        billed, ledger = self.bill, self.services.ledger_of(self.ticket)
        self.record.reused = context.metadata.get("reused", False)
        self.record.cost_usd = billed.cost_usd or 0.0
        with ledger.one_transaction():
            if self.lease:
                self.services.leases.release(*self.lease)
            ledger.stage_completed(
                self.ticket,
                self.stage.name,
                progress=self.stage.end,
                seconds=seconds,
                retries=self.tries - 1,
                metadata={**context.metadata, **billed.record},
                cost_usd=billed.cost_usd,
            )
        self.lease = None

    # -- the lease on the result: taken as the stage starts, released as it is completed ------

    def acquire(self, name: str, token: str, *, lease: float) -> bool:
        """Take the lease, and record that the stage starts."""
        with self.services.ledger.one_transaction():
            if not self.services.leases.acquire(name, token, lease=lease):
                return False
            self._start()
        return True

    def renew(self, name: str, token: str, *, lease: float) -> bool:
        """Renew the lease."""
        return self.services.leases.renew(name, token, lease=lease)

    def release(self, name: str, token: str) -> None:
        """Leave the release to `_complete`, or to `_release` if the stage fails."""
        self.lease = (name, token)

    def _release(self) -> None:
        if self.lease:
            with suppress(TransientError):  # it expires
                self.services.leases.release(*self.lease)
            self.lease = None

    def is_patient(self, error: TransientError) -> bool:
        """Whether to retry on this thread rather than schedule a retry of the request."""
        if isinstance(error, CircuitOpen):
            return False
        now, patience = time.monotonic(), self.services.retry_policy.stage_patience
        self.patient_until = self.patient_until or now + patience
        return now + (error.retry_after or 0.0) < self.patient_until

    @property
    def bill(self) -> Bill:
        """The bill of all tries so far."""
        return bill(self.meter.usage, self.services.prices)

    def record_cost(self) -> None:
        """Record the usage of failed tries: it is billed too."""
        billed = self.bill
        if not billed.usage:
            return
        self.record.cost_usd = billed.cost_usd or 0.0
        # If the database is unavailable, the failure itself says so.
        with suppress(TransientError):
            self.services.ledger_of(self.ticket).record_cost(
                self.ticket, self.stage.name, billed.cost_usd, metadata=billed.record
            )

    def record_error(self, error: TransientError) -> None:
        """Record in the ledger why the stage is being retried."""
        if str(error) != self.recorded_error:
            self.recorded_error = str(error)
            with suppress(TransientError):
                self.services.ledger_of(self.ticket).record_stage_error(
                    self.ticket, self.stage.name, self.recorded_error
                )

    def _start(self, waits_for: str = "") -> None:
        settings = self.services.settings
        self.waits_for = waits_for
        self.services.ledger_of(self.ticket).stage_started(
            self.ticket,
            self.stage.name,
            doing=waits_for or self.stage.doing,
            progress=self.stage.start,
            lease=settings.lease,
        )
        self.services.heartbeat_of(self.ticket).start_renewing(
            self.ticket, self.stage.seconds(settings) + settings.lease_margin
        )

    def _reuse(self, context: StageContext, name: str) -> object:
        context.metadata["reused"] = True
        return from_json(self.stage.result, self.services.temp.read(name))

    def _compute(self, context: StageContext, prefix: str, name: str) -> object:
        """Call the stage's function, and store its result."""
        with self._slot("render" if self.stage.needs_all_cores(context) else self.stage.pool):
            self._check_cost(context)
            result: object
            with metered(self.meter), until(self.deadline.at):
                began = time.monotonic()
                try:
                    # Each try names its files differently, so that a lost worker that wakes up
                    # cannot overwrite the files of a stored result.
                    result = self.stage.run(context, f"{prefix}-{uuid.uuid4().hex[:8]}")
                except ContentBlocked as blocked:
                    result = self._blocked(context, blocked.category)
                except OSError as error:
                    if is_full(error):  # a bucket that is a directory: retry until there is space
                        raise TransientError(explain(error)) from error
                    raise
                finally:
                    if self.stage.computes:
                        charge("worker", seconds=time.monotonic() - began)
            if isinstance(result, Answer):
                return result
            if not self.services.temp.create(name, to_json(result), "application/json"):
                return self._reuse(context, name)  # another worker was faster
        return result

    def _blocked(self, context: StageContext, category: str) -> Answer:
        """The answer where a provider blocked the content: it is not a failure."""
        context.metadata |= {"answer": "blocked", "category": category}
        return safety.blocked_answer(category, language=self.ticket.request.language)

    def _with_help(self, context: StageContext, answer: Answer) -> Answer:
        """The answer, with help lines where the student may need them."""
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
        """Refuse to begin a stage that would exceed the request's cost limit.

        Raises:
            OverCost, TextOnly: the stage would exceed the limit.
        """
        cap = self.services.settings.max_cost_usd
        if cap <= 0 or self.stage.estimate is None:
            return
        spent = self.services.ledger_of(self.ticket).cost(self.ticket) + (self.bill.cost_usd or 0.0)
        ahead = tuple(self.stage.estimate(context))
        if affordable(spent, ahead, self.services.prices, cap):
            return
        expected = self.services.prices.cost(ahead)
        over = (
            f"{self.stage.name} would cost about {expected:.4f} USD after {spent:.4f} USD, "
            f"and a request may cost {cap:.4f} USD (--max_cost_usd)"
        )
        if self.services.settings.over_cost == "text_only" and self.stage.follows_text:
            self.services.ledger_of(self.ticket).record_over_cost(
                self.ticket, self.stage.name, over
            )
            raise TextOnly("The text is ready. Sound and pictures were left out of this lesson.")
        raise OverCost(over)

    # -- waiting ---------------------------------------------------------------------------

    @contextmanager
    def _single_flight(self, name: str) -> Iterator[bool]:
        exists = self.services.temp.exists
        if not self.stage.shared:
            self._start()
            yield not exists(name)
            return
        began = time.time()
        with single_flight(
            name,
            self,
            exists=lambda: exists(name),
            until=self.ticket.deadline,
            waiting=self._waiting(FOR_ANOTHER),
        ) as mine:
            self._postpone_deadline(began)
            yield mine

    @contextmanager
    def _slot(self, pool: str) -> Iterator[None]:
        """Wait until this process may run another stage of this pool."""
        slots = self.services.slots(pool)
        began, waiting = time.time(), self._waiting(FOR_A_PLACE)
        while not slots.acquire(timeout=1.0):
            if time.time() >= self.ticket.deadline:
                raise DeadlineExceeded("the request's time was used up waiting for a free place")
            waiting()
        try:
            self._postpone_deadline(began)
            yield
        finally:
            slots.release()

    def _postpone_deadline(self, began: float) -> None:
        """Extend the deadline after a wait, which does not count as the stage's time."""
        if self.waits_for:
            self._start()
        self.deadline.postpone(time.time() - began, latest=self.ticket.deadline)

    def _waiting(self, waits_for: str) -> Callable[[], None]:
        """A function to call while waiting.

        It shows in the row what the request waits for, and renews its claim. It raises
        `Superseded` once the claim is lost.
        """
        last, pause = time.monotonic(), SHOW_WAIT_AFTER_S

        def wait() -> None:
            nonlocal last, pause
            if time.monotonic() - last >= pause:
                self._start(waits_for)
                last, pause = time.monotonic(), RENEW_WAIT_EVERY_S

        return wait


def _reporter(stage: StageSpec, ticket: Ticket, services: Services) -> Callable[[float], None]:
    """A function that writes the stage's progress, at most once a second, if it has grown."""
    last_at, last = time.monotonic(), stage.start

    def report(fraction: float) -> None:
        nonlocal last_at, last
        now = time.monotonic()
        progress = stage.start + int((stage.end - stage.start) * min(max(fraction, 0.0), 1.0))
        if progress > last and now - last_at >= REPORT_EVERY_S:
            last_at, last = now, progress
            services.ledger_of(ticket).progress(ticket, progress)

    return report


def describe_found(ticket: Ticket, services: Services) -> dict[str, dict[str, object]]:
    """The metadata of the stages in `ticket.unrecorded`, from their results."""
    found: dict[str, dict[str, object]] = {}
    for name in ticket.unrecorded:
        stage = STAGES[name]
        result: Any = from_json(stage.result, services.temp.read(ticket.results[name]))
        found[name] = {**stage.describe(result), **({"reused": True} if stage.shared else {})}
    return found


def outcome_of(answer: Answer, ticket: Ticket) -> Outcome:
    """The outcome of a request that ends with an answer."""
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
