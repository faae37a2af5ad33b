"""Converts TeX formulas to the plain text that this package reads: `\\frac{d}{t}` to `d/t`.

Adjacent letters are factors in TeX, so `m a` becomes `m * a`. The contents of `\\mathrm` and
`\\text` are one word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_SPACES = re.compile(r"(?<=\\text\{|athrm\{|extrm\{)[^{}]*")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S")
_SIMPLE = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]\d*(?:\^\d+)?|[^\W\d_]{4,}")
_GREEK_LISTED = (
    "alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta θ "
    "iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi φ varphi φ "
    "chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω "
    "hbar ℏ ell l infty ∞"
)
_GREEK: Mapping[str, str] = dict(re.findall(r"(\w+) (\S+)", _GREEK_LISTED))
_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        **{"cdot": "*", "times": "*", "ast": "*", "div": "/", "approx": "≈", "sim": "≈"},
        **dict.fromkeys(("to", "rightarrow", "longrightarrow", "Rightarrow"), "→"),
        **dict.fromkeys(("rightleftharpoons", "leftrightarrow"), "⇌"),
        **{"le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "propto": "∝"},
        **{"pm": "±", "lt": "<", "gt": ">", "sum": "Σ", "circ": "°", "degree": "°"},
    }
)
_WORDS = frozenset(("mathrm", "text", "textrm", "mathit", "mathbf", "mathsf", "operatorname"))
_ACCENTS = frozenset(("vec", "bar", "hat", "dot", "ddot", "tilde", "overline", "underline"))
_FUNCTIONS = frozenset(("sin", "cos", "tan", "log", "ln", "exp"))
_BETWEEN = frozenset("*/+-=≈→⇌≤≥≠∝±<>,;:|!")


@dataclass
class TexReader:
    """Reads the formulas of one visual.

    Attributes:
        literal: keep subscripts and write no `*` between letters, as in a book. Otherwise each
            letter subscript becomes a digit, so that `v_f` and `v_i` are different symbols.
        digits: maps the subscripts read so far to their digits.
    """

    literal: bool = False
    digits: dict[str, str] = field(default_factory=dict)

    def read(self, source: str) -> str:
        """Convert a formula to plain text. Unknown commands are dropped."""
        # Spaces matter only inside words.
        kept = _SPACES.sub(lambda found: found[0].replace(" ", "~"), source)
        return " ".join(_Row(_TOKEN.findall(kept), self).all().split())


class _Row:
    """The tokens inside one pair of braces, or of the whole formula."""

    def __init__(self, tokens: list[str], reader: TexReader) -> None:
        self.tokens = tokens
        self.reader = reader
        self.at = 0
        self.parts: list[str] = []

    def all(self) -> str:
        while self.at < len(self.tokens):
            self._next()
        return "".join(self.parts)

    def _next(self) -> None:
        token = self._take()
        name = token[1:] if token.startswith("\\") else ""
        if token == "{":
            self._operand(self._row(self._group()))
        elif token in "^_":
            self._script(token)
        elif name in ("frac", "dfrac", "tfrac"):
            above, below = self._argument(), self._argument()
            self._operand(f"{_grouped(above)}/{_grouped(below)}")
        elif name == "sqrt":
            self._root()
        elif name in _WORDS:
            self._operand(self._word())
        elif name in _ACCENTS:
            self._operand(self._argument())
        elif name in _FUNCTIONS:
            self._operand(name)
            self.parts.append(" ")
        elif name in _GREEK:
            self._operand(_GREEK[name])
        elif (sign := _SIGNS.get(name, token)) in _BETWEEN:
            self.parts.append(f" {sign} ")
        elif sign in "()[]":
            self._bracket(sign)
        elif sign == "°":
            self.parts.append("°")
        elif not name and (token[0].isalnum() or not token.isascii()):
            self._operand(token)

    def _bracket(self, sign: str) -> None:
        round_ = sign if self.reader.literal else "(" if sign in "([" else ")"
        if sign in "([":
            self._operand(round_)
        else:
            self.parts.append(round_)

    def _operand(self, text: str) -> None:
        """Add a factor, with `*` (or a space) after a preceding factor."""
        before = self.parts[-1][-1:] if self.parts else ""
        beside = bool(before) and (before.isalnum() or before in ")°")
        if beside and not self.reader.literal:
            self.parts.append(" * ")
        elif beside and len(text) > 1 and text.isalpha():
            self.parts.append(" ")
        self.parts.append(text)

    def _script(self, sign: str) -> None:
        inner = self._group() if self._peek() == "{" else [self._take()]
        if sign == "^":
            raised = self._row(inner)
            self.parts.append(raised if raised == "°" else f"^{_grouped(raised)}")
            return
        written = "".join(_plain(token) for token in inner)
        if self.reader.literal or written.isdigit():
            self.parts.append(written)
        elif written:
            digits = self.reader.digits
            self.parts.append(digits.setdefault(written, str(9 - len(digits) % 9)))

    def _root(self) -> None:
        degree = ""
        if self._peek() == "[":
            end = self.tokens.index("]", self.at) if "]" in self.tokens[self.at :] else self.at
            degree = self._row(self.tokens[self.at + 1 : end])
            self.at = end + 1
        inner = self._argument()
        self._operand(f"({inner})^(1/{degree})" if degree else f"√({inner})")

    def _word(self) -> str:
        """Read the text of `\\mathrm{...}`, with plain indices and powers: `Ca^2+`."""
        group = self._group() if self._peek() == "{" else [self._take()]
        text = "".join(_SIGNS.get(t[1:], " ") if t.startswith("\\") else t for t in group)
        spaced = re.sub(r"([+=→⇌])", r" \1 ", re.sub(r"[{}_]", "", text).replace("~", " "))
        return re.sub(r"\^(\d*) ([+]) ", r"^\1\2", spaced).strip()

    def _argument(self) -> str:
        if self._peek() == "{":
            return self._row(self._group())
        return self._row([self._take()])

    def _row(self, tokens: list[str]) -> str:
        return _Row(tokens, self.reader).all().strip()

    def _group(self) -> list[str]:
        """Read a group: the tokens up to the closing brace.

        Its opening brace is either the next token or has just been read.
        """
        if self._peek() == "{" and (self.at == 0 or self.tokens[self.at - 1] != "{"):
            self.at += 1
        start, depth = self.at, 1
        while self.at < len(self.tokens):
            token = self._take()
            depth += (token == "{") - (token == "}")
            if depth == 0:
                return self.tokens[start : self.at - 1]
        return self.tokens[start:]

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self.at += 1
        return token


def _plain(token: str) -> str:
    name = token[1:] if token.startswith("\\") else token
    return _GREEK.get(name, name if name.isalnum() and name not in _WORDS else "")


def _grouped(text: str) -> str:
    """Put a text in brackets unless it is a single number, word or symbol with its power."""
    return text if _SIMPLE.fullmatch(text) else f"({text})"
