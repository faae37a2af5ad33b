"""Takes one request through one stage and to its end with the job's own steps, without Beam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from transforms.concurrent import ANSWERS, MAIN, NOTIFICATIONS, ConcurrentDoFn
from transforms.dead_letters import DeadLetterDoFn
from transforms.outcomes import WriteOutcomesDoFn
from transforms.stage import StageDoFn
from vividly.execution.services import Services
from vividly.model.ticket import Ticket
from vividly.platform.ledger import queries


@dataclass(frozen=True)
class End:
    """The result of a request.

    Attributes:
        next: the ticket for the next stage, if it continues.
        row: of `content_requests`.
        stage: of `request_stages`.
        letter: attributes of the dead letter; empty if there is none.
        letter_data: its payload.
        event: of the notification; empty if there is none.
    """

    next: Ticket | None
    row: Mapping[str, Any]
    stage: Mapping[str, Any]
    letter: Mapping[str, str] = field(default_factory=dict)
    letter_data: bytes = b""
    event: str = ""


def end_of(stage: str, at: Ticket, services: Services) -> End:
    """Run a stage for a request, and the steps that follow from its result."""
    settings = services.settings
    after: Ticket | None = None
    found: dict[str, Any] = {}
    for tag, value in _run(StageDoFn(settings, stage), services, at):
        if tag == MAIN:
            after = value
        elif tag == ANSWERS:
            for _, told in _run(WriteOutcomesDoFn(settings, "outcome"), services, value):
                found["event"] = told.attributes["event"]
        else:
            for where, sent in _run(DeadLetterDoFn(settings, "test"), services, value):
                if where == NOTIFICATIONS:
                    found["event"] = sent.attributes["event"]
                else:
                    found |= {"letter": sent.attributes, "letter_data": sent.data}
    request_id = at.request.request_id
    stages = queries.stages(services.engine, request_id)
    return End(
        next=after,
        row=queries.by_id(services.engine, [request_id])[request_id],
        stage=next(row for row in stages if row["stage_name"] == stage),
        **found,
    )


def _run(step: ConcurrentDoFn, services: Services, element: Any) -> list[tuple[str, Any]]:
    step.services = services
    return step.work(element).values
