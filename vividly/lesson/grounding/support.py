"""Whether a sentence follows from the words of its source: by the words that they share.

This knows no meaning. It asks how much of what a sentence says (its content words, each by how
rare it is) stands in the source, and in one place of it; and it looks for the ways in which a
sentence with the right words still says the wrong thing: a negation, an opposite, or two things
changed for each other. `tests/data/grounding.yaml` holds the pairs that the limits were set by.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

from vividly.lesson.grounding.quantities import quantities
from vividly.lesson.grounding.text import Lexicon, clauses, content, halves, weight
from vividly.text.locales import known_locales, locale_for
from vividly.text.sentences import split_sentences
from vividly.text.words import PROSE, one_spelling, stem, words

ENOUGH = 0.62
"""How much of a sentence's weight its source must hold."""
ENOUGH_OF_A_PART = 0.4
"""The same for each clause of a sentence."""
_PART_WORDS = 3
SAME_MATTER = 0.6
"""How alike a sentence and one of the source must be for their difference to be a contradiction."""
_WINDOW = 3
"""Sentences of the source that are looked at together."""
_SHARED_STEM = 5
"""Letters that two long words must share at the start to be forms of one."""
_BRACKETS = re.compile(r"\s*\(([^()]*)\)")


@cache
def _instead() -> re.Pattern[str]:
    """What denies what follows it, without a negation, in any of the languages."""
    said = (phrase for tag in known_locales() for phrase in locale_for(tag).grounding.instead_of)
    return re.compile(rf"\b(?:{'|'.join(said)})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Support:
    """How a sentence stands to its source.

    Attributes:
        score: 0 to 1, half for the source as a whole and half for its best place.
        missing: the weightiest words that the source has not, weightiest first.
        contradiction: what it turns round, or empty.
    """

    score: float
    missing: tuple[str, ...]
    contradiction: str = ""


def support(
    text: str,
    source: Sequence[str],
    lexicon: Lexicon,
    *,
    beside: Collection[str] = frozenset(),
) -> Support:
    """How a text is supported by the sentences of its source.

    Args:
        source: the sentences of the cited passages, in order.
        beside: stems that do not count where the source has them not: the interest's.
    """
    parts = [content(sentence, lexicon) for sentence in source]
    whole = _Held([word for part in parts for word in part], lexicon)
    said = [w for w in content(text, lexicon) if w not in beside or whole.has(w)]
    if not said:
        return Support(1.0, ())
    best = 0.0
    for at in range(len(parts)):
        near = [word for part in parts[at : at + _WINDOW] for word in part]
        best = max(best, _Held(near, lexicon).share(said))
    score = 0.5 * whole.share(said) + 0.5 * best
    # Half of a sentence may be the source's, and the other half made up.
    halves = [[w for w in part if w in said] for part in _parts(text, lexicon)]
    shares = [whole.share(part) for part in halves if len(part) >= _PART_WORDS]
    if shares and min(shares) < ENOUGH_OF_A_PART:
        score = min(score, min(shares))
    missing = [word for word in dict.fromkeys(said) if not whole.has(word)]
    missing.sort(key=lambda word: -weight(word, lexicon.language))
    return Support(score, tuple(missing), contradiction(text, source, lexicon))


def likeness(text: str, source: Sequence[str], lexicon: Lexicon) -> float:
    """How much of a text its likest sentence of the source has, 0 to 1."""
    said = content(text, lexicon)
    return max((_Held(content(one, lexicon), lexicon).share(said) for one in source), default=0.0)


def _parts(text: str, lexicon: Lexicon) -> list[list[str]]:
    """The content words of each clause."""
    return [content(half, lexicon) for part in clauses(text) for half in halves(part)]


class _Held:
    """The content words of a source, and which words they stand for."""

    def __init__(self, stems: Iterable[str], lexicon: Lexicon) -> None:
        self._stems = frozenset(stems)
        self._lexicon = lexicon
        self._groups = frozenset().union(*(lexicon.groups.get(s, frozenset()) for s in self._stems))
        self._starts = frozenset(s[:_SHARED_STEM] for s in self._stems if len(s) > _SHARED_STEM)

    def has(self, word: str) -> bool:
        """Whether the word, a form of it, or one that may stand for it is held."""
        if word in self._stems or self._lexicon.groups.get(word, frozenset()) & self._groups:
            return True
        return len(word) > _SHARED_STEM and word[:_SHARED_STEM] in self._starts

    def share(self, said: Sequence[str]) -> float:
        """How much of the weight of words is held, 0 to 1."""
        total = held = 0.0
        for word in said:
            its = weight(word, self._lexicon.language)
            total += its
            held += its * self.has(word)
        return held / total if total else 1.0


def contradiction(text: str, source: Sequence[str], lexicon: Lexicon) -> str:
    """What a text says the other way round than its source, or an empty string.

    Each sentence is held against the sentences of the source that are about the same, and each
    clause against their clauses; where one of them agrees best, the others do not matter.
    """
    ours, theirs = _units(text, lexicon), [_units(sentence, lexicon) for sentence in source]
    for level in ("sentences", "clauses"):
        others = [unit for units in theirs for unit in units[level]]
        for unit in ours[level]:
            if fault := _fault_among(unit, others, lexicon):
                return fault
    return ""


def _fault_among(unit: _Unit, others: Sequence[_Unit], lexicon: Lexicon) -> str:
    if len(unit.stems) < 2:
        return ""
    agreeing = disagreeing = 0.0
    found = ""
    for other in others:
        likeness = unit.likeness(other, lexicon)
        if likeness < SAME_MATTER:
            continue
        fault = unit.fault(other, lexicon)
        if fault and likeness > disagreeing:
            disagreeing, found = likeness, fault
        elif not fault:
            agreeing = max(agreeing, likeness)
    return found if disagreeing > agreeing else ""


@lru_cache(maxsize=4_096)
def _units(text: str, lexicon: Lexicon) -> dict[str, list[_Unit]]:
    plain = _instead().sub("not", one_spelling(text))
    # What stands in brackets is a remark of its own, and the sentence is whole without it.
    texts = [_BRACKETS.sub("", plain), *_BRACKETS.findall(plain)]
    whole = [part for one in texts for long in split_sentences(one) for part in long.split("; ")]
    parts = [half for one in texts for part in clauses(one) for half in halves(part)]
    return {
        "sentences": [_Unit.of(part, lexicon) for part in whole],
        "clauses": [_Unit.of(part, lexicon) for part in parts],
    }


@dataclass(frozen=True)
class _Unit:
    """A sentence or a clause by its words."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    negated: frozenset[str]
    objects: tuple[tuple[str, frozenset[str]], ...]
    numbers: frozenset[Fraction]

    @classmethod
    def of(cls, text: str, lexicon: Lexicon) -> _Unit:
        spoken = tuple(words(text, PROSE))
        return cls(
            spoken,
            tuple(_bearing(text, lexicon)),
            frozenset(_negated(spoken, lexicon)),
            tuple(_objects(spoken, lexicon)),
            frozenset(quantity.size for quantity in quantities(text, lexicon)),
        )

    def likeness(self, other: _Unit, lexicon: Lexicon) -> float:
        """How much of this clause the other one has, opposites taken for the same."""
        held = _Held(other.stems, lexicon)
        theirs = set(other.all_stems(lexicon))
        total = shared = 0.0
        for word in self.stems:
            its = weight(word, lexicon.language)
            opposite = lexicon.opposites.get(word, frozenset()) & theirs
            total += its
            shared += its * (held.has(word) or bool(opposite))
        return shared / total if total else 0.0

    def all_stems(self, lexicon: Lexicon) -> list[str]:
        """The stems of all words, those without content too ("before", "inside")."""
        return [stem(word, lexicon.language) for word in self.words]

    def fault(self, other: _Unit, lexicon: Lexicon) -> str:
        """How this clause says the reverse of the other one, or an empty string."""
        if swapped := self._swapped(other, lexicon):
            return swapped
        ours, theirs = set(self.all_stems(lexicon)), set(other.all_stems(lexicon))
        turned = [
            (word, opposite)
            for word in sorted(ours - theirs)
            for opposite in sorted(lexicon.opposites.get(word, frozenset()) & (theirs - ours))
            if word not in lexicon.lists.negators
            and opposite not in lexicon.lists.negators
            and not lexicon.groups.get(word, frozenset())
            & frozenset().union(*(lexicon.groups.get(t, frozenset()) for t in theirs))
        ]
        # "join together" for "split apart" is one change, not two that cancel out.
        main = [pair for pair in turned if not set(pair) & lexicon.lists.particles] or turned[:1]
        flips = min(len({word for word, _ in main}), len({opposite for _, opposite in main}))
        denied = not other.negated and bool(self.negated & theirs)
        affirmed = not self.negated and bool(other.negated & ours)
        if denied or affirmed:
            return "" if flips % 2 else "a negation too many or too few"
        if flips % 2 and bool(self.negated) == bool(other.negated):
            word, opposite = main[0]
            return f"{word!r} where the source has {opposite!r}"
        if self.numbers - other.numbers and other.numbers - self.numbers:
            return "a number that the source has of something else"
        return ""

    def _swapped(self, other: _Unit, lexicon: Lexicon) -> str:
        """Two things that changed places: "takes in A and gives off B"; "more A than B"."""
        theirs = dict(other.objects)
        ours = dict(self.objects)
        common = [word for word in ours if word in theirs]
        for at, one in enumerate(common):
            for two in common[at + 1 :]:
                crossed = ours[one] & theirs[two] and ours[two] & theirs[one]
                straight = ours[one] & theirs[one] or ours[two] & theirs[two]
                if crossed and not straight:
                    return f"what follows {one!r} and {two!r} changed places"
        for pivot in lexicon.lists.pivots:
            if self.words.count(pivot) == 1 == other.words.count(pivot):
                before, after = _sides(self.words, pivot, lexicon)
                left, right = _sides(other.words, pivot, lexicon)
                there, back = (before - left) & right, (after - right) & left
                kept = ((before & left) - right) | ((after & right) - left)
                if there and back and len(there | back) > len(kept):
                    return f"the two sides of {pivot!r} changed places"
        return ""


def _bearing(text: str, lexicon: Lexicon) -> list[str]:
    """The content words, and those small ones that have an opposite ("below", "most")."""
    kept = []
    for word in words(text, PROSE):
        stemmed = stem(word, lexicon.language)
        small = word in lexicon.lists.function or word in lexicon.lists.discourse
        if not small or (stemmed in lexicon.opposites and word not in ("to", "in", "from", "with")):
            kept.append(stemmed)
    return kept


def _negated(spoken: Sequence[str], lexicon: Lexicon) -> Iterator[str]:
    """The words that are denied: the next content word after each negation."""
    for at, word in enumerate(spoken):
        if word not in lexicon.lists.negators and not word.endswith("n't"):
            continue
        after = [w for w in spoken[at + 1 : at + 7] if w not in lexicon.lists.function]
        yield stem(after[0], lexicon.language) if after else word


def _objects(spoken: Sequence[str], lexicon: Lexicon) -> Iterable[tuple[str, frozenset[str]]]:
    """(verb of taking or giving as `take` or `give`, the two content words that follow it)."""
    for kind, verbs in (("take", lexicon.take), ("give", lexicon.give)):
        found: set[str] = set()
        for at, word in enumerate(spoken):
            if stem(word, lexicon.language) not in verbs or word in lexicon.lists.negators:
                continue
            following = []
            for later in spoken[at + 1 : at + 7]:
                if stem(later, lexicon.language) in lexicon.take | lexicon.give:
                    break
                if later not in lexicon.lists.function:
                    following.append(stem(later, lexicon.language))
            found.update(following[:3])
        if found:
            yield kind, frozenset(found)


def _sides(spoken: Sequence[str], pivot: str, lexicon: Lexicon) -> tuple[set[str], set[str]]:
    """The content stems before and after a word."""
    at = spoken.index(pivot)
    return (
        set(content(" ".join(spoken[:at]), lexicon)),
        set(content(" ".join(spoken[at + 1 :]), lexicon)),
    )
