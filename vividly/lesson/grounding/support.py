"""Whether a source supports a sentence, judged by shared words.

This check has no model of meaning. It measures how many of a sentence's content words, weighted
by rarity, are in the source and in one place of it. It also looks for a sentence with the right
words that says the wrong thing: a negation, an opposite, or two things swapped. The limits were
tuned on the pairs in `tests/data/grounding.yaml`.
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
"""Minimum support of a sentence."""
ENOUGH_OF_A_PART = 0.4
"""Minimum share of a clause's weight that the source must have."""
_PART_WORDS = 3
SAME_MATTER = 0.6
"""Minimum likeness of two sentences from which a difference counts as a contradiction."""
_WINDOW = 3
"""Number of adjacent source sentences that form one place."""
_SHARED_STEM = 5
"""Number of initial letters that two longer stems share if they are forms of one word."""
_BRACKETS = re.compile(r"\s*\(([^()]*)\)")


@cache
def _instead() -> re.Pattern[str]:
    """Pattern of phrases that deny what follows ("instead of"), in all languages."""
    said = (phrase for tag in known_locales() for phrase in locale_for(tag).grounding.instead_of)
    return re.compile(rf"\b(?:{'|'.join(said)})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Support:
    """How well a source supports a sentence.

    Attributes:
        score: 0 to 1, half for the whole source and half for its best place. A clause with
            little support lowers it.
        missing: content words that the source lacks, heaviest first.
        contradiction: what the sentence says the other way round, or "".
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
    """Measure how well the sentences of a source support a text.

    Args:
        source: the sentences of the cited passages, in order.
        beside: stems ignored when absent from the source, such as those of the interest.
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
    # One half of a sentence may come from the source and the other may be invented.
    halves = [[w for w in part if w in said] for part in _parts(text, lexicon)]
    shares = [whole.share(part) for part in halves if len(part) >= _PART_WORDS]
    if shares and min(shares) < ENOUGH_OF_A_PART:
        score = min(score, min(shares))
    missing = [word for word in dict.fromkeys(said) if not whole.has(word)]
    missing.sort(key=lambda word: -weight(word, lexicon.language))
    return Support(score, tuple(missing), contradiction(text, source, lexicon))


def likeness(text: str, source: Sequence[str], lexicon: Lexicon) -> float:
    """Return the share of a text's weight that its most similar source sentence has, 0 to 1."""
    said = content(text, lexicon)
    return max((_Held(content(one, lexicon), lexicon).share(said) for one in source), default=0.0)


def _parts(text: str, lexicon: Lexicon) -> list[list[str]]:
    """Return the content words of each clause."""
    return [content(half, lexicon) for part in clauses(text) for half in halves(part)]


class _Held:
    """The content words of a source, to look up words, their forms and their synonyms."""

    def __init__(self, stems: Iterable[str], lexicon: Lexicon) -> None:
        self._stems = frozenset(stems)
        self._lexicon = lexicon
        self._groups = frozenset().union(*(lexicon.groups.get(s, frozenset()) for s in self._stems))
        self._starts = frozenset(s[:_SHARED_STEM] for s in self._stems if len(s) > _SHARED_STEM)

    def has(self, word: str) -> bool:
        """Whether the source has the word, a form of it, or a synonym."""
        if word in self._stems or self._lexicon.groups.get(word, frozenset()) & self._groups:
            return True
        return len(word) > _SHARED_STEM and word[:_SHARED_STEM] in self._starts

    def share(self, said: Sequence[str]) -> float:
        """Return the share of the words' weight that the source has, 0 to 1."""
        total = held = 0.0
        for word in said:
            its = weight(word, self._lexicon.language)
            total += its
            held += its * self.has(word)
        return held / total if total else 1.0


def contradiction(text: str, source: Sequence[str], lexicon: Lexicon) -> str:
    """Say what a text reverses from its source, or return "".

    Compares each sentence with similar sentences of the source, then each clause with their
    clauses. If the most similar one agrees, the others do not matter.
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
    # Text in brackets is a separate remark; the sentence is complete without it.
    texts = [_BRACKETS.sub("", plain), *_BRACKETS.findall(plain)]
    whole = [part for one in texts for long in split_sentences(one) for part in long.split("; ")]
    parts = [half for one in texts for part in clauses(one) for half in halves(part)]
    return {
        "sentences": [_Unit.of(part, lexicon) for part in whole],
        "clauses": [_Unit.of(part, lexicon) for part in parts],
    }


@dataclass(frozen=True)
class _Unit:
    """A parsed sentence or clause."""

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
        """Return the share of this unit's weight in the other; opposites count as equal."""
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
        """Return the stems of all words, including function words ("before", "inside")."""
        return [stem(word, lexicon.language) for word in self.words]

    def fault(self, other: _Unit, lexicon: Lexicon) -> str:
        """Say how this unit reverses the other, or return ""."""
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
        """Say which two things are swapped: "takes in A and gives off B"; "more A than B"."""
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
    """Return the content stems, with function words that have an opposite ("below", "most")."""
    kept = []
    for word in words(text, PROSE):
        stemmed = stem(word, lexicon.language)
        small = word in lexicon.lists.function or word in lexicon.lists.discourse
        if not small or (stemmed in lexicon.opposites and word not in ("to", "in", "from", "with")):
            kept.append(stemmed)
    return kept


def _negated(spoken: Sequence[str], lexicon: Lexicon) -> Iterator[str]:
    """Yield the negated stems: the next content word after each negation."""
    for at, word in enumerate(spoken):
        if word not in lexicon.lists.negators and not word.endswith("n't"):
            continue
        after = [w for w in spoken[at + 1 : at + 7] if w not in lexicon.lists.function]
        yield stem(after[0], lexicon.language) if after else word


def _objects(spoken: Sequence[str], lexicon: Lexicon) -> Iterable[tuple[str, frozenset[str]]]:
    """Yield (`take` or `give`, stems of up to three content words after each such verb)."""
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
    """Return the content stems before and after the first occurrence of a word."""
    at = spoken.index(pivot)
    return (
        set(content(" ".join(spoken[:at]), lexicon)),
        set(content(" ".join(spoken[at + 1 :]), lexicon)),
    )
