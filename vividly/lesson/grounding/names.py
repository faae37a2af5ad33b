"""Finds names of people, places, laws and months, which models often invent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vividly.lesson.grounding.chemistry import blank
from vividly.lesson.grounding.text import Lexicon
from vividly.text.sentences import split_sentences
from vividly.text.words import one_spelling, stem

_TOKEN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|[.!?:;]|\S")
_SHORT_SYMBOL = re.compile(r"[A-Z]{1,2}\d?|[A-Z][a-z]?")


def names(text: str, lexicon: Lexicon) -> Iterator[str]:
    """Yield the names in a text.

    A name is a capitalized word inside a sentence. Abbreviations ("NASA") are names; single
    letters and pairs of capitals are symbols.
    """
    for sentence in split_sentences(one_spelling(text)):
        tokens = _TOKEN.findall(blank(sentence))
        bearing = [t for t in tokens if t[0].isalpha() and t.lower() not in lexicon.lists.function]
        titled = len(bearing) > 1 and all(token[0].isupper() for token in bearing)
        start = True
        for token in tokens:
            if not token[0].isalpha():
                start = start or token in (".", "!", "?", ":", ";", '"', "→", "=")
                continue
            # A capital is no sign of a name where every word has one, or a sentence begins.
            due, start = start or titled, False
            if token[0].isupper() and _is_name(token, due=due, lexicon=lexicon):
                yield token


def _is_name(token: str, *, due: bool, lexicon: Lexicon) -> bool:
    plain = token.lower().removesuffix("'s")
    lists = lexicon.lists
    if plain in lists.no_names or plain in lists.function or plain in lists.discourse:
        return False
    if plain.split("'")[0] in lists.function:
        return False
    if token.isupper() or _SHORT_SYMBOL.fullmatch(token):
        return len(token) > 2
    return not due


def is_known(name: str, texts: Iterable[str], language: str) -> bool:
    """Whether a name occurs in one of the texts; compares stems."""
    wanted = _key(name, language)
    for text in texts:
        for token in _TOKEN.findall(one_spelling(text)):
            if token[0].isalpha() and _key(token, language) == wanted:
                return True
    return "-" in name and all(is_known(part, texts, language) for part in name.split("-"))


def _key(token: str, language: str) -> str:
    return stem(token.lower().replace("-", ""), language)


def months(text: str, lexicon: Lexicon) -> Iterator[str]:
    """Yield the months in a text.

    A month that is also a word ("may", "march") counts only with a capital inside a sentence.
    """
    plain = one_spelling(text)
    for found in re.finditer(r"[^\W\d_]+", plain):
        word = found[0]
        if word.lower() in lexicon.lists.months and (
            word[0].isupper() or lexicon.lists.small_months
        ):
            before = plain[: found.start()].rstrip()
            first = not before or before[-1] in ".!?:"
            if not (first and word.lower() in lexicon.lists.months_that_are_words):
                yield word
