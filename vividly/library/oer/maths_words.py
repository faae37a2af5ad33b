"""How the signs of formulas are said and how LaTeX writes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

_ENGLISH = {
    "=": "equals",
    "≠": "is not equal to",
    "≡": "is defined as",
    "≈": "is about",
    "≅": "is about",
    "∼": "is about",
    "~": "is about",
    "∝": "is proportional to",
    "<": "is less than",
    ">": "is greater than",
    "≤": "is at most",
    "≥": "is at least",
    "≪": "is much less than",
    "≫": "is much greater than",
    "+": "plus",
    "−": "minus",
    "negative": "negative",
    "±": "plus or minus",
    "∓": "minus or plus",
    "×": "times",
    "⋅": "times",
    "∙": "times",
    "*": "times",
    "÷": "divided by",
    "/": "over",
    "→": "gives",
    "⇒": "so",
    "⇌": "in balance with",
    "↔": "and back",
    "∞": "infinity",
    "°": "degrees",
    "%": "percent",
    "$": "dollars",
    "&": "and",
    "∑": "the sum of",
    "Σ": "the sum of",
    "∫": "the integral of",
    "∂": "the change of",
    "√": "the square root of",
    "⊥": "perpendicular",
    "∥": "parallel",
    "||": "parallel",
    "…": "and so on",
    "sin": "the sine of",
    "cos": "the cosine of",
    "tan": "the tangent of",
    "log": "the logarithm of",
    "ln": "the natural logarithm of",
    "exp": "e to the power of",
    "inverse sin": "the inverse sine of",
    "inverse cos": "the inverse cosine of",
    "inverse tan": "the inverse tangent of",
    "over": "over",
    "per": "per",
    "sub": "sub",
    "squared": "squared",
    "cubed": "cubed",
    "power": "to the power of",
    "prime": "prime",
    "root": "the square root of",
    "nth root": "the root of order {order} of",
    "quantity": "the quantity",
    "bar": "bar",
    "hat": "hat",
    "vector": "vector",
    "from": "from",
    "to": "to",
    "of": "of",
    "all": "all",
}
_SPANISH = {
    "=": "es igual a",
    "≠": "no es igual a",
    "≡": "se define como",
    "≈": "es aproximadamente",
    "≅": "es aproximadamente",
    "∼": "es aproximadamente",
    "~": "es aproximadamente",
    "∝": "es proporcional a",
    "<": "es menor que",
    ">": "es mayor que",
    "≤": "es como máximo",
    "≥": "es como mínimo",
    "≪": "es mucho menor que",
    "≫": "es mucho mayor que",
    "+": "más",
    "−": "menos",
    "negative": "menos",
    "±": "más o menos",
    "∓": "menos o más",
    "×": "por",
    "⋅": "por",
    "∙": "por",
    "*": "por",
    "÷": "dividido entre",
    "/": "entre",
    "→": "da",
    "⇒": "así que",
    "⇌": "en equilibrio con",
    "↔": "y viceversa",
    "∞": "infinito",
    "°": "grados",
    "%": "por ciento",
    "$": "dólares",
    "&": "y",
    "∑": "la suma de",
    "Σ": "la suma de",
    "∫": "la integral de",
    "∂": "la variación de",
    "√": "la raíz cuadrada de",
    "⊥": "perpendicular",
    "∥": "paralela",
    "||": "paralela",
    "…": "y así sucesivamente",
    "sin": "el seno de",
    "sen": "el seno de",
    "cos": "el coseno de",
    "tan": "la tangente de",
    "log": "el logaritmo de",
    "ln": "el logaritmo natural de",
    "exp": "e elevado a",
    "inverse sin": "el arcoseno de",
    "inverse sen": "el arcoseno de",
    "inverse cos": "el arcocoseno de",
    "inverse tan": "la arcotangente de",
    "over": "entre",
    "per": "por",
    "sub": "sub",
    "squared": "al cuadrado",
    "cubed": "al cubo",
    "power": "elevado a",
    "prime": "prima",
    "root": "la raíz cuadrada de",
    "nth root": "la raíz de orden {order} de",
    "quantity": "la cantidad",
    "bar": "media",
    "hat": "unitario",
    "vector": "vector",
    "from": "desde",
    "to": "hasta",
    "of": "de",
    "all": "todo",
}
WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": _ENGLISH, "es": _SPANISH})
"""Sign or turn of phrase -> its words, by the language's first subtag."""

FORMS = str.maketrans(
    {
        "-": "−",
        "–": "−",
        "·": "⋅",
        "•": "⋅",
        "∙": "⋅",
        "μ": "µ",
        "∆": "Δ",
        "Ω": "Ω",
        "ϒ": "Υ",
        "∘": "°",
        "'": "′",
        "’": "′",
        "ʹ": "′",
        "‾": "¯",
        "ˉ": "¯",
        "⋯": "…",
        "\x96": "−",
        "\u00a0": " ",
        "\u2009": " ",
        "\u200a": " ",
        "\u2002": " ",
        "\u2003": " ",
        "\u202f": " ",
        "\u200b": None,
        "\u2060": None,
        "\u2061": None,
        "\u2062": None,
        "\u2063": None,
        "\ufeff": None,
    }
)
"""One form of each sign; invisible operators go."""

RELATIONS = frozenset("=≠≡≈≅∼~∝<>≤≥≪≫→⇒⇌↔")
"""Signs that state something: a formula without any is a mere quantity."""

SPACED = RELATIONS | frozenset("+−±∓×⋅÷*")
FUNCTIONS = frozenset(("sin", "cos", "tan", "log", "ln", "exp", "sen"))

LATEX: Mapping[str, str] = MappingProxyType(
    {
        "≠": r"\neq ",
        "≡": r"\equiv ",
        "≈": r"\approx ",
        "≅": r"\cong ",
        "∼": r"\sim ",
        "~": r"\sim ",
        "∝": r"\propto ",
        "≤": r"\leq ",
        "≥": r"\geq ",
        "≪": r"\ll ",
        "≫": r"\gg ",
        "−": "-",
        "±": r"\pm ",
        "∓": r"\mp ",
        "×": r"\times ",
        "⋅": r"\cdot ",
        "÷": r"\div ",
        "→": r"\rightarrow ",
        "⇒": r"\Rightarrow ",
        "⇌": r"\rightleftharpoons ",
        "↔": r"\leftrightarrow ",
        "∞": r"\infty ",
        "°": r"^{\circ}",
        "%": r"\%",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "∑": r"\sum ",
        "∫": r"\int ",
        "∂": r"\partial ",
        "√": r"\surd ",
        "⊥": r"\perp ",
        "∥": r"\parallel ",
        "||": r"\parallel ",
        "‖": r"\Vert ",
        "…": r"\ldots ",
        "′": "'",
        "″": "''",
        "µ": r"\mu ",
        "ℏ": r"\hbar ",
        "ℓ": r"\ell ",
        "—": r"\text{---}",
        "\\": r"\backslash ",
        "^": r"\hat{}",
        "¯": r"\bar{}",
    }
)
_VARIANTS = {
    "µ": "mu",
    "ϑ": "vartheta",
    "ϕ": "varphi",
    "ϵ": "varepsilon",
    "ϖ": "varpi",
    "ϱ": "varrho",
}
_GREEK_CAPITALS = frozenset("ΓΔΘΛΞΠΣΥΦΨΩ")
_LIKE_LATIN = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX")
"""Greek capitals for which LaTeX has no command, since they look like Latin ones."""
SAID_AS: Mapping[str, str] = MappingProxyType({"ℓ": "l", "ℏ": "h bar"})
"""Letters that no voice knows."""


def greek_name(letter: str) -> str | None:
    """`omega` for ω or Ω; None for any other character."""
    if letter in _VARIANTS:
        return _VARIANTS[letter].removeprefix("var")
    name = unicodedata.name(letter, "").split()
    if name[:1] == ["GREEK"] and "LETTER" in name:
        found = name[name.index("LETTER") + 1].lower()
        return "lambda" if found == "lamda" else found
    return None


def latex_letter(letter: str) -> str:
    r"""A letter as LaTeX has it: `\omega ` for ω, itself where LaTeX has no name."""
    name = greek_name(letter)
    if name is None:
        return LATEX.get(letter, letter)
    if letter in _VARIANTS:
        return f"\\{_VARIANTS[letter]} "
    if letter.isupper():
        if letter in _GREEK_CAPITALS:
            return f"\\{name.capitalize()} "
        return f"\\mathrm{{{letter.translate(_LIKE_LATIN)}}}"
    return "o" if name == "omicron" else f"\\{name} "
