"""`python -m tests.chaos`: play a plan and report which promises were kept."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.run import BUDGET_S, Report, run


def main() -> int:
    """Exit code 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--faults", type=int, default=60)
    parser.add_argument("--bursts", type=int, default=0, help="classes that ask for one lesson")
    parser.add_argument("--budget", type=float, default=BUDGET_S, help="seconds of a request")
    parser.add_argument("--seconds", type=float, default=0.0, help="1.2 for each request if 0")
    parser.add_argument("--folder", type=Path, help="keep logs and reports here")
    chosen = parser.parse_args()
    seconds = chosen.seconds or 1.2 * chosen.requests
    print(
        f"seed {chosen.seed}: {chosen.requests} requests, {chosen.bursts} bursts and "
        f"{chosen.faults} faults in {seconds:.0f} s",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="vividly-chaos-") as scratch:
        report: Report = run(
            chosen.folder or Path(scratch),
            seed=chosen.seed,
            requests=chosen.requests,
            faults=chosen.faults,
            seconds=seconds,
            bursts=chosen.bursts,
            budget=chosen.budget,
            say=lambda line: print(line, flush=True),
        )
    print(json.dumps(report.as_json(), indent=1))
    for promise, cases in sorted(report.verdict.broken.items()):
        print(f"{promise}: {len(cases)}")
        for case in cases[:20]:
            print(f"    {case}")
    print("every promise was kept" if report.verdict.kept else "PROMISES WERE BROKEN")
    return 0 if report.verdict.kept else 1


if __name__ == "__main__":
    sys.exit(main())
