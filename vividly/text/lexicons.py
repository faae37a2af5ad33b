"""The lexicons that there are, by language."""

from __future__ import annotations

from vividly.text.lexicon import Lexicon
from vividly.text.lexicon_en import ENGLISH
from vividly.text.lexicon_es import SPANISH
from vividly.text.locales import primary_subtag

__all__ = ["ENGLISH", "LEXICONS", "SPANISH", "lexicon_for"]

LEXICONS = {"en": ENGLISH, "es": SPANISH}
_EMPTY = Lexicon()


def lexicon_for(language: str) -> Lexicon:
    """The lexicon of a BCP 47 language, empty where there is none."""
    return LEXICONS.get(primary_subtag(language), _EMPTY)
