"""Chaos: the real job, and everything that can happen to it (docs/chaos.md)."""
