"""The real job, which may die (as by `kill -9`) right after a stage.

Jobs are forked from a process that has imported this: the imports are most of a start. The
tests of the local stack and of the documentation start the job as its users do.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `beam_pipeline.main` does

import beam_pipeline.launch  # noqa: F401
import transforms.stage as steps
from beam_pipeline.main import main

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def start(
    arguments: Sequence[str], *, env: Mapping[str, str], log: Path, dies_after: str = ""
) -> BaseProcess:
    """Start the job as a process.

    Args:
        env: its whole environment.
        log: the file that its output is appended to.
        dies_after: name of the stage after which it kills itself.
    """
    job = _FORKS.Process(target=_run, args=(list(arguments), dict(env), log, dies_after))
    job.start()
    return job


def _run(arguments: list[str], env: dict[str, str], log: Path, dies_after: str) -> None:
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = arguments
    with log.open("ab") as file:
        for output in (1, 2):
            os.dup2(file.fileno(), output)
    execute = steps.execute

    def mortal(stage: Any, *given: Any, **named: Any) -> Any:
        """Run the stage, then end the process at once."""
        done = execute(stage, *given, **named)
        if stage.name == dies_after:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    steps.execute = mortal
    code = main()
    sys.stderr.flush()
    os._exit(code)
