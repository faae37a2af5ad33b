"""Whether what a scene draws is in the passages that its lines cite.

The texts of a visual are held against them as what is shown on screen is; labels that only name
what is compared or measured ("Size", "Time (s)") are taken as headings are. Values of charts and
of marks must stand there with their units, beside the name that they have in the visual. Where a
number line begins and ends, and how long an arrow is, states nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from vividly.lesson.grounding.drawn_equation import equation_findings
from vividly.lesson.grounding.evidence import Evidence
from vividly.lesson.grounding.finding import VISUAL, Finding, number_finding
from vividly.lesson.grounding.quantities import Quantity, is_in, quantities
from vividly.lesson.grounding.statements import ENOUGH_SHOWN, Statements
from vividly.lesson.grounding.support import likeness
from vividly.lesson.grounding.text import Lexicon, content
from vividly.library.corpus.passages import shipped_visual
from vividly.model.lesson import Scene
from vividly.model.visuals import (
    Chart,
    Comparison,
    Cycle,
    Definition,
    EquationVisual,
    Figure,
    NumberLine,
    Process,
    Timeline,
    Vectors,
    Visual,
)
from vividly.text.units import NO_UNIT
from vividly.text.words import stem

CROSSED = 0.25
"""How much better the sides of a comparison must fit when changed, to be taken for changed."""
_UNIT = re.compile(r"\(([^()]*)\)\s*$|\b(?:in|en) (\S.*)$")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_OPPOSITE = re.compile(r"'(\w+)' where the source has ")
_ANOTHER_NUMBER = "a number that the source has of something else"
_MIX_UPS = ("mix-up", "myth", "misconception")


def visual_findings(
    scene_at: int, scene: Scene, texts: Statements, evidence: Evidence
) -> Iterator[Finding]:
    """What a scene draws that its sources do not hold, each fault once.

    The visual that a cited section of the corpus has itself is its source's own, and so is a
    figure with its caption.

    Args:
        evidence: of all passages that the scene's lines cite.
    """
    visual = scene.visual
    if visual is None or isinstance(visual, Figure):
        return
    if any(shipped_visual(passage.key) == visual for passage in evidence.passages):
        return
    reported: set[tuple[str, str]] = set()
    for finding in _Drawn(scene_at, scene, texts, evidence).findings(visual):
        if (finding.kind, finding.what) not in reported:
            reported.add((finding.kind, finding.what))
            yield finding


class _Amount(NamedTuple):
    """A value of a chart or on a number line: what it is of, and the number with its unit."""

    name: str
    text: str


class _Drawn:
    def __init__(self, scene_at: int, scene: Scene, texts: Statements, evidence: Evidence) -> None:
        self.where = (scene_at, VISUAL)
        self.texts = texts
        self.lexicon = texts.lexicon
        self.evidence = evidence
        said = [line.say for line in scene.lines if line.passages]
        self.told = any(word in say.lower().split() for say in said for word in _MIX_UPS)
        self.words = {stem(word, self.lexicon.language) for word in evidence.words}
        self.source = (*evidence.facts, *(evidence.beliefs if self.told else ()), *said)

    def findings(self, visual: Visual) -> Iterator[Finding]:
        for text in _stated(visual):
            yield from self._named(text)
            for finding in self.texts.sentence(
                self.where, text, self.source, ENOUGH_SHOWN, self.evidence, self.told
            ):
                if finding.kind != "contradiction" or not self._tells_both(finding, text):
                    yield finding
        for text in _named(visual):
            yield from self._named(text)
        yield from self._amounts(_amounts(visual, self.lexicon))
        if isinstance(visual, EquationVisual):
            yield from equation_findings(self.where, visual, self.texts, self.evidence)
        if isinstance(visual, Comparison):
            yield from self._sides(visual)

    def _named(self, text: str) -> Iterator[Finding]:
        """The numbers, formulas and names of a text."""
        yield from self.texts.numbers(self.where, "explanation", [text], self.evidence, set())
        yield from self.texts.formulas(self.where, "explanation", [text], self.evidence)
        yield from self.texts.names(self.where, [text], self.evidence)

    def _tells_both(self, finding: Finding, text: str) -> bool:
        """Whether the passages speak of the opposites, or have all the numbers, of a contradiction.

        A label is a piece of a sentence: "Weak acid: stays whole" is likest what the source says
        of the strong one. Where it speaks of weak ones too, that proves nothing.
        """
        if found := _OPPOSITE.search(finding.message):
            return found[1] in self.words
        if _ANOTHER_NUMBER not in finding.message:
            return False
        numbers = quantities(text, self.lexicon)
        return len(numbers) == 1 or any(
            all(is_in(number, quantities(fact, self.lexicon)) for number in numbers)
            for fact in self.evidence.facts
        )

    def _sides(self, visual: Comparison) -> Iterator[Finding]:
        facts = self.evidence.facts
        stems = [set(content(side, self.lexicon)) for side in (visual.left, visual.right)]
        if not all((one - other) & self.words for one, other in (stems, stems[::-1])):
            return  # the source calls the sides something else

        def fits(side: str, cell: str) -> float:
            return likeness(f"{side} {cell}", facts, self.lexicon)

        for row in visual.rows:
            straight = fits(visual.left, row.left) + fits(visual.right, row.right)
            crossed = fits(visual.left, row.right) + fits(visual.right, row.left)
            if row.left and row.right and crossed >= straight + CROSSED:
                message = f"the source has the two sides of {row.aspect!r} the other way round"
                yield Finding(*self.where, "contradiction", f"{row.left} / {row.right}", message)

    def _amounts(self, amounts: Sequence[_Amount]) -> Iterator[Finding]:
        read = [(amount, _quantity(amount.text, self.lexicon)) for amount in amounts]
        for amount, quantity in read:
            if not is_in(quantity, self.evidence.quantities, self.evidence.words):
                yield number_finding(self.where, quantity)
            elif amount.name and self._is_of_another(amount, quantity, amounts):
                message = f"the source gives {amount.text!r} for something else; use its own number"
                yield Finding(*self.where, "number", f"{amount.name}: {amount.text}", message)

    def _is_of_another(
        self, amount: _Amount, quantity: Quantity, amounts: Sequence[_Amount]
    ) -> bool:
        """Whether the source has a number only where it speaks of what another value is of."""
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


def _stated(visual: Visual) -> Iterator[str]:
    """What a visual says, each with what it says it of."""
    match visual:
        case Definition():
            found = [f"{visual.term}: {visual.meaning}", visual.example]
        case EquationVisual():
            found = [term.name for term in visual.terms]
        case Process() | Cycle():
            found = [_joined(step.label, step.detail) for step in visual.steps]
        case Comparison():
            found = [
                _joined(side, cell)
                for row in visual.rows
                for side, cell in ((visual.left, row.left), (visual.right, row.right))
                if cell
            ]
        case Timeline():
            found = [_joined(event.when, event.what) for event in visual.events]
        case Chart():
            found = [p.x for p in visual.points if not _has_numbers(visual, p.x)]
        case NumberLine():
            found = [mark.label for mark in visual.marks]
        case Vectors():
            found = [arrow.label for arrow in visual.arrows]
        case _:
            found = []
    yield from (text for text in found if text)


def _named(visual: Visual) -> Iterator[str]:
    """The labels of a visual that only name what is told of."""
    match visual:
        case Comparison():
            found = [visual.left, visual.right, *(row.aspect for row in visual.rows)]
        case Chart():
            found = [visual.x_label, visual.y_label]
        case Vectors():
            found = [visual.body, visual.resultant]
        case _:
            found = []
    yield from (text for text in found if text)


def _amounts(visual: Visual, lexicon: Lexicon) -> list[_Amount]:
    """The values of a visual that are numbers."""
    if isinstance(visual, NumberLine):
        return [_Amount(m.label, f"{_plain(m.value)} {visual.unit}".strip()) for m in visual.marks]
    if not isinstance(visual, Chart):
        return []
    x_unit, y_unit = (_unit(label, lexicon) for label in (visual.x_label, visual.y_label))
    found: list[_Amount] = []
    for point in visual.points:
        numeric = _has_numbers(visual, point.x)
        if numeric:
            found.append(_Amount("", f"{point.x} {x_unit}".strip()))
        found.append(_Amount("" if numeric else point.x, f"{_plain(point.y)} {y_unit}".strip()))
    return found


def _has_numbers(visual: Chart, x: str) -> bool:
    return visual.form == "line" and _NUMBER.fullmatch(x) is not None


def _unit(label: str, lexicon: Lexicon) -> str:
    """The unit at the end of an axis label: `Speed (m/s)`, `People (millions)`, `Time in s`."""
    found = _UNIT.search(label)
    words = (found[1] or found[2]).split() if found else []
    return " ".join(w[:-1] if w[:-1].lower() in lexicon.lists.scales else w for w in words)


def _quantity(text: str, lexicon: Lexicon) -> Quantity:
    if found := quantities(text, lexicon):
        return found[0]
    number = text.split()[0]
    return Quantity(Fraction(number), NO_UNIT, number, 0, 1)


def _plain(value: float) -> str:
    """A number without exponent and needless zeros."""
    text = format(Decimal(repr(value + 0.0)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _joined(label: str, detail: str) -> str:
    return f"{label}: {detail}" if detail else label
