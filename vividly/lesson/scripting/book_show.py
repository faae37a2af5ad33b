"""Chooses the few words on screen while a sentence of a book is spoken."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vividly.text.words import capitalized

MOST = 64

_CUTS = re.compile(
    r"; |, (?:which|where|because|so|but|and|who|since|although|whereas|while|as|such as|including"
    r"|or|regardless|making|causing|giving|leading|resulting|meaning)\b| because | such as "
)
"""Places where a sentence may end early and stay true; never before a condition."""
_CONDITION = re.compile(
    r"\b(?:if|when|unless|until|only|except|provided|assuming|not|never|no)\b", re.I
)
_OPENING = re.compile(
    r"(?:(?:in|on|at|for|with|by|to|as|from|over|under|during|after|before|like|unlike|because)\b[^,]*"
    r"|[A-Z]\w+ly|however|thus|therefore|so|but|and|also|then|instead|in fact|for example), "
    r"|(?:thus|hence|so|but|and|yet) ",
    re.I,
)
_CLAUSE = re.compile(
    r"(?:if|when|while|as|since|because|although|though|where|once|unless)\b", re.I
)
_LEANS = re.compile(
    r"(?:it|they|this|these|those|that|he|she|there|such|its|their|we|you|i|which|who)\b", re.I
)
_DEFINED = re.compile(
    r"(?:the |an? )?(?P<subject>[^,]{3,60}?) (?:is|are) (?P<called>called |known as |defined as )?"
    r"(?P<rest>(?:the |an? )?[^,]+)$",
    re.I,
)


def shown_words(say: str, law: str | None, terms: Iterable[str]) -> str | None:
    """Return a phrase of at most 64 characters for a sentence, or None.

    The first that fits: the sentence's formula, its definition, its main statement, or the
    first term in it. The words are the sentence's own.

    Args:
        law: a formula in the sentence, as written.
        terms: the terms that the lesson teaches, as written.
    """
    if law and len(law) <= MOST:
        return law
    terms = tuple(terms)
    sentence = say.split(". ")[0].rstrip(".?! ")
    return _definition(sentence, terms) or _statement(sentence) or _term(sentence, terms)


def _definition(sentence: str, terms: Iterable[str]) -> str | None:
    """Shorten a definition of one of the terms: "Momentum: mass times velocity"."""
    found = _DEFINED.match(sentence)
    if found is None:
        return None
    term, meaning = found["subject"], re.sub(r"^(?:the|an?) ", "", found["rest"], flags=re.I)
    if (found["called"] or "").strip() in ("called", "known as"):
        term, meaning = meaning, term
    elif not re.match(r"(?:the|an?) ", found["rest"], re.I):
        return None
    known = {name.lower() for name in terms}
    if term.lower() not in known or _LEANS.match(meaning) or len(meaning.split()) < 3:
        return None
    return _fits(f"{term}: {meaning}")


def _statement(sentence: str) -> str | None:
    """Return the sentence, or its beginning up to a place where it is complete."""
    core = sentence
    while (opening := _OPENING.match(core)) and not _CONDITION.search(opening.group()):
        core = core[opening.end() :]
    for cut in (len(core), *(found.start() for found in reversed(list(_CUTS.finditer(core))))):
        part = core[:cut]
        rest = core[cut:]
        if _LEANS.match(part) or (rest and _CLAUSE.match(part)):
            continue
        if (rest and _CONDITION.search(rest)) or len(part.split()) < 3:
            continue
        if phrase := _fits(part):
            return phrase
    return None


def _term(sentence: str, terms: Iterable[str]) -> str | None:
    """Return the first term in the sentence; of two at one place, the longer."""
    lowered = sentence.lower()
    places = [
        (found.start(), -len(term), term)
        for term in terms
        if (found := re.search(rf"\b{re.escape(term.lower())}(?:e?s)?\b", lowered))
    ]
    return _fits(min(places)[2]) if places else None


def _fits(phrase: str) -> str | None:
    phrase = re.sub(r"^(?:the|an?) ", "", phrase.strip(" ,;."), flags=re.I)
    if not 3 <= len(phrase) <= MOST:
        return None
    return capitalized(phrase)
