"""The names of Greek letters, and the signs without a name, which make a sentence unsayable."""

from __future__ import annotations

import re
import unicodedata

from vividly.text.locales import speech_for
from vividly.text.locales.sections import Speech

_SILENT = frozenset("\"'()[]{}«»‹›“”„‘’‚ʼ`´.,;:!?¿¡…‐‑‒–—―-_•·®™†‡¶●■▪►▶")
"""Punctuation and ornaments: they make a pause, or nothing."""
_PAUSES = re.compile("DANDA|COMMA|(?:FULL|QUESTION|EXCLAMATION|QUOTATION)|COLON|BRACKET")
"""Names of other scripts' punctuation."""
_DECORATIONS = re.compile("[\u2600-\u27bf\u2b50-\u2b55\U0001f000-\U0010ffff]")


def unnamed_signs(text: str, language: str, *, besides: str = "") -> str:
    """The signs of a text that have no word in a language, such as "⊕"; each once, in order.

    In a language without a locale the voice reads signs by its own rules, so there are none.

    Args:
        language: BCP 47.
        besides: signs that the caller can name.
    """
    lexicon = speech_for(language)
    found = (c for c in dict.fromkeys(text) if not c.isalnum() and c not in besides)
    return "".join(c for c in found if lexicon.phrases and _is_unnamed(c, lexicon))


def greek_name(letter: str) -> str | None:
    """`omega` for ω or Ω; None for any other character."""
    name = unicodedata.name(unicodedata.normalize("NFKC", letter), "").split()
    if name[:1] != ["GREEK"] or "LETTER" not in name:
        return None
    return name[name.index("LETTER") + 1].lower().replace("lamda", "lambda")


def _is_unnamed(character: str, lexicon: Speech) -> bool:
    category = unicodedata.category(character)
    if category[0] in "LMNZC" or character in _SILENT or character in lexicon.signs:
        return False
    if category[0] == "P" and _PAUSES.search(unicodedata.name(character, "")):
        return False
    return not (category in ("So", "Sk") and _DECORATIONS.match(character))
