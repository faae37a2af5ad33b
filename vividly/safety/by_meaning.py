"""A second look at questions that no rule refuses: what they mean, in whatever words.

A logistic regression over the sentence encoder's vectors, learnt from the labelled questions by
`scripts/learn-safety.py`. It refuses only what it is sure of, so that school matter passes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vividly.encoder import NAME, WEIGHTS, Floats, sentence_encoder
from vividly.safety.categories import CATEGORIES, Finding

SAFE = "safe"
LEARNT = "meaning.npz"
SURE = 1.5
"""Log odds of "unsafe" from which a question is refused: chosen on questions that it had not
learnt from, where none of school matter and 2 in 1,333 others reach it."""
REGULARIZATION = 3.0
"""Inverse strength, as scikit-learn's `C`."""
_ENCODER = f"{NAME}/{WEIGHTS[:8]}"


class _Learnt(NamedTuple):
    classes: tuple[str, ...]
    weights: Floats
    bias: Floats
    digest: str


def check_meaning(text: str, *, encoder_folder: str = "") -> Finding | None:
    """Why a question must not be answered, by what it means; None where it may.

    About 10 ms. It knows English; of other languages it is seldom sure.

    Raises:
        SettingsError: the sentence encoder is not there.
    """
    learnt = _learnt()
    vector = sentence_encoder(encoder_folder).encode([text])[0]
    scores = dict(
        zip(learnt.classes, (learnt.weights @ vector + learnt.bias).tolist(), strict=True)
    )
    safe = scores.pop(SAFE)
    if np.logaddexp.reduce(list(scores.values())) - safe < SURE:
        return None
    category = max(scores, key=lambda name: scores[name])
    return Finding(category, f"meaning.{category}")


def identity() -> str:
    """Names what was learnt and the encoder: a stored result does not outlive them."""
    return f"meaning-{_ENCODER}-{_learnt().digest}"


def learn(questions: Sequence[tuple[str, str]], target: Path) -> None:
    """Learn from labelled questions and write what was learnt.

    Args:
        questions: (text, category or `safe`).
    """
    from sklearn.linear_model import LogisticRegression

    vectors = sentence_encoder().encode([text for text, _ in questions])
    model = LogisticRegression(C=REGULARIZATION, max_iter=5000)
    model.fit(vectors, [label for _, label in questions])
    np.savez_compressed(
        target,
        encoder=np.array(_ENCODER),
        classes=np.array(model.classes_, dtype=np.str_),
        weights=model.coef_.astype(np.float32),
        bias=model.intercept_.astype(np.float32),
    )


@cache
def _learnt() -> _Learnt:
    file = files("vividly.safety") / LEARNT
    data = file.read_bytes()
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        if str(arrays["encoder"]) != _ENCODER:
            raise ValueError(f"{LEARNT} is of another encoder: run scripts/learn-safety.py")
        classes = tuple(map(str, arrays["classes"]))
        if unknown := set(classes) - {SAFE, *CATEGORIES}:
            raise ValueError(f"{LEARNT} has categories that there are none of: {unknown}")
        weights, bias = arrays["weights"], arrays["bias"]
    return _Learnt(classes, weights, bias, hashlib.sha256(data).hexdigest()[:12])
