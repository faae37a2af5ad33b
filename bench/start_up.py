"""Measures the start: imports, a cold and a warm stack, and the size of what is installed.

    python -m bench.start_up                # about 4 minutes
    python -m bench.start_up --rounds 1

A cold stack makes its database and loads the library; a warm one was started here before. The
files that are read are in the memory of the system already. The baseline of an import is that of
Beam, without which no job starts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from importlib.metadata import distributions
from pathlib import Path

from bench.report import say, table
from bench.system import ROOT, System

IMPORTS = {
    "Python alone": "pass",
    "Beam": "import apache_beam",
    "the launcher": "import beam_pipeline.main",
    "the command line": "import beam_pipeline.cli.app",
    "the product without Beam": "import vividly.execution.stages",
}
SHOWN = 12
"""How many packages are listed."""


def main() -> None:
    """Measure, and print the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    say("imports")
    took: dict[str, list[float]] = {what: [] for what in IMPORTS}
    for at in range(rounds + 1):
        for what, statement in IMPORTS.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True, cwd=ROOT)
            if at:  # the first round fills the system's cache of files
                took[what].append(time.perf_counter() - began)
    base = statistics.median(took["Beam"])
    print(table(("import", "median s", "/ Beam"), [
        (what, statistics.median(every), statistics.median(every) / base)
        for what, every in took.items()
    ]))  # fmt: skip
    print()
    print(table(("start of the stack", "median s"), _stacks(min(rounds, 3))))
    sizes = installed()
    whole = sum(sizes.values())
    print(f"\nInstalled: {len(sizes)} packages, {whole:,.0f} MB. The largest:\n")
    largest = sorted(sizes.items(), key=lambda one: -one[1])[:SHOWN]
    print(table(("package", "MB"), [(name, float(size)) for name, size in largest]))


def _stacks(rounds: int) -> list[tuple[str, float]]:
    """Seconds from the command to the jobs that read, cold and warm."""
    cold, warm = [], []
    for _ in range(rounds):
        with System() as system:
            cold.append(system.start_s)
            warm.append(system.start_again())
    return [("cold, until both jobs read", statistics.median(cold)),
            ("warm", statistics.median(warm))]  # fmt: skip


def installed() -> dict[str, float]:
    """Package -> size of its files in MB (10^6 bytes)."""
    sizes: dict[str, float] = {}
    for one in distributions():
        files = {Path(os.path.normpath(str(one.locate_file(file)))) for file in one.files or ()}
        size = sum(file.stat().st_size for file in files if file.is_file())
        sizes[one.metadata["Name"]] = size / 1e6
    return sizes


if __name__ == "__main__":
    main()
