"""Measures on labelled pairs how similar two interests must be to share a lesson."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import yaml

Pair = tuple[str, str]


class Embeds(Protocol):
    """What makes vectors of queries; see `vividly.library.retrieval.embedding.Embedder`."""

    def embed_query(self, text: str) -> Sequence[float]:
        """The vector of a text: of length 1, or all zeros if the model knows no word of it."""


@dataclass(frozen=True)
class Threshold:
    """The effect of a largest distance.

    Attributes:
        precision: share of the pairs within the distance that may share a lesson; 1 if none.
        recall: share of the pairs that may share a lesson that is within the distance.
    """

    distance: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Report:
    """All thresholds that differ in their effect, and the largest one without a mistake.

    Attributes:
        unknown: share of the pairs with an interest that has no vector.
        safe: the largest threshold without a mistake; None if there is none.
    """

    thresholds: tuple[Threshold, ...]
    safe: Threshold | None
    unknown: float


def read_pairs(path: Path) -> tuple[list[Pair], list[Pair]]:
    """(pairs that may share a lesson, pairs that may not) of a file."""
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    same, different = ([(str(a), str(b)) for a, b in table[kind]] for kind in ("same", "different"))
    return same, different


def evaluate(embedder: Embeds, same: Iterable[Pair], different: Iterable[Pair]) -> Report:
    """Precision and recall at every threshold between the pairs' distances, nearest first."""
    good = [_distance(embedder, *pair) for pair in same]
    bad = [_distance(embedder, *pair) for pair in different]
    known = sorted({d for d in (*good, *bad) if d is not None})
    thresholds = tuple(_threshold(limit, good, bad) for limit in known)
    safe = [t for t in thresholds if t.precision == 1.0 and t.recall > 0]
    unknown = sum(d is None for d in (*good, *bad)) / max(1, len(good) + len(bad))
    return Report(thresholds, safe[-1] if safe else None, unknown)


def _distance(embedder: Embeds, first: str, second: str) -> float | None:
    a, b = np.asarray(embedder.embed_query(first)), np.asarray(embedder.embed_query(second))
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return 1.0 - float(a @ b) / length if length else None


def _threshold(
    limit: float, good: Sequence[float | None], bad: Sequence[float | None]
) -> Threshold:
    shared = sum(d is not None and d <= limit for d in good)
    mistaken = sum(d is not None and d <= limit for d in bad)
    taken = shared + mistaken
    return Threshold(limit, shared / taken if taken else 1.0, shared / len(good))
