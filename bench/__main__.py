"""Runs the benchmarks and writes their results to docs/performance.md: `make bench`.

    python -m bench                       # all, one after the other
    python -m bench burst growth          # these; only their sections are replaced
    python -m bench --list                # what there is, and about how long it takes
    python -m bench --quick               # all at a tiny size, to see that they work; printed

Text of the page outside the sections stays as it is. A program that fails leaves its section as
it was.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.report import say, table

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "performance.md"
ORPHANS_S = 20.0
PR_SET_CHILD_SUBREAPER = 36
"""An option of prctl(2)."""
PACKAGES = ("vividly", "apache-beam", "grpcio", "sqlalchemy", "numpy", "av", "onnxruntime")


@dataclass(frozen=True)
class Section:
    """A part of the page: a program with its arguments.

    Attributes:
        quick: the arguments at a tiny size.
        minutes: about how long it takes on two cores; it is ended after three times as long.
    """

    name: str
    title: str
    program: str
    arguments: str
    quick: str
    minutes: float

    @property
    def command(self) -> str:
        """The command line that measures it again."""
        return f"python -m bench.{self.program} {self.arguments}".strip()


_TINY_DAY = "--requests 12 --lessons 2 --burst 6 --every 6 --idle 5"
SECTIONS = (
    Section(
        "burst", "A class asks at once", "burst", "",
        "--rounds 1 --class-size 5 --texts 10", 8,
    ),
    Section("school-day", "A school day, compressed", "school_day", "", _TINY_DAY, 12),
    Section(
        "school-day-3", "Three times the load", "school_day", "--load 3",
        f"{_TINY_DAY} --load 3", 12,
    ),
    Section(
        "school-day-slow", "Providers as slow as the cloud's", "school_day", "--providers slow",
        f"{_TINY_DAY} --providers slow", 20,
    ),
    Section(
        "ten-thousand", "Ten thousand requests", "school_day",
        "--requests 10000 --lessons 20 --burst 60 --every 5 --first 1000",
        f"{_TINY_DAY} --first 6", 20,
    ),
    Section(
        "overload", "More than a machine can do", "school_day", "--overload",
        "--overload --best-of 4 --minutes 1", 35,
    ),
    Section(
        "overhead", "What the pipeline adds", "overhead", "",
        "--alone 1 --together 4 --lessons 2", 10,
    ),
    Section(
        "throughput", "Messages that cost little", "throughput", "",
        "--messages 20 --rounds 1", 8,
    ),
    Section(
        "growth", "As the tables grow", "growth", "",
        "--requests 1000,5000 --passages 1000,2000 --rounds 10", 12,
    ),
    Section(
        "console", "Pages and streams of events", "console", "",
        "--requests 2000 --streams 20 --rounds 5", 2,
    ),
    Section(
        "scale-out", "More media jobs", "scale_out", "", "--jobs 1,2 --lessons 2", 15,
    ),
    Section(
        "scale-out-slow", "More media jobs, with a voice in the cloud", "scale_out",
        "--providers slow", "--providers slow --jobs 1 --lessons 1", 15,
    ),
    Section("start-up", "Start-up", "start_up", "", "--rounds 1", 5),
    Section("retrieval", "Retrieval", "retrieval", "", "--passages 1500 --rounds 1", 6),
    Section("speech", "Voices", "speech", "", "--seconds 2", 6),
    Section("render", "Rendering", "render", "--pairs", "--quick", 20),
    Section(
        "capacity", "Stages, and workers for a day", "capacity", "",
        "--lessons 1 --kokoro-seconds 2", 6,
    ),
)  # fmt: skip


def main() -> int:
    """Run the chosen ones. Returns the exit code: 1 if any of them failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [section.name for section in SECTIONS]
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(names))
    parser.add_argument("--list", action="store_true", help="what there is")
    parser.add_argument("--quick", action="store_true", help="a tiny size; prints, writes nothing")
    given = parser.parse_args()
    if unknown := set(given.sections) - set(names):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    chosen = [one for one in SECTIONS if not given.sections or one.name in given.sections]
    if given.list:
        print(table(("section", "command", "minutes"), _listed()))
        return 0
    _adopt_orphans()
    if not given.quick:
        say(f"about {sum(one.minutes for one in chosen):.0f} minutes")
    failed = [one.name for one in chosen if not run(one, quick=given.quick)]
    if failed:
        say(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


def _listed() -> list[tuple[str, str, str]]:
    return [(one.name, one.command, f"{one.minutes:g}") for one in SECTIONS]


def run(section: Section, *, quick: bool) -> bool:
    """Run one and write its section, or print it if quick. Returns whether it worked."""
    say(f"--- {section.name}: {section.title}")
    arguments = section.quick if quick else section.arguments
    before, began = _cpu(), time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", f"bench.{section.program}", *arguments.split()],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        printed, _ = process.communicate(timeout=180 * section.minutes)
    except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
        process.terminate()
        process.wait()
        if isinstance(error, KeyboardInterrupt):
            raise
        say(f"{section.name} took longer than {3 * section.minutes:g} minutes and was ended")
        return False
    if process.returncode:
        return False
    _wait_for_orphans()
    others = 100 * max(0.0, _cpu() - before) / (time.monotonic() - began)
    if quick:
        print(f"## {section.title}\n\n{printed}", flush=True)
        return True
    today = datetime.now(UTC).date().isoformat()
    measured = f"`{section.command}`, {today}; other processes meanwhile: {others:.0f} % of a core."
    page = PAGE.read_text() if PAGE.exists() else "# Performance\n"
    page = replaced(page, "machine", "The machine", table(("", ""), machine()))
    page = replaced(page, section.name, section.title, f"{printed.strip()}\n\n{measured}")
    PAGE.write_text(page)
    return True


def replaced(page: str, name: str, title: str, body: str) -> str:
    """The page with this section's content replaced; a new section comes at its end."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    section = f"{begin}\n\n{body}\n\n{end}"
    if begin in page:
        pattern = f"{re.escape(begin)}.*?{re.escape(end)}"
        return re.sub(pattern, lambda _: section, page, count=1, flags=re.DOTALL)
    return f"{page.rstrip()}\n\n## {title}\n\n{section}\n"


def machine() -> list[tuple[str, str]]:
    """What the measurements ran on."""
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        system = platform.system()
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        ("CPU", f"{psutil.cpu_count()} cores, {_cpu_model()}"),
        ("memory", f"{psutil.virtual_memory().total / 2**30:.0f} GiB"),
        ("system", f"{system}, {platform.system()} {'.'.join(platform.release().split('.')[:2])}"),
        ("Python", platform.python_version()),
        ("packages", packages),
    ]


def _cpu_model() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*: (.*)$", told, re.MULTILINE)
    return found[1] if found else platform.machine()


def _adopt_orphans() -> None:
    """Become the parent of processes that lose theirs, so that their CPU seconds count as ours."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_orphans() -> None:
    """Wait until all processes that a program left have ended, or for some seconds."""
    latest = time.monotonic() + ORPHANS_S
    try:
        while time.monotonic() < latest:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.1)
    except ChildProcessError:
        return


def _cpu() -> float:
    """CPU seconds that the machine has spent on other processes than ours."""
    times = psutil.cpu_times()
    busy = sum(times[:8]) - times.idle - getattr(times, "iowait", 0.0)
    ours = resource.getrusage(resource.RUSAGE_CHILDREN)
    return float(busy - ours.ru_utime - ours.ru_stime)


if __name__ == "__main__":
    sys.exit(main())
