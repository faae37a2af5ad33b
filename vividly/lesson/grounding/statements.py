"""Checks the statements in a text of a script against its cited passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from vividly.lesson.grounding.chemistry import formulas, reactions
from vividly.lesson.grounding.comparison import difference, own_words
from vividly.lesson.grounding.connective import interest_stems
from vividly.lesson.grounding.equations import Equation, contradicts, covers, equations, matches
from vividly.lesson.grounding.evidence import Evidence
from vividly.lesson.grounding.finding import (
    DOUBT,
    Finding,
    Where,
    formula_finding,
    name_finding,
    number_finding,
)
from vividly.lesson.grounding.names import is_known, months, names
from vividly.lesson.grounding.quantities import Quantity, is_in, quantities, wrong_unit
from vividly.lesson.grounding.text import Lexicon, lexicon
from vividly.model.lesson import SceneKind
from vividly.text.units import NO_UNIT, agree, one_unit
from vividly.text.words import PROSE, one_spelling, stem, words

CALCULATING: tuple[SceneKind, ...] = ("worked_example", "check", "answer")
"""Scenes that may introduce new numbers by correct arithmetic that they show."""
HALF = Fraction(1, 2)
SMALL = 10
"""Largest number that a text may count with in words ("two ways"), for want of a unit."""


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
                if is_in(quantity, evidence.quantities, evidence.words, beside):
                    continue
                derived = "=" not in text and _is_derived(quantity, evidence)
                if not derived and not is_small(quantity):
                    reported.add(quantity.size)
                    yield number_finding(where, quantity, evidence.quantities)

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
        evidence: Evidence,
        *,
        told: bool = False,
        said: Sequence[str] = (),
    ) -> Iterator[Finding]:
        """Check that a sentence is in the source's own words, and that it does not reverse them.

        Args:
            told: the sentence makes clear that it states a misconception.
            said: what the lesson says beside it, which it may repeat.
        """
        facts = (*evidence.facts, *said)
        if own_words(sentence, (*facts, *(evidence.beliefs if told else ())), self.lexicon):
            return
        if said and self._is_label(sentence, facts, evidence):
            return
        if not told and own_words(sentence, evidence.beliefs, self.lexicon):
            message = "tells as a fact what the passage calls a mix-up; say that it is one"
            yield Finding(*where, "contradiction", sentence, message)
        elif not told and (found := difference(sentence, facts, self.lexicon)):
            message = f"reverses the passage ({found[0]}), which says: {found[1]!r}"
            yield Finding(*where, "contradiction", sentence, message)
        else:
            message = "is not in the words of the cited passages"
            yield Finding(*where, DOUBT, sentence, message)

    def _is_label(self, text: str, facts: Sequence[str], evidence: Evidence) -> bool:
        """Whether a text on screen is a phrase or an equation of what is said, or both."""
        rest = one_spelling(text)
        for one in equations(text, self.lexicon):
            if any(one.symbolic and matches(one, other) for other in evidence.equations):
                rest = rest.replace(one.text, "")
        return own_words(rest, facts, self.lexicon, label=True)


def is_small(quantity: Quantity) -> bool:
    """Whether a number only counts or compares, in a word: "two ways", "half", "doubles"."""
    spelled = not any(character.isdigit() for character in quantity.text)
    return spelled and quantity.unit == NO_UNIT and quantity.value in (*range(SMALL + 1), HALF)


def _is_derived(quantity: Quantity, evidence: Evidence) -> bool:
    """Whether a number follows from given ones: 9 tenths from 10 percent, 24 hours from a day."""
    given = evidence.quantities
    if 0 < quantity.size < 1:
        return any(quantity.size + other.size == 1 for other in given)
    units = [unit for word in evidence.words if (unit := one_unit(word))]
    if any(agree(unit, quantity.unit) and unit.factor == quantity.size for unit in units):
        return True
    given = tuple(one for one in given if not (one.is_rank or one.is_date))
    return any(
        agree(one.unit, quantity.unit)
        and agree(other.unit, quantity.unit)
        and quantity.size in (one.size + other.size, one.size - other.size)
        for one in given
        for other in given
        if one.size != other.size
    )
