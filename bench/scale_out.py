"""Measures more media processes on one subscription, and that no lesson is made twice.

    python -m bench.scale_out                       # 1, 2 and 4 media jobs: about 15 minutes
    python -m bench.scale_out --providers slow      # the voice of a cloud, which takes no core
    python -m bench.scale_out --jobs 1,2 --lessons 2

Every number of jobs has a stack of its own and the same lessons. Each lesson is asked for twice,
so that two jobs could make it.
"""

from __future__ import annotations

import argparse

from bench.report import say, table
from bench.system import Row, System, Watch, lessons

PATIENCE_S = 660.0
TWICE = 2


def main() -> None:
    """Measure, and print the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", default="1,2,4", help="numbers of media jobs")
    parser.add_argument("--lessons", type=int, default=20)
    parser.add_argument("--providers", choices=("offline", "slow"), default="offline")
    parser.add_argument("--seed", type=int, default=8)
    given = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    first = 0.0
    for jobs in map(int, given.jobs.split(",")):
        rate, *rest = _measure(jobs, given)
        first = first or rate
        rows.append((jobs, rate, rate / first, *rest))
    print(f"{given.lessons} lessons, each asked for {TWICE} times at once.\n")
    columns = ("media jobs", "lessons a minute", "/ the first", "videos", "of requests", "renders",
               "of lessons", "made twice", "CPU s of media jobs a lesson")  # fmt: skip
    print(table(columns, rows))


def _measure(jobs: int, given: argparse.Namespace) -> tuple[float, int, int, int, int, int, float]:
    """Lessons a minute; videos of requests; renders of lessons; made twice; CPU seconds."""
    with System("--similar_lesson_distance=0", slow=given.providers == "slow") as system:
        for number in range(1, jobs):
            say(f"starting media job {number + 1}")
            system.add_job("media")
        known = lessons(given.lessons + jobs, given.seed)
        say("warming up")
        system.wait(system.ask(known[given.lessons :]), seconds=PATIENCE_S)
        before = system.made("render")
        watch = Watch(system)
        wanted = known[: given.lessons]
        ids = system.ask([lesson for lesson in wanted for _ in range(TWICE)])
        rows = system.wait(ids, seconds=PATIENCE_S)
        usage = watch.stop()
        renders = system.made("render") - before
    done = [row for row in rows if row.status == "completed"]
    lessons_done = len({at // TWICE for at, row in enumerate(rows) if row in done})
    start = min(row.created for row in rows)
    took = max((_end(row) for row in done), default=float("nan")) - start
    return (
        60 * lessons_done / took,
        len(done),
        len(rows),
        renders,
        len(wanted),
        max(0, renders - lessons_done),
        usage.cpu["media job"] / len(wanted),
    )


def _end(row: Row) -> float:
    return row.created + (row.to_end or 0.0)


if __name__ == "__main__":
    main()
