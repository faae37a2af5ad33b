"""`python -m vividly.lesson.video.render_process`: forks one process per render, for `supervise`.

Requests arrive at stdin, a socket: `{"start": DIRECTORY}` with two files, the stdin and the stdout
of the render, is answered with its process id; `{"end": PROCESS ID}` with its exit status. When the
socket is closed, the renders and the server end.

A render writes reports to its stdout, one JSON object per line: `{"progress": 0.5}` or
`{"error": CLASS, "message": TEXT}`. It ends itself and its children when its stdin is closed.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import resource
import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from vividly.lesson.video.fonts import displayable
from vividly.lesson.video.render import render_files
from vividly.lesson.video.settings import RenderSettings
from vividly.lesson.video.supervise import JOB, NARRATION, SCRIPT
from vividly.model.errors import VividlyError
from vividly.model.formulas import typeset
from vividly.model.lesson import Narration, Script, from_json

_STEP = 0.01


def serve() -> None:
    """Fork renders until the socket at stdin is closed."""
    load()
    with socket.socket(fileno=os.dup(0)) as requests:
        running: set[int] = set()
        while True:
            data, files, _, _ = socket.recv_fds(requests, 65536, 2)
            if not data:
                break
            request = json.loads(data)
            if "start" in request:
                answer = os.fork()
                if not answer:
                    requests.close()
                    _become(Path(request["start"]), *files)
                running.add(answer)
                for file in files:
                    os.close(file)
            else:
                answer = _ended(request["end"])
                running.remove(request["end"])
            requests.send(str(answer).encode())
    for pid in running:
        _ended(pid)


def load() -> None:
    """Load what every lesson needs: the typefaces, and the typesetter of formulas."""
    typeset("x")
    displayable("Vividly 1 + 1 = 2")
    gc.collect()
    gc.freeze()  # or the collector would copy the pages of the server into each render


def _become(work: Path, stdin: int, stdout: int) -> NoReturn:
    """Turn a fork of the server into a render."""
    try:
        os.setsid()
        os.chdir(work)
        os.dup2(stdin, 0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.close(stdin)
        os._exit(render(work, stdout))
    finally:
        os._exit(1)


def _ended(pid: int) -> int:
    """End a render and its children; its exit status, or minus the signal that ended it."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # it may not lead its group yet
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def render(work: Path, stdout: int) -> int:
    """Render the job in a directory into the same directory; returns the exit status."""
    # The end of `stdout` must be the end of the process, so its last copy stays open.
    reports = os.fdopen(os.dup(stdout), "w", encoding="utf-8")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    reported = -1.0

    def report(value: dict[str, object]) -> None:
        print(json.dumps(value), file=reports, flush=True)

    def on_progress(fraction: float) -> None:
        nonlocal reported
        if fraction - reported >= _STEP or fraction >= 1:
            reported = fraction
            report({"progress": round(fraction, 4)})

    try:
        job = json.loads((work / JOB).read_text("utf-8"))
        script = from_json(Script, (work / SCRIPT).read_bytes())
        narration = from_json(Narration, (work / NARRATION).read_bytes())
        settings = RenderSettings(**job["settings"])
        _bound_memory(settings.memory_bytes)
        figures = {name: Path(path) for name, path in job["figures"].items()}
        audio = Path(job["audio"])
        render_files(script, narration, audio, work, settings, figures, on_progress)
    except VividlyError as error:
        report({"error": type(error).__name__, "message": str(error)})
        return 1
    except OSError as error:
        # Messages of other errors may quote the script: report only the class.
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = (
            "the disk became full while rendering: free space, or give the workers larger disks"
            if full
            else f"rendering failed: {os.strerror(error.errno or 0)}"
        )
        report({"error": "TransientError", "message": reason})
        return 1
    except MemoryError:
        reason = "rendering needs more memory than it may have: no lesson should"
        report({"error": "PermanentError", "message": reason})
        return 1
    except Exception as error:
        kind = type(error).__name__
        report({"error": "PermanentError", "message": f"rendering failed with {kind}"})
        return 1
    return 0


def _bound_memory(most: int) -> None:
    """Limit the memory of the process to `most` bytes, to protect other processes."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _end_with_parent() -> None:
    """Wait until stdin is closed, which only happens when the parent is gone; then end."""
    os.read(0, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    serve()
