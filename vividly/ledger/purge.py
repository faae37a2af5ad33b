"""Test requests, by the mark that the tools put on them, and their removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, exists, func, or_, select

from vividly.ledger.fence import Fenced, seconds
from vividly.ledger.schema import ENDED, content_requests, request_events

MARK = "vividly_test"
"""The attribute of a message, and the key of a row's metadata, whose value says what for."""
STOPPING_S = 120.0
"""No stage that delivers takes longer: so long a worker may go on with what was cancelled."""
_R = content_requests.c
_MARKED = or_(_R.message_attributes.has_key(MARK), _R.request_metadata.has_key(MARK))
_E = request_events.c
_STOPPING = and_(
    _R.status == "cancelled",
    _R.attempt > 0,
    exists().where(
        _E.request_id == _R.id,
        _E.event_type == "cancelled",
        _E.created_at > func.now() - seconds(STOPPING_S),
    ),
)


@dataclass(frozen=True)
class TestRequest:
    """A marked request.

    Attributes:
        open: whether it has not ended.
        at_rest: whether it has, and nobody works on it any more.
    """

    id: str
    open: bool
    at_rest: bool


class Purging(Fenced):
    """Finds and removes the rows of test requests."""

    def test_requests(self, *, older_than: float = 0.0) -> Sequence[TestRequest]:
        """Marked requests, oldest first.

        Args:
            older_than: seconds since they were asked.
        """
        query = (
            select(_R.id, _R.status.in_(ENDED).label("ended"), _STOPPING.label("stopping"))
            .where(_MARKED, _R.created_at <= func.now() - seconds(older_than))
            .order_by(_R.created_at)
        )
        with self._transaction() as connection:
            return [
                TestRequest(row.id, not row.ended, row.ended and not row.stopping)
                for row in connection.execute(query)
            ]

    def remove(self, request_id: str) -> None:
        """Remove a marked request that has ended, its stages and events; never another."""
        statement = delete(content_requests).where(
            _R.id == request_id, _MARKED, _R.status.in_(ENDED)
        )
        with self._transaction() as connection:
            connection.execute(statement)
