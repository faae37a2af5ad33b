"""Measures bursts: a class that asks for one lesson at once, and texts a second.

    python -m bench.burst                # about 5 minutes
    python -m bench.burst --rounds 1 --class-size 5 --texts 10

The stack has made a lesson before, so everything is loaded. The texts are those of requests for
text alone, so the media job has nothing to do meanwhile.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence

from bench.report import AIMS, aim, say, table
from bench.system import Lesson, Row, System, lessons
from vividly.evaluation.metrics import percentile

PATIENCE_S = 600.0
SPREAD_AIM_S = 3.0
CACHED_AIM, NEW_AIM = 20.0, 8.0
"""Texts a second."""
BURST_AIM_S = 1.5
"""Of a class that asks for one lesson, and of known lessons. At NEW_AIM, 30 new ones take 4 s."""
PAIR_AIM = 1.6


def main() -> None:
    """Measure, and print the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--class-size", type=int, default=30, help="requests at once")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each burst")
    parser.add_argument("--texts", type=int, default=200, help="requests that a rate is of")
    parser.add_argument("--seed", type=int, default=30)
    given = parser.parse_args()
    size, rounds, texts = given.class_size, given.rounds, given.texts
    # Different lessons for each measurement of new ones.
    stock = iter(lessons(3 + rounds * (1 + size) + texts, given.seed))

    def fresh(number: int) -> list[Lesson]:
        return [next(stock) for _ in range(number)]

    with System("--similar_lesson_distance=0") as system:
        say("warming up")
        system.wait(system.ask(fresh(1)), seconds=PATIENCE_S)
        two = fresh(2)
        ratios = [_two_at_once(system, two) for _ in range(rounds)]
        classes = [_class(system, fresh(1)[0], size) for _ in range(rounds)]
        new = [_texts(system, fresh(size)) for _ in range(rounds)]
        many = fresh(texts)
        new_rate = _rate(_texts(system, many))
        cached_rate = _rate(_texts(system, many))
        cached = [_texts(system, many[:size]) for _ in range(rounds)]
    firsts = [min(row.to_end or 0.0 for row in rows) for rows in classes]
    spreads = [
        max(_ends(rows)) - min(_ends(rows)) if _ends(rows) else float("nan") for rows in classes
    ]
    all_done = sum(len(_ends(rows)) for rows in classes)
    print(f"{size} requests at once, {rounds} rounds; rates of {texts} requests at once.\n")
    results = [
        aim("one lesson: videos completed", all_done, at_least=rounds * size),
        aim("one lesson: first video after, median s", statistics.median(firsts)),
        aim(
            f"one lesson: all {size} after the first, median s",
            statistics.median(spreads),
            at_most=SPREAD_AIM_S,
        ),
        aim(
            f"one lesson: all {size} after the first, longest s",
            max(spreads),
            at_most=SPREAD_AIM_S,
        ),
        aim(
            "two lessons at once / one, median",
            statistics.median(ratios),
            at_most=PAIR_AIM,
        ),
        aim("one lesson: text after, p95 s", _p95(classes), at_most=BURST_AIM_S),
        aim(f"{size} known lessons: texts after, p95 s", _p95(cached), at_most=BURST_AIM_S),
        aim(f"{size} new lessons: texts after, p95 s", _p95(new)),
        aim("texts of known lessons, a second", cached_rate, at_least=CACHED_AIM),
        aim("texts of new lessons, a second", new_rate, at_least=NEW_AIM),
    ]
    print(table(AIMS, results))


def _two_at_once(system: System, two: Sequence[Lesson]) -> float:
    """Time of two lessons at once, relative to one; each is made from scratch."""
    say("two lessons, one after the other and at once")

    def seconds(wanted: Sequence[Lesson]) -> float:
        rows = system.wait(system.ask(wanted, fresh=True), seconds=PATIENCE_S)
        ends = _ends(rows)
        return max(ends) - rows[0].created if len(ends) == len(wanted) else float("nan")

    one = statistics.mean(seconds([lesson]) for lesson in two)
    return seconds(two) / one


def _class(system: System, lesson: Lesson, size: int) -> list[Row]:
    """A class asks for one lesson."""
    say(f"{size} requests for one lesson")
    return system.wait(system.ask([lesson] * size), seconds=PATIENCE_S)


def _texts(system: System, wanted: Sequence[Lesson]) -> list[Row]:
    """Requests for the texts of lessons, all at once."""
    say(f"{len(wanted)} requests for texts")
    ids = system.ask(wanted, "text")
    return system.wait(ids, seconds=PATIENCE_S, done=lambda row: row.to_text is not None)


def _ends(rows: Sequence[Row]) -> list[float]:
    """When the videos were there, in seconds of the clock."""
    return [row.created + row.to_end for row in rows if row.status == "completed" and row.to_end]


def _rate(rows: Sequence[Row]) -> float:
    """Texts a second, from the first request to the last text."""
    last = max((row.created + row.to_text for row in rows if row.to_text), default=float("nan"))
    return sum(row.to_text is not None for row in rows) / (last - rows[0].created)


def _p95(rounds: Sequence[Sequence[Row]]) -> float:
    return percentile([row.to_text for rows in rounds for row in rows if row.to_text], 0.95)


if __name__ == "__main__":
    main()
