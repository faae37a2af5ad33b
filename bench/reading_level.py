"""Measures how near the offline writer comes to the requested grade, over all shipped lessons.

    python bench/reading_level.py              the table of docs/reading-level.md
    python bench/reading_level.py BOOK         the same for the sections of an OpenStax book

For each grade: the share of lessons within the tolerance and the mean distance from the grade,
as composed and as revised; sentences changed in a lesson; the shortest and longest lesson.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from statistics import mean

from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.composer import Composer
from vividly.lesson.scripting.pacing import scene_seconds
from vividly.lesson.scripting.reading_level import within
from vividly.lesson.scripting.revise import TOLERANCE
from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import topic_passages
from vividly.library.oer import read_library
from vividly.model.errors import PermanentError
from vividly.model.lesson import Passage, Retrieved, Script, Understanding

GRADES = range(3, 13)
Lesson = tuple[Understanding, tuple[Passage, ...]]


def lessons(book: str | None) -> Iterator[Lesson]:
    """The topics that have lessons."""
    if book is None:
        for topic in load_topics().values():
            yield Understanding(topic.id, topic.title, topic.subject, 1.0), topic_passages(topic)
        return
    for document in read_library(book):
        if (found := document.topic) is not None:
            yield Understanding(found.id, found.title, found.subject, 1.0), document.passages


def written(of: list[Lesson], grade: int, tolerance: float) -> list[Script]:
    """The scripts of all topics that can be composed."""
    scripts = []
    for understanding, passages in of:
        try:
            script = Composer(tolerance).write(
                Brief(
                    understanding.title,
                    grade_level=grade,
                    interest=None,
                    language="en-US",
                    understanding=understanding,
                    retrieved=Retrieved(passages),
                )
            )
        except PermanentError:
            continue
        scripts.append(script)
    return scripts


def main() -> None:
    of = list(lessons(sys.argv[1] if len(sys.argv) > 1 else None))
    print(f"{len(of)} topics, tolerance {TOLERANCE} grades")
    print("grade  made  within      mean distance   level            lines changed  seconds")
    for grade in GRADES:
        plain, revised = written(of, grade, 99.0), written(of, grade, TOLERANCE)
        shares = [
            mean(within(s.reading_level, grade, TOLERANCE) for s in x) for x in (plain, revised)
        ]
        far = [mean(abs(s.reading_level - grade) for s in x) for x in (plain, revised)]
        levels = sorted(s.reading_level for s in revised)
        seconds = [scene_seconds(s.scenes, grade) for s in revised]
        changed = mean(
            sum(a[2].say != b[2].say for a, b in zip(p.lines(), r.lines(), strict=True))
            for p, r in zip(plain, revised, strict=True)
        )
        print(
            f"{grade:5}  {len(revised):4}  {shares[0]:4.0%} {shares[1]:5.0%}"
            f"   {far[0]:5.2f} {far[1]:5.2f}"
            f"    {levels[0]:4.1f} {mean(levels):5.1f} {levels[-1]:5.1f}"
            f"   {changed:8.1f}      {min(seconds):6.0f}-{max(seconds):.0f}"
        )


if __name__ == "__main__":
    main()
