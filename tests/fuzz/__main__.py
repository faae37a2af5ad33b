"""`python -m tests.fuzz [TARGET ...] --seconds 60`: coverage-guided, with atheris."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("request", "token", "question", "ssml", "attributes")


def main() -> int:
    """Exit code 1 if a target failed; the input that made it fail is in the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="*", choices=(*NAMES, []), default=[])
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "vividly-fuzz")
    parser.add_argument("--one", choices=NAMES, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        _fuzz(chosen.one, chosen.seconds, chosen.folder)
        return 0
    broken = 0
    for name in chosen.target or NAMES:
        # libFuzzer ends its process, so each target gets a process of its own.
        command = [sys.executable, "-m", "tests.fuzz", f"--one={name}"]
        command += [f"--seconds={chosen.seconds}", f"--folder={chosen.folder}"]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        lines = [line for line in done.stderr.splitlines() if "DONE" in line or "Done " in line]
        print(f"{name}: {'; '.join(lines) or 'BROKEN'}", flush=True)
        if done.returncode:
            broken += 1
            print(done.stderr[-4000:])
    return 1 if broken else 0


def _fuzz(name: str, seconds: int, folder: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["vividly"]):
        from tests.fuzz.targets import SEEDS, TARGETS

    target = TARGETS[name]
    corpus = folder / name
    corpus.mkdir(parents=True, exist_ok=True)
    for at, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{at}").write_bytes(seed)
    for seed in SEEDS[name]:
        target(seed)  # loads its modules before the timing starts
    options = [
        f"-max_total_time={seconds}",
        "-max_len=2048",
        "-timeout=10",
        "-rss_limit_mb=4096",
        f"-artifact_prefix={folder}/{name}-",
        str(corpus),
    ]
    atheris.Setup([sys.argv[0], *options], lambda data: target(data) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
