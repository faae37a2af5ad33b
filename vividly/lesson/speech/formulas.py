"""Decides what the ambiguous signs of formulas in a plain text mean.

A hyphen may be a minus or a range, a bar may open or close an absolute value, brackets may group
or not, and "ma" may be m times a. `resolved` replaces such signs with others that mean one thing
only; `MEANINGS` lists those that no script has. Words and spaces stay as they are.

>>> resolved("7 - 4 = 3", speech_for("en"))
'7 − 4 = 3'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from vividly.lesson.speech.unit_names import unit_words
from vividly.model.chemistry import ELEMENTS, is_formula
from vividly.text.locales.sections import Speech

LETTER = "\u2063"
"""Follows a letter that is a quantity, not a word. Written texts have lost this character."""
_PHRASES = (
    "absolute", "length", "quantity", "of", "given", "such that", "to", "by", "goes to", "sub",
    "similar", "factorial", "feet", "inches", "prime", "vector", "hat", "bar", "s", "l", "g", "aq",
)  # fmt: skip
MEANINGS: Mapping[str, str] = MappingProxyType(
    {chr(0xE000 + at): phrase for at, phrase in enumerate(_PHRASES)}
)
"""A sign that `resolved` writes -> its phrase in `speech.yaml`."""
_ABSOLUTE, _LENGTH, _GROUP, _OF, _GIVEN, _SUCH, RANGE, _BY, _GOES, SUBSCRIPT, *_ = MEANINGS
_SIMILAR, _FACTORIAL, _FEET, _INCHES, PRIME, _VECTOR, _HAT, _BAR, *_ = [*MEANINGS][10:]
STATES: Mapping[str, str] = MappingProxyType(
    dict(zip(_PHRASES[-4:], [*MEANINGS][-4:], strict=True))
)
CLOSE = "\ue100"
"""The end of a group: a short pause."""
FUNCTION = "\ue101"
"""Stands before the name of a function."""
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱˣʸᵗ"
LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼ"
NAMED = "".join((*MEANINGS, LETTER, CLOSE, FUNCTION, RAISED, LOWERED))
"""The signs that have words besides those of `Speech.signs`."""
GREEK = "Α-Ωα-ωϕϑϵ∆Ω"
VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅐⅑⅒"
_VULGAR_OF = {unicodedata.normalize("NFKC", one).replace("\u2044", "/"): one for one in VULGAR}
NUMBER = r"\d+(?:[.,]\d+)*"
_LEXEME = re.compile(
    rf"""(?P<space>\s+)|(?P<number>{NUMBER})|(?P<vulgar>[{VULGAR}])|(?P<letter>[{GREEK}∞∅ℏℓ])
    |(?P<raised>[{RAISED}]+)|(?P<lowered>[{LOWERED}]+|{SUBSCRIPT}\w+)
    |(?P<word>(?:(?![{GREEK}{RAISED}{LOWERED}ℏℓ])[^\W\d_])+(?:'[^\W\d_]+)?)
    |(?P<open>[(\[{{⌈⌊])|(?P<close>[)\]}}⌉⌋])|(?P<bar>[|∣‖])
    |(?P<prefix>[{_VECTOR}√∛∑∏∫∂∇∠△¬∀∃])|(?P<postfix>[°%′″!{PRIME}{_HAT}{_BAR}{"".join(STATES.values())}])|(?P<dash>[–-])
    |(?P<operator>[=≠≈≡≅∼~≤≥⩽⩾≪≫<>+−±∓×·⋅÷*/→⟶⟹⇌↔∝∈∉∪∩⊂⊆⊥∥^⇒⇔∧∨])|(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_WEAK = frozenset("/*~^")
"""Operators that texts without formulas have too ("and/or")."""
_LONGEST = 120
_OF_LETTERS = frozenset("fghFGHP")
_IN_ARGUMENTS = frozenset(("letter", "number", "operator", "space"))
_SCALE = re.compile(r"°[CF]\b")
_ORDINAL = re.compile("st|nd|rd|th")
_FORMS: tuple[tuple[str, str], ...] = (
    (r"(?<!\w)(\d+)['′](\d+)[\"″]", rf"\1{_FEET}\2{_INCHES}"),
    (rf"(?<![\w′°.,])(?<!′ )({NUMBER})″", rf"\1{_INCHES}"),
    (r"\^\{([^{}]*)\}", r"^(\1)"),
    (rf"(?<![^\W_]{{2}})([A-Za-z{GREEK}])_\{{?([^\W_]{{1,5}})\}}?(?!\w)", rf"\1{SUBSCRIPT}\2"),
    (rf"([A-Za-z{GREEK}])(?:′|(?<![^\W\d_]{{2}})'(?=\())", rf"\1{PRIME}"),
    (r"([A-Za-z])\u20d7", rf"{_VECTOR}\1"),
    (r"Σ(?=\s?[\w(])", "∑"),
    ("³√", "∛"),
)
"""Ways of writing -> one form."""
_SCIENTIFIC = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([+−-]?)(\d+)(?!\w)")
_MU = re.compile(r"µ(?![^\W\d_])")
"""The sign of "micro" where it stands for the letter."""
_LONE = re.compile(r"(?<![^\W\d_])[^\W\d_][\u0302\u0304\u0305]?(?![^\W\d_]|[\u0300-\u036f])")
_LONE_MARKS = {"\u0302": _HAT, "\u0304": _BAR, "\u0305": _BAR}
_STATE = re.compile(
    rf"(?<![A-Za-z])([A-Z](?:[A-Za-z\d{LOWERED}]|\([A-Z][^()\s]*\))*)([{RAISED}]*)\((s|l|g|aq)\)"
)
_ARROW = re.compile("[→⟶⇌]")
_START, _END = r"(?<![^ (])", r"(?=[.,;:)]*(?: |$))"
_CHARGE_APART = re.compile(rf"{_START}([^ (]*\d[^ ]*) (\d[-–−+]){_END}")
_CHARGE = re.compile(rf"{_START}((?:[A-Z][a-z]?\d*)+)([-–+]){_END}(?=[.,;:)]*(?: ([^ ]+))?)")
_BLOOD = re.compile(rf"({_START}(?:AB|[ABO]))[-–]{_END}(?![^ ]* [^ ]+ [A-Z]\w*[-–]\w)")
_SPAN = re.compile(r"(\(?)([^\s–(-]+)([–-])([^\s–-]+?)([),.;:!?]*)")
_MOMENT = re.compile(rf"(?:{NUMBER})?(?:[ap]\.?m\.?|b\.?c\.?e?\.?|°[CF]?|%|h)", re.IGNORECASE)
_ORDINALS = re.compile(r"\d+(?:st|nd|rd|th) \d+(?:st|nd|rd|th)|\d{3}0s \d{1,3}0s")
_LETTERED = re.compile(r"\d*[a-z] \d*[a-z]|[A-Z] [A-Z]")
_ALPHABET = re.compile(r"(?<!\S)([Aa]) ([–-]) ([Zz])(?!\w)")
_BARE = rf"{NUMBER}(?!\d|[.,]\d|\s?[^\W\d_]|[°%])"
_BESIDE_BARE = re.compile(rf"\s*[-=<>≤≥+−±×·*/]\s*{_BARE}"), re.compile(rf"{_BARE}\s*[=+−-]\s*$")
"""What follows, and precedes, a letter with a number if the letter is a quantity: "2h / 2"."""
_MONEY = re.compile(rf"([$€£¥])({NUMBER}\s)([^\W\d_]+)")
_UNIT = re.compile(r"°?[A-Za-zµΩ]+(?:[²³/·⋅^*()⁻\d-]|[A-Za-zµΩ]+)*")
_QUOTIENT = re.compile(r"[A-Za-zµΩ]+[/⋅·][A-Za-zµΩ]+[²³]?(?![\w/²³]|\s*=)")
"""A unit such as "m/s" that may stand without a number, if the language names it, or such as "N/C"
in a sentence about units."""
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼ", "0123456789+−aeoxhklmnpstij")
TO_RAISED = str.maketrans("0123456789-–−+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁻⁺")


@dataclass(frozen=True)
class _Lexeme:
    kind: str
    text: str
    at: int


@dataclass
class _Region:
    """A stretch of operands and operators."""

    end: int
    operators: list[int] = field(default_factory=list)
    dashes: list[int] = field(default_factory=list)
    pairs: list[tuple[int, int]] = field(default_factory=list)
    divides: list[int] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    signs: int = 0
    symbolic: bool = False


def resolved(text: str, lexicon: Speech) -> str:
    """The text with unambiguous signs, and the same words between the same spaces."""
    text = _SCIENTIFIC.sub(lambda m: f"{m[1]}×10{(m[2] + m[3]).translate(TO_RAISED)}", text)
    text = _MU.sub("μ", text)
    for pattern, form in _FORMS:
        text = re.sub(pattern, form, text)
    text = re.sub(r"\((\d+/\d+)\)", lambda m: _VULGAR_OF.get(m[1], m[0]), text)
    text = _LONE.sub(_marked, text)
    text = _MONEY.sub(lambda m: _after_magnitude(m, lexicon), text)
    reaction = bool(_ARROW.search(text))
    text = _STATE.sub(lambda m: _state(m, reaction=reaction), text)
    text = _ALPHABET.sub(rf"\1{LETTER} {RANGE} \3{LETTER}", text)
    tokens = _charged(text, lexicon).split(" ")
    text = " ".join(map(partial(_span, lexicon=lexicon), tokens, ["", *tokens]))
    lexemes = [
        _Lexeme(
            "letter" if match.lastgroup == "word" and len(match[0]) == 1 else match.lastgroup or "",
            match[0],
            match.start(),
        )
        for match in _LEXEME.finditer(text)
    ]
    said = [lexeme.text for lexeme in lexemes]
    of_units = not {*lexicon.phrases.get("unit", "").split()}.isdisjoint(text.lower().split())
    at = 0
    while at < len(lexemes):
        alone = _QUOTIENT.match(text, lexemes[at].at)
        named = alone and (
            alone[0] in lexicon.units or (of_units and unit_words(alone[0], "2", lexicon))
        )
        if alone and named and (at == 0 or lexemes[at - 1].kind == "space"):
            at += sum(alone.start() <= one.at < alone.end() for one in lexemes)
            continue
        begins = at == 0 or lexemes[at - 1].kind not in ("word", "letter", "number")
        region = _region(text, lexemes, at, lexicon) if begins else None
        if region and _Writer(lexemes, said, lexicon).write(at, region):
            at = max(at + 1, region.end)
        else:
            at = max(at, *region.units) + 1 if region and region.units else at + 1
    return "".join(said)


def _marked(letter: re.Match[str]) -> str:
    """A letter that stands alone, with the name of the mark above it: "x̄" is x bar."""
    base, mark = (*unicodedata.normalize("NFD", letter[0]), "")[:2]
    return base + _LONE_MARKS[mark] if mark in _LONE_MARKS else letter[0]


def _after_magnitude(money: re.Match[str], lexicon: Speech) -> str:
    """ "$1.2 million" as "1.2 million$"; in Spanish the currency follows "de"."""
    if money[3] in lexicon.phrases.get("magnitudes", "").split():
        return money[2] + money[3] + money[1]
    if money[3] in lexicon.phrases.get("magnitudes of", "").split():
        return money[2] + money[3] + _OF + money[1]
    return money[0]


def _state(found: re.Match[str], *, reaction: bool) -> str:
    """A state of matter after a chemical formula as one sign: "NaCl(aq)", but not "f(s)"."""
    formula, charge, state = found.groups()
    if reaction or charge or is_formula(formula.translate(SUBSCRIPTS)):
        return formula + charge + STATES[state]
    return found[0]


def _span(token: str, before: str, lexicon: Speech) -> str:
    """The dash of a range, unless it is between two bare numbers: days, letters, Roman numerals."""
    found = _SPAN.fullmatch(token)
    if not found:
        return token
    opening, first, dash, last, closing = found.groups()
    begin, end = (lexicon.calendar.get(one.lower().rstrip("."), "") for one in (first, last))
    if begin and end:
        return opening + begin + RANGE + end + closing
    if counted(before, lexicon) and roman(first) < roman(last):
        return f"{opening}{roman(first)}{RANGE}{roman(last)}{closing}"
    lettered = counted(before, lexicon, "lettered") and _LETTERED.fullmatch(f"{first} {last}")
    if (first + last).upper() == "AZ" or (lettered and first < last):
        return f"{opening}{first}{LETTER}{RANGE}{last}{LETTER}{closing}"
    if _ORDINALS.fullmatch(f"{first} {last}"):
        return token.replace(dash, RANGE)
    moment = first.isdigit() and end
    amount = last[0].isdigit() and (_MOMENT.fullmatch(first) or unit_words(first, "2", lexicon))
    return token.replace(dash, RANGE) if dash == "–" and (moment or amount) else token


def counted(noun: str, lexicon: Speech, by: str = "numbered") -> bool:
    """Whether the things of a noun have Roman numerals or, `by` "lettered", letters."""
    names = lexicon.phrases.get(by, "").split()
    return noun.lower() in names or lexicon.singular(noun.lower()) in names


def roman(numeral: str) -> int:
    """The value of a Roman numeral up to 89, in capitals; 0 if it is none."""
    if not re.fullmatch("(?=.)L?X{0,3}(?:IX|IV|V?I{0,3})", numeral):
        return 0
    values = [{"I": 1, "V": 5, "X": 10, "L": 50}[letter] for letter in numeral]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-one if one < other else one for one, other in pairs)


def _charged(text: str, lexicon: Speech) -> str:
    """The text with the charges after chemical formulas as raised signs: "SO4 2-", "Cl-"."""

    def apart(found: re.Match[str]) -> str:
        return found[1] + " " + found[2].translate(TO_RAISED) if is_formula(found[1]) else found[0]

    def joined(found: re.Match[str]) -> str:
        formula, sign, following = found.groups()
        element = formula in ELEMENTS and formula.upper() not in lexicon.short_words
        quantity = following in lexicon.after_letters and re.search("[aeiou]", formula, re.I)
        ion = len(formula) > 1 and (element or is_formula(formula)) and not quantity
        return formula + sign.translate(TO_RAISED) if ion else found[0]

    text = _CHARGE_APART.sub(apart, text)
    return _CHARGE.sub(joined, _BLOOD.sub(r"\1⁻", text))


def _region(text: str, lexemes: Sequence[_Lexeme], begin: int, lexicon: Speech) -> _Region | None:
    """The longest formula that begins at a lexeme; None if none does."""
    region = _Region(begin)
    stack: list[int] = []
    wants, spaced, previous = True, False, -1
    at = begin
    while at < min(len(lexemes), begin + _LONGEST):
        lexeme = lexemes[at]
        kind = lexeme.kind
        following = lexemes[at + 1].kind if at + 1 < len(lexemes) else "end"
        if kind == "space":
            if at == begin:
                return None
            spaced = True
            at += 1
            continue
        if wants:
            if kind in ("number", "vulgar", "letter", "word"):
                if lexeme.text in lexicon.functions and _takes(lexemes, at):
                    region.functions.append(at)
                    region.signs += 1
                    if following == "raised" or following == "lowered":
                        at += 1
                else:
                    wants = False
                    region.symbolic |= kind == "letter" or (
                        kind == "word" and _is_run(lexeme.text, lexicon)
                    )
                    region.end = at + 1
            elif kind == "open" or kind == "bar":
                stack.append(at)
            elif kind == "prefix":
                region.signs += 1
            elif kind == "dash" and following in ("number", "vulgar", "letter", "word", "prefix"):
                region.dashes.append(at)
            elif not (kind == "operator" and lexeme.text in "+−±∓"):
                break
        elif _SCALE.match(text, lexeme.at):
            region.units += range(at, at + 2)
            at += 1
            region.end = at + 1
        elif kind in ("raised", "lowered", "postfix") and not spaced:
            # A product of quantities may stand alone if it has a power: "the mc² term".
            before = lexemes[previous]
            region.signs += (
                kind == "raised" and before.kind == "word" and _is_run(before.text, lexicon)
            )
            region.end = at + 1
        elif kind == "close" and stack and lexemes[stack[-1]].kind == "open":
            first = stack.pop()
            region.pairs.append((first, at))
            region.signs += lexemes[first].text in "⌈⌊" or _is_argument(lexemes, first, at)
            region.end = at + 1
        elif kind == "bar":
            if stack and lexemes[stack[-1]].text == lexeme.text:
                region.pairs.append((stack.pop(), at))
                region.signs += 1
                region.end = at + 1
            elif stack and lexemes[stack[-1]].text in "({" and lexeme.text != "‖":
                region.divides.append(at)
                region.signs += 1
                wants = True
            elif not (spaced or stack) and lexeme.text in [
                one.text for one in lexemes[at + 1 : at + 12]
            ]:
                # A second absolute value that follows without a sign: |x||y|.
                stack.append(at)
                wants = True
            else:
                break
        elif kind in ("operator", "dash"):
            # "The step is −B" and "equal to + A" are no sums of i times s, and t times o.
            opens = lexemes[begin].text.upper()
            if previous == begin and lexeme.text in "+-–−±∓" and opens in lexicon.short_words:
                return None
            (region.operators if kind == "operator" else region.dashes).append(at)
            wants = True
        elif kind in ("number", "vulgar", "letter", "word", "open", "prefix"):
            before = lexemes[previous]
            amount = before.kind in ("number", "vulgar") or (
                before.kind == "raised" and lexemes[previous - 1].kind == "number"
            )
            unit = _UNIT.match(text, lexeme.at) if amount else None
            after = lexemes[at + 1 + spaced].kind if at + 1 + spaced < len(lexemes) else "end"
            amount_before = before.kind == "number" or previous in region.units
            if unit and not spaced and len(unit[0]) == 1 and _is_bare(text, before.at, unit.end()):
                unit = None
            if unit and kind in ("letter", "word") and unit_words(_trim(unit[0]), "2", lexicon):
                while at + 1 < len(lexemes) and lexemes[at + 1].at < lexeme.at + len(
                    _trim(unit[0])
                ):
                    region.units.append(at)
                    at += 1
                region.units.append(at)
                region.end = at + 1
            elif lexeme.text in "xX" and amount_before and after == "number":
                region.operators.append(at)
                region.signs += 1
                wants = True
            elif not spaced:
                if kind == "open":
                    stack.append(at)
                    wants = True
                elif kind == "prefix":
                    region.signs += 1
                    wants = True
                else:
                    region.symbolic |= kind == "letter"
                    product = before.kind == "number" and re.fullmatch("[a-z]{2}", lexeme.text)
                    ordinal = before.text + lexeme.text in lexicon.abbreviations
                    if kind == "word" and (
                        _is_run(lexeme.text, lexicon) or (product and not ordinal)
                    ):
                        region.symbolic = True
                        region.signs += not _ORDINAL.fullmatch(lexeme.text)
                    region.end = at + 1
            elif (kind == "vulgar" and before.kind == "number") or (
                kind == "letter" and _is_quantity(before, region)
            ):
                region.end = at + 1
            elif lexeme.text in lexicon.functions and _takes(lexemes, at):
                region.functions.append(at)
                region.signs += 1
                wants = True
            else:
                break
        else:
            break
        previous, spaced = at, False
        at += 1
    return region if region.end > begin else None


def _trim(unit: str) -> str:
    """A unit without what belongs to the sentence: a hyphen or an unpaired bracket at its end."""
    unit = re.sub(r"[-·/*^(]+$", "", unit)
    while unit.endswith(")") and unit.count(")") > unit.count("("):
        unit = unit[:-1]
    return unit


def _takes(lexemes: Sequence[_Lexeme], at: int) -> bool:
    """Whether a function's name has an argument after it: "sin θ", "log₂ 8", "tan(x)"."""
    after = [lexeme for lexeme in lexemes[at + 1 : at + 4] if lexeme.kind != "space"]
    if after and after[0].kind in ("raised", "lowered"):
        return True
    return bool(after) and (
        after[0].kind == "number"
        or (after[0].kind == "letter" and after[0].text not in "aAI")
        or (after[0].kind == "open" and lexemes[at + 1].kind == "open")
    )


def _named(lexemes: Sequence[_Lexeme], first: int) -> bool:
    """Whether a letter for a function, such as f or f′, stands before a bracket."""
    name = lexemes[max(first - 1 - (lexemes[first - 1].text == PRIME), 0)]
    return first > 0 and name.kind == "letter" and name.text in _OF_LETTERS


def _is_argument(lexemes: Sequence[_Lexeme], first: int, last: int) -> bool:
    """Whether brackets hold an argument: "f(x)", "P(A)"."""
    inner = lexemes[first + 1 : last]
    kinds = {one.kind for one in inner}
    return _named(lexemes, first) and bool(inner) and kinds <= _IN_ARGUMENTS


def _is_run(word: str, lexicon: Speech) -> bool:
    """Whether a word can only be a product of quantities, such as "mgh" or "nRT"."""
    vowels = re.search("[aeiouy]", word.lower())
    return 2 <= len(word) <= 3 and not vowels and word not in lexicon.units


def _is_bare(text: str, begin: int, end: int) -> bool:
    """Whether a number without a unit stands beside a stretch, with a sign between them."""
    after, before = _BESIDE_BARE
    return bool(after.match(text, end) or before.search(text[:begin]))


def _is_quantity(before: _Lexeme, region: _Region) -> bool:
    """Whether "F = m a" goes on after "m": a letter may follow only in a formula."""
    return before.kind in ("letter", "raised", "lowered") and bool(region.operators)


@dataclass(frozen=True)
class _Writer:
    """Writes the signs of a region."""

    lexemes: Sequence[_Lexeme]
    said: list[str]
    lexicon: Speech

    def write(self, begin: int, region: _Region) -> bool:
        """Write the region's signs, if it is a formula."""
        inside = [at for at in region.operators if at < region.end]
        certain = region.signs > 0 or any(self._counts(at) for at in inside)
        dashes = [at for at in region.dashes if at < region.end]
        sure = [at for at in dashes if self._is_minus(at, region, certain=certain)]
        for at in dashes:
            if at in sure:
                self.said[at] = "−"
            elif self._is_range(at):
                self.said[at] = RANGE
        if not (certain or sure):
            return False
        self._letters(begin, region)
        for at in inside:
            self._operator(at, region, begin)
        for first, last in region.pairs:
            if last < region.end:
                self._pair(first, last, {*inside, *sure}, region)
        for at in region.divides:
            brace = any(
                first < at < last and self.lexemes[first].text == "{"
                for first, last in region.pairs
            )
            self.said[at] = _SUCH if brace else _GIVEN
        for at in region.functions:
            if at < region.end:
                self._function(at)
        for at in range(begin, region.end - 1):
            if self.lexemes[at].text == "!" and at - 1 not in region.units:
                self.said[at] = _FACTORIAL
        return True

    def _kind(self, at: int) -> str:
        return self.lexemes[at].kind if 0 <= at < len(self.lexemes) else "end"

    def _beside(self, at: int, step: int) -> int:
        """The next lexeme in a direction that is not a space."""
        at += step
        while self._kind(at) == "space":
            at += step
        return at

    def _counts(self, at: int) -> bool:
        """Whether an operator makes its text a formula."""
        if self.lexemes[at].text not in _WEAK:
            return True
        left, right = self._beside(at, -1), self._beside(at, 1)
        operands = {"number", "letter", "raised", "lowered", "close", "open", "vulgar"}
        beside = {"letter" if self._is_symbol(one) else self._kind(one) for one in (left, right)}
        if left < at - 1 and right > at + 1:
            return beside <= operands
        joined = left == at - 1 and right == at + 1
        return joined and beside <= operands and "letter" in beside

    def _is_symbol(self, at: int) -> bool:
        """Whether a word can only be symbols: "GMm", "dy"."""
        word = self.lexemes[at].text if self._kind(at) == "word" else ""
        return bool(word) and (_is_run(word, self.lexicon) or bool(re.fullmatch("d[a-z]", word)))

    def _is_minus(self, at: int, region: _Region, *, certain: bool) -> bool:
        left, right = self._beside(at, -1), self._beside(at, 1)
        before, after = self._kind(left), self._kind(right)
        joined = left == at - 1 and right == at + 1
        operands = ("number", "vulgar", "letter", "raised", "lowered", "close", "postfix", "bar")
        if before in ("end", "operator", "open", "prefix", "other", "dash") or (
            left < at - 1 and right == at + 1
        ):
            if after in ("number", "vulgar"):
                return True
            if (
                before == "end"
                and self._kind(self._beside(right, 1)) == "end"
                and after == "letter"
            ):
                return True
            return certain and (after == "letter" or len(self.lexemes[right].text) <= 3)
        unit = left in region.units or right in region.units
        if certain:
            fits = before in operands or unit or len(self.lexemes[left].text) <= 3
            return fits or not joined
        if joined:
            return False
        if before == after == "number":
            return self._value(left) > self._value(right) and self._ends(right)
        quantities = [
            self.lexemes[one].text for one in (left, right) if self._kind(one) == "letter"
        ]
        return (
            before in operands
            and after in ("number", "letter", "open", "dash")
            and self._ends(right)
            and not any(one.isupper() or one in self.lexicon.letter_words for one in quantities)
        )

    def _is_range(self, at: int) -> bool:
        left, right = self._beside(at, -1), self._beside(at, 1)
        apart = left < at - 1 and right > at + 1
        return (
            apart
            and self._kind(left) == self._kind(right) == "number"
            and self._value(left) < self._value(right)
        )

    def _value(self, at: int) -> float:
        digits = self.lexemes[at].text
        return float(re.sub(r",(?=\d{3})", "", digits).replace(",", ".").replace("..", ".") or 0)

    def _ends(self, at: int) -> bool:
        """Whether an operand is the last, or stands before a verb: "7 - 4 is 3"."""
        after = self._beside(at, 1)
        if self._kind(after) == "word":
            return self.lexemes[after].text in self.lexicon.after_letters
        return self._kind(after) != "letter"

    def _letters(self, begin: int, region: _Region) -> None:
        """Mark the letters that are quantities: "ma" is m, a."""
        for at in range(begin, region.end):
            lexeme = self.lexemes[at]
            if at in region.units or at in region.functions:
                continue
            if lexeme.kind == "letter":
                self.said[at] = lexeme.text + LETTER
            elif (
                lexeme.kind == "word"
                and not is_formula(lexeme.text)
                and (
                    (region.symbolic and self._is_product(lexeme.text))
                    or (self._kind(at - 1) == "prefix" and lexeme.text.isupper())
                )
            ):
                self.said[at] = "".join(letter + LETTER for letter in lexeme.text)

    def _is_product(self, word: str) -> bool:
        if len(word) > 3 or word in self.lexicon.units or not word.isascii():
            return False
        mixed = not word.islower() and not word.istitle()
        return len(word) == 2 or mixed or not re.search("[aeiou]", word)

    def _operator(self, at: int, region: _Region, begin: int) -> None:
        sign = self.lexemes[at].text
        left, right = self._beside(at, -1), self._beside(at, 1)
        if sign == "/":
            self.said[at] = "∕"
        elif sign in "xX×":
            article = self.lexemes[begin - 2].text if begin > 1 else ""
            unit = region.units and {left, self._beside(right, 1)} <= {*region.units}
            size = article in ("a", "an") and self._kind(right + 1) != "raised"
            self.said[at] = _BY if unit or size else "×"
        elif sign == "→" and self._kind(left) == "letter":
            if self.lexemes[right].text == "∞" or self._kind(right) == "number":
                self.said[at] = _GOES
        elif sign in "∼~" and any("△" in self.lexemes[one].text for one in (left - 1, right)):
            self.said[at] = _SIMILAR

    def _function(self, at: int) -> None:
        """Write a function's name with "of", unless none follows: "sin² is", "the sin of x"."""
        self.said[at] = FUNCTION + self.lexemes[at].text
        last = at + (self._kind(at + 1) in ("raised", "lowered"))
        after = self._beside(last, 1)
        verbs = {*self.lexicon.after_letters, self.lexicon.phrases["of"]}
        if self._kind(after) not in ("end", "other") and self.lexemes[after].text not in verbs:
            self.said[last] += _OF

    def _pair(self, first: int, last: int, operators: set[int], region: _Region) -> None:
        opening = self.lexemes[first].text
        if self.lexemes[first].kind == "bar":
            self.said[first] = _LENGTH if opening == "‖" else _ABSOLUTE
            self.said[last] = CLOSE
            return
        if opening in "⌈⌊":
            self.said[last] = CLOSE
            return
        before, after = self._kind(first - 1), self._kind(last + 1)
        sums = any(first < at < last for at in operators)
        beside = {self._beside(first, -1), self._beside(last, 1)} & operators
        if _named(self.lexemes, first):
            self.said[first], self.said[last] = _OF, CLOSE
        elif sums and (
            beside
            or before in ("number", "letter", "close", "prefix", "raised", "lowered", "word")
            or after in ("raised", "number", "letter", "open")
        ):
            times = before in ("number", "letter", "close", "raised", "lowered")
            self.said[first] = ("×" if times else "") + _GROUP
            self.said[last] = CLOSE
        elif before in ("number", "close", "raised") and not sums:
            self.said[first], self.said[last] = "×", CLOSE
