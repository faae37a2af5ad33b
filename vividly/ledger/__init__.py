"""The ledger: what became of every request, in Postgres (docs/interfaces.md#statuses)."""

from vividly.ledger.claims import Claim
from vividly.ledger.ledger import Ledger
from vividly.ledger.migrations import migrate, pending_migrations

__all__ = ["Claim", "Ledger", "migrate", "pending_migrations"]
