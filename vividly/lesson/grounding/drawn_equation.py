"""Checks that a drawn equation is in the cited passages, in signs or in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from vividly.lesson.grounding.chemistry import formulas, reactions
from vividly.lesson.grounding.equations import Equation, equations
from vividly.lesson.grounding.evidence import Evidence
from vividly.lesson.grounding.finding import Finding, Where
from vividly.lesson.grounding.quantities import quantities
from vividly.lesson.grounding.statements import Statements
from vividly.lesson.grounding.tex import TexReader
from vividly.lesson.grounding.text import Lexicon
from vividly.model.visuals.equation import EquationVisual
from vividly.text.units import agree, one_unit
from vividly.text.words import PROSE, one_spelling, words

_PIECE = re.compile(r"[,;:]\s|[.?!]\s|[.?!]$|\b(?:is|as|formula|equation|where|so)\b")
_NOT_WRITTEN = re.compile(r"[\s*{}_]")


def equation_findings(
    where: Where, visual: EquationVisual, texts: Statements, evidence: Evidence
) -> Iterator[Finding]:
    """Check the formula of a visual and the units of its terms."""
    if wrong := _wrong(where, visual, texts, evidence):
        yield wrong
    for term in visual.terms:
        if term.unit and not _measures(term.unit, evidence):
            message = f"the unit {term.unit!r} is in none of the cited passages; leave the unit out"
            yield Finding(*where, "number", term.unit, message)


def _wrong(
    where: Where, visual: EquationVisual, texts: Statements, evidence: Evidence
) -> Finding | None:
    literal = TexReader(literal=True).read(visual.formula)
    if _stands(literal, evidence):
        return None
    if "→" in literal or "⇌" in literal:
        return _wrong_reaction(where, literal, texts, evidence)
    signs = TexReader().read(visual.formula)
    read = equations(signs, texts.lexicon)
    if read and not any(one.symbolic for one in read):
        # A sum: the sources must have its numbers, and it must be correct.
        return next(texts.numbers(where, "explanation", [signs], evidence, set()), None)
    message = f"the formula {literal!r} is in none of the cited passages"
    for plain in _spellings(visual):
        formulated = [one for one in equations(plain, texts.lexicon) if one.symbolic]
        if otherwise := next((w for one in formulated if (w := _otherwise(one, evidence))), ""):
            message = otherwise
            break
        wrong = [w for one in formulated if (w := texts.wrong(one, "explanation", evidence))]
        if formulated and not wrong:
            return None
        message = wrong[0] if wrong else message
    return Finding(*where, "formula", literal, f"{message}; draw one that a source gives")


def _otherwise(one: Equation, evidence: Evidence) -> str:
    """Return a message if sources relate exactly these quantities only in another way, else "".

    Names are compared exactly: "initial velocity" is not "final velocity".
    """
    same = [other for other in evidence.equations if other.atoms == one.atoms]
    if not same or any(other.form == one.form for other in same):
        return ""
    return f"the source relates the quantities of {one.text!r} in another way"


def _spellings(visual: EquationVisual) -> Iterator[str]:
    """Yield the formula with its terms' names in place of symbols, then with the symbols."""
    reader = TexReader()
    signs = reader.read(visual.formula)
    named = {reader.read(term.symbol): _letters(term.name) for term in visual.terms}
    yield _replaced(signs, {symbol: name for symbol, name in named.items() if symbol and name})
    yield signs
    symbols = set(re.findall(r"[^\W\d_]\d?", signs))
    if reader.digits and len({symbol[0] for symbol in symbols}) == len(symbols):
        # No two symbols differ only in subscripts, so the formula is clear without them.
        yield re.sub(rf"(?<=[^\W\d_])[{''.join(reader.digits.values())}]", "", signs)


def _replaced(text: str, new: Mapping[str, str]) -> str:
    longest_first = sorted(new, key=len, reverse=True)
    if not longest_first:
        return text
    either = "|".join(map(re.escape, longest_first))
    return re.sub(rf"(?<!\w)(?:{either})(?!\w)", lambda found: new[found[0]], text)


def _letters(name: str) -> str:
    return " ".join(re.findall(r"[^\W\d_]+", name)).lower()


def _stands(literal: str, evidence: Evidence) -> bool:
    """Whether a source has the formula with the same symbols."""
    wanted = _bare(literal)
    return any(wanted == _bare(piece) for text in evidence.texts for piece in _PIECE.split(text))


def _bare(text: str) -> str:
    return _NOT_WRITTEN.sub("", one_spelling(text))


def _wrong_reaction(
    where: Where, literal: str, texts: Statements, evidence: Evidence
) -> Finding | None:
    if found := next(texts.formulas(where, "explanation", [literal], evidence), None):
        return found
    plain = one_spelling(literal).replace("⇌", "→")
    if any(True for _ in formulas(plain)) and all(
        r in evidence.reactions for r in reactions(plain)
    ):
        return None
    message = f"the reaction {literal!r} is in none of the cited passages"
    return Finding(*where, "formula", literal, f"{message}; draw one that a source gives")


def _measures(unit: str, evidence: Evidence) -> bool:
    """Whether the source uses a unit, or one of the same dimension or its parts."""
    lexicon: Lexicon = evidence.lexicon
    read = quantities(f"2 {unit}", lexicon)
    if not read or not read[0].unit.dimension:
        named = words(unit, PROSE)
        return bool(named) and all(word in evidence.words for word in named)
    own = read[0].unit
    units = [q.unit for q in evidence.quantities]
    units += [found for word in evidence.words if (found := one_unit(word))]
    parts = {name for name, _ in own.dimension}
    known = {name for u in units for name, _ in u.dimension}
    return any(agree(own, other) for other in units) or parts <= known
