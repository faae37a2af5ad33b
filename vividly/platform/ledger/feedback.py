"""What students and teachers say about a lesson."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.front import request_feedback

_F = request_feedback.c


def give_feedback(
    engine: Engine,
    request_id: str,
    *,
    by: str,
    helpful: bool,
    complaints: Sequence[str] = (),
    comment: str | None = None,
) -> None:
    """Record what somebody says about a lesson; it replaces what they said before.

    Args:
        by: their student id.
        complaints: of `front.COMPLAINTS`.
    """
    said = {"helpful": helpful, "complaints": list(complaints), "comment": comment}
    row = insert(request_feedback).values(request_id=request_id, given_by=by, **said)
    with database_errors(engine), engine.begin() as connection:
        connection.execute(
            row.on_conflict_do_update(
                index_elements=["request_id", "given_by"], set_=said | {"given_at": func.now()}
            )
        )


def feedback_on(engine: Engine, request_id: str) -> list[Mapping[str, Any]]:
    """What was said about a lesson, oldest first."""
    query = select(request_feedback).where(_F.request_id == request_id).order_by(_F.given_at)
    with database_errors(engine), engine.connect() as connection:
        return [row._asdict() for row in connection.execute(query)]
