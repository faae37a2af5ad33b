"""Checks that the passages cited in a scene support its visual.

Numbers, formulas and names in a visual are checked like those in text on screen. Values of charts
and marks must be in the passages with their units, and belong to the same name. The ends of a
number line and the length of an arrow state nothing. What the labels say together is left to a
second look, unless all are in the words of the passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from vividly.lesson.grounding.comparison import own_words
from vividly.lesson.grounding.drawn_equation import equation_findings
from vividly.lesson.grounding.evidence import Evidence
from vividly.lesson.grounding.finding import DOUBT, VISUAL, Finding, number_finding
from vividly.lesson.grounding.quantities import Quantity, is_in, quantities
from vividly.lesson.grounding.statements import Statements
from vividly.lesson.grounding.text import Lexicon, content
from vividly.library.corpus.passages import shipped_visual
from vividly.model.lesson import Scene
from vividly.model.visuals import Visual
from vividly.model.visuals.base import Amount
from vividly.model.visuals.equation import EquationVisual
from vividly.text.units import NO_UNIT

_UNIT = re.compile(r"\(([^()]*)\)\s*$|\b(?:in|en) (\S.*)$")


def visual_findings(
    scene_at: int, scene: Scene, texts: Statements, evidence: Evidence
) -> Iterator[Finding]:
    """Yield what a scene draws without support in its sources, each fault once.

    A visual that comes from a cited section itself, and a figure with its caption, need no
    check.

    Args:
        evidence: the evidence in all passages that the scene cites.
    """
    visual = scene.visual
    if visual is None or visual.is_source:
        return
    if any(shipped_visual(passage.key) == visual for passage in evidence.passages):
        return
    reported: set[tuple[str, str]] = set()
    for finding in _Drawn(scene_at, scene, texts, evidence).findings(visual):
        if (finding.kind, finding.what) not in reported:
            reported.add((finding.kind, finding.what))
            yield finding


class _Amount(NamedTuple):
    """A value in a visual: its name, and its number with the unit."""

    name: str
    text: str


class _Drawn:
    def __init__(self, scene_at: int, scene: Scene, texts: Statements, evidence: Evidence) -> None:
        self.where = (scene_at, VISUAL)
        self.texts = texts
        self.lexicon = texts.lexicon
        self.evidence = evidence
        self.said = [line.say for line in scene.lines if line.passages]

    def findings(self, visual: Visual) -> Iterator[Finding]:
        stated = tuple(visual.stated())
        for text in (*stated, *visual.named()):
            yield from self._named(text)
        yield from self._amounts([self._read(amount) for amount in visual.amounts()])
        if isinstance(visual, EquationVisual):
            yield from equation_findings(self.where, visual, self.texts, self.evidence)
        source = (*self.evidence.facts, *self.said)
        if not all(own_words(text, source, self.lexicon, label=True) for text in stated):
            message = "draws what is not in the words of the cited passages"
            yield Finding(*self.where, DOUBT, " ; ".join(stated), message)

    def _read(self, amount: Amount) -> _Amount:
        unit = amount.unit or _unit(amount.axis, self.lexicon)
        return _Amount(amount.name, f"{amount.number} {unit}".strip())

    def _named(self, text: str) -> Iterator[Finding]:
        """Check the numbers, formulas and names in a text."""
        yield from self.texts.numbers(self.where, "explanation", [text], self.evidence, set())
        yield from self.texts.formulas(self.where, "explanation", [text], self.evidence)
        yield from self.texts.names(self.where, [text], self.evidence)

    def _amounts(self, amounts: Sequence[_Amount]) -> Iterator[Finding]:
        read = [(amount, _quantity(amount.text, self.lexicon)) for amount in amounts]
        for amount, quantity in read:
            if not is_in(quantity, self.evidence.quantities, self.evidence.words):
                yield number_finding(self.where, quantity, self.evidence.quantities)
            elif amount.name and self._is_of_another(amount, quantity, amounts):
                message = f"the source gives {amount.text!r} for something else; use its own number"
                yield Finding(*self.where, "number", f"{amount.name}: {amount.text}", message)

    def _is_of_another(
        self, amount: _Amount, quantity: Quantity, amounts: Sequence[_Amount]
    ) -> bool:
        """Whether the source gives a number only for the names of other values."""
        stems = {a.name: set(content(a.name, self.lexicon)) for a in amounts}
        shared = set.intersection(*stems.values())
        mine = stems.pop(amount.name) - shared
        told = [
            set(content(fact, self.lexicon))
            for fact in self.evidence.facts
            if is_in(quantity, quantities(fact, self.lexicon), self.evidence.words)
        ]
        if not mine or not told or any(mine & said for said in told):
            return False
        return all(any((other - shared) & said for other in stems.values()) for said in told)


def _unit(label: str, lexicon: Lexicon) -> str:
    """Return the unit at the end of an axis label: `Speed (m/s)`, `Time in s`."""
    found = _UNIT.search(label)
    words = (found[1] or found[2]).split() if found else []
    return " ".join(w[:-1] if w[:-1].lower() in lexicon.lists.scales else w for w in words)


def _quantity(text: str, lexicon: Lexicon) -> Quantity:
    if found := quantities(text, lexicon):
        return found[0]
    number = text.split()[0]
    return Quantity(Fraction(number), NO_UNIT, number, 0, 1)
