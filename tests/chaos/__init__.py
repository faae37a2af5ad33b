"""Chaos tests: the real job under faults of every kind (docs/chaos.md)."""
