"""Parts what a caption says from whom it names as the picture's maker."""

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
"""Where pictures come from: what names one of these is a credit."""
_SMALL = frozenset([
    "and", "of", "the", "de", "la", "del", "von", "van", "der", "by", "et", "al", "via", "for", "y",
])  # fmt: skip
"""Words in names that have no capital."""


def split_credit(caption: str) -> tuple[str, str]:
    """(caption, credit), where the caption ends with one in brackets.

    A credit that is not marked as one stands after the last full stop and begins with a name,
    or says where the picture is from: "A coil. (Jo Smith)", but not "A coil (not to scale)."
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
    """Whether it is made of names: two letters and more, all words with capitals or digits."""
    words = [word for word in re.findall(r"[^\s,;:/()&]+", text) if word not in _SMALL]
    told = [word.lstrip("=\"“‘'") for word in words]
    named = (not w or w[0].isupper() or w[0] == "@" or any(map(str.isdigit, w)) for w in told)
    return len(text) > 2 and all(named)
