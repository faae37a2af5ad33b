"""Runs a render in a separate process, and stops it if it takes too long."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import vividly
from vividly.lesson.video.settings import RenderSettings
from vividly.model import errors
from vividly.model.errors import DeadlineExceeded, TransientError, VividlyError
from vividly.model.lesson import Narration, Script, to_json

Progress = Callable[[float], None]
JOB, SCRIPT, NARRATION = ".job.json", ".script.json", ".narration.json"
_FAILURES = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, VividlyError)
}


def nothing(_fraction: float) -> None:
    """Ignore the progress: the default of `on_progress`."""


def supervised(
    script: Script,
    narration: Narration,
    audio_path: Path,
    work: Path,
    settings: RenderSettings,
    figures: Mapping[str, Path],
    *,
    timeout: float,
    stall_timeout: float,
    on_progress: Progress,
) -> None:
    """Run `python -m vividly.lesson.video.render_process`, which writes a lesson into `work`.

    The job is passed as files, so no text of a script becomes part of a command.

    Raises:
        DeadlineExceeded, TransientError, PermanentError: see `render.render_in_subprocess`.
    """
    (work / SCRIPT).write_bytes(to_json(script))
    (work / NARRATION).write_bytes(to_json(narration))
    job = {
        "audio": str(audio_path.resolve()),
        "settings": asdict(settings),
        "figures": {name: str(path.resolve()) for name, path in figures.items()},
    }
    (work / JOB).write_text(json.dumps(job), "utf-8")
    started = time.monotonic()
    process = start(work)
    try:
        _follow(process, started + timeout, timeout, stall_timeout, on_progress)
    finally:
        _end(process)
        for name in (JOB, SCRIPT, NARRATION):
            (work / name).unlink(missing_ok=True)


def start(work: Path) -> subprocess.Popen[bytes]:
    """Start the job in a directory. The process ends when its stdin is closed."""
    return subprocess.Popen(
        [sys.executable, "-m", "vividly.lesson.video.render_process", str(work)],
        stdin=subprocess.PIPE,  # stays open: its end tells the child that we are gone
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback may quote the script
        env={**os.environ, "PYTHONPATH": _python_path()},
        start_new_session=True,
    )


def _follow(
    process: subprocess.Popen[bytes],
    deadline: float,
    timeout: float,
    stall_timeout: float,
    on_progress: Progress,
) -> None:
    """Pass on progress until the process ends; raise if it fails."""
    assert process.stdout is not None  # for the type checker  # nosec B101
    reports: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, reports), daemon=True).start()
    last = time.monotonic()
    while True:
        now = time.monotonic()
        if now >= deadline:
            raise DeadlineExceeded(f"rendering was stopped after its {timeout:.0f} s")
        if now - last >= stall_timeout:
            raise TransientError(
                f"rendering was stopped after {stall_timeout:.0f} s without progress"
            )
        try:
            report = reports.get(timeout=min(deadline - now, stall_timeout - (now - last)))
        except queue.Empty:
            continue
        if report is None:
            break
        last = time.monotonic()
        if "error" in report:
            raise _FAILURES.get(report["error"], TransientError)(report["message"])
        on_progress(report["progress"])
    status = process.wait()
    if status:
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        raise TransientError(f"the render process ended with {how}; it may have run out of memory")


def _read(stdout: IO[bytes], reports: queue.Queue[dict[str, Any] | None]) -> None:
    """Queue the reports of the process, one JSON object per line, then None at the end."""
    for line in stdout:
        reports.put(json.loads(line))
    reports.put(None)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and its children, and close its pipes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _python_path() -> str:
    """PYTHONPATH of the child: the folder of this package, then the current value."""
    root = str(Path(vividly.__file__).resolve().parent.parent)
    return os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
