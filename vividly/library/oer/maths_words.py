"""The signs of formulas: their forms, and how LaTeX writes them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vividly.text.signs import greek_name

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
        "'": "′",
        "’": "′",
        "ʹ": "′",
        "º": "°",
        "˚": "°",
        "‾": "¯",
        "ˉ": "¯",
        "⋯": "…",
        "⩾": "≥",
        "≧": "≥",
        "⩽": "≤",
        "≦": "≤",
        "〉": "⟩",
        "〈": "⟨",
        "≃": "≈",
        "⟂": "⊥",
        "⇄": "⇌",
        "⇋": "⇌",
        "⇆": "⇌",
        "↦": "→",
        "⟹": "⇒",
        "⟺": "⇔",
        "⟷": "↔",
        "▵": "△",
        "▲": "△",
        "∡": "∠",
        "ø": "∅",
        "⌀": "∅",
        "∶": ":",
        "﹣": "−",
        "‐": "−",
        "‑": "−",
        "―": "¯",
        "＝": "=",
        "∗": "*",
        "⋆": "*",
        "\u2005": " ",
        "\u2004": " ",
        "\u2006": " ",
        "\u2007": " ",
        "\u2008": " ",
        "\u205f": " ",
        "\u3000": " ",
        "\u2064": None,
        "\u00ad": None,
        "\u200c": None,
        "\u200d": None,
        "\ufe00": None,
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

RELATIONS = frozenset("=≠≡≈≅∼~∝<>≤≥≪≫→⇒⇌↔⟶⟵←⇔∈∉⊂⊆⊃⊇⊄≢≮≯≐")
"""Signs that state something: a formula without any is a mere quantity."""

SPACED = RELATIONS | frozenset("+−±∓×⋅÷*∪∩∥∖∧∨⊕⊗|∣∘⊥")
FUNCTIONS = frozenset((
    "sin", "cos", "tan", "log", "ln", "exp", "sen", "sec", "csc", "cot", "sinh", "cosh", "tanh",
    "arcsin", "arccos", "arctan", "lim", "max", "min", "det", "mod", "gcd",
))  # fmt: skip
BIG = frozenset("∑Σ∏∫∮∬∭⋃⋂")
"""Signs over which limits stand."""

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
        "⟶": r"\longrightarrow ",
        "⟵": r"\longleftarrow ",
        "←": r"\leftarrow ",
        "↑": r"\uparrow ",
        "↓": r"\downarrow ",
        "⇔": r"\Leftrightarrow ",
        "∈": r"\in ",
        "∉": r"\notin ",
        "⊂": r"\subset ",
        "⊆": r"\subseteq ",
        "⊃": r"\supset ",
        "⊇": r"\supseteq ",
        "∪": r"\cup ",
        "∩": r"\cap ",
        "∅": r"\emptyset ",
        "∖": r"\setminus ",
        "∀": r"\forall ",
        "∃": r"\exists ",
        "¬": r"\neg ",
        "∧": r"\wedge ",
        "∨": r"\vee ",
        "∴": r"\therefore ",
        "∵": r"\because ",
        "∠": r"\angle ",
        "△": r"\bigtriangleup ",
        "□": r"\square ",
        "∇": r"\nabla ",
        "∣": r"\mid ",
        "∘": r"\circ ",
        "⊕": r"\oplus ",
        "⊗": r"\otimes ",
        "∏": r"\prod ",
        "∮": r"\oint ",
        "⋃": r"\bigcup ",
        "⋂": r"\bigcap ",
        "⌊": r"\lfloor ",
        "⌋": r"\rfloor ",
        "⌈": r"\lceil ",
        "⌉": r"\rceil ",
        "⟨": r"\langle ",
        "⟩": r"\rangle ",
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
SAID_AS: Mapping[str, str] = MappingProxyType(
    {"ℓ": "l", "ℏ": "h bar", "Å": "angstroms", "å": "angstroms"}
)
"""Letters that no voice knows."""


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
