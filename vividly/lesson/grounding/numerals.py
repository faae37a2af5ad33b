"""Numbers as they are written and spoken: `1,000`, "three hundred and forty", "two thirds"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from vividly.lesson.grounding.text import Lexicon

DIGITS = re.compile(r"\.?\d")
RANKS = (
    *("first", "second", "third", "fourth", "fifth"),
    *("sixth", "seventh", "eighth", "ninth", "tenth"),
)
_RANKED_LISTED = "law laws power shell generation row group harmonic ley"
RANKED = frozenset(_RANKED_LISTED.split())
"""Nouns that an ordinal number tells apart ("third law"): before them it is no fraction."""


@dataclass(frozen=True)
class Numeral:
    """A number in a text, without its sign and unit.

    Attributes:
        end: the token after its last one.
        parts: the numbers of a fraction written with `/`.
    """

    value: Fraction
    end: int
    parts: tuple[Fraction, ...] = ()


class NumeralReader:
    """Reads numbers off the tokens of a text."""

    def __init__(self, tokens: Sequence[str], lexicon: Lexicon) -> None:
        self.lower = [token.lower() for token in tokens]
        self.lexicon = lexicon

    def word(self, at: int) -> str:
        """The token at a position in lower case; empty beyond the ends."""
        return self.lower[at] if 0 <= at < len(self.lower) else ""

    def read(self, at: int) -> Numeral | None:
        """The number that begins at a token, powers of ten included."""
        found = self._factor(at) or self._fraction(at) or self._amount(at)
        if found is None:
            return None
        value, end = self._powers_of_ten(found.value, found.end)
        return Numeral(value, end, found.parts)

    def _factor(self, at: int) -> Numeral | None:
        """ "twice", "doubles", "halved"."""
        word = self.word(at)
        if word in self.lexicon.factors:
            return Numeral(Fraction(self.lexicon.factors[word]), at + 1)
        if word in self.lexicon.halving:
            return Numeral(Fraction(1, 2), at + 1)
        return None

    def _fraction(self, at: int) -> Numeral | None:
        """ "half", "two thirds", "a quarter", `1/2`, `2 1/2`."""
        lex, word = self.lexicon, self.word(at)
        if DIGITS.match(word) and self.word(at + 1) == "/" and DIGITS.match(self.word(at + 2)):
            above, below = _decimal(word), _decimal(self.word(at + 2))
            if below:
                return Numeral(above / below, at + 3, (above, below))
        if (
            DIGITS.match(word)
            and DIGITS.match(self.word(at + 1))
            and self.word(at + 2) == "/"
            and DIGITS.match(self.word(at + 3))
            and (below := _decimal(self.word(at + 3)))
        ):
            return Numeral(_decimal(word) + _decimal(self.word(at + 1)) / below, at + 4)
        if word in ("half", "mitad", "halves"):
            return Numeral(Fraction(1, 2), at + 1)
        amount = lex.numbers.get(word) or (1 if word in lex.one else None)
        part = lex.parts.get(self.word(at + 1))
        unit_second = self.word(at + 1) == "second"
        if amount and part and not unit_second and self.word(at + 2) not in RANKED:
            plural = self.word(at + 1).endswith("s")
            if plural == (amount > 1) or word in lex.one:
                return Numeral(Fraction(amount, part), at + 2)
        return None

    def _amount(self, at: int) -> Numeral | None:
        """Digits or number words, with "point", "hundred", "million"."""
        lex = self.lexicon
        if DIGITS.match(self.word(at)):
            value, end = _decimal(self.word(at)), at + 1
        else:
            read = self._spelled(at)
            if read is None:
                return None
            value, end = read
        if self.word(end) == lex.point and (digit := self._digit(end + 1)) is not None:
            decimals = ""
            end += 1
            while (digit := self._digit(end)) is not None:
                decimals, end = decimals + str(digit), end + 1
            value += Fraction(int(decimals), 10 ** len(decimals))
        while self.word(end) in lex.scales:
            value, end = value * lex.scales[self.word(end)], end + 1
        return Numeral(value, end)

    def _digit(self, at: int) -> int | None:
        word = self.word(at)
        number = self.lexicon.numbers.get(word)
        if number is not None and number < 10:
            return number
        return int(word) if re.fullmatch(r"\d", word) else None

    def _spelled(self, at: int) -> tuple[Fraction, int] | None:
        """Number words: "three hundred and forty", "twenty-five", "a million"."""
        lex = self.lexicon
        total = group = 0
        end, last = at, 0
        if self.word(at) in lex.one and self.word(at + 1) in lex.scales:
            group, end = 1, at + 1
        while end < len(self.lower):
            word = self.lower[end]
            if word in lex.numbers:
                number = lex.numbers[word]
                # "two three" is two numbers, "twenty three" is one.
                if last and not (last >= 20 and number < 10) and last < 100:
                    break
                group, last = group + number, number
            elif word in lex.scales and (group or lex.language == "es"):
                scale = lex.scales[word]
                if scale == 100:
                    group, last = max(group, 1) * 100, 100
                else:
                    total, group, last = total + max(group, 1) * scale, 0, 1000
            elif word in ("-", lex.and_) and last and self.word(end + 1) in lex.numbers:
                if word == lex.and_ and last < 100 and lex.language == "en":
                    break
            else:
                break
            end += 1
        return (Fraction(total + group), end) if end > at else None

    def _powers_of_ten(self, value: Fraction, end: int) -> tuple[Fraction, int]:
        """ "... times ten to the eighth", `... * 10 ^ 8`, or `10 ^ 8` itself."""
        at = end
        if self.word(at) in ("*", "x", "times", "por") and self.word(at + 1) in ("10", "ten"):
            exponent = self._exponent(at + 2)
            if exponent:
                return value * Fraction(10) ** exponent[0], exponent[1]
        if value == 10 and (exponent := self._exponent(at)):
            return Fraction(10) ** exponent[0], exponent[1]
        return value, end

    def _exponent(self, at: int) -> tuple[int, int] | None:
        if self.word(at) == "^":
            at += 1
        elif self.lower[at : at + 2] == ["to", "the"]:
            at += 2
            if self.lower[at : at + 2] == ["power", "of"]:
                at += 2
        else:
            return None
        sign = 1
        if self.word(at) in ("-", "minus", "negative", "{"):
            sign, at = -1, at + 1
        word = self.word(at)
        if re.fullmatch(r"\d{1,2}", word):
            number, at = int(word), at + 1
            at += self.word(at) == "th"
        elif word in self.lexicon.numbers:
            number, at = self.lexicon.numbers[word], at + 1
        elif word in RANKS:
            number, at = RANKS.index(word) + 1, at + 1
        else:
            return None
        at += self.word(at) == "power"
        return sign * number, at


def _decimal(token: str) -> Fraction:
    return Fraction(token.replace(",", ""))
