"""The real job, on a machine whose clock may be wrong (CHAOS_CLOCK_SKEW, in seconds)."""

from __future__ import annotations

import os
import sys
import time

SKEW = float(os.environ.get("CHAOS_CLOCK_SKEW", "0"))
_true = time.time


def skewed() -> float:
    """What this machine takes for the time."""
    return _true() + SKEW


if __name__ == "__main__":
    if SKEW:
        time.time = skewed
    from beam_pipeline.main import main

    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
