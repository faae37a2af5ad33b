"""Corrects misspelt words of a question towards known words.

`Speller` is for searching. A word that the library lacks is not always misspelt ("toaster" is not
"taste"), so the correction must also sound alike; one word may become two ("rollercoaster").
`NameSpeller` is for finding the topic of a question, in any language. It compares letters only,
replaces one word by one word, and never changes a known word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from vividly.text.words import stems

SHORTEST = 5
"""Minimum length of a word to correct."""
SHORTEST_PART, JOINED_FROM = 4, 6
"""Minimum length of each of two words written as one, and of the joined word."""
TWO_FROM, THREE_FROM = 7, 11
"""Minimum lengths of words with two and with three wrong letters."""
NAME_SWAP_FROM, NAME_ONE_FROM, NAME_TWO_FROM = 4, 6, 8
"""For `NameSpeller`: minimum lengths at which two swapped letters, one wrong letter and two wrong
letters are corrected. For an extra or missing letter, the minimum is one less than for a wrong
one."""
SOUND_FROM = 5
"""Minimum length of a sound by which words that share it count as alike."""
_DOUBLED = re.compile(r"(.)\1+")
_SAME_SOUND = (
    (re.compile(r"^[gkp]n"), "n"),
    (re.compile(r"^wr"), "r"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"ck|qu|ch(?=[rlmo])"), "k"),
    (re.compile(r"(?:t|s|ss|c)ion|shun|shin|tian|cian"), "shn"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"z"), "s"),
    (_DOUBLED, r"\1"),
    (re.compile(r"(?<=.)[aeiouyhw]+"), "a"),
    (re.compile(r"(?<=.)a$"), ""),
)
_COMPARED = (("ier", "y"), ("iest", "y"), ("er", ""), ("est", ""), ("er", "e"), ("est", "e"))


class Speller:
    """Corrects towards known words, common ones first. Immutable and thread-safe."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """`counts`: known word -> number of occurrences."""
        self._counts = counts
        self._names = [w for w in sorted(counts) if len(w) >= SHORTEST and w.isalpha()]
        self._by_sound: dict[str, list[str]] = {}
        for name in self._names:
            self._by_sound.setdefault(sounds(name), []).append(name)

    def correct(self, word: str) -> tuple[str, ...]:
        """The words that an unknown word may mean; empty if no known word is similar.

        "quicker" is "quick", "rollercoaster" is "roller coaster", "fision" is "fission".
        """
        if len(word) < SHORTEST or not word.isalpha():
            return ()
        return self._compared(word) or self._parts(word) or self._alike(word)

    def _compared(self, word: str) -> tuple[str, ...]:
        for ending, instead in _COMPARED:
            stem = word.removesuffix(ending)
            if stem != word and len(stem) > 2 and stem + instead in self._counts:
                return (stem + instead,)
        return ()

    def _parts(self, word: str) -> tuple[str, ...]:
        """Two known words written as one."""
        places = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
        found = [
            (word[:at], word[at:])
            for at in places
            if word[:at] in self._counts and word[at:] in self._counts
        ]
        return max(found, key=lambda two: min(map(len, two)), default=())

    def _alike(self, word: str) -> tuple[str, ...]:
        allowed = 3 if len(word) >= THREE_FROM else 2 if len(word) >= TWO_FROM else 1
        sound = sounds(word)
        names = {name for name, _ in _near(word, self._names, allowed, most=40)}
        if len(sound) >= SOUND_FROM:
            names.update(n for n in self._by_sound.get(sound, ()) if n[-1] == word[-1])
        ranked = (self._rank(word, sound, name) for name in names)
        best = min((rank for rank in ranked if rank), default=None)
        return (best[-1],) if best else ()

    def _rank(self, word: str, sound: str, name: str) -> tuple[int, bool, bool, int, str] | None:
        """A sort key by distance from the word, nearest first; None for a different word."""
        heard = int(OSA.distance(sound, sounds(name)))
        written = int(OSA.distance(word, name))
        if sounds(name)[:1] != sound[:1] or heard > (1 if len(word) < 9 else 2):
            return None
        if written > len(word) // 2 or not _plausible(word, name, alike=not heard):
            return None
        # The likeliest mistake is a doubled or undoubled letter; next, a missing one.
        other_letters = _DOUBLED.sub(r"\1", word) != _DOUBLED.sub(r"\1", name)
        shorter = len(name) < len(word)
        return written + heard, other_letters, shorter, -self._counts[name], name


class NameSpeller:
    """Corrects towards the words that name topics. Immutable and thread-safe."""

    def __init__(
        self,
        known: Collection[str],
        names: Collection[str],
        stems_of: Callable[[Iterable[str]], list[str]] = stems,
    ) -> None:
        """`known` words are not changed; misspelt words are corrected to one of `names`.

        Args:
            known: words in any form; their other forms are not changed either.
            names: names of topics, and words that ask for them.
            stems_of: returns the stem of each word, in the language of the words.
        """
        self._stems = stems_of
        self._known = frozenset(known) | frozenset(stems_of(known))
        self._names = sorted(name for name in names if len(name) >= NAME_SWAP_FROM)

    def correct(self, word: str) -> str:
        """The corrected word, or the word itself if it is known, short or unlike all names."""
        if word in self._known or len(word) < NAME_SWAP_FROM or word.isdigit():
            return word
        if self._stems([word])[0] in self._known:
            return word
        allowed = 3 if len(word) >= THREE_FROM else 2 if len(word) >= NAME_TWO_FROM else 1
        fitting = [
            (distance, name[0] != word[0], name)
            for name, distance in _near(word, self._names, allowed, most=5)
            if _may_be(word, name)
        ]
        return min(fitting)[2] if fitting else word


def sounds(word: str) -> str:
    """The rough sound of a word: the same for spellings that sound alike."""
    for pattern, instead in _SAME_SOUND:
        word = pattern.sub(instead, word)
    return word


def joined(some: Iterable[str], known: Mapping[str, int]) -> list[str]:
    """The words, and known words that two neighbours form ("air bag" is also "airbag")."""
    listed = list(some)
    pairs = [a + b for a, b in pairwise(listed) if len(a + b) >= JOINED_FROM]
    return listed + [pair for pair in pairs if pair in known]


def _plausible(word: str, name: str, *, alike: bool) -> bool:
    """Rejects a replaced letter in a short word: "shove" is not "shore"."""
    if len(word) != len(name) or sorted(word) == sorted(name):
        return True
    return len(word) > 6 or (len(word) == 6 and alike)


def _may_be(word: str, name: str) -> bool:
    """Whether a name may be meant. Short words allow only swapped, extra or missing letters."""
    if len(word) < NAME_ONE_FROM and len(word) == len(name):
        return sorted(word) == sorted(name)
    if len(word) < NAME_ONE_FROM - 1:
        return False
    return word[0] == name[0] or len(word) >= NAME_TWO_FROM


def _near(
    word: str, names: Sequence[str], allowed: int, *, most: int
) -> Iterator[tuple[str, float]]:
    """(name, distance) of the names with at most `allowed` wrong letters, nearest first."""
    found = process.extract(word, names, scorer=OSA.distance, score_cutoff=allowed, limit=most)
    for name, distance, _ in found:
        yield name, distance
