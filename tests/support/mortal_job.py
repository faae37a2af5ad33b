"""The real job, which may die (as by `kill -9`) right after a stage."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import transforms.stage as steps
from beam_pipeline.main import main


def run(arguments: Sequence[str], dies_after: str) -> None:
    """Be the job, in a process of its own.

    Args:
        dies_after: name of the stage after which the process kills itself; empty for none.
    """
    execute = steps.execute

    def mortal(stage: Any, *given: Any, **named: Any) -> Any:
        """Run the stage, then end the process at once."""
        done = execute(stage, *given, **named)
        if stage.name == dies_after:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    steps.execute = mortal
    sys.argv[1:] = arguments
    code = main()
    sys.stderr.flush()
    os._exit(code)
