"""Compares a sentence with its source, word by word.

Two things can be told for certain without a model of meaning. A sentence is in the source's own
words if it says the same words in the same order (`own_words`). It contradicts the source if it
says the same words except for one difference that changes the meaning (`difference`): a
negation, a quantifier, an opposite, a number, one of a named pair for the other, or two things
that changed places. Everything else is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction
from functools import cache, lru_cache

from vividly.lesson.grounding.quantities import NEARLY
from vividly.lesson.grounding.text import Lexicon
from vividly.text.locales import known_locales, locale_for
from vividly.text.words import one_spelling, stem

_TOKEN = re.compile(
    r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d+(?:[.,]\d+)*|[-+*/=^%°<>→$]|(?P<cut>[.,;:!?()\"]+)"
)
_LEAST = 2
"""Minimum number of content words that a contradiction shares with its source."""
_LONGEST = 3
"""Maximum number of words of a thing that changed places with another one."""
_ROOM = 5
"""Number of shared content words from which a source may have one more that the text lacks."""


@dataclass(frozen=True)
class Word:
    """A word that carries meaning.

    Attributes:
        same: what is compared: the stem, or the digits of a number.
        sort: `content`, `number`, `negator`, `quantifier`, `pronoun` or `small`.
        cut: whether a sentence may be cut before this word.
        said: the word as it stands there.
    """

    same: str
    sort: str
    cut: bool
    said: str


@cache
def _instead() -> re.Pattern[str]:
    """Pattern of phrases that deny what follows ("instead of"), in all languages."""
    said = (phrase for tag in known_locales() for phrase in locale_for(tag).grounding.instead_of)
    return re.compile(rf"\b(?:{'|'.join(said)})\b", re.IGNORECASE)


@lru_cache(maxsize=8_000)
def read(text: str, lexicon: Lexicon) -> tuple[Word, ...]:
    """The words of a text that carry meaning, in order."""
    lists = lexicon.lists
    found: list[Word] = []
    cut = opening = True
    for token in _TOKEN.finditer(_instead().sub("not", one_spelling(text))):
        word = token[0].lower()
        if token["cut"]:
            cut, opening = True, opening or token[0][-1] not in ",("
            continue
        cut = cut or word in lists.conjunctions or word in lists.linking
        if word in lists.loose or word in lists.linking or (opening and word in lists.openers):
            continue
        if word in lists.times and found and found[-1].sort == "number":
            continue
        found.append(Word(*_sorted(word, lexicon), cut, token[0]))
        cut = opening = False
    return tuple(found)


def _sorted(word: str, lexicon: Lexicon) -> tuple[str, str]:
    """What a word is compared by, and its sort."""
    lists = lexicon.lists
    number = lists.numbers.get(word, lists.factors.get(word))
    if word[0].isdigit() or number is not None:
        digits = word.replace(",", "") if number is None else str(number)
        version = digits.count(".") > 1
        return (digits, "content") if version else (str(Fraction(digits)), "number")
    if word in lists.negators or word.endswith("n't"):
        return "not", "negator"
    if word in lists.universal or word in lists.partial:
        return word, "quantifier"
    if word in lists.pronouns:
        return word, "pronoun"
    stemmed = stem(word, lexicon.language)
    groups = lexicon.groups.get(stemmed)
    same = f"#{min(groups)}" if groups else stemmed
    small = word in lists.function and stemmed not in lexicon.opposites
    return (word, "small") if small else (same, "content")


def own_words(text: str, source: Sequence[str], lexicon: Lexicon, *, label: bool = False) -> bool:
    """Whether a text says what the sentences of a source say, in their words and order.

    It may leave out whole clauses of a sentence, but no condition, and no opening that limits what
    follows ("In a gas", "With an even number of values").

    Args:
        label: the text only names something: any part of a sentence that denies nothing will do.
    """
    ours = [word.same for word in read(text, lexicon)]
    theirs = [(at, word) for at, one in enumerate(source) for word in read(one, lexicon)]
    lists = lexicon.lists
    turning = lists.negators if label else lists.conditions
    for start in range(len(theirs) - len(ours) + 1):
        end = start + len(ours)
        if [word.same for _, word in theirs[start:end]] != ours:
            continue
        if label or (_cut(theirs, start) and _cut(theirs, end)):
            touched = {at for at, _ in theirs[start:end]}
            left_out = [
                word
                for place, (at, word) in enumerate(theirs)
                if at in touched and not start <= place < end
            ]
            first = next(place for place, (at, _) in enumerate(theirs) if at == theirs[start][0])
            opening = [word.said.lower() for _, word in theirs[first:start]]
            if not label and (lists.limiting & set(opening[:1]) or lists.partial & set(opening)):
                continue
            if not any(word.said.lower() in turning for word in left_out):
                return True
    return not ours


def _cut(theirs: Sequence[tuple[int, Word]], at: int) -> bool:
    """Whether a sentence or clause ends before a word of the source."""
    if at in (0, len(theirs)):
        return True
    return theirs[at][1].cut or theirs[at][0] != theirs[at - 1][0]


def difference(text: str, source: Sequence[str], lexicon: Lexicon) -> tuple[str, str] | None:
    """The one thing that a text says otherwise than a sentence of its source; None if unsure.

    Returns:
        What is wrong, and the sentence of the source.
    """
    ours = read(text, lexicon)
    found: tuple[str, str] | None = None
    for sentence in source:
        fault = _turned(text, sentence, lexicon)
        for unit in _units(read(sentence, lexicon)):
            told = _compared(ours, unit, source, lexicon)
            if told == "":
                return None
            fault = fault or told or ""
        if fault and found is None:
            found = fault, sentence
    return found


def _units(sentence: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """Yield a sentence, and each run of its clauses."""
    cuts = [at for at, word in enumerate(sentence) if word.cut]
    ends = [*cuts[1:], len(sentence)]
    for at, start in enumerate(cuts):
        for end in reversed(ends[at:]):
            yield sentence[start:end]


_Edit = tuple[list[Word], list[Word]]


def _compared(
    ours: Sequence[Word], theirs: Sequence[Word], source: Sequence[str], lexicon: Lexicon
) -> str | None:
    """Compare a text with a part of its source.

    Returns:
        What is wrong; "" if they say the same; None if they differ in more than one thing.
    """
    if swapped := _swapped(ours, theirs, lexicon):
        return swapped
    matcher = SequenceMatcher(
        None, [word.same for word in ours], [word.same for word in theirs], autojunk=False
    )
    lists = lexicon.lists
    relating = lists.conditions | lists.because | lists.therefore
    edits: list[_Edit] = []
    shared = 0
    for tag, start, end, left, right in matcher.get_opcodes():
        if tag == "equal":
            shared += sum(word.sort in ("content", "number") for word in ours[start:end])
            continue
        for one, other in _paired(ours[start:end], theirs[left:right]):
            if _stands_for(one, other) or _stands_for(other, one):
                continue
            if any(word.said.lower() in relating for word in (*one, *other)):
                return None
            edit = [w for w in one if w.sort != "small"], [w for w in other if w.sort != "small"]
            if edit[0] or edit[1]:
                edits.append(edit)
    if shared < _LEAST:
        return None
    if not edits:
        return ""
    spare = shared >= _ROOM
    main = [edit for edit in edits if not _is_left_out(edit)]
    left_out = sum(len(other) for edit in edits if edit not in main for other in [edit[1]])
    if left_out > spare:
        return None
    return _changed(main[0], ours, source, lexicon) if len(main) == 1 else None


def _paired(one: Sequence[Word], other: Sequence[Word]) -> Iterator[_Edit]:
    """Yield what replaces what: word by word if as many words of the same sorts are replaced."""
    if len(one) == len(other) and any(w.sort == "pronoun" for w in (*one, *other)):
        yield from (([a], [b]) for a, b in zip(one, other, strict=True))
    else:
        yield list(one), list(other)


def _stands_for(some: Sequence[Word], pronoun: Sequence[Word]) -> bool:
    """Whether a pronoun of one text stands where the other has up to three words."""
    return (
        len(pronoun) == 1
        and pronoun[0].sort == "pronoun"
        and 0 < len(some) <= 3
        and all(word.sort in ("content", "small", "pronoun") for word in some)
    )


def _is_left_out(edit: _Edit) -> bool:
    """Whether a text only lacks words of the source that do not turn its meaning."""
    return not edit[0] and all(word.sort in ("content", "quantifier") for word in edit[1])


def _swapped(ours: Sequence[Word], theirs: Sequence[Word], lexicon: Lexicon) -> str:
    """Say which two things changed places, if nothing else differs; else ""."""
    one, other = _same(ours), _same(theirs)
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None or sorted(one) != sorted(other):
        return ""
    end = next(at for at in range(len(one), 0, -1) if one[at - 1] != other[at - 1])
    for left in range(1, _LONGEST + 1):
        for right in range(1, _LONGEST + 1):
            first, second = one[start : start + left], one[end - right : end]
            middle = one[start + left : end - right]
            if second + middle + first != other[start:end] or not first + middle:
                continue
            between = ours[start + left : end - right]
            if all(w.sort == "small" or w.same in _symmetric(lexicon) for w in between):
                return ""  # "water and a salt" is "a salt and water"
            said = _said(ours[start : start + left]), _said(ours[end - right : end])
            return f"{said[0]!r} and {said[1]!r} changed places"
    return ""


def _symmetric(lexicon: Lexicon) -> frozenset[str]:
    return frozenset(_sorted(word, lexicon)[0] for word in lexicon.lists.symmetric)


def _changed(
    edit: _Edit, ours: Sequence[Word], source: Sequence[str], lexicon: Lexicon
) -> str | None:
    """Say what a single difference changes."""
    one, other = edit
    sorts, others = {w.sort for w in one}, {w.sort for w in other}
    universal, partial = lexicon.lists.universal, lexicon.lists.partial
    for denied, said in ((one, other), (other, one)):
        if [w.sort for w in denied] == ["negator"] and all(w.same in universal for w in said):
            return "a negation too many or too few"
    if len(one) != len(other) or "negator" in sorts | others:
        return None
    if sorts == others == {"quantifier"} and len(one) == 1:
        absolute = one[0].same in universal and other[0].same in partial
        return f"{one[0].said!r} where the passage has {other[0].said!r}" if absolute else None
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a.same != b.same]
    rest = {word.same for word in ours if word.sort == "content" and word not in one}
    if all(_is_other(a, b, rest, source, lexicon) for a, b in pairs):
        return f"{_said(one)!r} where the passage has {_said(other)!r}"
    return None


def _is_other(
    ours: Word, theirs: Word, rest: set[str], source: Sequence[str], lexicon: Lexicon
) -> bool:
    """Whether a word means something else than the one in whose place it stands.

    Args:
        rest: the other content words of its text.
    """
    said = [read(sentence, lexicon) for sentence in source]
    if ours.sort == theirs.sort == "number":
        near = abs(Fraction(ours.same) - Fraction(theirs.same)) <= NEARLY * Fraction(theirs.same)
        return not near or any(word.same == ours.same for words in said for word in words)
    if ours.sort != "content" or theirs.sort != "content":
        return False
    one, other = (stem(word.said.lower(), lexicon.language) for word in (ours, theirs))
    if other in lexicon.opposites.get(one, frozenset()):
        return True
    for words in said:
        held = {word.same for word in words}
        if ours.same in held and theirs.same not in held and 2 * len(rest & held) >= len(rest):
            return False  # another sentence says the same of both
    return bool(_beside(ours.same, said) & _beside(theirs.same, said))


def _beside(same: str, source: Sequence[Sequence[Word]]) -> set[tuple[int, str]]:
    """The content words next to a word in the source, with the side on which they stand."""
    return {
        (side, said[at + side].same)
        for said in source
        for at, word in enumerate(said)
        for side in (-1, 1)
        if word.same == same and 0 <= at + side < len(said) and said[at + side].sort == "content"
    }


def _turned(text: str, sentence: str, lexicon: Lexicon) -> str:
    """Say whether a text has cause and effect, or the sides of "than", the other way round."""
    ours, theirs = _sides(text, lexicon), _sides(sentence, lexicon)
    for kind in ours.keys() & theirs.keys():
        (one, two), (left, right) = ours[kind], theirs[kind]
        crossed = min(_share(one, right), _share(two, left))
        straight = max(_share(one, left), _share(two, right))
        if crossed >= 0.6 and straight < 0.4:
            return f"{kind} changed places"
    return ""


def _sides(text: str, lexicon: Lexicon) -> dict[str, tuple[set[str], set[str]]]:
    """The content words of a sentence's cause and effect."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    plain = one_spelling(text)
    for word, forward in (
        *((w, False) for w in lexicon.lists.because),
        *((w, True) for w in lexicon.lists.therefore),
    ):
        parts = re.split(rf"\b{word}\b", plain, maxsplit=1, flags=re.IGNORECASE)
        if len(parts) == 2:
            before, after = parts
            if not before.strip() and not forward and "," in after:
                after, before = after.split(",", 1)
            effect, cause = (after, before) if forward else (before, after)
            sides = tuple(
                {w.same for w in read(side, lexicon) if w.sort == "content"}
                for side in (cause, effect)
            )
            if all(sides):
                found["cause and effect"] = sides[0], sides[1]
    return found


def _share(some: set[str], held: set[str]) -> float:
    return len(some & held) / len(some)


def _same(some: Sequence[Word]) -> list[str]:
    return [word.same for word in some]


def _said(some: Sequence[Word]) -> str:
    return " ".join(word.said for word in some)
