"""Starts processes by forking one that has imported the job: imports are most of a start.

The tests of the local stack, of the pages and of secrets start the job as its users do.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `beam_pipeline.main` does

import beam_pipeline.launch
import beam_pipeline.local.runner  # noqa: F401

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def start(
    target: Callable[..., None], *arguments: object, env: Mapping[str, str], log: Path
) -> BaseProcess:
    """Start a process that calls a function.

    Args:
        env: its whole environment.
        log: the file that its output is appended to.
    """
    process = _FORKS.Process(target=_run, args=(target, arguments, dict(env), log))
    process.start()
    return process


def _run(
    target: Callable[..., None], arguments: tuple[object, ...], env: dict[str, str], log: Path
) -> None:
    os.environ.clear()
    os.environ.update(env)
    with log.open("ab") as file:
        for output in (1, 2):
            os.dup2(file.fileno(), output)
    target(*arguments)
