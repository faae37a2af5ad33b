"""Measures a school day, compressed: bursts of requests for few lessons, on the local stack.

    python -m bench.school_day                     # 1,000 requests, 60 lessons: about 10 minutes
    python -m bench.school_day --load 3            # bursts three times as often
    python -m bench.school_day --providers slow    # model and voice as slow as the cloud's
    python -m bench.school_day --overload          # three times the best rate: about 25 minutes
    python -m bench.school_day --requests 10000 --lessons 20 --burst 60 --every 5 --first 1000
    python -m bench.school_day --requests 20 --lessons 3 --burst 10 --idle 5

All times are those of the requests' rows. With `--first`, "before" in the table of processes is
after so many requests, so that it shows what grows with the rest of them. `--overload` asks for a
different lesson each time: it finds the best rate of videos first, then asks three times as often.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence

from bench.report import AIMS, aim, say, table
from bench.system import ROLES, Row, System, Usage, Watch, idle, lessons
from vividly.evaluation.metrics import percentile
from vividly.platform.ledger.schema import ENDED

BUDGET_S = 600.0
MARGIN_S = 60.0
"""Seconds after its budget by which every request has ended."""
TEXT_AIM_S = 2.0
SETTLE_S = 5.0
PREPARED_S = 30.0
"""Seconds after which a text job has loaded everything."""
FLAT = 1.1
"""Growth of a job's memory that still counts as flat."""
OVERLOAD = 3
KEPT = 0.8
"""Share of the best rate that is kept under overload."""


def main() -> None:
    """Measure, and print the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--lessons", type=int, default=60)
    parser.add_argument("--burst", type=int, default=30, help="requests at once")
    parser.add_argument("--every", type=float, default=12.0, help="seconds between two bursts")
    parser.add_argument("--load", type=float, default=1.0, help="bursts so many times as often")
    parser.add_argument("--providers", choices=("offline", "slow"), default="offline")
    parser.add_argument("--seed", type=int, default=16)
    parser.add_argument("--first", type=int, default=0, help="requests before the table's before")
    parser.add_argument("--idle", type=float, default=20.0, help="seconds of idleness measured")
    parser.add_argument("--overload", action="store_true", help="three times the best rate")
    parser.add_argument("--minutes", type=float, default=15.0, help="of overload")
    parser.add_argument("--best-of", type=int, default=40, help="videos that the best rate is of")
    given = parser.parse_args()
    if given.overload:
        overload(given)
    else:
        school_day(given)


def school_day(given: argparse.Namespace) -> None:
    """Requests for few lessons, in bursts."""
    known = lessons(given.lessons, given.seed)
    draw = random.Random(given.seed)
    # Every lesson is asked for at least once, where there are enough requests.
    wanted = [*known, *draw.choices(known, k=max(0, given.requests - len(known)))]
    draw.shuffle(wanted)
    every = given.every / given.load
    first, rest = wanted[: given.first], wanted[given.first : given.requests]
    with System(slow=given.providers == "slow") as system:
        earlier = _in_bursts(system, first, given.burst, every)
        system.wait(earlier, seconds=BUDGET_S + MARGIN_S)
        time.sleep(SETTLE_S if earlier else PREPARED_S)
        before = idle(system, given.idle)
        watch = Watch(system)
        ids = earlier + _in_bursts(system, rest, given.burst, every)
        rows = system.wait(ids, seconds=BUDGET_S + MARGIN_S)
        busy = watch.stop()
        time.sleep(SETTLE_S)
        after = idle(system, given.idle)
        sent, events = system.media_messages(), system.events()
        made, videos = system.made("render"), system.videos()
    slow = "; model calls of 2-8 s, sentences spoken in 1-3 s" if given.providers == "slow" else ""
    print(
        f"{len(ids):,} requests for {len(known)} lessons, {given.burst} at once every "
        f"{every:g} s{slow}.\n"
    )
    results = _results(rows, videos, offline=not slow)
    if first:
        results += [
            aim(f"memory of the {role}, after / before", after.mib[role] / before.mib[role],
                at_most=FLAT)
            for role in ("text job", "media job")
        ]  # fmt: skip
    print(table(AIMS, results))
    print(
        f"\n{made} renders for {len(known)} lessons; {sent:,} messages on the media topic, "
        f"{events.get('requeued', 0):,} sent again. Ends: {_ends(rows)}.\n"
    )
    print(_processes(before, busy, after, len(known)))


def _results(rows: Sequence[Row], videos: int, *, offline: bool) -> list[tuple[object, ...]]:
    texts = [row.to_text for row in rows if row.to_text is not None]
    ends = [row.to_end for row in rows if row.status == "completed" and row.to_end is not None]
    failed = sum(row.status == "failed" for row in rows)
    return [
        aim("texts", len(texts), at_least=len(rows)),
        aim("text after, p50 s", percentile(texts, 0.5)),
        aim("text after, p95 s", percentile(texts, 0.95), at_most=TEXT_AIM_S if offline else None),
        aim("text after, longest s", max(texts, default=float("nan"))),
        aim("videos completed", len(ends), at_least=len(rows)),
        aim("video files", videos, at_least=len(rows)),
        aim("requests failed", failed, at_most=0),
        aim("video after, p50 s", percentile(ends, 0.5)),
        aim("video after, p95 s", percentile(ends, 0.95)),
        aim("video after, longest s", max(ends, default=float("nan")), at_most=BUDGET_S),
    ]


def _ends(rows: Sequence[Row]) -> str:
    ends = Counter(f"{row.status}{f' ({row.reason})' if row.reason else ''}" for row in rows)
    return ", ".join(f"{number:,} {end}" for end, number in ends.most_common())


def _processes(before: Usage, busy: Usage, after: Usage, known: int) -> str:
    rows = [
        (role, busy.cpu[role], busy.cpu[role] / known, busy.share(role), before.share(role),
         after.share(role), before.mib[role], busy.peak[role], after.mib[role])
        for role in ROLES
        if busy.mib.get(role)
    ]  # fmt: skip
    head = ("process", "CPU s", "CPU s a lesson", "busy % of a core", "idle % before",
            "idle % after", "MiB before", "MiB peak", "MiB after")  # fmt: skip
    both = ("text job", "media job", "up")
    told = f"Idle, both jobs and `up`: {before.share(*both):.1f} % of a core before, "
    return f"{table(head, rows)}\n\n{told}{after.share(*both):.1f} % after (aim: 6 %)."


def _in_bursts(
    system: System,
    wanted: Sequence[object],
    burst: int,
    every: float,
    *,
    tick: Callable[[], None] = lambda: None,
) -> list[str]:
    """Request these lessons, so many at a time. Returns the ids."""
    ids: list[str] = []
    start = time.monotonic()
    for number, at in enumerate(range(0, len(wanted), burst)):
        time.sleep(max(0.0, start + number * every - time.monotonic()))
        system.check()
        ids += system.ask(wanted[at : at + burst])  # type: ignore[arg-type]
        if number % 5 == 0:
            say(f"{len(ids)} of {len(wanted)} sent; {_ends(system.rows())}")
        tick()
    return ids


# -- overload ----------------------------------------------------------------------------------


def overload(given: argparse.Namespace) -> None:
    """The best rate of videos, and the rate at three times as many requests."""
    with System("--similar_lesson_distance=0") as system:
        warm = 2
        known = lessons(given.best_of + warm, given.seed)
        system.wait(system.ask(known[:warm]), seconds=BUDGET_S)
        say("finding the best rate of videos")
        ids = system.ask(known[warm:])
        began = time.time()
        rows = system.wait(ids, seconds=BUDGET_S)
        done = [row for row in rows if row.status == "completed"]
        if len(done) < 2:
            raise SystemExit(f"no rate: of {len(rows)} requests ended {_ends(rows)}")
        best = _rate(rows, began, max(_end(row) for row in done))
    say(f"best: {best:.2f} videos a minute")
    with System("--similar_lesson_distance=0") as system:
        number = round(OVERLOAD * best * given.minutes)
        known = lessons(number, given.seed + 1)
        watch = Watch(system)
        began = time.time()
        ids = _in_bursts(system, known, 1, 60 / (OVERLOAD * best))
        over = time.time()
        rows = system.wait(ids, seconds=BUDGET_S + MARGIN_S)
        usage = watch.stop()
        sent, events = system.media_messages(), system.events()
    kept = _rate(rows, began + _first(rows), over)
    texts = [row.to_text for row in rows if row.to_text is not None]
    told = [row.to_end for row in rows if row.status == "failed" and row.to_end is not None]
    print(
        f"Every request asks for a different lesson. Best: {given.best_of} at once. Overload: "
        f"{number} requests in {given.minutes:g} minutes, one every {60 / (OVERLOAD * best):.1f} "
        "s.\n"
    )
    results = [
        aim("best, videos a minute", best),
        aim("at three times as many requests, videos a minute", kept),
        aim("share of the best that is kept", kept / best, at_least=KEPT),
        aim("text after, p50 s", percentile(texts, 0.5)),
        aim("text after, p95 s", percentile(texts, 0.95)),
        aim("requests not ended", sum(row.status not in ENDED for row in rows), at_most=0),
        aim("told that there will be no video after, p50 s", percentile(told, 0.5)),
        aim("told that there will be no video after, p95 s", percentile(told, 0.95)),
    ]
    print(table(AIMS, results))
    print(
        f"\nEnds: {_ends(rows)}. {sent:,} messages on the media topic, "
        f"{events.get('requeued', 0):,} sent again. CPU: text job "
        f"{usage.share('text job'):.0f} %, media job {usage.share('media job'):.0f} % of a core.\n"
    )
    print(table(("minute", "videos"), _by_minute(rows, began)))


def _end(row: Row) -> float:
    return row.created + (row.to_end or 0.0)


def _first(rows: Sequence[Row]) -> float:
    """Seconds from the first request to the first video: until then the rate is none."""
    first = min(row.created for row in rows)
    return min((_end(row) - first for row in rows if row.status == "completed"), default=0.0)


def _rate(rows: Sequence[Row], start: float, end: float) -> float:
    """Videos a minute between two times."""
    done = sum(row.status == "completed" and start < _end(row) <= end for row in rows)
    return 60 * done / (end - start)


def _by_minute(rows: Sequence[Row], began: float) -> list[tuple[int, int]]:
    ends = Counter(int((_end(row) - began) // 60) for row in rows if row.status == "completed")
    return [(minute + 1, ends[minute]) for minute in range(max(ends, default=-1) + 1)]


if __name__ == "__main__":
    main()
