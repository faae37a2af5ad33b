"""The real job, with a clock that may be wrong by CHAOS_CLOCK_SKEW seconds."""

from __future__ import annotations

import os
import sys
import time
from types import SimpleNamespace

SKEW = float(os.environ.get("CHAOS_CLOCK_SKEW", "0"))
_true = time.time


def skewed() -> float:
    """The time by the wrong clock."""
    return _true() + SKEW


def skew_the_clock() -> None:
    """Patch the clock for everything except gRPC's Python code.

    gRPC's core compares deadlines made by its Python code with a clock that this patch does not
    reach. On a machine with a wrong clock both would agree, so here both see the right time.
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
