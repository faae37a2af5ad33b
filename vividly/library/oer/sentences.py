"""Running text as sentences, with its formulas put back in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vividly.library.oer.maths_words import FUNCTIONS, RELATIONS
from vividly.library.oer.model import MARK, Maths, Text
from vividly.model.lesson import PassageSentence
from vividly.text.locales import locale_for
from vividly.text.sentences import split_sentences

LONGEST_SHOWN = 64
"""Characters of a formula that still fit on a slide."""
LONGEST_ARTICLE = 3


_ENDED = re.compile(r"(?:[.?!][\"”]?\)?|…)$")
_INDEFINITE = re.compile(
    r"(?<!\bif )(?<!\bthat )(?<!\bwhen )(?<!\bwhere )(?<!\bsince )(?<!\bsi )(?<!\bque )"
    r"\b(?:(a|an|any|una?|cualquier)(?: \w+){1,3}|"
    r"(of|de) (?:size|radius|length|order|tamaño|radio)) $"
)
"""Before a formula that only qualifies a noun: "there is a number x greater than 0"."""


@dataclass(frozen=True)
class Read:
    """A sentence of a text.

    Attributes:
        sentence: None if it has a formula that nobody can say.
        written: as it is read.
        words: how many it has; a formula is one.
    """

    sentence: PassageSentence | None
    written: str
    words: int
    formulas: tuple[Maths, ...]


def read_sentences(text: Text, language: str, role: str = "body") -> Iterator[Read]:
    """The sentences of a text as they are said, each with its formulas.

    `show` is the law that a sentence states, where it is short enough for a slide.
    """
    formulas = iter(text.formulas)
    for marked in _whole_sentences(text, language):
        own = tuple(next(formulas) for _ in range(marked.count(MARK)))
        symbol = marked.startswith(MARK) and not re.match(r"[a-z]{3}", own[0].text)
        laws = (maths.text for maths in own if states(maths))
        shown = next((law for law in laws if len(law) <= LONGEST_SHOWN), None)
        said = _finished(_filled(marked, _said(marked, own, language)), symbol=symbol)
        factorial = marked.endswith(MARK) and own[-1].text.endswith(("!", "!)"))
        signs = _filled(marked, [maths.text for maths in own])
        sentence = None
        if all(maths.say for maths in own):
            function = re.match(r"[a-z]+", own[0].text) if marked.startswith(MARK) else None
            named = function is not None and function[0] in FUNCTIONS
            formal = _finished(signs, symbol=symbol or named) + "." * factorial
            sentence = PassageSentence(
                said, shown, role=role, written=formal if formal != said else None
            )
        words = sum(any(c.isalnum() or c == MARK for c in word) for word in marked.split())
        if not words:
            continue  # a sign alone, such as that of the end of a proof
        yield Read(sentence, signs, words, own)


def _whole_sentences(text: Text, language: str) -> list[str]:
    """The sentences of a text; a mere quantity goes on with the sentence before it."""
    whole: list[str] = []
    used = 0
    for marked in split_sentences(text.written, language):
        own = text.formulas[used : used + marked.count(MARK)]
        used += len(own)
        if whole and whole[-1].endswith(".") and is_quantity(Text(marked, own)):
            whole[-1] = f"{whole[-1][:-1]}: {marked}"
        else:
            whole.append(marked)
    return whole


def is_quantity(text: Text) -> bool:
    """Whether a text is a formula alone that states nothing, and so is no sentence."""
    return re.fullmatch(rf"{MARK}\W*", text.written) is not None and not states(text.formulas[0])


def written(text: Text) -> str:
    """The text as it is read, formulas in Unicode."""
    return _filled(text.written, [maths.text for maths in text.formulas])


def spoken(text: Text) -> str:
    """The text as it is said."""
    return _filled(text.written, [maths.say for maths in text.formulas])


def states(maths: Maths) -> bool:
    """Whether a formula states something, unlike a mere quantity, a symbol, or half of a law."""
    return any(sign in RELATIONS for sign in maths.text[1:-1])


def _once(before: str, maths: Maths) -> str:
    """What is said of a formula, without words that stand before it.

    "is ≈ 3" is "is about 3", and "the open interval (2, 5)" is "the open interval from 2 …".
    """
    first, *rest = maths.say.split(" ")
    if not rest or len(first) == 1 or maths.text.startswith(first):
        return maths.say
    if len(first) <= LONGEST_ARTICLE and len(rest[0]) > 1 and before.endswith(f" {rest[0]} "):
        return " ".join(rest[1:])
    return " ".join(rest) if before.endswith(f" {first} ") else maths.say


def _said(marked: str, formulas: tuple[Maths, ...], language: str) -> list[str]:
    """The formulas as they are said after the words before them: "let x be greater than 0"."""
    after = locale_for(language).formulas.after
    told: list[str] = []
    for before, maths in zip(marked.split(MARK), formulas, strict=False):
        word = (before.lower().split() or [""])[-1].strip("(“")
        if found := _INDEFINITE.search(before.lower()):
            word = found[1] or found[2]
        changes = next((forms for words, forms in after.items() if word in words.split()), {})
        # "let the event E equal …": the verb comes a few words before.
        for asks in (words for words, forms in after.items() if len(forms) > 1):
            if set(before.lower().split()[-4:]).intersection(asks.split()):
                changes = after[asks]
        said = _once(f" {before}", maths)
        stated = states(maths) or maths.text[-1:] in RELATIONS
        stated = stated and not re.match(r"[{(\[]|P\(", maths.text)  # it is in a set, or an event
        for verb, form in changes.items() if stated else ():
            said = re.sub(rf" {verb}(?= |$)", f" {form}" if form else "", said, count=1)
        told.append(said)
    return told


def _filled(text: str, formulas: list[str]) -> str:
    parts = text.split(MARK)
    return "".join(
        part + (formulas[at] if at < len(formulas) else "") for at, part in enumerate(parts)
    )


def _finished(sentence: str, *, symbol: bool) -> str:
    """With a capital letter at its beginning, unless a symbol stands there, and a full stop."""
    sentence = re.sub(r"\s+([,;:?!]|\.(?![\d.]))", r"\1", " ".join(sentence.split())).rstrip(" ,;:")
    first = re.match(r"[^\W\d_]{2,}(?! ?[=<>≤≥≈])", sentence)
    if first and not symbol:
        sentence = sentence[0].upper() + sentence[1:]
    if not _ENDED.search(sentence):
        sentence += "."
    return sentence
