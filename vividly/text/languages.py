"""Detects the language of a question, and names languages.

py3langid (naive Bayes over byte n-grams) detects the language, limited to the languages below: with
all of its 140, results for short questions are arbitrary. Most questions are in a language with
lessons, even if misspelt. So another language is accepted only if the detector almost excludes
those (`docs/understanding.md` has the figures).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Container, Iterable
from functools import cache

import babel
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from vividly.text.locales import DEFAULT, primary_subtag

EXCLUDED, EXCLUDED_SHORT = 0.02, 0.005
"""Probability below which a question is in none of the expected languages; the second value is for
questions of two words."""
TELLING_FROM = 4
"""Minimum length of a known word that shows that a question is in the expected language. Shorter
words exist in every language."""
_LETTERS = re.compile(r"[^\W\d_]+")


_TOLD_APART = (
    "en es fr de pt it nl sv da no fi pl cs hu ro tr vi id tl sw el ru uk bg he ar fa ur hi bn mr "
    "ta te th zh ja ko"
)
LANGUAGES = tuple(_TOLD_APART.split())
"""The languages that can be detected, by primary subtag. Their names come from CLDR (Babel)."""
_ALSO_NAMED = {("bn", "en"): "Bengali", ("tl", "en"): "Filipino", ("id", "id"): "Bahasa Indonesia"}
"""(Language, language of the name) -> the name to use instead of CLDR's."""


def supported(tag: str, languages: Collection[str]) -> bool:
    """Whether lessons in `languages` include the language of a tag."""
    return primary_subtag(tag) in languages


def name_of(tag: str, language: str = DEFAULT) -> str:
    """The name of a language in another ("Spanish" for `es-MX`); its subtag if it has none."""
    subtag, named_in = primary_subtag(tag), primary_subtag(language)
    if other := _ALSO_NAMED.get((subtag, named_in)):
        return other
    try:
        return str(babel.Locale.parse(named_in).languages.get(subtag, subtag))
    except (babel.UnknownLocaleError, ValueError):
        return subtag


def own_name_of(tag: str) -> str:
    """A language's name in that language ("español"); its subtag if it has none."""
    return name_of(tag, tag)


def names_of(tags: Iterable[str]) -> tuple[str, ...]:
    """The languages' names in English; English first, then by name."""
    return tuple(name_of(tag) for tag in _ordered(tags))


def own_names_of(tags: Iterable[str]) -> tuple[str, ...]:
    """The languages' names, each in its own language, in the order of `names_of`."""
    return tuple(own_name_of(tag) for tag in _ordered(tags))


def _ordered(tags: Iterable[str]) -> list[str]:
    return sorted(tags, key=lambda tag: (primary_subtag(tag) != DEFAULT, name_of(tag)))


def detect(text: str, *, expected: Collection[str] = (DEFAULT,), known: Container[str] = ()) -> str:
    """The language of a question, by its primary subtag.

    A single word in Latin letters counts as the first expected language, since languages share
    scientific words. "Richter scale" looks German, so `known` words count as evidence for the
    expected languages.

    Args:
        text: of any length; an empty text is in the first expected language.
        expected: the languages to prefer unless another is almost certain, likeliest first.
        known: words of the first expected language, in lower case.
    """
    first = next(iter(expected), DEFAULT)
    found = _LETTERS.findall(text.casefold())
    foreign = is_foreign_script(text)
    if not found or (len(found) < 2 and not foreign):
        return first
    # Only the letters: the detector takes digits and signs for a language.
    ranked = [(str(code), float(p)) for code, p in _identifier().rank(" ".join(found))]
    if foreign:
        own = (code for code, _ in ranked if code in expected or code not in _latin())
        return next(own, ranked[0][0])
    likely = [(code, p) for code, p in ranked if code in expected]
    if sum(p for _, p in likely) >= (EXCLUDED_SHORT if len(found) < 3 else EXCLUDED):
        return max(likely, key=lambda one: one[1])[0]
    telling = [word for word in found if len(word) >= TELLING_FROM]
    if sum(word in known for word in telling) * 2 > len(telling):
        return first
    return next(code for code, _ in ranked if code not in expected)


def is_foreign_script(text: str) -> bool:
    """Whether most letters of a text are not Latin."""
    letters = [c for c in text if c.isalpha()]
    latin = sum(unicodedata.name(c, "").startswith("LATIN") for c in letters)
    return bool(letters) and latin < len(letters) / 2


@cache
def _identifier() -> LanguageIdentifier:
    """The detector. Loading takes about 1 s and 60 MB once per process; then it is thread-safe."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier


@cache
def _latin() -> frozenset[str]:
    return frozenset(code for code in LANGUAGES if not is_foreign_script(own_name_of(code)))
