"""Reads the numbers in a text with their units, in digits or in words.

"nine point eight", `9.8`, "three times ten to the eighth", `3×10⁸`, "two thirds", `30%` and
"twice" all become a `Quantity` with an exact value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from vividly.lesson.grounding.chemistry import blank
from vividly.lesson.grounding.numerals import DIGITS, NumeralReader
from vividly.lesson.grounding.text import Lexicon
from vividly.text.locales import known_locales, locale_for
from vividly.text.units import NO_UNIT, Unit, agree, one_unit, read_unit
from vividly.text.words import one_spelling

_TOKEN = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+|°[CF]?|[^\W\d_]+(?:'[^\W\d_]+)*|\S"
)
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)\b")
_POWER_OF_A_NAME = re.compile(r"(?<=[A-Za-zα-ωΑ-Ω)])\^-?\d+")
_INDEX = re.compile(r"(?<![\w.])([A-Za-z])\d(?![\w.])")
NEARLY = Fraction(1, 50)
"""Relative tolerance of a number that the text calls approximate."""


@cache
def _vague() -> re.Pattern[str]:
    """Pattern of a vague amount and its noun ("a few meters"), in all languages."""
    few = (phrase for tag in known_locales() for phrase in locale_for(tag).grounding.few)
    return re.compile(rf"\b(?:{'|'.join(few)}) ([^\W\d_]{{4,}})")


@dataclass(frozen=True)
class Quantity:
    """A number in a text.

    Attributes:
        value: the number as written, not scaled by the unit.
        unit: `NO_UNIT` if there is none.
        text: the number as written, for messages.
        start, end: its first token, and the token after its last.
        parts: numerator and denominator of a fraction written with `/`.
        is_date: it is a year.
        is_rank: it is an ordinal number.
        about: the text calls it approximate.
    """

    value: Fraction
    unit: Unit
    text: str
    start: int
    end: int
    parts: tuple[Fraction, ...] = ()
    is_date: bool = False
    is_rank: bool = False
    about: bool = False

    @property
    def size(self) -> Fraction:
        """The value in the base unit of its dimension."""
        return self.value * self.unit.factor


def tokens(text: str, lexicon: Lexicon) -> list[str]:
    """Split a text into numbers, words and signs, in normalized spelling."""
    plain = blank(one_spelling(text))
    plain = _POWER_OF_A_NAME.sub(lambda found: " " * len(found[0]), _keep_units(plain))
    plain = _INDEX.sub(r"\1", plain)
    if lexicon.decimal_comma:
        plain = _DECIMAL_COMMA.sub(".", plain)
    return _TOKEN.findall(_ORDINAL.sub(r"\1 th", plain))


def _keep_units(text: str) -> str:
    """Put spaces around powers of units, so that they do not look like powers of a variable."""
    return re.sub(
        r"(?<=[\d/ ])([a-zA-Z]{1,3})\^(-?\d)",
        lambda found: f"{found[1]} ^ {found[2]}" if one_unit(found[1], alone=False) else found[0],
        text,
    )


def quantities(text: str, lexicon: Lexicon) -> list[Quantity]:
    """Return the numbers in a text, except counts of the lesson's parts ("three ideas")."""
    return _Reader(tokens(text, lexicon), lexicon).all()


def is_in(
    quantity: Quantity,
    given: Iterable[Quantity],
    words: Iterable[str] = (),
    beside: Iterable[str] = (),
) -> bool:
    """Whether a number with its unit is among the given ones.

    Args:
        words: words of the source, for a unit that is apart from its number.
        beside: words around the number: "334 joules" for "a gram" are 334 J/g.
    """
    given = list(given)
    rates = [unit.power(-1) for word in beside if (unit := one_unit(word))]
    wanted = [quantity, *(replace(quantity, unit=quantity.unit.times(rate)) for rate in rates)]
    known = {unit.dimension for word in words if (unit := one_unit(word))}
    for other in given:
        if quantity.is_rank != other.is_rank and quantity.is_rank:
            continue
        if any(_same(one, other) for one in wanted):
            return True
        bare = not other.unit.dimension and quantity.unit.dimension
        if bare and quantity.value == other.value:
            parts = {((name, 1),) for name, _ in quantity.unit.dimension}
            if quantity.unit.dimension in known or parts <= known:
                return True
        if quantity.unit == NO_UNIT and quantity.value == other.value:
            return True
    values = {other.value for other in given} | {p for other in given for p in other.parts}
    return bool(quantity.parts) and set(quantity.parts) <= values


def wrong_unit(text: str, given: Iterable[str]) -> str:
    """Return the unit of a vague amount ("a few meters") if the source uses only other units.

    Args:
        given: the words of the source.

    Returns:
        The unit's word if the source has the same dimension only in other units, else "".
    """
    known = {unit for word in given if (unit := one_unit(word)) and unit.dimension}
    for found in _vague().finditer(one_spelling(text)):
        unit = one_unit(found[1])
        if unit and unit not in known and any(k.dimension == unit.dimension for k in known):
            return found[1]
    return ""


def _same(one: Quantity, other: Quantity) -> bool:
    if not agree(one.unit, other.unit):
        return False
    if one.size == other.size:
        return True
    near = abs(one.size - other.size) <= NEARLY * abs(other.size)
    return near and one.about


class _Reader:
    """Reads numbers from tokens."""

    def __init__(self, tokens: Sequence[str], lexicon: Lexicon) -> None:
        self.tokens = tokens
        self.reader = NumeralReader(tokens, lexicon)
        self.lower = self.reader.lower
        self._word = self.reader.word
        self.lexicon = lexicon

    def all(self) -> list[Quantity]:
        """Return all numbers, left to right."""
        found: list[Quantity] = []
        at = 0
        while at < len(self.tokens):
            quantity = self._rank(at) or self._number(at)
            if quantity is None:
                at += 1
                continue
            at = max(quantity.end, at + 1)
            if not self._counts_the_lesson(quantity):
                found.append(quantity)
        return found

    def _rank(self, at: int) -> Quantity | None:
        """Read an ordinal: digits with "th", or a word before a noun that takes ranks."""
        word, following = self._word(at), self._word(at + 1)
        if DIGITS.match(word) and following == "th":
            rank, end = Fraction(word.replace(",", "")), at + 2
        elif word in self.lexicon.lists.ranks and following in self.lexicon.lists.ranked:
            rank, end = Fraction(self.lexicon.lists.ranks.index(word) + 1), at + 1
        else:
            return None
        text = " ".join(self.tokens[at : end + 1])
        return Quantity(rank, NO_UNIT, text, at, end, is_rank=True)

    def _number(self, start: int) -> Quantity | None:
        lex, at = self.lexicon, start
        negative = self._word(at) in ("-", *lex.lists.minus) and self._sign_allowed(at)
        at += negative
        money = self._word(at) in ("$", "€", "£") and at + 1 < len(self.lower)
        symbol = self._word(at) if money else ""
        at += money
        numeral = self.reader.read(at)
        if numeral is None:
            return None
        value, end = numeral.value, numeral.end
        is_year = self._is_year(at, end, value)
        unit, taken = (NO_UNIT, 0) if is_year else read_unit(self.tokens[end:])
        if symbol and (sign := one_unit(symbol)):
            unit, taken = sign, 0
        # A number is negative with a minus sign ("-40") or with "below zero".
        below = self.lower[end + taken : end + taken + 2] == ["below", "zero"]
        value = -value if negative or below else value
        first = self.lower[at]
        if first in lex.lists.one and end == at + 1 and not DIGITS.match(first):
            return None  # a pronoun, or the same as "a" ("one second")
        return Quantity(
            value,
            unit,
            " ".join(self.tokens[start : end + taken]),
            start,
            end + taken + (2 if below else 0),
            numeral.parts,
            is_date=is_year,
            about=any(
                word in lex.lists.approximate or word == "≈" for word in self._before(start, 3)
            ),
        )

    def _before(self, at: int, count: int) -> list[str]:
        return self.lower[max(0, at - count) : at]

    def _sign_allowed(self, at: int) -> bool:
        """Whether a minus is a sign: a number follows, and none precedes to subtract from."""
        before, after, minus = self._word(at - 1), self._word(at + 1), self._word(at)
        if not (DIGITS.match(after) or after in self.lexicon.lists.numbers):
            return False
        if minus == "-":
            return not (DIGITS.match(before) or before in ("%", ")") or before.isalpha())
        return minus == "negative" or before in self.lexicon.lists.function or not before.isalnum()

    def _is_year(self, at: int, end: int, value: Fraction) -> bool:
        digits = re.fullmatch(r"\d{4}", self.lower[at]) and 1000 <= value <= 2100
        if not digits or end != at + 1:
            return False
        decade = self._word(end) == "s" and value % 10 == 0
        preceded = bool(set(self._before(at, 1)) & self.lexicon.lists.before_year)
        measured = read_unit(self.tokens[end:])[1] > 0
        return (
            decade
            or self._word(end) in self.lexicon.lists.after_year
            or (preceded and not measured)
            or self._word(at - 2) in self.lexicon.lists.months
            or self._word(at - 3) in self.lexicon.lists.months
        )

    def _counts_the_lesson(self, quantity: Quantity) -> bool:
        """Whether a number counts parts of the lesson: "three ideas", "step 2"."""
        if quantity.unit.dimension or quantity.value > 10 or quantity.parts:
            return False
        around = *self._before(quantity.start, 1), *self.lower[quantity.end : quantity.end + 2]
        counted = self.lexicon.lists.counted
        return any(word in counted or f"{word}s" in counted for word in around)
