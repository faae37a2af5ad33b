"""Test requests, by the mark that the tools put on them, and their removal."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, or_, select

from vividly.ledger.fence import Fenced, seconds
from vividly.ledger.schema import content_requests

MARK = "vividly_test"
"""The attribute of a message, and the key of a row's metadata, whose value says what for."""
_R = content_requests.c


class Purging(Fenced):
    """Finds and removes the rows of test requests."""

    def test_requests(self, *, older_than: float = 0.0) -> Sequence[tuple[str, str]]:
        """(request id, status) of marked requests, oldest first.

        Args:
            older_than: seconds since they were asked.
        """
        query = (
            select(_R.id, _R.status)
            .where(
                or_(_R.message_attributes.has_key(MARK), _R.request_metadata.has_key(MARK)),
                _R.created_at <= func.now() - seconds(older_than),
            )
            .order_by(_R.created_at)
        )
        with self._transaction() as connection:
            return [(row.id, row.status) for row in connection.execute(query)]

    def remove(self, request_id: str) -> None:
        """Remove a marked request, its stages and its events. Others are never touched."""
        statement = delete(content_requests).where(
            _R.id == request_id,
            or_(_R.message_attributes.has_key(MARK), _R.request_metadata.has_key(MARK)),
        )
        with self._transaction() as connection:
            connection.execute(statement)
