"""How many requests there were hour by hour, how they ended, and how long they took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, func, select, text

from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.fence import seconds
from vividly.platform.ledger.schema import ACTIVE, content_requests

HOUR_S = 3600.0
_R = content_requests.c
_ANSWERED = ("clarification_needed", "out_of_scope", "blocked")
_TO_TEXT = func.extract("epoch", _R.text_ready_at - _R.created_at)


def by_hour(engine: Engine, hours: int) -> Sequence[Mapping[str, Any]]:
    """The requests of each of the last hours in which there were any, oldest first.

    Returns:
        `hour`, when it begins; `asked`; of these `completed`, `answered` otherwise, `failed`,
        and `open`.
    """
    hour = func.date_trunc("hour", _R.created_at).label("hour")
    query = (
        select(
            hour,
            func.count().label("asked"),
            func.count().filter(_R.status == "completed").label("completed"),
            func.count().filter(_R.status.in_(_ANSWERED)).label("answered"),
            func.count().filter(_R.status == "failed").label("failed"),
            func.count().filter(_R.status.in_(("pending", *ACTIVE))).label("open"),
        )
        .where(_R.created_at > func.date_trunc("hour", func.now()) - seconds((hours - 1) * HOUR_S))
        .group_by(text("hour"))
        .order_by(text("hour"))
    )
    with database_errors(engine), engine.connect() as connection:
        return [row._asdict() for row in connection.execute(query)]


def durations(engine: Engine, hours: int) -> Mapping[str, float | None]:
    """Percentiles in seconds over the last hours: `text_p50`, `text_p95`, `end_p50`, `end_p95`.

    The text counts from the question until it can be read, the end until the lesson is complete.
    None if there was none.
    """
    completed = _R.status == "completed"

    def at(part: float, value: Any) -> Any:
        return func.percentile_cont(part).within_group(value.asc())

    query = select(
        at(0.5, _TO_TEXT).label("text_p50"),
        at(0.95, _TO_TEXT).label("text_p95"),
        at(0.5, _R.total_duration_seconds).filter(completed).label("end_p50"),
        at(0.95, _R.total_duration_seconds).filter(completed).label("end_p95"),
    ).where(_R.created_at > func.now() - seconds(hours * HOUR_S))
    with database_errors(engine), engine.connect() as connection:
        row = connection.execute(query).one()
    return {name: None if value is None else float(value) for name, value in row._asdict().items()}
