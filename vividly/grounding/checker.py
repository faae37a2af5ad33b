"""Checks every line of a script against the passages that it cites."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Literal

from vividly.grounding.chemistry import formulas, reactions
from vividly.grounding.connective import interest_stems, is_connective, taught_stems
from vividly.grounding.equations import Equation, contradicts, covers, equations, matches
from vividly.grounding.evidence import Evidence
from vividly.grounding.names import is_known, months, names
from vividly.grounding.quantities import Quantity, is_in, quantities, wrong_unit
from vividly.grounding.support import ENOUGH, likeness, support
from vividly.grounding.text import Lexicon, lexicon, normal, sentences, stem, words, words_file
from vividly.lesson import Line, Passage, Scene, SceneKind, Script

Kind = Literal[
    "unknown_passage", "no_support", "number", "formula", "name", "date", "contradiction"
]
KINDS: tuple[Kind, ...] = (
    "unknown_passage",
    "no_support",
    "number",
    "formula",
    "name",
    "date",
    "contradiction",
)
VERSION = 1
CALCULATING: tuple[SceneKind, ...] = ("worked_example", "check", "answer")
"""The scenes that may come to new numbers, if the sum is shown and right."""
ENOUGH_SHOWN = 0.5
"""What is on screen is a few words; what is said beside it counts for it too."""
HEADING = -1
"""The line of a finding that is about a scene's heading."""


@dataclass(frozen=True)
class Finding:
    """Something in a script that its sources do not hold.

    Attributes:
        scene, line: where, from 0; `HEADING` for the heading.
        what: the words, number or name at fault.
        message: what is wrong and how to put it right, for whoever writes.
    """

    scene: int
    line: int
    kind: Kind
    what: str
    message: str


@cache
def identity() -> str:
    """Changes when the same script could be judged otherwise."""
    return f"grounding/{VERSION}-{hashlib.sha256(words_file()).hexdigest()[:8]}"


def check(
    script: Script, passages: Sequence[Passage], *, bridge_interest: str | None
) -> tuple[Finding, ...]:
    """What a script says that the passages it cites do not.

    Every number with its unit, formula, name and date, spoken or shown, must stand in a
    passage that the line cites; the sentence as a whole must be supported by it and not say the
    reverse. In worked examples and check questions a new number may follow from given ones by
    arithmetic that is shown and right. A line that cites nothing may only be connective (see
    `connective`).

    Args:
        passages: all that the writer was given; citations are their keys.
        bridge_interest: what the student cares about, which a line may speak of without a source.
    """
    return tuple(_Checker(script, passages, bridge_interest).findings())


class _Checker:
    """One check of one script."""

    def __init__(self, script: Script, passages: Sequence[Passage], interest: str | None) -> None:
        self.script = script
        self.lexicon: Lexicon = lexicon(script.language)
        self.by_key: Mapping[str, Passage] = {passage.key: passage for passage in passages}
        self.interest = interest_stems(interest, script.language, self.lexicon)
        self.interest_words = tuple(words(interest or ""))
        language = self.lexicon.language
        self.title = {stem(word, language) for word in words(script.title)}
        self.taught = taught_stems(
            [p.heading + " " + p.text for p in passages if p.kind != "bridge"], self.lexicon
        )
        self._evidence: dict[tuple[str, ...], Evidence] = {}

    def evidence(self, keys: tuple[str, ...]) -> Evidence:
        """What the passages of these keys hold."""
        if keys not in self._evidence:
            cited = tuple(self.by_key[key] for key in keys if key in self.by_key)
            self._evidence[keys] = Evidence(cited, self.lexicon, self.script.title)
        return self._evidence[keys]

    def findings(self) -> Iterator[Finding]:
        """All that is wrong, in the order of speaking."""
        for scene_at, scene in enumerate(self.script.scenes):
            yield from self._heading(scene_at, scene)
            computed: set[Fraction] = set()
            previous = self.script.scenes[scene_at - 1] if scene_at else scene
            for line_at, line in enumerate(scene.lines):
                where = (scene_at, line_at)
                yield from self._line(where, scene, previous, line, computed)

    def _heading(self, at: int, scene: Scene) -> Iterator[Finding]:
        keys = tuple(dict.fromkeys(key for line in scene.lines for key in line.passages))
        evidence = self.evidence(keys)
        known = (*evidence.texts, *self.interest_words)
        for quantity in quantities(scene.heading, self.lexicon):
            if not is_in(quantity, evidence.quantities, evidence.words):
                yield _number((at, HEADING), quantity)
        for name in names(scene.heading, self.lexicon):
            if not is_known(name, known, self.lexicon.language):
                yield _name((at, HEADING), name)

    def _line(
        self,
        where: tuple[int, int],
        scene: Scene,
        previous: Scene,
        line: Line,
        computed: set[Fraction],
    ) -> Iterator[Finding]:
        unknown = [key for key in line.passages if key not in self.by_key]
        for key in unknown:
            message = f"cites {key!r}, which is no passage; cite only the passages given"
            yield Finding(*where, "unknown_passage", key, message)
        if unknown and len(unknown) == len(line.passages):
            return
        keys = line.passages
        if scene.kind == "answer":
            # The numbers of a question may be used in its answer.
            keys += tuple(key for one in previous.lines for key in one.passages)
        evidence = self.evidence(tuple(dict.fromkeys(keys)))
        texts = [line.say, *((line.show,) if line.show else ())]
        yield from self._numbers(where, scene.kind, texts, evidence, computed)
        yield from self._formulas(where, scene.kind, texts, evidence)
        yield from self._names(where, texts, evidence)
        if line.passages:
            yield from self._supported(where, scene, line, evidence)
        else:
            yield from self._uncited(where, line)

    def _uncited(self, where: tuple[int, int], line: Line) -> Iterator[Finding]:
        for sentence in sentences(line.say) + ([line.show] if line.show else []):
            shown = sentence == line.show
            allowed = self.title | self.interest
            if shown:
                allowed = allowed | {stem(w, self.lexicon.language) for w in words(line.say)}
            if shown and all(word in allowed for word in taught_stems([sentence], self.lexicon)):
                continue
            if not is_connective(
                sentence, taught=self.taught, allowed=allowed, lexicon=self.lexicon
            ):
                message = "states something without citing a passage; cite one, or say less"
                yield Finding(*where, "no_support", sentence, message)

    def _numbers(
        self,
        where: tuple[int, int],
        kind: SceneKind,
        texts: Sequence[str],
        evidence: Evidence,
        computed: set[Fraction],
    ) -> Iterator[Finding]:
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
            beside = words(text)
            if unit := wrong_unit(text, evidence.words):
                message = f"the source does not measure this in {unit!r}; use its unit"
                yield Finding(*where, "number", unit, message)
            for quantity in quantities(text, self.lexicon):
                if quantity.value in computed or quantity.size in reported:
                    continue
                if not is_in(quantity, evidence.quantities, evidence.words, beside):
                    reported.add(quantity.size)
                    yield _number(where, quantity)

    def _compute(
        self, sums: Sequence[Equation], evidence: Evidence, computed: set[Fraction]
    ) -> None:
        """Add the results of sums that are right and begin with numbers that are known."""
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

    def _formulas(
        self, where: tuple[int, int], kind: SceneKind, texts: Sequence[str], evidence: Evidence
    ) -> Iterator[Finding]:
        for text in texts:
            for formula in formulas(normal(text)):
                if formula.text not in evidence.formulas:
                    yield _formula(where, formula.text)
            for reaction in reactions(normal(text)):
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
                    yield _formula(where, normal(text))
            for one in equations(text, self.lexicon):
                if one.symbolic and (wrong := self._wrong(one, kind, evidence)):
                    yield Finding(*where, "formula", one.text, wrong)

    def _wrong(self, one: Equation, kind: SceneKind, evidence: Evidence) -> str:
        """What is wrong with an equation, or an empty string."""
        known = [e for e in evidence.equations if e.symbolic]
        if any(matches(one, other) for other in known):
            return ""
        if any(contradicts(one, other) for other in known):
            return f"the source relates the quantities of {one.text!r} in another way"
        if one.spoken:
            return ""  # its words are checked as words
        if kind in CALCULATING and any(covers(other, one) for other in known):
            return ""  # numbers were put into a formula
        return f"the formula {one.text!r} is in none of the cited passages"

    def _names(
        self, where: tuple[int, int], texts: Sequence[str], evidence: Evidence
    ) -> Iterator[Finding]:
        language = self.lexicon.language
        known = (*evidence.texts, *self.interest_words)
        for name in dict.fromkeys(n for text in texts for n in names(text, self.lexicon)):
            if name.lower() in self.lexicon.months or is_known(name, known, language):
                continue
            yield _name(where, name)
        for month in dict.fromkeys(m for text in texts for m in months(text, self.lexicon)):
            if not is_known(month, known, language):
                message = f"the month {month!r} is in none of the cited passages; leave it out"
                yield Finding(*where, "date", month, message)

    def _supported(
        self, where: tuple[int, int], scene: Scene, line: Line, evidence: Evidence
    ) -> Iterator[Finding]:
        told = self._tells_a_belief(where, scene, line)
        source = (*evidence.facts, *evidence.beliefs) if told else evidence.facts
        for sentence in sentences(line.say):
            if is_connective(
                sentence,
                taught=self.taught,
                allowed=self.title | self.interest,
                lexicon=self.lexicon,
            ):
                continue
            yield from self._sentence(where, sentence, source, ENOUGH, evidence, told)
        if line.show:
            shown_source = (*source, line.say)
            yield from self._sentence(where, line.show, shown_source, ENOUGH_SHOWN, evidence, told)

    def _sentence(
        self,
        where: tuple[int, int],
        sentence: str,
        source: Sequence[str],
        enough: float,
        evidence: Evidence,
        told: bool,
    ) -> Iterator[Finding]:
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

    def _tells_a_belief(self, where: tuple[int, int], scene: Scene, line: Line) -> bool:
        """Whether a line makes clear, or follows one that does, that it tells a mix-up."""
        if scene.kind != "misconception":
            return any(w in ("mix-up", "myth", "misconception") for w in line.say.lower().split())
        said = [word for one in scene.lines[: where[1] + 1] for word in words(one.say)]
        return any(word in self.lexicon.belief for word in said) and where[1] <= 1


def _number(where: tuple[int, int], quantity: Quantity) -> Finding:
    kind: Kind = "date" if quantity.is_date else "number"
    name = "year" if quantity.is_date else "number"
    message = f"the {name} {quantity.text!r} is in none of the cited passages; use theirs, or none"
    return Finding(*where, kind, quantity.text, message)


def _name(where: tuple[int, int], name: str) -> Finding:
    message = f"the name {name!r} is in none of the cited passages; leave it out"
    return Finding(*where, "name", name, message)


def _formula(where: tuple[int, int], formula: str) -> Finding:
    message = f"{formula!r} is not so in any of the cited passages; write it as they do"
    return Finding(*where, "formula", formula, message)
