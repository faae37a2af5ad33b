"""Finds test requests by their mark, and removes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Text, and_, delete, exists, false, func, or_, select

from vividly.model.request import FRESH, MARK
from vividly.model.ticket import own_results
from vividly.platform.ledger.fence import Fenced, seconds
from vividly.platform.ledger.schema import ENDED, content_requests, lesson_work, request_events

STOPPING_S = 120.0
"""Seconds that a worker may go on with a cancelled request; longer than the delivery takes."""
_R = content_requests.c
MARKED = or_(_R.message_attributes.has_key(MARK), _R.request_metadata.has_key(MARK))
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
        at_rest: whether it has ended and no worker works on it any more.
        fresh: whether it has its own results in the temp bucket.
    """

    id: str
    open: bool
    at_rest: bool
    fresh: bool


class Purging(Fenced):
    """Finds and removes the rows of test requests."""

    def test_requests(
        self, *, older_than: float = 0.0, ids: Collection[str] | None = None
    ) -> Sequence[TestRequest]:
        """The marked requests, oldest first.

        Args:
            older_than: minimum age in seconds.
            ids: ids or prefixes of ids to choose from; None for all.
        """
        query = (
            select(
                _R.id,
                _R.status.in_(ENDED).label("ended"),
                _STOPPING.label("stopping"),
                _R.request_metadata.has_key(FRESH).label("fresh"),
            )
            .where(MARKED, _R.created_at <= func.now() - seconds(older_than))
            .order_by(_R.created_at)
        )
        if ids is not None:
            id = _R.id.cast(Text)
            query = query.where(or_(false(), *(id.startswith(one, autoescape=True) for one in ids)))
        with self._transaction() as connection:
            return [
                TestRequest(row.id, not row.ended, row.ended and not row.stopping, row.fresh)
                for row in connection.execute(query)
            ]

    def remove(self, request_id: str) -> None:
        """Remove a marked request that has ended, with its stages and events. Ignores others."""
        statement = delete(content_requests).where(
            _R.id == request_id, MARKED, _R.status.in_(ENDED)
        )
        own = delete(lesson_work).where(lesson_work.c.key.startswith(own_results(request_id)))
        with self._transaction() as connection:
            if connection.execute(statement).rowcount:
                connection.execute(own)
