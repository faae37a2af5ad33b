"""Finds the equations in a text, in signs or in words, and compares equations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, permutations

from vividly.lesson.grounding.algebra import (
    FUNCTIONS,
    NotAlgebra,
    Polynomial,
    Term,
    equation,
    names,
    parse,
    renamed,
    value_of,
)
from vividly.lesson.grounding.chemistry import blank
from vividly.lesson.grounding.text import Lexicon
from vividly.text.units import one_unit, read_unit
from vividly.text.words import one_spelling, stem

_TOKEN = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|°[CF]?|[^\W\d_]+(?:'[^\W\d_]+)*\d?|[^\s\w]"
)
_PART = re.compile(r"[.;!?]\s+|[.;!?]$|,\s|:\s|→|\bso\b|\band then\b|\bwhere\b", re.IGNORECASE)
_RATIO = re.compile(r"(?<=\d)(?: : |:)(?=\d)")
_OF_TWO = re.compile(
    r"\bthe (product|ratio|quotient|sum) of ([\w' ]+?) (?:and|to|by) ([\w' ]+?)(?=[.,;:=]|$)",
    re.IGNORECASE,
)
_OF_TWO_SIGNS = {"product": "*", "ratio": "/", "quotient": "/", "sum": "+"}
_SIGNS = frozenset("+-*/^()%√")
_CALL = re.compile(r"\b([A-Za-z])\(([A-Za-z][A-Za-z ]*)\)")
_WORDS_OF_THREE_LISTED = "run net max min sum one two six ten top not and the for its"
_WORDS_OF_THREE = frozenset(_WORDS_OF_THREE_LISTED.split())
_MOST_ATOMS = 6
_SYMBOLS = {
    "I": ("current", "intens"),
    "p": ("momentum", "pressur"),
    "Q": ("charg", "heat"),
    "q": ("charg",),
    "U": ("voltag", "energi"),
    "λ": ("wavelength",),
    "v": ("speed",),
    "c": ("speed",),
    "x": ("distanc", "displac", "posit"),
    "s": ("distanc", "displac"),
    "ρ": ("densiti",),
    "μ": ("friction",),
    "k": ("constant",),
}
"""Stems of the quantities that a letter conventionally stands for but does not begin."""
_IS = re.compile(r"\b(?:is|are|es|son)\b")
_AND = re.compile(r"\band\b")
_CALCULATION = re.compile(r"[*/+^√]|\s-\s|\bsqrt\b")
TOLERANCE = Fraction(1, 100)
"""Relative tolerance of a result: worked examples round to two or three digits."""


@dataclass(frozen=True)
class Equation:
    """An equation.

    Attributes:
        text: the equation as written, for messages.
        worked: at least one side is more than a single amount.
        spoken: it is written in words, so that its atoms are phrases.
    """

    left: Polynomial
    right: Polynomial
    text: str
    worked: bool
    spoken: bool

    @property
    def atoms(self) -> frozenset[str]:
        """The variables of both sides."""
        return names(self.left) | names(self.right)

    @property
    def form(self) -> str:
        """Canonical form, the same however the equation is rearranged; "" if it says nothing."""
        try:
            return equation(self.left, self.right)
        except NotAlgebra:
            return ""

    @property
    def result(self) -> Fraction | None:
        """The result of a sum; None unless both sides are numbers."""
        left, right = value_of(self.left), value_of(self.right)
        return right if left is not None and right is not None and self.worked else None

    @property
    def adds_up(self) -> bool:
        """Whether both sides are equal up to rounding. True if a side has variables."""
        left, right = value_of(self.left), value_of(self.right)
        if left is None or right is None:
            return True
        return abs(left - right) <= TOLERANCE * max(abs(left), abs(right))

    @property
    def symbolic(self) -> bool:
        """Whether it is a formula: it has at least two variables."""
        return len(self.atoms) >= 2


def equations(text: str, lexicon: Lexicon) -> list[Equation]:
    """Return all equations in a text. A chain (`a = b = c`) gives several."""
    return list(_equations(text, lexicon))


def _equations(text: str, lexicon: Lexicon) -> Iterator[Equation]:
    plain = _RATIO.sub(" / ", blank(one_spelling(text)))
    spoken = not re.search(r"[=≈]", plain)
    plain = _CALL.sub(lambda found: f"{found[1]}of{found[2].replace(' ', '')}", plain)
    for part in _parts(_signs_for_words(plain, lexicon)):
        sides = [half for side in re.split(r"[=≈]", part) for half in _at_is(side)]
        read = [_side(side, lexicon) for side in sides]
        for one, other in pairwise(read):
            if one is not None and other is not None:
                worked = one[1] or other[1]
                unlike = one[2] != other[2]  # "1 km = 1000 m" is not a sum
                yield Equation(one[0], other[0], part.strip(), worked or not unlike, spoken)


def _signs_for_words(text: str, lexicon: Lexicon) -> str:
    """Replace words with signs: "times" with `*`, "divided by" with `/`, "is equal to" with `=`."""
    text = _OF_TWO.sub(
        lambda found: f"{found[2]} {_OF_TWO_SIGNS[found[1].lower()]} {found[3]}", text
    )
    numbers = "|".join(lexicon.lists.numbers)
    for result in lexicon.lists.results:
        before_a_number = rf",?\s*\b{result}\b(?=\W*(?:about |only |just )?(?:\d|(?:{numbers})\b))"
        text = re.sub(before_a_number, " = ", text, flags=re.IGNORECASE)
    for phrase, sign in lexicon.lists.phrases:
        text = re.sub(rf",?\s*\b{phrase}\b", f" {sign} ", text, flags=re.IGNORECASE)
    words = "|".join(lexicon.lists.operators)
    return re.sub(
        rf"\b({words})\b",
        lambda found: f" {lexicon.lists.operators[found[1].lower()]} ",
        text,
        flags=re.IGNORECASE,
    )


def _parts(text: str) -> Iterator[str]:
    """Split a text into parts that each have at most one equation or chain."""
    for part in _PART.split(text):
        yield from _AND.split(part) if part.count("=") > 1 else (part,)


def _at_is(side: str) -> tuple[str, ...]:
    """Split "power is voltage * current" or "sqrt 400 is 20" at "is"; else return the side."""
    for found in _IS.finditer(side):
        before, after = side[: found.start()], side[found.end() :]
        if _CALCULATION.search(after) and not _CALCULATION.search(before):
            return before, after
        if _CALCULATION.search(before) and re.match(r"\s*(?:about |≈ )?[-\d]", after):
            return before, after
    return (side,)


def _side(side: str, lexicon: Lexicon) -> tuple[Polynomial, bool, str] | None:
    """Parse a side into (value, whether it is a calculation, text of its unit), or None."""
    tokens = _TOKEN.findall(side)
    if not tokens or len(tokens) > 40 or "|" in side:  # an absolute value is not worked out
        return None
    terms, unit = _terms(tokens, lexicon)
    while terms and terms[-1].kind == "sign" and terms[-1].text not in (")", "%"):
        terms.pop()
    if not terms:
        return None
    try:
        value = parse(terms)
    except NotAlgebra:
        return None
    calculation = any(term.kind == "sign" and term.text in "+-*/^√" for term in terms) or any(
        term.text in FUNCTIONS for term in terms
    )
    if not calculation and sum(term.kind == "number" for term in terms) > 1:
        return None  # "2 of the 3" is not a product
    return (value, calculation, unit) if len(names(value)) <= _MOST_ATOMS else None


def _terms(tokens: Sequence[str], lexicon: Lexicon) -> tuple[list[Term], str]:
    """Convert tokens to (terms, text of the last unit).

    Terms are numbers, signs and atoms. Units are dropped; a run of words is one atom.
    """
    terms: list[Term] = []
    phrase: list[str] = []
    unit = ""

    def close() -> None:
        if phrase:
            terms.append(Term("atom", " ".join(phrase)))
            phrase.clear()

    at = 0
    while at < len(tokens):
        token = tokens[at]
        lower = token.lower()
        number = _number(token, lexicon)
        if number is not None:
            close()
            terms.append(Term("number", number))
            _, taken = read_unit(tokens[at + 1 :])
            if taken and tokens[at + 1] != "%" and not _is_variable(tokens, at + 1):
                unit = " ".join(tokens[at + 1 : at + 1 + taken])
                at += taken
        elif token in _SIGNS:
            close()
            terms.append(Term("sign", token))
        elif lower in FUNCTIONS:
            close()
            terms.append(Term("atom", lower))
        elif token in ("a", "A") and _is_word(tokens, at + 1):
            pass  # the article
        elif _is_symbol(token):
            close()
            terms.extend(Term("atom", letter) for letter in _letters(token))
        elif token[0].isalpha() and (lower not in lexicon.lists.function) and not one_unit(token):
            phrase.append(stem(lower, lexicon.language))
        at += 1
    close()
    return terms, unit


def _number(token: str, lexicon: Lexicon) -> str | None:
    if token[0].isdigit():
        return token.replace(",", "")
    number = lexicon.lists.numbers.get(token.lower())
    return None if number is None else str(number)


def _is_variable(tokens: Sequence[str], at: int) -> bool:
    """Whether a letter after a number is a factor, not a unit: `2 m v`, `4 a c`."""
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    return len(tokens[at]) == 1 and tokens[at].isalpha() and _is_symbol(following)


def _is_word(tokens: Sequence[str], at: int) -> bool:
    return at < len(tokens) and tokens[at][0].isalpha() and not _is_symbol(tokens[at])


def _is_symbol(token: str) -> bool:
    """Whether a token consists of variables: `F`, `ma`, `v1`, `KE`, `θ`."""
    letters = token.rstrip("0123456789")
    if not letters.isalpha():
        return False
    if len(letters) == 1:
        return True
    if letters.isupper():
        return len(letters) <= 3
    return (
        len(letters) <= 3
        and letters.lower() not in _WORDS_OF_THREE
        and not re.search(r"[aeiouy].", letters.removeprefix("a") if letters != "at" else "t")
    )


def _letters(token: str) -> list[str]:
    """Split a token into variables with their indices: `ma` into m and a, `v1` into v1."""
    return re.findall(r"[^\W\d_]\d?", token)


def matches(one: Equation, other: Equation) -> bool:
    """Whether two equations are the same, even with other names for their variables."""
    if one.form and one.form == other.form:
        return True
    return any(_form(one, mapping) == other.form for mapping in _mappings(one, other))


def contradicts(one: Equation, other: Equation) -> bool:
    """Whether two equations relate the same quantities in different ways."""
    return not matches(one, other) and any(True for _ in _mappings(one, other))


def covers(other: Equation, one: Equation) -> bool:
    """Whether each variable of `one` may be a variable of `other`."""
    return all(any(_related(name, known) for known in other.atoms) for name in one.atoms)


def _form(one: Equation, mapping: Mapping[str, str]) -> str:
    try:
        return equation(renamed(one.left, mapping), renamed(one.right, mapping))
    except NotAlgebra:
        return ""


def _mappings(one: Equation, other: Equation) -> Iterable[Mapping[str, str]]:
    """Yield the possible one-to-one mappings from variables of `one` to those of `other`."""
    ours, theirs = sorted(one.atoms), sorted(other.atoms)
    if len(ours) != len(theirs) or not 2 <= len(ours) <= _MOST_ATOMS:
        return
    for order in permutations(theirs):
        if all(_related(name, known) for name, known in zip(ours, order, strict=True)):
            yield dict(zip(ours, order, strict=True))


def _related(one: str, other: str) -> bool:
    """Whether two names may mean one quantity: a shared word, or a letter and its word."""
    if one == other:
        return True
    if len(one.rstrip("0123456789")) == 1 and len(other.rstrip("0123456789")) == 1:
        return False
    ours, theirs = one.lower().split(), other.lower().split()
    if len(one) > 2 and len(other) > 2:
        return bool(set(ours) & set(theirs))
    symbol, phrase = sorted((one, other), key=len)
    conventional = _SYMBOLS.get(symbol[0], ())
    return any(word[0] == symbol[0].lower() or word in conventional for word in phrase.split())
