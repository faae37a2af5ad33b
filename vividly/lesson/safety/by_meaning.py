"""A classifier that finds unsafe questions by their meaning, in whatever words.

A logistic regression over two groups of features of a question. Its sentence vector covers English
and generalises to words that the training data lacks. Its letter n-grams ("runs") cover Spanish,
slang and misspellings as far as the training data has them. `scripts/learn-safety.py` trains it on
labelled questions.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from vividly.lesson.safety.categories import CATEGORIES, IN_NEED, Finding
from vividly.library.encoder import IDENTITY, NAME, Floats, sentence_encoder

SAFE = "safe"
LEARNT = "meaning.npz"
"""The file that `scripts/learn-safety.py` writes and `_learnt` reads."""
NEED, SURE = -1.0, 1.5
"""Log odds from which a question is refused. `NEED` is for a child in need, where a miss costs
more than elsewhere; `SURE` is for the other categories."""
MAY_NEED, KIND_FIRST = -3.5, -2.5
"""Log odds of need from which an answer that is no lesson names help lines (`MAY_NEED`), and from
which it names them first (`KIND_FIRST`).
docs/safety.md says on which questions they were chosen."""
_SHORTEST, _LONGEST = 2, 5
"""Characters in a run."""
VECTOR_SHARE = 0.7
"""Norm of the sentence vector; the vector of the runs has norm 1."""
_SIGNS = re.compile(r"[^a-z0-9]+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


class _Learnt(NamedTuple):
    """The trained model. `weights`: classes × (runs, then dimensions of the sentence vector)."""

    classes: tuple[str, ...]
    runs: Mapping[str, int]
    rarity: Floats
    weights: Floats
    bias: Floats
    digest: str


class Odds(NamedTuple):
    """Log odds of a question.

    Attributes:
        need: of a child in need (`IN_NEED`) against all other classes.
        unsafe: of any unsafe class against `safe`.
        category: the likeliest unsafe category.
        needed: the likeliest category of `IN_NEED`.
    """

    need: float
    unsafe: float
    category: str
    needed: str


def check_meaning(text: str, *, harmless: bool = False, encoder_folder: str = "") -> Finding | None:
    """Check a question by its meaning; None if it may be answered. Takes about 10 ms.

    Args:
        harmless: whether it has a phrase that only looks unsafe; then only need is checked.

    Raises:
        SettingsError: the sentence encoder is not installed.
    """
    odds = odds_of(text, encoder_folder=encoder_folder)
    if odds.need >= NEED:
        return Finding(odds.needed, f"meaning.{odds.needed}")
    if odds.unsafe >= SURE and not harmless:
        return Finding(odds.category, f"meaning.{odds.category}")
    return None


def in_need_rather(finding: Finding, text: str, *, encoder_folder: str = "") -> Finding:
    """The finding of a rule, replaced by a need of help if that is the likelier meaning.

    A child who reports a threat uses the same words as the person who made it.

    Raises:
        SettingsError: the sentence encoder is not installed.
    """
    if finding.category in IN_NEED:
        return finding
    odds = odds_of(text, encoder_folder=encoder_folder)
    return Finding(odds.needed, f"meaning.{odds.needed}") if odds.need >= 0 else finding


def odds_of(text: str, *, encoder_folder: str = "") -> Odds:
    """Classify a question. Takes about 10 ms.

    Raises:
        SettingsError: the sentence encoder is not installed.
    """
    learnt = _learnt()
    vector = sentence_encoder(encoder_folder).encode_query(text)
    known = Counter(learnt.runs[run] for run in runs(text) if run in learnt.runs)
    scores = learnt.bias + learnt.weights[:, len(learnt.runs) :] @ (vector * VECTOR_SHARE)
    if known:
        at = np.fromiter(known, dtype=np.intp)
        values = np.array([1 + math.log(count) for count in known.values()]) * learnt.rarity[at]
        scores = scores + learnt.weights[:, at] @ (values / np.linalg.norm(values))
    by_class = dict(zip(learnt.classes, scores.tolist(), strict=True))
    need = [by_class[name] for name in IN_NEED if name in by_class]
    others = [score for name, score in by_class.items() if name not in IN_NEED]
    unsafe = {name: score for name, score in by_class.items() if name != SAFE}
    return Odds(
        need=_log_sum(need) - _log_sum(others),
        unsafe=_log_sum(list(unsafe.values())) - by_class[SAFE],
        category=max(unsafe, key=lambda name: unsafe[name]),
        needed=max(IN_NEED, key=lambda name: by_class.get(name, -math.inf)),
    )


def identity() -> str:
    """Identity of the classifier and the encoder; see `vividly.lesson.safety.identity`."""
    return f"meaning-{IDENTITY}-{_learnt().digest}"


def runs(text: str) -> Iterator[str]:
    """The character n-grams of a text, spaces between words included.

    Accents, case, apostrophes and signs are removed; a letter repeated three times or more
    ("soooo") becomes two.
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(c for c in text if not unicodedata.combining(c) and c not in "'’‘`´")
    words = _SIGNS.sub(" ", _DRAWN_OUT.sub(r"\1\1", kept)).strip()
    plain = f" {words} "
    for length in range(_SHORTEST, _LONGEST + 1):
        for start in range(len(plain) - length + 1):
            yield plain[start : start + length]


def _log_sum(scores: Sequence[float]) -> float:
    return float(np.logaddexp.reduce(scores)) if scores else -math.inf


@cache
def _learnt() -> _Learnt:
    file = files("vividly.lesson.safety") / LEARNT
    data = file.read_bytes()
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        # Vectors of 8 and of 32 bits give the same decisions: docs/decisions/0017.
        if str(arrays["encoder"]).partition("/")[0] != NAME:
            raise ValueError(f"{LEARNT} is of another model: run scripts/learn-safety.py")
        classes = tuple(map(str, arrays["classes"]))
        if unknown := set(classes) - {SAFE, *CATEGORIES}:
            raise ValueError(f"{LEARNT} has categories that there are none of: {unknown}")
        return _Learnt(
            classes,
            {run: at for at, run in enumerate(str(arrays["runs"]).split("\n"))},
            arrays["rarity"].astype(np.float32),
            arrays["weights"].astype(np.float32),
            arrays["bias"],
            hashlib.sha256(data).hexdigest()[:12],
        )
