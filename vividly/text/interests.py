"""Maps a student's own words for an interest to a topic's bridge."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files

import yaml
from rapidfuzz import process

from vividly.text.locales import locale_for
from vividly.text.words import PLAIN, without_possessives, words

EVERYDAY = "everyday"
"""The interest of a student who named none, or named one without a bridge from the topic."""
TYPO_SCORE = 88
"""Minimum similarity (0-100) of a misspelt word to the correct one."""
TYPO_LENGTH = 5
"""Minimum length of a word to correct; shorter words are too easily mistaken for others."""


def bridge_interest(
    interest: str | None, available: Collection[str], language: str = "en-US"
) -> str:
    """The topic's bridge that fits the interest, or `everyday`.

    A volleyball fan is not told about basketball: if the topic has no bridge for the interest, the
    lesson uses the everyday one and does not mention the interest.

    Args:
        interest: free text, such as "NBA", "drawing", "my dog"; None for none.
        available: the topic's bridges.
        language: decides what "football" means.
    """
    said = plain_words(interest or "")
    if not said:
        return EVERYDAY
    if said in ("football", "footy") or said.startswith("football "):
        _, _, region = language.lower().partition("-")
        american = region in locale_for(language).names.american_football_in
        slug = "american-football" if american else "soccer"
        return slug if slug in available else EVERYDAY
    phrases = _phrases()
    found = [phrase for phrase in phrases if re.search(rf"\b{re.escape(phrase)}\b", said)]
    if not found:
        found = [
            match[0]
            for word in {said, *said.split()}
            if len(word) >= TYPO_LENGTH
            for match in process.extract(word, phrases.keys(), limit=1, score_cutoff=TYPO_SCORE)
            if abs(len(match[0]) - len(word)) <= 2
        ]
    for phrase in sorted(found, key=len, reverse=True):
        if phrases[phrase] in available:
            return phrases[phrase]
    return EVERYDAY


@cache
def known_interests() -> frozenset[str]:
    """The slugs of all interests that the package knows."""
    return frozenset(interest_table())


@cache
def interest_table() -> Mapping[str, list[str]]:
    """Slug of each interest -> students' words for it, in any language."""
    table: dict[str, list[str]] = yaml.safe_load(interests_file())
    return table


def interests_file() -> bytes:
    """The bytes of the file of `interest_table`."""
    return files("vividly.text").joinpath("interests.yaml").read_bytes()


@cache
def _phrases() -> dict[str, str]:
    """Phrase -> slug; the slugs themselves are included."""
    table = interest_table()
    phrases = {plain_words(slug): slug for slug in table}
    for slug, synonyms in table.items():
        phrases |= {plain_words(synonym): slug for synonym in synonyms}
    return phrases


def plain_words(text: str) -> str:
    """The text in lower case, without accents, punctuation, emoji and possessives."""
    return " ".join(words(without_possessives(text), PLAIN))
