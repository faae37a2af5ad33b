"""Which Pub/Sub a test runs on."""

import pytest

OWN, EMULATOR = "own", "emulator"
ON_BOTH = pytest.mark.parametrize("pubsub", [OWN, EMULATOR], indirect=True)
"""Runs a test on the local stack's own server and on Google's emulator (default: the former)."""
