"""Words and stems: one tokeniser, with a named profile for each use.

>>> words("Newton's 2nd law: x²", QUESTION)
['newtons', 'second', 'law', 'x2']
>>> words("Newton's 2nd law: x²", PASSAGE)
['newton', '2nd', 'law', 'x²']
>>> words("Newton's 2nd law: x²", PROSE)
["newton's", 'nd', 'law', 'x']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

import Stemmer

from vividly.text.locales import locale_for

APOSTROPHES = "'’‘`´ʼ"
LONGEST_WORD = 40
"""Longer runs of letters are not words; they are cut to limit the work on them."""
_SAME = {
    "1st": "first",
    "2nd": "second",
    "3rd": "third",
    "mitochondria": "mitochondrion",
    "nuclei": "nucleus",
    "bacteria": "bacterium",
    "viruses": "virus",
    "stomata": "stoma",
    "spectra": "spectrum",
    "vertices": "vertex",
    "leaves": "leaf",
    "axes": "axis",
    "radii": "radius",
    "formulae": "formula",
    "phenomena": "phenomenon",
    "maths": "math",
    "colour": "color",
    "colours": "colors",
    "fibre": "fiber",
    "metre": "meter",
    "metres": "meters",
    "aluminium": "aluminum",
    "sulphur": "sulfur",
    "oestrogen": "estrogen",
    "grey": "gray",
    "tyre": "tire",
    "tyres": "tires",
    "gases": "gas",
    "indices": "index",
    "froze": "freeze",
    "frozen": "freeze",
    "threw": "throw",
    "thrown": "throw",
    "fell": "fall",
    "fallen": "fall",
    "ate": "eat",
    "eaten": "eat",
    "grew": "grow",
    "grown": "grow",
    "broke": "break",
    "broken": "break",
    "bent": "bend",
    "rose": "rise",
    "risen": "rise",
    "shook": "shake",
    "sank": "sink",
    "flew": "fly",
    "heard": "hear",
    "felt": "feel",
}
"""Forms of a word that a stemmer does not merge."""

_NO_APOSTROPHES = str.maketrans("", "", APOSTROPHES)
_APOSTROPHE_S = re.compile(rf"[{APOSTROPHES}]s\b", re.IGNORECASE)
_SPELT_OUT = re.compile(r"\b[A-Z](?: [A-Z])+\b")
_POWER = re.compile(r"(?<=[A-Za-z])\^(?=\d)")
_RAISED = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_SIGNS = str.maketrans(
    {
        **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
        **dict.fromkeys("−‒–‑", "-"),
        **dict.fromkeys("×·⋅∙", "*"),
        **dict.fromkeys("’‘ʼ`´", "'"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("→⟶⇒", "→"),
        "÷": "/",
        "∕": "/",
        "⁄": "/",
        "—": ", ",
        "…": ". ",
        "\u2126": "Ω",
        "µ": "μ",
        "\u00a0": " ",
        "\u202f": " ",
    }
)
_VULGAR = re.compile(r"(\d)?([¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")


@dataclass(frozen=True)
class Profile:
    """How a text is split into words.

    Attributes:
        prepare: applied to the text first.
        word: pattern of a word in the prepared text.
        same: other form of a word -> the form to use.
        longest: number of characters kept of a word; None for all.
    """

    prepare: Callable[[str], str]
    word: re.Pattern[str]
    same: Mapping[str, str] = field(default_factory=dict)
    longest: int | None = None


def words(text: str, profile: Profile) -> list[str]:
    """The words of a text in lower case, in order."""
    found = profile.word.findall(profile.prepare(text))
    return [profile.same.get(word, word)[: profile.longest] for word in found]


def stems(some: Iterable[str], language: str = "en") -> list[str]:
    """The stem of each lower-case word, in order ("travelling" and "travels" are "travel").

    A possessive becomes its owner. A language without a locale gets the English stemmer.

    Args:
        some: words of any profile.
        language: BCP 47.
    """
    # A stemmer has state and is not thread-safe, so each call creates its own.
    stemmer = Stemmer.Stemmer(locale_for(language).search.snowball, 0)
    return [str(stem) for stem in stemmer.stemWords([_owner(word) for word in some])]


@lru_cache(maxsize=40_000)
def stem(word: str, language: str = "en") -> str:
    """The stem of one word, as in `stems`; cached."""
    return stems([word], language)[0]


@cache
def filler(language: str) -> frozenset[str]:
    """The words of questions in a language that say nothing about their topic."""
    return frozenset(words(locale_for(language).questions.filler, QUESTION))


def capitalized(text: str) -> str:
    """The text with a capital letter first; the others stay as they are."""
    return text[:1].upper() + text[1:]


def singular(word: str) -> str:
    """A lower-case word without its plural ending; unlike a stemmer, it merges nothing else."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word


def without_marks(text: str) -> str:
    """A text without accents, in compatibility characters (`é` becomes `e`, `²` becomes `2`)."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def without_possessives(text: str) -> str:
    """A text with possessives replaced by their owner ("the dog's ball" is "the dog ball")."""
    return _APOSTROPHE_S.sub("", text)


def spelt_together(text: str) -> str:
    """A text with letters that were spelt out for a voice joined ("D N A" is "DNA")."""
    return _SPELT_OUT.sub(lambda found: found[0].replace(" ", ""), text)


@lru_cache(maxsize=8_000)
def one_spelling(text: str) -> str:
    """A text with one spelling for each sign: `²` is `^2`, `×` is `*`, `½` is `1/2`, `x₁` is `x1`.

    Letters spelt out for a voice are joined.
    """
    text = _RAISED.sub(lambda found: "^" + found[0].translate(_PLAIN), text.translate(_SIGNS))
    text = _VULGAR.sub(_fraction, text)
    return spelt_together(unicodedata.normalize("NFC", text))


def _fraction(found: re.Match[str]) -> str:
    plain = unicodedata.normalize("NFKC", found[2]).replace("⁄", "/")
    return f"{found[1]} {plain}" if found[1] else plain


def _owner(word: str) -> str:
    return word.removesuffix("'s").removesuffix("s'").replace("'", "") if "'" in word else word


def _plain(text: str) -> str:
    return without_marks(text.casefold().translate(_NO_APOSTROPHES))


def _of_question(text: str) -> str:
    return _plain(_POWER.sub("", spelt_together(text)))


def _of_passage(text: str) -> str:
    lower = unicodedata.normalize("NFC", text).lower()
    return without_possessives(lower).translate(_NO_APOSTROPHES)


def _of_prose(text: str) -> str:
    return one_spelling(text).lower()


PLAIN = Profile(_plain, re.compile("[a-z0-9]+"))
"""ASCII letters and digits: for names, keys and addresses. Other scripts give no words."""
QUESTION = Profile(_of_question, PLAIN.word, _SAME, LONGEST_WORD)
"""Like `PLAIN`, but also merges forms that a stemmer does not merge: students write any form."""
PASSAGE = Profile(_of_passage, re.compile(r"[^\W_]+"), longest=LONGEST_WORD)
"""Keeps accents, which Postgres' Spanish lexemes depend on; a possessive becomes its owner."""
PROSE = Profile(_of_prose, re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*"))
"""Keeps apostrophes, since "don't" negates. Leaves out numbers, which are read as amounts."""
