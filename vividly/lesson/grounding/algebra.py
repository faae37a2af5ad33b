"""School algebra: the value of expressions, and a canonical form of equations.

`F = ma` and `a = F / m` are the same equation. The canonical form is a polynomial that equals
zero, divided by one of its terms; division by a term is a negative power. Two equations are
the same if their canonical forms are equal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Monomial = tuple[tuple[str, Fraction], ...]
"""Pairs (atom, power), sorted."""
Polynomial = Mapping[Monomial, Fraction]
"""Coefficients by monomial."""

FUNCTIONS = frozenset(("sin", "cos", "tan", "sqrt", "sine", "cosine", "tangent"))
_ALIAS = {"sine": "sin", "cosine": "cos", "tangent": "tan"}
_MOST_TERMS = 12
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class NotAlgebra(ValueError):
    """This module cannot read the tokens as an expression."""


@dataclass(frozen=True)
class Term:
    """A token of an expression: `number`, `atom` or `sign` (one of `+ - * / ^ ( ) % √`)."""

    kind: str
    text: str


def atom(name: str, power: int | Fraction = 1) -> Polynomial:
    """Return a variable as a polynomial."""
    return {((name, Fraction(power)),): Fraction(1)}


def constant(value: Fraction) -> Polynomial:
    """Return a number as a polynomial."""
    return {(): value} if value else {}


def add(one: Polynomial, other: Polynomial, sign: int = 1) -> Polynomial:
    """Return the sum, or the difference if `sign` is -1."""
    total = dict(one)
    for monomial, coefficient in other.items():
        total[monomial] = total.get(monomial, Fraction(0)) + sign * coefficient
    return {monomial: c for monomial, c in total.items() if c}


def multiply(one: Polynomial, other: Polynomial) -> Polynomial:
    """Return the product.

    Raises:
        NotAlgebra: the product would have too many terms.
    """
    if len(one) * len(other) > _MOST_TERMS**2:
        raise NotAlgebra("too many terms")
    total: dict[Monomial, Fraction] = {}
    for left, c in one.items():
        for right, d in other.items():
            powers = dict(left)
            for name, power in right:
                powers[name] = powers.get(name, Fraction(0)) + power
            monomial = tuple(sorted((n, p) for n, p in powers.items() if p))
            total[monomial] = total.get(monomial, Fraction(0)) + c * d
    return {monomial: c for monomial, c in total.items() if c}


def raised(base: Polynomial, power: Fraction) -> Polynomial:
    """Return a power. A sum becomes an atom unless the power is a whole number from 0 to 3.

    Raises:
        NotAlgebra: the power is undefined or too large.
    """
    if len(base) == 1:
        ((monomial, c),) = base.items()
        value = _number_power(c, power)
        return {tuple((name, p * power) for name, p in monomial): value}
    if power.denominator == 1 and 0 <= power <= 3:
        result: Polynomial = constant(Fraction(1))
        for _ in range(int(power)):
            result = multiply(result, base)
        return result
    if not base:
        raise NotAlgebra("a power of zero")
    return atom(written(base), power)


def _number_power(value: Fraction, power: Fraction) -> Fraction:
    if power.denominator == 1 and abs(power) <= 64:
        if not value:
            raise NotAlgebra("division by zero")
        return value ** int(power)
    if value < 0:
        raise NotAlgebra("a root of a negative number")
    try:
        return Fraction(float(value) ** float(power)).limit_denominator(10**12)
    except OverflowError as error:
        raise NotAlgebra("too large a power") from error


def written(value: Polynomial) -> str:
    """Return a string that is the same for equal polynomials."""
    parts = sorted(
        f"{coefficient}*" + "*".join(f"{name}^{power}" for name, power in monomial)
        for monomial, coefficient in value.items()
    )
    return "(" + "+".join(parts) + ")"


def names(value: Polynomial) -> frozenset[str]:
    """Return the atoms of a polynomial."""
    return frozenset(name for monomial in value for name, _ in monomial)


def value_of(expression: Polynomial) -> Fraction | None:
    """Return the value of an expression, or None if it has variables."""
    if not expression:
        return Fraction(0)
    return expression[()] if set(expression) == {()} else None


def equation(left: Polynomial, right: Polynomial) -> str:
    """Return the canonical form of an equation, the same however it is rearranged.

    Raises:
        NotAlgebra: both sides are the same.
    """
    zero = add(left, right, -1)
    if not zero:
        raise NotAlgebra("nothing is said")
    forms = []
    # A common factor does not matter: divide by each term in turn and keep the smallest form.
    for monomial, coefficient in zero.items():
        inverse = {tuple((name, -power) for name, power in monomial): 1 / coefficient}
        forms.append(written(multiply(zero, inverse)))
    return min(forms)


def renamed(value: Polynomial, new: Mapping[str, str]) -> Polynomial:
    """Return a polynomial with its atoms renamed."""
    total: Polynomial = {}
    for monomial, coefficient in value.items():
        term: Polynomial = {(): coefficient}
        for name, power in monomial:
            term = multiply(term, atom(new.get(name, name), power))
        total = add(total, term)
    return total


def parse(terms: Sequence[Term]) -> Polynomial:
    """Parse terms into a polynomial. Adjacent factors are multiplied; angles are in degrees.

    Raises:
        NotAlgebra: the terms are not an expression.
    """
    parser = _Parser(terms)
    value = parser.sum()
    if parser.at != len(terms):
        raise NotAlgebra(f"cannot read {terms[parser.at].text!r}")
    return value


class _Parser:
    """A recursive descent parser."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = terms
        self.at = 0

    def _sign(self) -> str:
        term = self.terms[self.at] if self.at < len(self.terms) else None
        return term.text if term and term.kind == "sign" else ""

    def sum(self) -> Polynomial:
        negative = self._sign() == "-"
        if negative or self._sign() == "+":
            self.at += 1
        total = self.product()
        total = add({}, total, -1) if negative else total
        while (sign := self._sign()) in ("+", "-") and sign:
            self.at += 1
            total = add(total, self.product(), 1 if sign == "+" else -1)
        return total

    def product(self) -> Polynomial:
        total = self.power()
        while self.at < len(self.terms):
            sign = self._sign()
            if sign == "*":
                self.at += 1
                total = multiply(total, self.power())
            elif sign == "/":
                self.at += 1
                total = multiply(total, raised(self.power(), Fraction(-1)))
            elif sign in ("", "(") or self.terms[self.at].text in FUNCTIONS:
                total = multiply(total, self.power())
            else:
                break
        return total

    def power(self) -> Polynomial:
        base = self.primary()
        while (sign := self._sign()) in ("^", "%") and sign:
            self.at += 1
            if sign == "%":
                base = multiply(base, constant(Fraction(1, 100)))
                continue
            negative = self._sign() == "-"
            self.at += negative
            exponent = value_of(self.primary())
            if exponent is None:
                raise NotAlgebra("a variable power")
            base = raised(base, -exponent if negative else exponent)
        return base

    def primary(self) -> Polynomial:
        if self.at >= len(self.terms):
            raise NotAlgebra("ends too soon")
        term = self.terms[self.at]
        self.at += 1
        if term.kind == "number":
            return constant(Fraction(term.text))
        if term.kind == "atom" and term.text in FUNCTIONS:
            return self._function(term.text)
        if term.kind == "atom":
            return atom(term.text)
        if term.text == "√":
            return self._function("sqrt")
        if term.text == "(":
            inner = self.sum()
            if self._sign() != ")":
                raise NotAlgebra("a bracket is left open")
            self.at += 1
            return inner
        if term.text == "-":
            return add({}, self.power(), -1)
        raise NotAlgebra(f"cannot begin with {term.text!r}")

    def _function(self, name: str) -> Polynomial:
        name = _ALIAS.get(name, name)
        argument = self.power()
        if name == "sqrt":
            return raised(argument, Fraction(1, 2))
        angle = value_of(argument)
        if angle is None:
            return atom(f"{name}{written(argument)}")
        function = {"sin": math.sin, "cos": math.cos, "tan": math.tan}[name]
        return constant(Fraction(function(math.radians(float(angle)))).limit_denominator(10**9))
