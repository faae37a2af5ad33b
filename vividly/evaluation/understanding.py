"""Measures precision and recall of each outcome of understanding, on labelled questions."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from vividly.evaluation.metrics import percentile, share
from vividly.lesson import safety
from vividly.lesson.understanding import Understander
from vividly.model.lesson import Answer, Understanding

OUTCOMES = ("topic", "clarification_needed", "out_of_scope", "blocked")
BOOK = "b/"
"""Placeholder for the corpus in a file of cases: `b/lenses` is `openstax-physics/lenses`."""


@dataclass(frozen=True)
class Case:
    """A question and its expected result.

    Attributes:
        wanted: ids of topics and outcomes, any of which is right, the best first.
        without: the same if the book is not ingested.
    """

    query: str
    group: str
    split: str
    wanted: tuple[str, ...]
    without: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """A case and its result.

    Attributes:
        wanted: the expected results, with or without the book.
        got: the id of a topic, or an outcome.
        seconds: time that understanding took.
    """

    case: Case
    wanted: tuple[str, ...]
    got: str
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the result is an expected one."""
        return self.got in self.wanted

    @property
    def expected(self) -> str:
        """The expected outcome; if there are several, the one it got if that is among them."""
        return outcome_of(self.got if self.right else self.wanted[0])


@dataclass(frozen=True)
class OutcomeScore:
    """Precision and recall of one outcome.

    Attributes:
        precision: share of the questions with this outcome for which it is expected; for
            topics it has to be the right topic.
        recall: share of the questions expected to have this outcome that have it, likewise.
        wanted: number of questions expected to have it.
    """

    outcome: str
    precision: float
    recall: float
    wanted: int


@dataclass(frozen=True)
class Report:
    """The results of all cases.

    Attributes:
        outcomes: one score per outcome.
        groups: (group, number of cases, share that is right).
        topic_accuracy: share with the right topic, of the questions that should get a topic
            and got one.
        confusions: (expected outcome, outcome) -> number of questions.
        p95_ms: 95th percentile of the time to understand a question, in milliseconds.
        missed: the cases with a wrong result.
    """

    outcomes: tuple[OutcomeScore, ...]
    groups: tuple[tuple[str, int, float], ...]
    topic_accuracy: float
    confusions: dict[tuple[str, str], int]
    p95_ms: float
    missed: tuple[Judged, ...]

    @property
    def accuracy(self) -> float:
        """Share of all cases with a right result."""
        count = sum(n for _, n, _ in self.groups)
        return 1 - len(self.missed) / count if count else float("nan")


def read_cases(path: Path, corpus: str) -> tuple[Case, ...]:
    """The cases of a file (`tests/data/eval/understanding.yaml` describes the form).

    Args:
        corpus: the corpus of the book's topics, such as `openstax-physics`.

    Raises:
        ValueError: the file has another form; the message names the entry.
    """
    found: list[Case] = []
    for group, splits in yaml.safe_load(path.read_text("utf-8")).items():
        for split, entries in splits.items():
            for at, entry in enumerate(entries, 1):
                if not (isinstance(entry, list) and 2 <= len(entry) <= 3):
                    raise ValueError(f"{path}: {group}, {split}, entry {at}: want two or three")
                query, *labels = map(str, entry)
                wanted = _labels(labels[0], corpus)
                shipped = tuple(label for label in wanted if "/" not in label)
                # Who has no book on it can at best say so.
                default = wanted if shipped == wanted else ("out_of_scope", *shipped)
                without = _labels(labels[1], corpus) if len(labels) > 1 else default
                found.append(Case(query, group, split, wanted, without))
    return tuple(found)


def judge(
    understander: Understander, cases: Iterable[Case], *, with_book: bool, grade_level: int = 9
) -> list[Judged]:
    """Understand each case, after the safety check, as the job does."""
    judged = []
    for case in cases:
        start = time.perf_counter()
        found: Understanding | Answer | None = None
        if unsafe := safety.check_query(case.query):
            found = safety.blocked_answer(unsafe.category)
        else:
            found = understander.understand(case.query, grade_level=grade_level, language="en-US")
        seconds = time.perf_counter() - start
        got = found.topic_id if isinstance(found, Understanding) else found.status
        wanted = case.wanted if with_book else case.without
        judged.append(Judged(case, wanted, got, seconds))
    return judged


def report_on(judged: Sequence[Judged]) -> Report:
    """The report on the results."""
    groups = dict.fromkeys(one.case.group for one in judged)
    by_group = {group: [one.right for one in judged if one.case.group == group] for group in groups}
    of_topics = [one.right for one in judged if one.expected == "topic" == outcome_of(one.got)]
    return Report(
        outcomes=tuple(_score(judged, outcome) for outcome in OUTCOMES),
        groups=tuple((group, len(right), share(right)) for group, right in by_group.items()),
        topic_accuracy=share(of_topics),
        confusions=dict(Counter((one.expected, outcome_of(one.got)) for one in judged)),
        p95_ms=1000 * percentile([one.seconds for one in judged], 0.95),
        missed=tuple(one for one in judged if not one.right),
    )


def outcome_of(label: str) -> str:
    """`topic` for the id of a topic, otherwise the outcome itself."""
    return label if label in OUTCOMES else "topic"


def _score(judged: Sequence[Judged], outcome: str) -> OutcomeScore:
    got = [one.right for one in judged if outcome_of(one.got) == outcome]
    wanted = [one.right for one in judged if one.expected == outcome]
    return OutcomeScore(outcome, share(got), share(wanted), len(wanted))


def _labels(text: str, corpus: str) -> tuple[str, ...]:
    labels = (label.strip() for label in text.split("|"))
    return tuple(
        f"{corpus}/{label.removeprefix(BOOK)}" if label.startswith(BOOK) else label
        for label in labels
    )
