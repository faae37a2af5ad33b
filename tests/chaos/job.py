"""The real job, on a machine whose clock may be wrong (CHAOS_CLOCK_SKEW, in seconds)."""

from __future__ import annotations

import os
import sys
import time
from types import SimpleNamespace

SKEW = float(os.environ.get("CHAOS_CLOCK_SKEW", "0"))
_true = time.time


def skewed() -> float:
    """What this machine takes for the time."""
    return _true() + SKEW


def skew_the_clock() -> None:
    """Let everything see the wrong time, and gRPC's Python the same as its core.

    On a machine whose clock is wrong both are: the core compares a deadline that Python made
    with a clock that this does not reach.
    """
    import grpc._channel as channel

    channel.time = SimpleNamespace(**vars(time))
    time.time = skewed


if __name__ == "__main__":
    if SKEW:
        skew_the_clock()
    from beam_pipeline.main import main

    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
