"""Which language a question is in, what languages are called, and what is said in them.

Detection is that of py3langid (naive Bayes over byte n-grams), held to the languages
below: over all of its 140, short questions come out as anything. Most of what students
type is in a language that there are lessons in, if misspelt, so another one is believed
only when the detector all but excludes those (`docs/understanding.md` has the figures).
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
"""Probability below which a question is in none of the languages that are expected; for one of
two words it has to be lower."""
TELLING_FROM = 4
"""Letters from which a word that is known tells that a question is in the language expected:
shorter ones mean something in every language."""
_LETTERS = re.compile(r"[^\W\d_]+")


_TOLD_APART = (
    "en es fr de pt it nl sv da no fi pl cs hu ro tr vi id tl sw el ru uk bg he ar fa ur hi bn mr "
    "ta te th zh ja ko"
)
LANGUAGES = tuple(_TOLD_APART.split())
"""The languages that are told apart, by primary subtag. Their names are those of CLDR (Babel)."""
_ALSO_NAMED = {("bn", "en"): "Bengali", ("tl", "en"): "Filipino", ("id", "id"): "Bahasa Indonesia"}
"""(Language, in which language) -> its name, where another than CLDR's is meant."""


def supported(tag: str, languages: Collection[str]) -> bool:
    """Whether a lesson can be had in that language, where there are lessons in `languages`."""
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
    """A language's name as its own speakers say it ("español"); its subtag if it has none."""
    return name_of(tag, tag)


def names_of(tags: Iterable[str]) -> tuple[str, ...]:
    """Their names in English, English first, then by name."""
    return tuple(name_of(tag) for tag in _ordered(tags))


def own_names_of(tags: Iterable[str]) -> tuple[str, ...]:
    """Their names as their own speakers say them, in the order of `names_of`."""
    return tuple(own_name_of(tag) for tag in _ordered(tags))


def _ordered(tags: Iterable[str]) -> list[str]:
    return sorted(tags, key=lambda tag: (primary_subtag(tag) != DEFAULT, name_of(tag)))


def detect(text: str, *, expected: Collection[str] = (DEFAULT,), known: Container[str] = ()) -> str:
    """The language of a question, by its primary subtag.

    A single word in Latin letters tells nothing, since science has its words in common
    between languages, so it counts as the first one expected. "Richter scale" looks German,
    so words that are `known` speak against another language than those expected.

    Args:
        text: of any length; empty is in the first language expected.
        expected: languages that it is in unless it surely is in another, likeliest first.
        known: words of the first language expected, in lower case.
    """
    first = next(iter(expected), DEFAULT)
    found = _LETTERS.findall(text.casefold())
    foreign = is_foreign_script(text)
    if not found or (len(found) < 2 and not foreign):
        return first
    # Only the letters: digits and signs are no language, but the detector takes them for one.
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
    """Whether the letters of a text are mostly other than Latin ones."""
    letters = [c for c in text if c.isalpha()]
    latin = sum(unicodedata.name(c, "").startswith("LATIN") for c in letters)
    return bool(letters) and latin < len(letters) / 2


@cache
def _identifier() -> LanguageIdentifier:
    """The detector: about 1 s and 60 MB once per process; then safe between threads."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier


@cache
def _latin() -> frozenset[str]:
    return frozenset(code for code in LANGUAGES if not is_foreign_script(own_name_of(code)))
