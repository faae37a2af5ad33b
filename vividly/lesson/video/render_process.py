"""`python -m vividly.lesson.video.render_process DIRECTORY`: one render, for `supervise`.

Writes reports to stdout, one JSON object per line: `{"progress": 0.5}` or `{"error": CLASS,
"message": TEXT}`. Ends itself and its children when stdin is closed.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import sys
import threading
from pathlib import Path

from vividly.lesson.video.render import render_files
from vividly.lesson.video.settings import RenderSettings
from vividly.lesson.video.supervise import JOB, NARRATION, SCRIPT
from vividly.model.errors import VividlyError
from vividly.model.lesson import Narration, Script, from_json

_STEP = 0.01


def main(work: Path) -> int:
    """Render the job in a directory into the same directory; returns the exit status."""
    reports = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # Output of libraries must not be mistaken for a report.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
    os.read(sys.stdin.fileno(), 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
