"""Processes a request: stages, claims, failures, sharing, publication."""
