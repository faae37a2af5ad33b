"""The phonemes of English sentences, for neural voices that read nothing else.

Lexicon, tagger and letter-to-sound network come in the package `hibari-tts`. Numbers are put in
words here, and words that its lexicon does not have are in `english_words.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from hibari.g2p import G2P, numbers

from vividly.lesson.speech.spoken import SpokenToken, ascii_word
from vividly.text.locales import locale_for, speech_for

_LETTER_A = "[A](/ˈA/)"
"""The letter, in the notation of the package; a plain "A" would be the article."""
_DAY = re.compile(r"\d{1,2}(?:st|nd|rd|th)?")
_YEARS = range(1100, 2100)


@dataclass(frozen=True)
class Phonemes:
    """The phonemes of one spoken word, with its closing punctuation.

    Attributes:
        source: position of the written token that the word belongs to.
    """

    source: int
    text: str


def phonemes(sentence: Sequence[SpokenToken]) -> tuple[Phonemes, ...]:
    """The phonemes of a sentence, in the alphabet of the Kokoro voices.

    Words without any are left out.
    """
    words = list(_words(sentence))
    reader = _reader()
    tokens = reader.tokenize(" ".join(said for _, said in words))
    found: list[Phonemes] = []
    so_far, at = "", 0
    for token in reader.phonemize_tokens(tokens):
        so_far += token.phonemes or ""
        if token.whitespace:
            found.append(Phonemes(words[at][0], so_far))
            so_far, at = "", at + 1
    if at < len(words):
        found.append(Phonemes(words[at][0], so_far))
    return tuple(word for word in found if re.search(r"\w", word.text))


def _words(sentence: Sequence[SpokenToken]) -> Iterator[tuple[int, str]]:
    """(source, word as the package reads it), one per whitespace word."""
    was_year = False
    for at, token in enumerate(sentence):
        word = "A" if token.text == "A" else ascii_word(token.text)
        if re.fullmatch(r"\d+(?:\.\d+)?", word):
            was_year = _is_year([one.text.lower() for one in sentence], at, was_year=was_year)
            said = number_words(word, year=was_year)
        else:
            said = [_LETTER_A if word == "A" else word]
        for number, one in enumerate(said, 1):
            if one:
                yield token.source, one + (token.punctuation if number == len(said) else "")


def _is_year(words: Sequence[str], at: int, *, was_year: bool) -> bool:
    """Whether a number is a year, by the words around it: "in about 1514", "July 4, 1776".

    Args:
        was_year: whether the number before was one: "1914 to 1918".
    """
    if not re.fullmatch(r"\d{4}", words[at]) or int(words[at]) not in _YEARS:
        return False
    after, until, beyond = (*words[at + 1 : at + 4], "", "", "")[:3]
    if after in _units():
        return False
    if after == "to" and re.fullmatch(r"\d{4}", until) and beyond not in _units():
        return True
    lists = locale_for("en").grounding
    spoken = ("", *(word for word in words[:at] if word not in lists.approximate | {"the"}))
    before, earlier = spoken[-1], spoken[-2] if len(spoken) > 1 else ""
    return (
        before in lists.before_year | {"between", "during"} | lists.months
        or (bool(_DAY.fullmatch(before)) and earlier in lists.months)
        or after in lists.after_year
        or (was_year and before in ("to", "and", "or"))
    )


def number_words(digits: str, *, year: bool) -> list[str]:
    """A number in words: "3.50" -> three, point, five, zero."""
    whole, _, part = digits.partition(".")
    if year:
        said = numbers.year(int(whole))
    elif whole[0] == "0" and len(whole) > 1:
        said = " ".join(numbers.ONES[int(digit)] for digit in whole)
    else:
        said = numbers.cardinal(int(whole))
    words = [word for word in re.findall(r"[a-z]+", said) if word != "and"]
    return words + (["point", *(numbers.ONES[int(digit)] for digit in part)] if part else [])


@cache
def _units() -> frozenset[str]:
    units = speech_for("en").units.values()
    return frozenset(form for unit in units for form in (unit.split()[0], unit.split()[0] + "s"))


@cache
def _reader() -> G2P:
    reader = G2P()
    own = files("vividly.lesson.speech") / "english_words.yaml"
    words = yaml.safe_load(own.read_text(encoding="utf-8"))
    prefixes = {key[:-1]: words.pop(key) for key in list(words) if key.endswith("-")}
    known = reader.lexicon.golds.d
    known.update(words)
    lexicon = speech_for("en")
    units = {*lexicon.units.values(), *lexicon.joined_units.values()}
    for unit in sorted(filter(str.isalpha, map(lexicon.singular, units))):
        (token,) = reader.phonemize_tokens(reader.tokenize(unit))
        sound = (token.phonemes or "").replace("ˈ", "ˌ")
        for prefix, before in prefixes.items():
            if not reader.lexicon.is_known(prefix + unit, None):
                known[prefix + unit] = before + sound
    return reader
