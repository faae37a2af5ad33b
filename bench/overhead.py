"""Measures what the pipeline adds to the time inside providers, for one request and for many.

    python -m bench.overhead                # about 10 minutes
    python -m bench.overhead --alone 3 --together 10 --lessons 2

The overhead is the time from the request to its text or video, less the seconds of the stages
that make them (understand, retrieve, write_script; and speak, render). Requests alone come one
after the other, each for a new lesson. Of those that come together, all but the first of a lesson
wait for it, and this wait is in their overhead.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence

from bench.report import say, shown, table
from bench.system import Lesson, Row, System, lessons
from vividly.evaluation.metrics import percentile

TEXT = ("understand", "retrieve", "write_script")
MEDIA = ("speak", "render")
PATIENCE_S = 660.0
TEXT_AIM_S = 0.3


def main() -> None:
    """Measure, and print the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--alone", type=int, default=10, help="requests one after the other")
    parser.add_argument("--together", type=int, default=100, help="requests at once")
    parser.add_argument("--lessons", type=int, default=10, help="of the requests for video at once")
    parser.add_argument("--seed", type=int, default=3)
    given = parser.parse_args()
    stock = iter(lessons(1 + 2 * given.alone + given.together + given.lessons, given.seed))

    def fresh(number: int) -> list[Lesson]:
        return list(itertools.islice(stock, number))

    rows: list[tuple[object, ...]] = []
    with System("--similar_lesson_distance=0") as system:
        say("warming up")
        system.wait(system.ask(fresh(1)), seconds=PATIENCE_S)
        for what, modality, groups in (
            ("text, alone", "text", [[one] for one in fresh(given.alone)]),
            ("video, alone", "video", [[one] for one in fresh(given.alone)]),
            (f"text, {given.together} new ones at once", "text", [fresh(given.together)]),
            (
                f"video, {given.together} for {given.lessons} lessons at once",
                "video",
                [list(itertools.islice(itertools.cycle(fresh(given.lessons)), given.together))],
            ),
        ):
            say(what)
            rows.append((what, *_measure(system, groups, modality)))
    alone = rows[0][5]
    columns = ("requests", "number", "after, p50 s", "after, p95 s", "inside providers, p50 s",
               "overhead, p50 s", "overhead, p95 s")  # fmt: skip
    print(table(columns, rows))
    assert isinstance(alone, float)
    met = "met" if alone <= TEXT_AIM_S else "**not met**"
    print(f"\nAim: {shown(TEXT_AIM_S)} s of overhead for a text alone, p50: {met}.")


def _measure(
    system: System, groups: Sequence[Sequence[Lesson]], modality: str
) -> tuple[int, float, float, float, float, float]:
    """Number, time (p50, p95), time inside providers (p50), overhead (p50, p95)."""
    took: list[float] = []
    inside: list[float] = []
    for group in groups:
        rows = system.wait(system.ask(group, modality), seconds=PATIENCE_S)
        stages = system.stage_seconds(row.id for row in rows)
        wanted = TEXT if modality == "text" else TEXT + MEDIA
        for row in rows:
            if (seconds := _seconds(row, modality)) is not None:
                took.append(seconds)
                inside.append(sum(stages.get(row.id, {}).get(stage, 0.0) for stage in wanted))
    over = [whole - part for whole, part in zip(took, inside, strict=True)]
    return (
        len(took),
        percentile(took, 0.5),
        percentile(took, 0.95),
        percentile(inside, 0.5),
        percentile(over, 0.5),
        percentile(over, 0.95),
    )


def _seconds(row: Row, modality: str) -> float | None:
    """Seconds to what was asked for; None if it did not come."""
    if modality == "text":
        return row.to_text
    return row.to_end if row.status == "completed" else None


if __name__ == "__main__":
    main()
