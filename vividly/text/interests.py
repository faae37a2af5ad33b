"""From a student's own words for an interest to a bridge that a topic has."""

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
"""The interest of a student who named none, or one that the topic has no bridge for."""
TYPO_SCORE = 88
"""How alike (0-100) a misspelt word must be to the right one."""
TYPO_LENGTH = 5
"""Shorter words are too easily mistaken for others."""


def bridge_interest(
    interest: str | None, available: Collection[str], language: str = "en-US"
) -> str:
    """The topic's bridge that fits the interest, or `everyday`.

    Honest: a volleyball fan is not told about basketball. Where the topic has no
    bridge for the interest, the everyday one is taken, and the lesson says nothing
    of the interest.

    Args:
        interest: free words, such as "NBA", "drawing", "my dog"; None for none.
        available: the bridges that the topic has.
        language: settles what "football" is.
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
    """Slug of each interest -> what students call it, in any language."""
    table: dict[str, list[str]] = yaml.safe_load(interests_file())
    return table


def interests_file() -> bytes:
    """That table as it is stored."""
    return files("vividly.text").joinpath("interests.yaml").read_bytes()


@cache
def _phrases() -> dict[str, str]:
    """Phrase -> slug, slugs' own names included."""
    table = interest_table()
    phrases = {plain_words(slug): slug for slug in table}
    for slug, synonyms in table.items():
        phrases |= {plain_words(synonym): slug for synonym in synonyms}
    return phrases


def plain_words(text: str) -> str:
    """A text in lower case, without accents, punctuation, emoji and possessives."""
    return " ".join(words(without_possessives(text), PLAIN))
