"""Stage: runs a stage of a lesson in the job."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace

import apache_beam as beam

from transforms.concurrent import (
    ANSWERS,
    MAIN,
    ConcurrentDoFn,
    Emitted,
    step,
)
from vividly.execution.shared_lesson import close
from vividly.execution.stages import STAGES
from vividly.execution.stages.execute import Record, StageFailed, execute, outcome_of
from vividly.model.errors import Superseded
from vividly.model.lesson import Answer
from vividly.model.settings import Settings
from vividly.model.ticket import Failure, Outcome, Ticket
from vividly.platform import retry
from vividly.platform.telemetry.traces import stage_span

LOG = logging.getLogger(__name__)
POOL_SIZE = 64
"""Threads of a pool. Most of them wait for a result that another request is computing, or for a
slot (`Services.slots`)."""
_preparing = threading.Lock()
_prepared: set[tuple[str, Settings]] = set()


def prepare(name: str, settings: Settings) -> None:
    """Load what a stage needs, once per process; a second caller waits until it is loaded."""
    with _preparing:
        if (name, settings) not in _prepared:
            STAGES[name].prepare(settings)
            _prepared.add((name, settings))


class StageDoFn(ConcurrentDoFn):
    """Ticket -> Ticket with one more result; or an answer; or a failure.

    A ticket whose request does not need the stage passes unchanged.
    """

    def setup(self) -> None:
        super().setup()
        prepare(self.name, self.settings)

    def work(self, ticket: Ticket) -> Emitted:
        stage = STAGES[self.name]
        request_id = ticket.request.request_id
        if not stage.applies(ticket.request):
            return Emitted.one(MAIN, ticket, "skipped")
        began, record = time.monotonic(), Record()
        try:
            with stage_span(self.settings.trace_export, ticket, self.name) as span:
                done = execute(stage, ticket, self.services, record=record, defer=True)
                span.set_attributes({"tries": record.tries, "reused": record.reused})
        except Superseded:
            self.services.heartbeat_of(ticket).stop_renewing(ticket)
            LOG.info("Request %s: stopped in %s, it was superseded", request_id, self.name)
            return Emitted(counts=["superseded"])
        except StageFailed as failed:
            cause = failed.__cause__ or failed
            LOG.error(
                "Request %s failed in %s after %d tries",
                request_id,
                self.name,
                failed.tries,
                exc_info=cause,
            )
            emitted = self.retry_or_fail(cause, ticket, tries=failed.tries)
            emitted.counts += ["retries"] * (failed.tries - 1)
            emitted.counts += record.tallies.elements()
            emitted.values_by_name = _cost(record)
            emitted.throttled_s = record.throttled_s
            return emitted
        values: dict[str, int | list[int]] = {
            "duration_ms": int((time.monotonic() - began) * 1000),
            **_cost(record),
        }
        waited = record.throttled_s
        more = ["retries"] * (record.tries - 1) + ["reused"] * record.reused
        more += record.tallies.elements()
        if isinstance(done, Answer):
            counts: list[str] = [done.status, *more]
            if done.status == "blocked":
                counts.append(f"blocked_{done.category}")
            counts += ["help_offered"] * bool(done.help)
            done = outcome_of(done, ticket)
            return Emitted(self._for_all(done), counts, values, waited)
        if isinstance(done, Outcome):
            return Emitted(self._for_all(done), ["over_cost", *more], values, waited)
        return Emitted([(MAIN, done)], ["completed", *more], values, waited)

    def _for_all(self, outcome: Outcome) -> list[tuple[str, object]]:
        """The outcome: the request's, or that of every subscriber of the lesson."""
        ticket = outcome.ticket
        if not ticket.lesson:
            return [(ANSWERS, outcome)]
        self.services.lesson_heartbeat.stop_renewing(ticket)
        subscribers = retry.call(
            lambda: close(ticket, self.services, stage=self.name, why=outcome.message),
            seconds=self.services.retry_policy.outcome_wait,
        )
        return [(ANSWERS, replace(outcome, ticket=one)) for one in subscribers]


def _cost(record: Record) -> dict[str, int | list[int]]:
    return {"cost_microusd": int(record.cost_usd * 1e6)} if record.cost_usd else {}


class Stage(beam.PTransform):  # type: ignore[misc]
    """PCollection[Ticket] -> (main: tickets, answers: outcomes, failures).

    Args:
        name: a key of `vividly.execution.stages.STAGES`.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        super().__init__()
        self.name = name
        self.settings = settings

    def expand(self, tickets: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        dofn = StageDoFn(self.settings, self.name, pool=STAGES[self.name].pool, size=POOL_SIZE)
        return tickets | "RunStage" >> step(dofn, Ticket, answers=Outcome, failures=Failure)
