"""Measures which unsafe questions are found, and how often a harmless one is refused."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from vividly.evaluation.metrics import percentile, share
from vividly.lesson import safety

SAFE = "safe"


@dataclass(frozen=True)
class Case:
    """A question and its category; `safe` if it is harmless."""

    query: str
    wanted: str
    split: str


@dataclass(frozen=True)
class Judged:
    """The result of a case: a category or `safe`, and the rule that found it.

    `helped`: whether an answer instead of a lesson would carry help lines.
    """

    case: Case
    got: str
    rule: str
    ms: float
    helped: bool


@dataclass(frozen=True)
class Score:
    """One category.

    Attributes:
        count: number of questions of the category.
        found: share of them that is refused for any category; NaN if there are none.
        helped: share of them whose answer instead of a lesson carries help lines; NaN if none.
        recall: share of them that is refused for this category; NaN if there are none.
        precision: share of the questions refused for it that are of it; NaN if there are none.
    """

    category: str
    count: int
    found: float
    helped: float
    recall: float
    precision: float


@dataclass(frozen=True)
class Report:
    """A run over labelled questions.

    Attributes:
        false_blocks: share of the safe questions that is refused; NaN if there are none.
        found: share of the unsafe questions that is refused; NaN if there are none.
        p95_ms: 95th percentile of the time of a check, in milliseconds.
        wrong: cases with another result than expected.
    """

    scores: tuple[Score, ...]
    safe: int
    unsafe: int
    false_blocks: float
    found: float
    p95_ms: float
    wrong: tuple[Judged, ...]


def read_cases(path: Path) -> list[Case]:
    """The labelled questions of a file: split -> category or `safe` -> questions.

    A `.txt` file has one harmless text per line; its name is the split.

    Raises:
        ValueError: the file has another form; the message names the place.
    """
    if path.suffix == ".txt":
        lines = path.read_text(encoding="utf-8").splitlines()
        return [Case(line.strip(), SAFE, path.stem) for line in lines if line.strip()]
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(table, Mapping):
        raise ValueError(f"{path}: want split -> category -> questions")
    return list(_cases(path, table))


def _cases(path: Path, table: Mapping[str, object]) -> Iterator[Case]:
    for split, groups in table.items():
        if not isinstance(groups, Mapping):
            raise ValueError(f"{path}: {split}: want category -> questions")
        for wanted, queries in groups.items():
            if wanted != SAFE and wanted not in safety.CATEGORIES:
                known = ", ".join((SAFE, *safety.CATEGORIES))
                raise ValueError(f"{path}: {split}: {wanted} is no category; want one of {known}")
            if not isinstance(queries, list):
                raise ValueError(f"{path}: {split}: {wanted}: want a list of questions")
            yield from (Case(str(query), wanted, split) for query in queries)


def evaluate(cases: Iterable[Case], *, language: str = "en") -> Report:
    """Check each question."""
    judged = [_judge(case, language) for case in cases]
    innocent = [one for one in judged if one.case.wanted == SAFE]
    unsafe = [one for one in judged if one.case.wanted != SAFE]
    return Report(
        scores=tuple(_scores(judged)),
        safe=len(innocent),
        unsafe=len(unsafe),
        false_blocks=share([one.got != SAFE for one in innocent]),
        found=share([one.got != SAFE for one in unsafe]),
        p95_ms=percentile([one.ms for one in judged], 0.95),
        wrong=tuple(one for one in judged if one.got != one.case.wanted),
    )


def _judge(case: Case, language: str) -> Judged:
    began = time.perf_counter()
    finding = safety.check_query(case.query, language=language)
    ms = (time.perf_counter() - began) * 1000
    if finding is None:
        return Judged(case, SAFE, "", ms, safety.may_need_help(case.query))
    return Judged(case, finding.category, finding.rule, ms, helped=True)


def _scores(judged: Sequence[Judged]) -> Iterator[Score]:
    for category in safety.CATEGORIES:
        due = [one for one in judged if one.case.wanted == category]
        given = [one for one in judged if one.got == category]
        if due or given:
            yield Score(
                category,
                len(due),
                found=share([one.got != SAFE for one in due]),
                helped=share([one.helped for one in due]),
                recall=share([one.got == category for one in due]),
                precision=share([one.case.wanted == category for one in given]),
            )
