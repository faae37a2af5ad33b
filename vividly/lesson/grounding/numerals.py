"""Reads numbers in digits and in words: `1,000`, "three hundred and forty", "two thirds"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from vividly.lesson.grounding.text import Lexicon

DIGITS = re.compile(r"\.?\d")


@dataclass(frozen=True)
class Numeral:
    """A number in a text, without its sign and unit.

    Attributes:
        end: the token after its last one.
        parts: numerator and denominator of a fraction written with `/`.
    """

    value: Fraction
    end: int
    parts: tuple[Fraction, ...] = ()


class NumeralReader:
    """Reads numbers from the tokens of a text."""

    def __init__(self, tokens: Sequence[str], lexicon: Lexicon) -> None:
        self.lower = [token.lower() for token in tokens]
        self.lexicon = lexicon

    def word(self, at: int) -> str:
        """Return the token at a position in lower case; "" out of range."""
        return self.lower[at] if 0 <= at < len(self.lower) else ""

    def read(self, at: int) -> Numeral | None:
        """Read the number that begins at a token, with its power of ten; None if there is none."""
        found = self._factor(at) or self._fraction(at) or self._amount(at)
        if found is None:
            return None
        value, end = self._powers_of_ten(found.value, found.end)
        return Numeral(value, end, found.parts)

    def _factor(self, at: int) -> Numeral | None:
        """Read a factor: "twice", "doubles", "halved"."""
        word = self.word(at)
        if word in self.lexicon.lists.factors:
            return Numeral(Fraction(self.lexicon.lists.factors[word]), at + 1)
        if word in self.lexicon.lists.halving:
            return Numeral(Fraction(1, 2), at + 1)
        return None

    def _fraction(self, at: int) -> Numeral | None:
        """Read a fraction: "half", "two thirds", "a quarter", `1/2`, `2 1/2`."""
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
        if word in lex.lists.half:
            return Numeral(Fraction(1, 2), at + 1)
        amount = lex.lists.numbers.get(word) or (1 if word in lex.lists.one else None)
        part = lex.lists.parts.get(self.word(at + 1))
        unit_second = self.word(at + 1) == "second"
        if amount and part and not unit_second and self.word(at + 2) not in lex.lists.ranked:
            plural = self.word(at + 1).endswith("s")
            if plural == (amount > 1) or word in lex.lists.one:
                return Numeral(Fraction(amount, part), at + 2)
        return None

    def _amount(self, at: int) -> Numeral | None:
        """Read digits or number words, with "point", "hundred", "million"."""
        lex = self.lexicon
        if DIGITS.match(self.word(at)):
            value, end = _decimal(self.word(at)), at + 1
        else:
            read = self._spelled(at)
            if read is None:
                return None
            value, end = read
        if self.word(end) == lex.lists.point and (digit := self._digit(end + 1)) is not None:
            decimals = ""
            end += 1
            while (digit := self._digit(end)) is not None:
                decimals, end = decimals + str(digit), end + 1
            value += Fraction(int(decimals), 10 ** len(decimals))
        while self.word(end) in lex.lists.scales:
            value, end = value * lex.lists.scales[self.word(end)], end + 1
        return Numeral(value, end)

    def _digit(self, at: int) -> int | None:
        word = self.word(at)
        number = self.lexicon.lists.numbers.get(word)
        if number is not None and number < 10:
            return number
        return int(word) if re.fullmatch(r"\d", word) else None

    def _spelled(self, at: int) -> tuple[Fraction, int] | None:
        """Read number words: "three hundred and forty", "twenty-five", "a million"."""
        lex = self.lexicon
        total = group = 0
        end, last = at, 0
        if self.word(at) in lex.lists.one and self.word(at + 1) in lex.lists.scales:
            group, end = 1, at + 1
        while end < len(self.lower):
            word = self.lower[end]
            if word in lex.lists.numbers:
                number = lex.lists.numbers[word]
                # "two three" is two numbers, "twenty three" is one.
                if last and not (last >= 20 and number < 10) and last < 100:
                    break
                group, last = group + number, number
            elif word in lex.lists.scales and (group or lex.lists.bare_scales):
                scale = lex.lists.scales[word]
                if scale == 100:
                    group, last = max(group, 1) * 100, 100
                else:
                    total, group, last = total + max(group, 1) * scale, 0, 1000
            elif word in ("-", lex.lists.and_) and last and self.word(end + 1) in lex.lists.numbers:
                if word == lex.lists.and_ and last < 100 and not lex.lists.and_joins_tens:
                    break
            else:
                break
            end += 1
        return (Fraction(total + group), end) if end > at else None

    def _powers_of_ten(self, value: Fraction, end: int) -> tuple[Fraction, int]:
        """Apply "... times ten to the eighth", `... * 10 ^ 8`, or a power of ten alone."""
        at = end
        lists = self.lexicon.lists
        times = self.word(at) in ("*", "x") or self.word(at) in lists.times
        if times and (self.word(at + 1) == "10" or self.word(at + 1) in lists.ten):
            exponent = self._exponent(at + 2)
            if exponent:
                return value * Fraction(10) ** exponent[0], exponent[1]
        if value == 10 and (exponent := self._exponent(at)):
            return Fraction(10) ** exponent[0], exponent[1]
        return value, end

    def _exponent(self, at: int) -> tuple[int, int] | None:
        lists = self.lexicon.lists
        if self.word(at) == "^":
            at += 1
        else:
            phrases = (phrase.split() for phrase in lists.to_the_power)
            found = next((p for p in phrases if self.lower[at : at + len(p)] == p), None)
            if found is None:
                return None
            at += len(found)
        sign = 1
        if self.word(at) in ("-", "{") or self.word(at) in lists.minus:
            sign, at = -1, at + 1
        word = self.word(at)
        if re.fullmatch(r"\d{1,2}", word):
            number, at = int(word), at + 1
            at += self.word(at) == "th"
        elif word in lists.numbers:
            number, at = lists.numbers[word], at + 1
        elif word in lists.ranks:
            number, at = lists.ranks.index(word) + 1, at + 1
        else:
            return None
        at += self.word(at) in lists.power
        return sign * number, at


def _decimal(token: str) -> Fraction:
    return Fraction(token.replace(",", ""))
