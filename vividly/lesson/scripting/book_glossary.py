"""Turns entries of a book's glossary into sentences and into questions with answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from vividly.lesson.scripting.book_show import shown_words
from vividly.lesson.scripting.book_text import can_begin, plain, sayable, sayables
from vividly.model.lesson import Line, Passage
from vividly.text.words import capitalized

MOST_SHOWN = 64
_LONGEST_MEANING = 26

_FEWEST_WORDS = 4
_BECAUSE = re.compile(r"(?P<fact>[^;:?]+?),? because (?!of\b)(?P<reason>[^;:?]+\.)")
_OPEN = re.compile(r"\b(?:not|only|just|simply|mostly|merely|is|are|was|so|and|but|or)$|\. ")
"""What a statement does not end in before its reason."""
_TELLS = (
    re.compile(r"(?P<what>[^,;:]+?) (?P<verb>depend)(?P<s>s?) (?:\w+ly )?(?P<on>on) .+\."),
    re.compile(r"(?P<what>[^,;:]+?) (?P<verb>consist)(?P<s>s?) (?P<on>of) .+\."),
)
_HAPPENS = re.compile(
    r"(?P<what>[^,;:]+?) (?:increase|decrease|rise|fall|grow|shrink|expand|contract|slow|change"
    r"|bend|move|speed|heat|cool)s?(?: [^,;:]+?)?,?"
    r" (?P<when>(?:when|as|if) (?!they\b|we\b)[^,;:]+)\."
)
_CLAUSE = re.compile(r"(?:states?|says|describes|occurs|when|where|if|in|refers)\b")
"""Meanings that are not the name of a thing."""
_LONGEST_SUBJECT = 9
_RELATED = re.compile(r"\b(?:which|that|who|is|are|can|will|may|does|do|when|if|as)\b", re.I)
"""Words that are in no subject that a question may have."""
_ARTICLE = re.compile(r"(?:the|an?|any|one) ")
_THE = re.compile(
    r"(?:[a-z]+ )?(?:time|amount|number|rate|ratio|distance|process|study|quantity|product|sum"
    r"|difference|change|point|degree|ability|tendency|force|speed|direction|part|region|length"
    r"|position|unit|energy|measure|state|branch|property|area|angle|result|set|total|portion)"
    r" (?:of|that|it|required|needed|between|in|at|per|acting|which|by|from|when|where|for)\b"
)
"""Meanings that need "the" in front: "time it takes" becomes "the time it takes"."""


def told(passage: Passage, text: str) -> str | None:
    """Turn an entry into a sentence; None if that is not possible.

    A glossary leaves out articles. The term gets the article that the book uses before it, and
    the meaning gets "the" where `_THE` matches.

    Args:
        text: the text of the sections.
    """
    parts = _parts(passage)
    if parts is None:
        return None
    term, verb, meaning = parts
    meaning = _with_the(meaning)
    if not _ARTICLE.match(meaning):
        return None
    return sayable(f"{_with_article(term, text)} {verb} {meaning}.")


def own_question(passages: Iterable[Passage], terms: Iterable[str]) -> tuple[Line, Line] | None:
    """Return the book's first one-sentence question and its answer that can be narrated."""
    for passage in passages:
        asked = [s.say for s in passage.sentences if s.role == "question"]
        answers = [s.say for s in sayables(passage, "answer", "step")]
        if len(asked) != 1 or not answers or not asked[0].endswith("?"):
            continue
        question = sayable(f"{asked[0][:-1]}.")
        if question and can_begin(question) and can_begin(answers[-1]):
            say, keys = f"{question[:-1]}?", (passage.key,)
            show = say if len(say) <= MOST_SHOWN else None
            answer = Line(answers[-1], shown_words(answers[-1], None, terms), keys)
            return Line(say, show, keys), answer
    return None


def told_question(lines: Sequence[Line], text: str) -> tuple[Line, Line] | None:
    """Ask for what a sentence of the lesson tells: a reason, what it depends on, what happens.

    Args:
        lines: what the lesson says, in order.
        text: the text of the sections.
    """
    if reason := why(lines):
        return reason
    for line in lines:
        found = next((f for pattern in _TELLS if (f := pattern.fullmatch(line.say))), None)
        happens = _HAPPENS.fullmatch(line.say)
        match = found or happens
        if match is None or not can_begin(line.say) or _RELATED.search(match["what"]):
            continue
        if len(match["what"].split()) > _LONGEST_SUBJECT:
            continue
        first, _, rest = _inside(match["what"], text).partition(" ")
        what = f"{first.lower() if _ARTICLE.match(f'{first} '.lower()) else first} {rest}".strip()
        if found:
            do = "does" if found["s"] else "do"
            asked = f"What {do} {what} {found['verb']} {found['on']}?"
        else:
            asked = f"What happens to {what} {match['when']}?"
        shown = asked if len(asked) <= MOST_SHOWN else None
        return Line(asked, shown, line.passages), line
    return None


def why(lines: Iterable[Line]) -> tuple[Line, Line] | None:
    """Ask for the reason of a statement that the lesson makes, and answer with its "because".

    Args:
        lines: what the lesson says, in order.
    """
    for line in lines:
        found = _BECAUSE.fullmatch(line.say)
        if found is None or not can_begin(f"{found['fact']}.") or _OPEN.search(found["fact"]):
            continue
        if min(len(part.split()) for part in found.groups()) < _FEWEST_WORDS:
            continue
        asked, reason = f"{found['fact']}. Why?", f"Because {found['reason']}"
        show = asked if len(asked) <= MOST_SHOWN else "Why?"
        return Line(asked, show, line.passages), Line(reason, _shown(reason), line.passages)
    return None


def _shown(reason: str) -> str | None:
    short = reason.rstrip(".")
    return short if len(short) <= MOST_SHOWN else None


def which_term(passage: Passage, text: str) -> tuple[Line, Line] | None:
    """Ask "What do we call ...?", for a meaning without an article "Which term ...?", and answer.

    None if the meaning is too long, cannot be narrated, or gives the term away.
    """
    parts = _parts(passage)
    if parts is None or sayable(f"It is {parts[2]}.") is None or _CLAUSE.match(parts[2]):
        return None
    term, _, meaning = parts
    used = {word[:5] for word in re.findall(r"[a-z]{4,}", meaning.lower())}
    given = any(word[:5] in used for word in re.findall(r"[a-z]{4,}", term.lower()))
    meaning = _with_the(meaning)
    if given or len(meaning.split()) > _LONGEST_MEANING:
        return None
    keys = (passage.key,)
    asked = "What do we call" if _ARTICLE.match(meaning) else "Which term has this meaning:"
    shown = f"{asked} {meaning}?"
    said = _with_article(term, text)
    return (
        Line(
            shown,
            shown if len(shown) <= MOST_SHOWN else "What is it called?",
            keys,
        ),
        Line(f"{capitalized(said)}.", term[:MOST_SHOWN], keys),
    )


def _with_the(meaning: str) -> str:
    return f"the {meaning}" if _THE.match(meaning) and not _ARTICLE.match(meaning) else meaning


def what_is(passage: Passage, text: str) -> tuple[Line, Line] | None:
    """Ask "What is ...?" and answer with the definition, for meanings that give the term away."""
    parts, said = _parts(passage), told(passage, text)
    if parts is None or said is None:
        return None
    term, verb, _ = parts
    question = f"In your own words, what {verb} {_lower_first(term, text)}?"
    asked = f"What {verb} {_lower_first(term, text)}?"
    keys = (passage.key,)
    return (
        Line(question, asked if len(asked) <= MOST_SHOWN else None, keys),
        Line(said, term[:MOST_SHOWN], keys),
    )


def _parts(passage: Passage) -> tuple[str, str, str] | None:
    """Split an entry ("Force is a push", "Pion: ...") into (term, "is" or "are", meaning)."""
    term = passage.heading
    said = passage.sentences[0].say if passage.sentences else ""
    found = re.fullmatch(
        re.escape(term) + r"(?:: | is | are | means )(?P<meaning>.+)\.", said, re.I
    )
    if found is None:
        return None
    meaning = plain(found["meaning"]).rstrip(".")
    if not meaning[1:2].isupper():
        meaning = meaning[:1].lower() + meaning[1:]
    one = term.endswith(("ss", "us", "is", "ics")) or meaning.startswith(("a ", "an "))
    plural = term.endswith("s") and not one
    return term, "are" if plural else "is", meaning


def _lower_first(term: str, text: str) -> str:
    """Return a term with its article, as written inside a sentence."""
    said = _with_article(term, text)
    return _inside(term, text) if said == term else said[:1].lower() + said[1:]


def _with_article(term: str, text: str) -> str:
    """Return a term with the article that the book uses, as written at a sentence's start."""
    pattern = re.escape(term.lower())
    bare = re.search(rf"(?:^|[.;] ){pattern} (?:is|can|has)\b", text.lower())
    found = re.findall(rf"\b(an?|the) {pattern}\b", text.lower())
    if not found or bare or term.endswith("s"):
        return term
    article = next((word for word in found if word != "the"), "the")
    return f"{article.capitalize()} {_inside(term, text)}"


def _inside(term: str, text: str) -> str:
    """Return a term as written inside a sentence: names and "X-ray" keep their capitals."""
    if term[1:2].isupper() or not term[1:2].isalpha():
        return term
    first = re.split(r"[\s-]", term)[0]
    named = re.search(rf"[a-z,] {re.escape(first)}\b", text)
    plain = re.search(rf"\b{re.escape(first[:1].lower() + first[1:])}\b", text)
    possessive = first.endswith(("'s", "’s"))
    return term if possessive or (named and not plain) else term[:1].lower() + term[1:]
