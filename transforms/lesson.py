"""The media job's first and last steps: take a lesson, and complete it for all subscribers."""

from __future__ import annotations

import logging

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage

from transforms.concurrent import (
    FAILURES,
    MAIN,
    NOTIFICATIONS,
    ConcurrentDoFn,
    Emitted,
    FromSettings,
    step,
)
from vividly.execution.failures import fail_lesson, ticket_failure
from vividly.execution.shared_lesson import LessonLost, complete, take
from vividly.model.errors import Superseded
from vividly.model.ticket import Failure, Ticket, Token
from vividly.platform import retry
from vividly.platform.telemetry.traces import request_span

LOG = logging.getLogger(__name__)


class TakeLessonDoFn(ConcurrentDoFn):
    """Token -> the Ticket of the lesson that matters most; nothing if no lesson waits."""

    def work(self, token: Token) -> Emitted:
        try:
            ticket = take(token, self.services)
        except LessonLost as error:
            failure = ticket_failure(error, stage=self.name, ticket=error.ticket)
            failures = fail_lesson(failure, error.ticket, self.services)
            return Emitted([(FAILURES, one) for one in failures], ["exhausted"])
        if ticket is not None:
            return Emitted.one(MAIN, ticket, "taken")
        return Emitted(counts=["nothing_waits"])


class TakeLesson(FromSettings):
    """PCollection[Token] -> (main: tickets of lessons, failures)."""

    def expand(self, tokens: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return tokens | "Take" >> step(
            TakeLessonDoFn(self.settings, "take_lesson"),
            Ticket,
            failures=Failure,
        )


class CompleteLessonDoFn(ConcurrentDoFn):
    """Ticket of a finished lesson -> the notifications of all its subscribers."""

    def work(self, ticket: Ticket) -> Emitted:
        services = self.services
        try:
            done = retry.call(
                lambda: complete(ticket, services),
                seconds=services.retry_policy.outcome_wait,
            )
        except Superseded:
            services.lesson_heartbeat.stop_renewing(ticket)
            LOG.info("Lesson %s: it is not completed, it was superseded", ticket.lesson)
            return Emitted(counts=["superseded"])
        except Exception as error:
            LOG.exception("Lesson %s could not be completed", ticket.lesson)
            return self.retry_or_fail(error, ticket)
        services.lesson_heartbeat.stop_renewing(ticket)
        LOG.info("Lesson %s is ready, for %d requests", ticket.lesson, len(done))
        settings = self.settings
        for one in done:
            request_span(
                settings.trace_export, one.ticket, "completed", budget=settings.request_budget
            )
        return Emitted(
            [(NOTIFICATIONS, PubsubMessage(*one.notification)) for one in done],
            ["completed"] * len(done),
            {"total_ms": [self.since_claim_ms(one.ticket) for one in done]},
        )


class CompleteLesson(FromSettings):
    """PCollection[Ticket] -> (main: nothing, notifications, failures)."""

    def expand(self, tickets: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return tickets | "CompleteSubscribers" >> step(
            CompleteLessonDoFn(self.settings, "complete_lesson"),
            Ticket,
            notifications=PubsubMessage,
            failures=Failure,
        )
