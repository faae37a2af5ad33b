"""Normalises a student's text to the words that it means, however they are disguised.

It undoes letters of other alphabets that look Latin, accents, emoji, digits and signs for letters
("k1ll", "$ex"), letters that are masked ("p*rn"), repeated ("kiiill") or spaced ("s.e.x"), short
forms ("wanna") and, in a few long words, a wrong letter. A digit or a sign counts as a letter only
if that gives a word that a rule knows: "H2O" and "3x" stay as they are.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from rapidfuzz.distance import OSA

_TOKEN = re.compile(r"[a-z0-9@$!*|#/]+")
_EDGE = "!|*#/"
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼ"))
_LOOKS_LIKE = str.maketrans(
    "аеорсухіјѕԁһկмтнвкгпԛԝαειοκνρτυχβδηω",
    "aeopcyxijsdhkmthbkrnqwaeiokvptuxbdnw",
)
"""Cyrillic and Greek letters -> the Latin letters that they look like."""
_FOR_LETTERS = {
    "0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "il", "|": "il",
}  # fmt: skip
_MIXED = re.compile(r"(?=.*[a-z])(?=.*[0-9@$!|])")
_BLOTTED = re.compile(r"[a-z]+[*#]+[a-z]*")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_RUN_OF_LETTERS = 3
"""At least this many single letters in a row are a word that is spelt out."""
_MOST_READINGS = 32
_LONGEST = 40
"""Longer tokens are no words. They are not analysed, which bounds the work."""


class Reader:
    """Reads texts with the words that the rules know.

    Args:
        known: words, also of one letter.
        prefixes: any word that begins with one of these is known.
        aliases: form -> the words that it stands for.
        emoji: sign -> name.
        misspelt: long words that are recognised with one letter wrong.
        as_written: correct words that look like a misspelling of `misspelt`.
    """

    def __init__(
        self,
        known: Collection[str],
        *,
        prefixes: Sequence[str],
        aliases: Mapping[str, str],
        emoji: Mapping[str, str],
        misspelt: Sequence[str],
        as_written: Collection[str],
    ) -> None:
        self._known = frozenset(known)
        self._prefixes = tuple(prefixes)
        self._aliases = {form: tuple(meant.split()) for form, meant in aliases.items()}
        self._emoji = {ord(sign): f" {name} " for sign, name in emoji.items()}
        self._misspelt = tuple(misspelt)
        self._whole = frozenset(misspelt)
        self._as_written = frozenset(as_written)
        self._by_length: dict[int, list[str]] = {}
        for word in sorted(self._known):
            self._by_length.setdefault(len(word), []).append(word)

    def read(self, text: str) -> list[str]:
        """The words of a text, in lower-case ASCII."""
        tokens = (token.strip(_EDGE) for token in _TOKEN.findall(self._plain(text)))
        words: list[str] = []
        for token in self._spelt_together([t for t in tokens if t]):
            words.extend(self._meant(token))
        return list(self._joined(words))

    def _plain(self, text: str) -> str:
        text = unicodedata.normalize("NFKC", text).translate(self._emoji).casefold()
        text = text.translate(_APOSTROPHES).translate(_LOOKS_LIKE)
        text = unicodedata.normalize("NFKD", text)
        # Drop combining marks, and zero-width characters between letters.
        kept = (c for c in text if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
        return "".join(kept)

    def _is_known(self, word: str) -> bool:
        return word in self._known or word.startswith(self._prefixes)

    # -- one token -------------------------------------------------------------------------

    def _meant(self, token: str) -> Sequence[str]:
        if alias := self._aliases.get(token):
            return alias
        if self._is_known(token) or len(token) > _LONGEST:
            return (token,)
        for reading in self._readings(token):
            if alias := self._aliases.get(reading):
                return alias
            if self._is_known(reading):
                return (reading,)
        return [part for part in re.split(r"[^a-z0-9]+", token) if part]

    def _readings(self, token: str) -> Iterator[str]:
        """Words that a token may stand for, likeliest first."""
        plain = [token]
        if len(token) > 2 and _MIXED.match(token):
            plain = list(_with_letters(token))
            yield from plain
        for reading in plain:
            if _DRAWN_OUT.search(reading):
                for keep in (r"\1", r"\1\1"):
                    yield _DRAWN_OUT.sub(keep, reading)
        if len(token) > 2 and _BLOTTED.fullmatch(token) and not _is_product(token):
            pattern = re.compile(re.sub(r"[*#]", "[a-z]", token))
            yield from filter(pattern.fullmatch, self._by_length.get(len(token), ()))
        for reading in plain:
            if misspelt := self._corrected(reading):
                yield misspelt

    def _corrected(self, word: str) -> str | None:
        if len(word) < 6 or word in self._as_written or not word.isalpha():
            return None
        # The first letter is hardly ever wrong.
        return next(
            (
                right
                for right in self._misspelt
                if right[0] == word[0] and OSA.distance(word, right, score_cutoff=1) <= 1
            ),
            None,
        )

    # -- several tokens --------------------------------------------------------------------

    def _spelt_together(self, tokens: Sequence[str]) -> Iterator[str]:
        """Replace runs of single letters by the words that they spell."""
        for single, group in itertools.groupby(tokens, key=lambda token: len(token) == 1):
            run = list(group)
            if single and len(run) >= _RUN_OF_LETTERS and not _is_product(run):
                yield from self._split("".join(run)) or run
            else:
                yield from run

    def _split(self, letters: str) -> list[str] | None:
        """Split the letters into known words, as few as possible; None if that is impossible."""
        letters = next(itertools.islice(_with_letters(letters), 1), letters)
        best: list[list[str] | None] = [[]] + [None] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - _LONGEST), end):
                before, word = best[start], letters[start:end]
                if before is None or not self._is_known(word):
                    continue
                known = best[end]
                if known is None or len(before) + 1 < len(known):
                    best[end] = [*before, word]
        found = best[-1]
        # A split into short words only ("a", "i", "x") is no spelt-out word.
        return found if found and any(len(word) > 2 for word in found) else None

    def _joined(self, words: Sequence[str]) -> Iterator[str]:
        """Join long words that are written with a gap inside."""
        skip = False
        for word, following in itertools.zip_longest(words, words[1:], fillvalue=""):
            if skip:
                skip = False
            elif word + following in self._whole:
                skip = bool(following)
                yield word + following
            else:
                yield word


def _is_product(signs: Iterable[str]) -> bool:
    """Whether there is only one distinct letter ("x*x", "x x x"): that is algebra, not a word."""
    return len({sign for sign in signs if sign.isalpha()}) == 1


def _with_letters(token: str) -> Iterator[str]:
    """Every reading of the token with letters in place of digits and signs, up to a limit."""
    choices = (_FOR_LETTERS.get(c, c) for c in token)
    yield from map("".join, itertools.islice(itertools.product(*choices), _MOST_READINGS))
