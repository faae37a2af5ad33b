"""What lessons are made on: the ledger, object storage, Google's clients, telemetry, costs."""
