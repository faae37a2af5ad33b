"""Data of the locales for tests."""

from __future__ import annotations

from vividly.text.locales import known_locales, locale_for

CONNECTIVES = frozenset(
    phrase for tag in known_locales() for phrase in locale_for(tag).lesson.connectives.phrases()
)
"""Every phrase that may introduce a part of a lesson, in all languages."""
