"""A digest of the data files that understanding depends on."""

from __future__ import annotations

import hashlib
from functools import cache

from vividly.text.interests import interests_file
from vividly.text.locales import known_locales, locale_for


@cache
def digest() -> str:
    """Return the first 12 hex digits of the SHA-256 over the data files."""
    sum_ = hashlib.sha256(interests_file())
    for tag in known_locales():
        for section in ("questions", "hints", "answers"):
            sum_.update(f"{tag}/{section}\0".encode() + locale_for(tag).file(section) + b"\0")
    return sum_.hexdigest()[:12]
