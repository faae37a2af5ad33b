"""Text as the stems of its words, the same for a question and for the corpus."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import Stemmer

_SPELT_OUT = re.compile(r"\b[A-Z](?: [A-Z])+\b")
_WORD = re.compile(r"[a-z0-9]+")
_POWER = re.compile(r"(?<=[A-Za-z])\^(?=\d)")
_APOSTROPHES = str.maketrans("", "", "'’‘`´")
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
"""Other forms of a word that a stemmer does not bring together."""
LONGEST_WORD = 40
"""Longer runs of letters are no words; cutting them bounds the work on them."""


def words(text: str) -> list[str]:
    """The words of a text in lower-case ASCII, without accents, punctuation and emoji.

    Letters spelt out for the voice are one word ("D N A" is "dna"), and an
    apostrophe joins ("Newton's" is "newtons"). Scripts other than Latin give nothing.
    """
    text = _SPELT_OUT.sub(lambda match: match[0].replace(" ", ""), text)
    plain = unicodedata.normalize("NFKD", _POWER.sub("", text).casefold().translate(_APOSTROPHES))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return [_SAME.get(word, word)[:LONGEST_WORD] for word in _WORD.findall(plain)]


def stems(some: Iterable[str]) -> list[str]:
    """The stem of each word, in order ("travelling" and "travels" are both "travel").

    A stemmer keeps state and is not safe between threads, so each call has its own.
    """
    return [str(stem) for stem in Stemmer.Stemmer("english").stemWords(list(some))]


def singular(word: str) -> str:
    """The word without the ending of a plural: keeps apart what a stemmer merges."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word
