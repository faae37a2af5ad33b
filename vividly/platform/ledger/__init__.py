"""The ledger: the state of every request, in Postgres (docs/interfaces.md#statuses)."""

from vividly.platform.ledger.claims import Claim
from vividly.platform.ledger.ledger import Ledger
from vividly.platform.ledger.migrations import migrate, pending_migrations

__all__ = ["Claim", "Ledger", "migrate", "pending_migrations"]
