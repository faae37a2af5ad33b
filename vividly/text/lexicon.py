"""What a language has to say for the signs, units and abbreviations of school texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lexicon:
    """Words for what is written in signs.

    A language that has none gets an empty one: its voice reads the signs in
    its own way.

    Attributes:
        signs: single characters, said wherever they stand.
        units: said after a number, or alone where they hold a sign (`m/s`, `°C`).
        abbreviations: whole tokens, their full stop included.
        fractions: said for two numbers with a slash between them.
        phrases: the connectives that expansions are built with.
        singulars: of units, where they do not just lose an "s".
        short_words: two capitals that are a word, where others are letters ("UV").
        one: what the number 1 is before a noun, by the noun's ending; "" for all others.
        not_nouns: words that 1 stays a number before.
    """

    signs: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    fractions: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)
    singulars: Mapping[str, str] = field(default_factory=dict)
    short_words: frozenset[str] = frozenset()
    one: Mapping[str, str] = field(default_factory=dict)
    not_nouns: frozenset[str] = frozenset()
