"""Separates a picture's caption from its credit."""

from __future__ import annotations

import re

_LAST = re.compile(r"\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\.?\s*$")
_MARKED = re.compile(r"(?:credits?|image|photo)\b:?\s*(?:by\s+)?", re.I)
_ENDED = (".", "?", "!", "”", '."')
_PLACES = re.compile(
    r"\b(?:modification of work|Flickr|Wikimedia|Wikipedia|Pixabay|Unsplash|Pexels|CC BY|NASA|"
    r"NOAA|public domain|courtesy of|dominio público|cortesía de)\b",
    re.I,
)
"""Sources of pictures: a text that names one of these is a credit."""
_SMALL = frozenset([
    "and", "of", "the", "de", "la", "del", "von", "van", "der", "by", "et", "al", "via", "for", "y",
])  # fmt: skip
"""Lower-case words in names."""


def split_credit(caption: str) -> tuple[str, str]:
    """(caption, credit); the credit is empty if the caption does not end with one in brackets.

    Without the word "credit" it has to follow the last full stop and begin with a name, or to
    name a source of pictures: "A coil. (Jo Smith)", but not "A coil (not to scale)."
    """
    found = _LAST.search(caption)
    if not found:
        return caption, ""
    before, inside = caption[: found.start()].rstrip(), found[1].strip()
    if marked := _MARKED.match(inside):
        return before, inside[marked.end() :].strip()
    if _PLACES.search(inside) or (before.endswith(_ENDED) and _names(inside)):
        return before, inside.lstrip("=@ ")
    return caption, ""


def _names(text: str) -> bool:
    """Whether a text consists of names: at least two letters, all words with capitals or digits."""
    words = [word for word in re.findall(r"[^\s,;:/()&]+", text) if word not in _SMALL]
    told = [word.lstrip("=\"“‘'") for word in words]
    named = (not w or w[0].isupper() or w[0] == "@" or any(map(str.isdigit, w)) for w in told)
    return len(text) > 2 and all(named)
