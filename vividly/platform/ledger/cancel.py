"""Cancelling a request: its worker stops at its next write."""

from __future__ import annotations

from sqlalchemy import select, update

from vividly.platform.ledger.fence import ENDS_NOW, Fenced, log
from vividly.platform.ledger.lesson_work import LessonWork
from vividly.platform.ledger.schema import ACTIVE, content_requests, request_stages

_R = content_requests.c


class Cancelling(Fenced):
    """Ends a request that is no longer wanted."""

    def cancel(self, request_id: str, *, by: str, reason: str = "") -> str | None:
        """End a request that has not ended.

        Its worker's next write to the ledger, at the start of the next stage at the latest,
        raises `Superseded`. Files that it has delivered by then are deleted by the requeue.
        The work on its lesson stops only if no other request waits for it.

        Args:
            by: who cancels it, for the log.

        Returns:
            The status afterwards: `cancelled`, or the status that it had already ended with;
            None if the request does not exist.
        """
        statement = (
            update(content_requests)
            .where(_R.id == request_id, _R.status.in_(("pending", *ACTIVE)))
            .values(
                **ENDS_NOW,
                status="cancelled",
                current_stage=None,
                lease_owner=None,
                handover=None,
            )
            .returning(_R.lesson_key)
        )
        with self._transaction() as connection:
            cancelled = connection.execute(statement).one_or_none()
            if cancelled is not None:
                connection.execute(
                    update(request_stages)
                    .where(
                        request_stages.c.request_id == request_id,
                        request_stages.c.status.in_(("pending", "in_progress")),
                    )
                    .values(status="skipped")
                )
                message = f"Cancelled by {by}" + (f": {reason}" if reason else "")
                data = {"by": by, "reason": reason}
                log(connection, request_id, "cancelled", message, data=data)
            else:
                query = select(_R.status).where(_R.id == request_id)
                return connection.execute(query).scalar()
        if cancelled.lesson_key:
            LessonWork(self.engine, owner=self.owner).drop_unwanted(
                key=cancelled.lesson_key, stop=True
            )
        return "cancelled"
