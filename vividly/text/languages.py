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
from dataclasses import dataclass
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

DEFAULT = "en"
"""The language of a request that names none."""
EXCLUDED, EXCLUDED_SHORT = 0.02, 0.005
"""Probability below which a question is in none of the languages that are expected; for one of
two words it has to be lower."""
TELLING_FROM = 4
"""Letters from which a word that is known tells that a question is in the language expected:
shorter ones mean something in every language."""
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Language:
    """A language and its names.

    Attributes:
        code: primary subtag of BCP 47, such as `es`.
        name: in English.
        own: in the language itself.
    """

    code: str
    name: str
    own: str


_NAMES = """
en English English | es Spanish español | fr French français | de German Deutsch
pt Portuguese português | it Italian italiano | nl Dutch Nederlands | sv Swedish svenska
da Danish dansk | no Norwegian norsk | fi Finnish suomi | pl Polish polski | cs Czech čeština
hu Hungarian magyar | ro Romanian română | tr Turkish Türkçe | vi Vietnamese Tiếng_Việt
id Indonesian Bahasa_Indonesia | tl Filipino Filipino | sw Swahili Kiswahili | el Greek ελληνικά
ru Russian русский | uk Ukrainian українська | bg Bulgarian български | he Hebrew עברית
ar Arabic العربية | fa Persian فارسی | ur Urdu اردو | hi Hindi हिन्दी | bn Bengali বাংলা
mr Marathi मराठी | ta Tamil தமிழ் | te Telugu తెలుగు | th Thai ไทย | zh Chinese 中文
ja Japanese 日本語 | ko Korean 한국어
"""
LANGUAGES = {
    code: Language(code, name.replace("_", " "), own.replace("_", " "))
    for code, name, own in (entry.split() for entry in re.split(r"[|\n]", _NAMES) if entry.strip())
}
"""The languages that are told apart, by primary subtag."""


def primary(tag: str) -> str:
    """The primary subtag of a BCP 47 tag in lower case (`es` of `es-MX`); empty is English."""
    return re.split("[-_]", tag.strip().lower())[0] or DEFAULT


def supported(tag: str, languages: Collection[str]) -> bool:
    """Whether a lesson can be had in that language, where there are lessons in `languages`."""
    return primary(tag) in languages


def name_of(tag: str) -> str:
    """The language's name in English; the subtag itself where it is none of ours."""
    known = LANGUAGES.get(primary(tag))
    return known.name if known else primary(tag)


def names_of(tags: Iterable[str]) -> tuple[str, ...]:
    """Their names in English, English first, then by name."""
    return tuple(sorted((name_of(tag) for tag in tags), key=lambda name: (name != "English", name)))


def own_names_of(tags: Iterable[str]) -> tuple[str, ...]:
    """Their names as their own speakers say them, in the order of `names_of`."""
    ordered = sorted(tags, key=lambda tag: (primary(tag) != DEFAULT, name_of(tag)))
    known = ((tag, LANGUAGES.get(primary(tag))) for tag in ordered)
    return tuple(language.own if language else tag for tag, language in known)


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
        own = (code for code, _ in ranked if code in expected or code not in _LATIN)
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


_LATIN = frozenset(
    code for code, language in LANGUAGES.items() if not is_foreign_script(language.own)
)
