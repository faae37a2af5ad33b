"""Runs a render in a separate process, and stops it if it takes too long."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
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
    """Let a process of its own (`render_process`) write a lesson into `work`.

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
    deadline = time.monotonic() + timeout
    process = start(work)
    try:
        _follow(process, deadline, timeout, stall_timeout, on_progress)
    finally:
        process.end()
        for name in (JOB, SCRIPT, NARRATION):
            (work / name).unlink(missing_ok=True)


class RenderProcess:
    """A render in a process of its own, forked from the server of this process.

    `reports`: one JSON object per line. The process ends when `lifeline` is closed, as the system
    does when this process dies.
    """

    def __init__(self, server: _Server, pid: int, lifeline: int, reports: IO[bytes]) -> None:
        self._server = server
        self._pid = pid
        self.lifeline = lifeline
        self.reports = reports
        self._status: int | None = None

    def end(self) -> int:
        """End the process and its children; its exit status, or minus the signal that ended it."""
        if self._status is None:
            self._status = self._server.end(self._pid)
            os.close(self.lifeline)
            self.reports.close()
        return self._status


class _Server:
    """`python -m vividly.lesson.video.render_process`, which has everything loaded and forks.

    It saves a render the imports, typefaces and typesetter: a tenth of its CPU time.
    """

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vividly.lesson.video.render_process"],
                stdin=theirs.fileno(),  # its end tells the server that we are gone
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # a traceback may quote the script
                # A process with one thread can be forked safely.
                env={**os.environ, "PYTHONPATH": _python_path(), "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,
            )

    def start(self, work: Path) -> RenderProcess:
        """Fork a render of the job in a directory.

        Raises:
            OSError: the server has ended.
        """
        stdin, lifeline = os.pipe()
        reports, stdout = os.pipe()
        try:
            pid = self._asked({"start": str(work.resolve())}, stdin, stdout)
        except BaseException:
            os.close(lifeline)
            os.close(reports)
            raise
        finally:
            os.close(stdin)
            os.close(stdout)
        return RenderProcess(self, pid, lifeline, os.fdopen(reports, "rb"))

    def end(self, pid: int) -> int:
        """End a render; its exit status. If the server is gone, closing the lifeline ends it."""
        try:
            return self._asked({"end": pid})
        except OSError:
            return -signal.SIGKILL

    def close(self) -> None:
        """End the server. Its renders go on until their lifelines are closed."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _asked(self, request: dict[str, object], *files: int) -> int:
        with self._lock:
            socket.send_fds(self._socket, [json.dumps(request).encode()], list(files))
            answer = self._socket.recv(64)
        if not answer:
            raise ConnectionResetError("the server of renders has ended")
        return int(answer)


_servers: list[_Server] = []
_starting = threading.Lock()


def start(work: Path) -> RenderProcess:
    """Start the job in a directory.

    Raises:
        TransientError: no process could be started.
    """
    with _starting:
        for _ in range(2):
            if _servers and _servers[0].owner != os.getpid():
                _servers.clear()  # of the process that forked us
            if not _servers:
                _servers.append(_Server())
            try:
                return _servers[0].start(work)
            except OSError:
                _servers.pop().close()
    raise TransientError("no process could be started for the render: the machine may be full")


def _follow(
    process: RenderProcess,
    deadline: float,
    timeout: float,
    stall_timeout: float,
    on_progress: Progress,
) -> None:
    """Pass on progress until the process ends; raise if it fails."""
    reports: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_read, args=(process.reports, reports), daemon=True).start()
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
    status = process.end()
    if status:
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        raise TransientError(f"the render process ended with {how}; it may have run out of memory")


def _read(pipe: IO[bytes], reports: queue.Queue[dict[str, Any] | None]) -> None:
    """Queue the reports of the process, one JSON object per line, then None at the end."""
    for line in pipe:
        reports.put(json.loads(line))
    reports.put(None)


def _python_path() -> str:
    """PYTHONPATH of the server: the folder of this package, then the current value."""
    root = str(Path(vividly.__file__).resolve().parent.parent)
    return os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
