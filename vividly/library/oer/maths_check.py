"""Compares how a formula is said with how it is written: nothing of it may be lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from vividly.library.oer.maths_words import RELATIONS
from vividly.library.oer.model import Maths

_ATOMIC_NUMBER = re.compile("(?<=[⁰-⁹¹²³])[₀-₉]+(?=[A-Z])")
"""It is told by the name of the element."""
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "=": ("=", "double bond"),
    "<>": ("<", ">"),  # a chain is said from its middle
    "≤≥": ("≤", "≥"),
    "≈": ("≈", "about"),
    "≠": ("≠",),
    "+": ("+", "positive"),
    "−": ("−", "negative", "bond"),
    "×": ("×", "cross product"),
}
"""Signs -> keys of the words that they may be said with."""


MOST_QUANTITIES = 2
"""Sums and fractions in one another, on one side of an equation, that an ear can tell apart."""


def crowded(maths: Maths, words: Mapping[str, str]) -> bool:
    """Whether a formula is for the eye only."""
    sides = 1 + sum(maths.text.count(sign) for sign in RELATIONS)
    return maths.say.count(words["quantity"]) > MOST_QUANTITIES * sides


def complete(maths: Maths, words: Mapping[str, str]) -> bool:
    """Whether every number and every sign of a formula is heard.

    Powers are left aside: they are said in many ways, such as "squared" and "per second".

    Args:
        words: sign or phrase -> how to say it.
    """
    text = _ATOMIC_NUMBER.sub("", maths.text)
    lowered = re.sub("[₀-₉]+", lambda found: f" {found[0].translate(_LOWERED)} ", text)
    if _numbers(lowered) - _numbers(maths.say):
        return False
    return all(
        sum(map(text.count, both))
        <= sum(map(maths.say.count, [*both, *(_without_verb(words[key]) for key in keys)]))
        for both, keys in _SIGNS.items()
    )


def _without_verb(phrase: str) -> str:
    """`less than` of "is less than"."""
    return phrase.partition(" ")[2] or phrase


def _numbers(text: str) -> Counter[str]:
    return Counter(_NUMBER.findall(text.replace(",", "")))
