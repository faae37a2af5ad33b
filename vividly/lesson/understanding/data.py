"""The data that understanding goes by, as one digest."""

from __future__ import annotations

import hashlib
from functools import cache

from vividly.text.interests import interests_file
from vividly.text.locales import known_locales, locale_for


@cache
def digest() -> str:
    """SHA-256 over the data files, in hex, cut to 12 digits: changes when an answer may."""
    sum_ = hashlib.sha256(interests_file())
    for tag in known_locales():
        for section in ("questions", "hints", "answers"):
            sum_.update(f"{tag}/{section}\0".encode() + locale_for(tag).file(section) + b"\0")
    return sum_.hexdigest()[:12]
