"""Checks how a library is read: what is kept, how formulas come out, what reads as damaged."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vividly.lesson.speech.spoken import spoken_tokens
from vividly.library.oer.model import ParsedDocument
from vividly.model.errors import PermanentError
from vividly.model.lesson import PassageSentence
from vividly.text.locales import locale_for

_PLAIN = frozenset(".,;:?!'\"’‘“”()[]–—‐-−…/%$€£°′″ ¿¡")
_SMALL = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉₊₋ⁿ⁼⁽⁾")


@dataclass
class BookCheck:
    """What a check found.

    Attributes:
        words: of the files; `kept` are in passages, `left_out` were counted as left out.
        formulas: `said` and `not said` -> how many.
        passages: how many there are.
        damaged: how many of them have a fault.
        faults: kind -> how many sentences have it.
        examples: kind of a fault -> (passage, sentence) where it was found first.
    """

    words: int = 0
    kept: int = 0
    left_out: int = 0
    formulas: Counter[str] = field(default_factory=Counter)
    passages: int = 0
    sentences: int = 0
    damaged: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, document: ParsedDocument) -> None:
        """Check one more document."""
        self.words += document.words
        self.kept += document.kept
        self.left_out += sum(omission.words for omission in document.omissions)
        self.formulas.update(document.formulas)
        language = document.origin.language
        for passage in document.passages:
            self.passages += 1
            self.sentences += len(passage.sentences)
            found = [
                (kind, sentence.say)
                for sentence in passage.sentences
                for kind in faults_of(sentence, language)
            ]
            self.damaged += bool(found)
            for kind, said in found:
                self.faults[kind] += 1
                self.examples.setdefault(kind, (passage.key, said))


def faults_of(sentence: PassageSentence, language: str) -> Iterator[str]:
    """The kinds of faults of a sentence as it is said."""
    said = sentence.say
    try:
        spoken_tokens(said, language)
    except PermanentError:
        yield "cannot be spoken"
    signs = locale_for(language).speech.signs
    if any(_odd(character, signs.__contains__) for character in said):
        yield "odd character"
    if re.search(r"\s[,;.?!](?:\s|$)|[,;]{2}|\(\s*\)|\b(\w{3,}) \1 \1\b", said):
        yield "odd punctuation"
    if said.count("(") != said.count(")"):
        yield "bracket without its pair"
    if re.search(r"[a-z][.?!][A-Z][a-z]|[a-z]{2}[A-Z][a-z]{2,}", said):
        yield "words run together"
    if re.search(r"\b(?:the|of|and|or|with)[.?!]$", said):
        yield "ends in the middle"


def _odd(character: str, known: Callable[[str], bool]) -> bool:
    if character.isalnum() or character in _PLAIN or character in _SMALL or known(character):
        return unicodedata.category(character) in ("Co", "Cn", "Lo") and not character.isalpha()
    return unicodedata.category(character) not in ("Mn", "Sc")
