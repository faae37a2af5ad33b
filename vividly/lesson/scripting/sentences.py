"""Joins two English sentences or splits one, without changing what they say.

There is no parser. Word lists tell where a cut or a join is safe; all other sentences stay
unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vividly.text.sentences import is_abbreviation, split_sentences
from vividly.text.words import capitalized

MOST_WORDS = 35
MOST_CHARACTERS = 320
_FEWEST_WORDS = 3
"""Minimum number of words of a sentence."""

# fmt: off
_PRONOUNS = frozenset(("it", "they", "you", "we", "he", "she", "there", "this", "these", "those"))
_DETERMINERS = frozenset((
    "the", "a", "an", "each", "every", "its", "their", "your", "our", "some", "most", "many",
    "all", "both", "one", "two", "no", "any", "another", "such",
))
_OPENERS = _PRONOUNS | _DETERMINERS | frozenset((
    "in", "on", "at", "under", "near", "for", "from", "by", "with", "without", "within", "inside",
    "outside", "over", "above", "below", "between", "that", "that's", "three", "four", "several",
    "few", "today", "sometimes", "here", "even", "only", "then", "so", "but", "yet", "and",
))
_CONDITIONS = frozenset((
    "if", "when", "unless", "until", "whenever", "whether", "once", "given", "suppose", "imagine",
))
_SUBORDINATORS = _CONDITIONS | frozenset((
    "because", "while", "although", "though", "since", "after", "before", "as", "where",
))
_SINGULAR = frozenset(("a", "an", "each", "every", "one", "another", "this", "no"))
_PREPOSITIONS = frozenset(("of", "in", "on", "at", "for", "from", "by", "with", "to", "than"))
_VERBS = frozenset((
    "is", "are", "was", "were", "has", "have", "had", "can", "cannot", "could", "will", "would",
    "does", "do", "did", "must", "may", "might", "should", "means", "equals", "becomes", "makes",
    "gives", "needs", "comes", "goes", "stays", "moves", "takes", "keeps", "gets", "uses",
    "begins", "brings", "came", "carries", "contains", "depends", "differs", "drops", "falls",
    "flows", "found", "freezes", "gains", "gave", "got", "grows", "happens", "holds", "joins",
    "kept", "lets", "lies", "loses", "lowers", "made", "melts", "presses", "pulls", "pushes",
    "puts", "reaches", "releases", "remains", "rises", "runs", "sends", "shows", "shrinks", "sinks",
    "sits", "slows", "spins", "splits", "spreads", "stands", "starts", "stops", "takes", "tells",
    "tends", "took", "turns", "varies", "went", "works",
))
_RELATIVE = frozenset(("that", "which", "who", "whose", "where", "when", "if", "as", "what"))
_CASELESS = _PRONOUNS | _DETERMINERS | _OPENERS | _SUBORDINATORS | frozenset((
    "to", "of", "into", "during", "through", "across", "along", "against", "among", "around",
    "about", "how", "what", "why", "more", "less", "other", "others", "much", "half", "nothing",
    "something", "everything", "someone", "everyone", "my", "his", "her", "their", "now", "soon",
))
# fmt: on
_CONJUNCTIONS = ("so", "but", "yet", "and")
_ANSWERING = re.compile(r"(?:yes|no|right|wrong|well|let|look|imagine|picture|think)\b", re.I)
_COMMA = re.compile(r", (and|but|so|yet|because) | (because) ")
_HEDGE = re.compile(r"(?:\b(?:just|only|partly|mainly|mostly|not|largely)|ly)$")
"""Words that modify a following "because": "simply because"."""
_BREAK = re.compile(r"; |: (?=\w+ )| [–—] |— ?")


@dataclass(frozen=True)
class Wording:
    """The words of texts, by how they are written inside sentences.

    Attributes:
        common: words that occur in lower case.
        names: words that occur only with a capital, in lower case here.
    """

    common: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Wording:
        """Collect the wording of running texts."""
        common: set[str] = set()
        names: set[str] = set()
        for text in texts:
            for sentence in split_sentences(text):
                for word in re.findall(r"[^\W\d_][\w'’-]*", sentence)[1:]:
                    (common if word[0].islower() else names).add(word.lower())
        return cls(frozenset(common), frozenset(names - common))

    def __or__(self, other: Wording) -> Wording:
        """Merge two wordings. A word that either has in lower case is not a name."""
        common = self.common | other.common
        return Wording(common, (self.names | other.names) - common)


def split_sentence(sentence: str) -> tuple[str, str] | None:
    """Split a compound sentence in two; None if no cut is safe.

    It cuts at a semicolon or a dash between two statements, or at a comma before "and", "but",
    "so", "yet" or "because" (which needs no comma) if a full statement follows.
    """
    for cut in _BREAK.finditer(sentence):
        first, second = sentence[: cut.start()], sentence[cut.end() :]
        if cut.group().startswith(":"):
            continue
        if _stands_alone(first) and _is_statement(second) and "—" not in second:
            return _ended(first), capitalized(second)
    for cut in _COMMA.finditer(sentence):
        first, second = sentence[: cut.start()], sentence[cut.end() :]
        opening = _opening(cut[1] or cut[2], second)
        reason = "because" in (cut[1], cut[2])
        if cut[1] == "and" and len(_words(first)) < 4:
            continue  # "Your cells respond, and they remember, without ...": one statement
        if reason and (len(_words(first)) < 5 or _HEDGE.search(first)):
            continue
        if opening is not None and _stands_alone(first) and len(_words(second)) >= _FEWEST_WORDS:
            return _ended(first), capitalized(opening + second)
    return None


def join_sentences(first: str, second: str, wording: Wording) -> str | None:
    """Join two consecutive statements into one sentence; None if that is not safe.

    A comma joins a second statement that begins with "So", "But", "Yet" or "And". ", and" joins
    one that begins with "It" or "They". A semicolon joins any other.
    """
    if not (first.endswith(".") and second.endswith(".")) or is_abbreviation(first):
        return None
    if any(mark in first + second for mark in ';:—–?!"“') or _ANSWERING.match(second):
        return None
    words = _words(second)
    if len(words) < _FEWEST_WORDS or len(_words(first)) < _FEWEST_WORDS:
        return None
    lowered = _lowered(second, wording)
    if lowered is None:
        return None
    opener = words[0].lower()
    if opener in _CONJUNCTIONS and words[1:2] != ["far"]:
        joined = f"{first[:-1]}, {lowered}"
    elif opener in ("it", "they") and _is_statement(first) and ", and" not in first:
        joined = f"{first[:-1]}, and {lowered}"
    else:
        joined = f"{first[:-1]}; {lowered}"
    return joined if speakable(joined) else None


def speakable(sentence: str) -> bool:
    """Whether a sentence is short enough to speak."""
    return len(_words(sentence)) <= MOST_WORDS and len(sentence) <= MOST_CHARACTERS


def _opening(conjunction: str, second: str) -> str | None:
    """Return what replaces the conjunction in the second sentence; None if a cut is not safe."""
    if not _is_statement(second):
        return None
    return {"and": "", "because": "this is because "}.get(conjunction, f"{conjunction} ")


def _stands_alone(first: str) -> bool:
    """Whether the first half is a sentence, not an imperative ("Lift it, and ...") or condition."""
    words = [word.lower() for word in _words(first)]
    if len(words) < _FEWEST_WORDS or "not only" in first or words[0] in ("either", "neither"):
        return False
    if _CONDITIONS & set(words):
        return False  # The second half may depend on the condition.
    if words[0] in _SUBORDINATORS:
        # "As the ball falls, it speeds up, and ..." has its main clause after the comma.
        return first.count(",") == 1 and _is_statement(first.split(", ", 1)[1])
    if words[0] in _OPENERS:
        return True
    plural = words[0].endswith("s") and not words[0].endswith("ss")
    return plural or any(word in _VERBS for word in words[1:4])


def _is_statement(text: str) -> bool:
    """Whether a text clearly begins with a subject and its verb."""
    words = [word.lower() for word in _words(text)]
    if len(words) < _FEWEST_WORDS or (words[0] == "that" and words[1] not in _VERBS):
        return False
    if words[0] in _PRONOUNS - {"this", "these", "those"}:
        return words[1] not in _RELATIVE
    for at, word in enumerate(words[1:7], 1):
        if word in _RELATIVE:
            return False
        if word in _VERBS:
            return words[0] in _DETERMINERS | _PRONOUNS or (words[0] == "that" and at == 1)
        if words[0] in _SINGULAR and 1 < at < 4 and word.endswith("s") and not word.endswith("ss"):
            return not _PREPOSITIONS & set(words[:at])  # "each new layer presses on ..."
    return False


def _lowered(sentence: str, wording: Wording) -> str | None:
    """Return a sentence as written after a comma; None if its first word may be a name."""
    first = _words(sentence)[0]
    plain = first.lower()
    if first == "I" or (len(first) > 1 and first.isupper()) or not sentence[0].isalpha():
        return sentence if sentence[0].isalnum() else None
    if plain in _CASELESS or plain in wording.common:
        return sentence[0].lower() + sentence[1:]
    return sentence if plain in wording.names else None


def _words(text: str) -> list[str]:
    return re.findall(r"[^\s,;:.?!\"“”()]+", text)


def _ended(first: str) -> str:
    return first.rstrip(" ,;") + "."
