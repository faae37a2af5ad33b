"""Checks the statements in a text of a script against its cited passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from vividly.lesson.grounding.chemistry import formulas, reactions
from vividly.lesson.grounding.connective import interest_stems
from vividly.lesson.grounding.equations import Equation, contradicts, covers, equations, matches
from vividly.lesson.grounding.evidence import Evidence
from vividly.lesson.grounding.finding import (
    Finding,
    Where,
    formula_finding,
    name_finding,
    number_finding,
)
from vividly.lesson.grounding.names import is_known, months, names
from vividly.lesson.grounding.quantities import is_in, quantities, wrong_unit
from vividly.lesson.grounding.support import likeness, support
from vividly.lesson.grounding.text import Lexicon, lexicon
from vividly.model.lesson import SceneKind
from vividly.text.words import PROSE, one_spelling, stem, words

CALCULATING: tuple[SceneKind, ...] = ("worked_example", "check", "answer")
"""Scenes that may introduce new numbers by correct arithmetic that they show."""
ENOUGH_SHOWN = 0.5
"""Minimum support of a text on screen. It is lower because such texts are short."""


class Statements:
    """Checks single texts of one lesson.

    Attributes:
        title: stems of the lesson's title, which any text may use.
        interest: stems that belong to the student's interest.
    """

    def __init__(self, title: str, language: str, interest: str | None) -> None:
        self.lexicon: Lexicon = lexicon(language)
        self.title = {stem(word, self.lexicon.language) for word in words(title, PROSE)}
        self.interest = interest_stems(interest, language, self.lexicon)
        self.interest_words = tuple(words(interest or "", PROSE))

    def numbers(
        self,
        where: Where,
        kind: SceneKind,
        texts: Sequence[str],
        evidence: Evidence,
        computed: set[Fraction],
    ) -> Iterator[Finding]:
        """Find numbers that are in no source, wrong units, and wrong sums.

        Args:
            texts: texts that are said or shown together.
            computed: results that the scene has computed so far; new ones are added.
        """
        found = [e for text in texts for e in equations(text, self.lexicon)]
        sums = [e for e in found if e.result is not None]
        for one in sums:
            stands = any(e.form == one.form and e.text == one.text for e in evidence.equations)
            if not one.adds_up and not stands:
                message = f"{one.text!r} does not come out; put the arithmetic right"
                yield Finding(*where, "number", one.text, message)
        if kind in CALCULATING:
            self._compute(sums, evidence, computed)
        reported: set[Fraction] = set()
        for text in texts:
            beside = words(text, PROSE)
            if unit := wrong_unit(text, evidence.words):
                message = f"the source does not measure this in {unit!r}; use its unit"
                yield Finding(*where, "number", unit, message)
            for quantity in quantities(text, self.lexicon):
                if quantity.value in computed or quantity.size in reported:
                    continue
                if not is_in(quantity, evidence.quantities, evidence.words, beside):
                    reported.add(quantity.size)
                    yield number_finding(where, quantity)

    def _compute(
        self, sums: Sequence[Equation], evidence: Evidence, computed: set[Fraction]
    ) -> None:
        """Add the results of correct sums of known numbers to `computed`."""
        for _ in sums:
            for one in sums:
                result = one.result
                if result is None or not one.adds_up:
                    continue
                operands = [q for q in quantities(one.text, self.lexicon) if q.value != result]
                if all(
                    q.value in computed
                    or is_in(q, evidence.quantities, evidence.words)
                    or any(p in computed for p in q.parts)
                    for q in operands
                ):
                    computed.add(result)

    def formulas(
        self, where: Where, kind: SceneKind, texts: Sequence[str], evidence: Evidence
    ) -> Iterator[Finding]:
        """Find chemical formulas, reactions and equations that differ from the sources."""
        for text in texts:
            for formula in formulas(one_spelling(text)):
                if formula.text not in evidence.formulas:
                    yield formula_finding(where, formula.text)
            for reaction in reactions(one_spelling(text)):
                species = [{name for _, name in side} for side in reaction]
                same = [
                    r for r in evidence.reactions if [{n for _, n in side} for side in r] == species
                ]
                turned = [
                    r
                    for r in evidence.reactions
                    if [{n for _, n in side} for side in r] == species[::-1]
                ]
                if (same and reaction not in same) or (turned and not same):
                    yield formula_finding(where, one_spelling(text))
            for one in equations(text, self.lexicon):
                if one.symbolic and (wrong := self.wrong(one, kind, evidence)):
                    yield Finding(*where, "formula", one.text, wrong)

    def wrong(self, one: Equation, kind: SceneKind, evidence: Evidence) -> str:
        """Say what is wrong with an equation; "" if nothing is."""
        known = [e for e in evidence.equations if e.symbolic]
        if any(matches(one, other) for other in known):
            return ""
        if any(contradicts(one, other) for other in known):
            return f"the source relates the quantities of {one.text!r} in another way"
        if one.spoken:
            return ""  # the check of the sentence covers its words
        if kind in CALCULATING and any(covers(other, one) for other in known):
            return ""  # numbers were put into a formula
        return f"the formula {one.text!r} is in none of the cited passages"

    def names(self, where: Where, texts: Sequence[str], evidence: Evidence) -> Iterator[Finding]:
        """Find names and months that are in no source."""
        language = self.lexicon.language
        known = (*evidence.texts, *self.interest_words)
        for name in dict.fromkeys(n for text in texts for n in names(text, self.lexicon)):
            if name.lower() in self.lexicon.lists.months or is_known(name, known, language):
                continue
            yield name_finding(where, name)
        for month in dict.fromkeys(m for text in texts for m in months(text, self.lexicon)):
            if not is_known(month, known, language):
                message = f"the month {month!r} is in none of the cited passages; leave it out"
                yield Finding(*where, "date", month, message)

    def sentence(
        self,
        where: Where,
        sentence: str,
        source: Sequence[str],
        enough: float,
        evidence: Evidence,
        told: bool,
    ) -> Iterator[Finding]:
        """Check that the source supports a sentence and does not contradict it.

        Args:
            source: sentences of the source, in order.
            enough: minimum support, 0 to 1 (see `Support.score`).
            told: the sentence makes clear that it states a misconception.
        """
        found = support(sentence, source, self.lexicon, beside=self.interest | self.title)
        believed = likeness(sentence, evidence.beliefs, self.lexicon)
        known = likeness(sentence, evidence.facts, self.lexicon)
        if not told and believed >= enough and believed > known:
            message = "tells as a fact what the source calls a mix-up; say that it is one"
            yield Finding(*where, "contradiction", sentence, message)
        elif found.score < enough:
            missing = ", ".join(repr(word) for word in found.missing[:4])
            message = f"is not in the cited passages (they have nothing of {missing})"
            yield Finding(*where, "no_support", sentence, message)
        elif found.contradiction and not told:
            message = f"says the reverse of the cited passage: {found.contradiction}"
            yield Finding(*where, "contradiction", sentence, message)
