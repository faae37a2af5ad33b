"""Maps a student's own words for an interest to a topic's bridge."""

from __future__ import annotations

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
    """The topic's bridge for the interest, or `everyday`.

    Args:
        interest: free text, such as "NBA", "drawing", "my dog"; None for none.
        available: the topic's bridges.
        language: decides what "football" means.
    """
    return next((slug for slug in _named(interest, language) if slug in available), EVERYDAY)


def carrying_interest(
    interest: str | None, available: Collection[str], language: str = "en-US"
) -> str:
    """The topic's bridge for the interest, else for one near to it, else `everyday`.

    Soccer may carry hockey, and the student is told so; but it does not carry chess
    (`near_interests.yaml`). Arguments as for `bridge_interest`.
    """
    named = _named(interest, language)
    near = (slug for slug, of in _near_interests().items() if not of.isdisjoint(named))
    return next((slug for slug in (*named, *near) if slug in available), EVERYDAY)


def _named(interest: str | None, language: str) -> list[str]:
    """The interests that a student's words name, those of longer phrases first.

    Slugs of `interests.yaml`, and plain words of `near_interests.yaml` that belong to none.
    """
    said = plain_words(interest or "")
    if said in ("football", "footy") or said.startswith("football "):
        _, _, region = language.lower().partition("-")
        american = region in locale_for(language).names.american_football_in
        return ["american-football" if american else "soccer"]
    phrases = _phrases()
    found = [phrase for phrase in phrases if f" {phrase} " in f" {said} "]
    if not found:
        found = [
            match[0]
            for word in {said, *said.split()}
            if len(word) >= TYPO_LENGTH
            for match in process.extract(word, phrases.keys(), limit=1, score_cutoff=TYPO_SCORE)
            if abs(len(match[0]) - len(word)) <= 2
        ]
    return [phrases[phrase] for phrase in sorted(found, key=len, reverse=True)]


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
def _near_interests() -> dict[str, frozenset[str]]:
    """Slug of an interest -> the slugs and plain words of those that it may carry."""
    text = files("vividly.text").joinpath("near_interests.yaml").read_text("utf-8")
    table: dict[str, list[str]] = yaml.safe_load(text)
    known = known_interests()
    return {
        slug: frozenset(name if name in known else plain_words(name) for name in names)
        for slug, names in table.items()
    }


@cache
def _phrases() -> dict[str, str]:
    """Phrase -> slug; the slugs themselves are included, and words that only are near to one."""
    table = interest_table()
    phrases = {plain_words(slug): slug for slug in table}
    for slug, synonyms in table.items():
        phrases |= {plain_words(synonym): slug for synonym in synonyms}
    near = {word: word for of in _near_interests().values() for word in of - table.keys()}
    return near | phrases


def plain_words(text: str) -> str:
    """The text in lower case, without accents, punctuation, emoji and possessives."""
    return " ".join(words(without_possessives(text), PLAIN))
