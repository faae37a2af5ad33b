"""Infrastructure: the ledger, object storage, Google's clients, telemetry, costs."""
