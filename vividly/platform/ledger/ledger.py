"""The ledger: every write that the job makes about a request it has claimed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, cast, func, select, text, update

from vividly.model.ticket import Failure, Ticket
from vividly.platform.ledger.cancel import Cancelling
from vividly.platform.ledger.claims import Claims
from vividly.platform.ledger.fence import ENDS_NOW, log
from vividly.platform.ledger.fence import seconds as interval
from vividly.platform.ledger.lesson_work import end_stages
from vividly.platform.ledger.outbox import Outbox
from vividly.platform.ledger.purge import Purging
from vividly.platform.ledger.schema import ACTIVE, ENDED, content_requests, request_stages

_R = content_requests.c
_S = request_stages.c
_FOUND = text(
    "UPDATE request_stages SET status = 'completed', started_at = now(), completed_at = now(), "
    "duration_seconds = 0, stage_metadata = found.metadata::jsonb "
    "FROM unnest(CAST(:names AS text[]), CAST(:metadata AS text[])) AS found (name, metadata) "
    "WHERE request_id = CAST(:id AS uuid) AND stage_name = found.name"
)


class Ledger(Claims, Outbox, Cancelling, Purging):
    """The tables `content_requests`, `request_stages` and `request_events`."""

    # -- in progress ---------------------------------------------------------------------

    def stage_started(
        self, ticket: Ticket, stage: str, *, doing: str, progress: int, lease: float
    ) -> None:
        """Record that a stage begins, and hold the claim for `lease` more seconds.

        Raises:
            Superseded: the request is no longer this attempt's, or was cancelled.
        """
        with self._transaction() as connection:
            self._write(
                connection,
                ticket,
                status="generating",
                current_stage=doing,
                progress_percentage=func.greatest(_R.progress_percentage, progress),
                lease_owner=self.owner,
                lease_expires_at=func.now() + interval(lease),
            )
            _stage(connection, ticket, stage, status="in_progress", started_at=func.now())

    def progress(self, ticket: Ticket, progress: int) -> None:
        """Record progress inside a stage; progress never decreases.

        Raises:
            Superseded: the request is no longer this attempt's, or was cancelled.
        """
        with self._transaction() as connection:
            self._write(
                connection,
                ticket,
                progress_percentage=func.greatest(_R.progress_percentage, progress),
            )

    def stage_completed(
        self,
        ticket: Ticket,
        stage: str,
        *,
        progress: int,
        seconds: float,
        retries: int,
        metadata: Mapping[str, Any],
        cost_usd: float | None = None,
    ) -> None:
        """Record that a stage is done: its duration, retries, metadata and cost.

        Raises:
            Superseded: the request is no longer this attempt's, or was cancelled.
        """
        with self._transaction() as connection:
            values: dict[str, Any] = {
                "progress_percentage": func.greatest(_R.progress_percentage, progress)
            }
            if "topic" in metadata:
                values["topic"] = metadata["topic"]
            if cost_usd is not None:
                values["cost_usd"] = func.coalesce(_R.cost_usd, 0) + cost_usd
            self._write(connection, ticket, **values)
            _stage(
                connection,
                ticket,
                stage,
                status="completed",
                started_at=func.coalesce(_S.started_at, func.now() - interval(seconds)),
                completed_at=func.now(),
                duration_seconds=seconds,
                retry_count=retries,
                error_message=None,
                stage_metadata=dict(metadata),
            )

    def record_stage_error(self, ticket: Ticket, stage: str, message: str) -> None:
        """Record why a stage is being retried. Cleared when the stage is completed."""
        mine = select(_R.id).where(self._open(ticket)).exists()
        with self._transaction() as connection:
            connection.execute(
                update(request_stages)
                .where(
                    request_stages.c.request_id == ticket.request.request_id,
                    request_stages.c.stage_name == stage,
                    request_stages.c.status == "in_progress",
                    mine,
                )
                .values(error_message=message)
            )

    def record_over_cost(self, ticket: Ticket, stage: str, message: str) -> None:
        """Log that a request stops because it would cost too much."""
        with self._transaction() as connection:
            log(
                connection,
                ticket.request.request_id,
                "over_cost",
                message,
                stage=stage,
                severity="WARNING",
            )

    def record_found(
        self, ticket: Ticket, found: Mapping[str, Mapping[str, Any]], *, progress: int
    ) -> None:
        """Record stages whose results were found made.

        Args:
            found: stage -> its metadata.

        Raises:
            Superseded: the request is no longer this attempt's, or was cancelled.
        """
        with self._transaction() as connection:
            self._record_found(connection, ticket, found, {}, progress=progress)

    def _record_found(
        self,
        connection: Connection,
        ticket: Ticket,
        found: Mapping[str, Mapping[str, Any]],
        values: dict[str, Any],
        *,
        progress: int,
    ) -> None:
        topics = [metadata["topic"] for metadata in found.values() if "topic" in metadata]
        self._write(
            connection,
            ticket,
            status="generating",
            progress_percentage=func.greatest(_R.progress_percentage, progress),
            **({"topic": topics[0]} if topics else {}),
            **values,
        )
        if not found:
            return
        connection.execute(
            _FOUND,
            {
                "id": ticket.request.request_id,
                "names": list(found),
                "metadata": [json.dumps(one) for one in found.values()],
            },
        )

    def text_ready(
        self,
        ticket: Ticket,
        script_text: str,
        *,
        found: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        progress: int = 0,
    ) -> None:
        """Store the lesson's text, for the student to read while the media are made.

        A later attempt does not change `text_ready_at`.

        Args:
            found: see `record_found`.
            progress: `progress_percentage` of a request that has its text.

        Raises:
            Superseded: the request is no longer this attempt's, or was cancelled.
        """
        with self._transaction() as connection:
            first = func.coalesce(_R.text_ready_at, func.now())
            text = {"script_text": script_text, "text_ready_at": first}
            self._record_found(connection, ticket, found, text, progress=progress)
            log(connection, ticket.request.request_id, "text_ready", "The text is ready to read")

    # -- notifications of finished requests ------------------------------------------------

    def mark_notified(self) -> int:
        """Mark this owner's finished requests as notified.

        Call it once their notifications are published.

        Returns:
            The number of requests.
        """
        statement = (
            update(content_requests)
            .where(_R.lease_owner == self.owner, _R.status.in_(ENDED))
            .values(lease_owner=None)
        )
        with self._transaction() as connection:
            return connection.execute(statement).rowcount

    def claim_unnotified(self, request_id: str) -> Mapping[str, Any] | None:
        """Take over a finished request whose notifications may not have been published.

        Returns:
            Its row, or None if it has not ended or its notifications were published.
        """
        statement = (
            update(content_requests)
            .where(_R.id == request_id, _R.lease_owner.is_not(None), _R.status.in_(ENDED))
            .values(lease_owner=self._notifier)
            .returning(*content_requests.c)
        )
        with self._transaction() as connection:
            row = connection.execute(statement).mappings().one_or_none()
            return dict(row) if row else None

    def subscriber(self, request_id: str) -> Mapping[str, Any] | None:
        """The row of a request that waits for its lesson or ended with it; None if none does."""
        query = select(content_requests).where(_R.id == request_id, _R.lesson_key.is_not(None))
        with self._transaction() as connection:
            row = connection.execute(query).mappings().one_or_none()
            return dict(row) if row else None

    # -- the ends ------------------------------------------------------------------------

    def finish(
        self, ticket: Ticket, status: str, *, message: str, details: Mapping[str, Any]
    ) -> bool:
        """End a request with a lesson or another answer.

        Args:
            details: for `completed` the columns to fill; otherwise content of the notification.

        Returns:
            True if the request has this end now, even if it was written before. False if it
            ended otherwise or belongs to a newer attempt.
        """
        values: dict[str, Any] = {**ENDS_NOW, "status": status, "current_stage": None}
        values["lease_owner"] = self._notifier
        event, data = message or "The lesson is ready", dict(details)
        if status == "completed":
            values |= {"progress_percentage": 100, "completed_at": func.now(), **details}
        else:
            data = {"message": message, **details}
            event = " ".join([message, "; ".join(details.get("questions", ()))]).strip()
            values["request_metadata"] = _R.request_metadata.op("||")(
                cast({"answer": data}, _R.request_metadata.type)
            )
        with self._transaction() as connection:
            done = connection.execute(
                update(content_requests).where(self._open(ticket)).values(values)
            )
            if done.rowcount:
                log(connection, ticket.request.request_id, status, event, data=data)
                end_stages(connection, [ticket.request.request_id], list(ticket.results))
                return True
            written = select(_R.id).where(
                _R.id == ticket.request.request_id,
                _R.attempt == ticket.attempt,
                _R.status == status,
            )
            return connection.execute(written).first() is not None

    def fail(self, failure: Failure) -> bool:
        """End a known request as `failed`, and record where and why.

        Returns:
            True if the request has this failure now, even if it was written before. False if
            it is unknown, ended otherwise, or belongs to another attempt. A failure before any
            claim ends a request that is still `pending`.
        """
        if not failure.request_id:
            return False
        details = {
            "reason": failure.reason,
            "error_type": failure.error_type,
            "tries": failure.tries,
            "replayable": failure.replayable,
        }
        statement = (
            update(content_requests)
            .where(
                _R.id == failure.request_id,
                _R.attempt == failure.attempt,
                _R.status.in_(ACTIVE if failure.attempt else ("pending",)),
            )
            .values(
                **ENDS_NOW,
                status="failed",
                failed_at=func.now(),
                error_message=failure.error_message,
                error_stage=failure.stage,
                error_details=details,
                lease_owner=self._notifier,
            )
        )
        with self._transaction() as connection:
            if connection.execute(statement).rowcount != 1:
                written = select(_R.id).where(
                    _R.id == failure.request_id,
                    _R.attempt == failure.attempt,
                    _R.status == "failed",
                    _R.error_stage == failure.stage,
                )
                return connection.execute(written).first() is not None
            connection.execute(
                update(request_stages)
                .where(
                    request_stages.c.request_id == failure.request_id,
                    request_stages.c.stage_name == failure.stage,
                )
                .values(
                    status="failed",
                    completed_at=func.now(),
                    error_message=failure.error_message,
                    retry_count=max(0, failure.tries - 1),
                )
            )
            log(
                connection,
                failure.request_id,
                "failed",
                failure.error_message,
                stage=failure.stage,
                severity="ERROR",
                data=details,
            )
            return True


def _stage(connection: Connection, ticket: Ticket, stage: str, **values: Any) -> None:
    connection.execute(
        update(request_stages)
        .where(
            request_stages.c.request_id == ticket.request.request_id,
            request_stages.c.stage_name == stage,
        )
        .values(**values)
    )
