"""Checks every line of a script against the passages that it cites."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache

from vividly.lesson.grounding.connective import is_connective, taught_stems
from vividly.lesson.grounding.drawn import visual_findings
from vividly.lesson.grounding.evidence import Evidence
from vividly.lesson.grounding.finding import (
    DOUBT,
    HEADING,
    Finding,
    Where,
    name_finding,
    number_finding,
)
from vividly.lesson.grounding.names import is_known, names
from vividly.lesson.grounding.quantities import is_in, quantities
from vividly.lesson.grounding.statements import Statements, is_small
from vividly.lesson.grounding.text import content, words_file
from vividly.model.lesson import Line, Passage, Scene, Script
from vividly.text.sentences import split_sentences
from vividly.text.words import PROSE, words

VERSION = 4


@cache
def identity() -> str:
    """Return a value that changes when the check of a script can change."""
    return f"grounding/{VERSION}-{hashlib.sha256(words_file()).hexdigest()[:8]}"


def check(
    script: Script, passages: Sequence[Passage], *, bridge_interest: str | None
) -> tuple[Finding, ...]:
    """Find everything in a script that its cited passages refute, or may not support.

    Every number with its unit, formula, name and date, spoken or shown, must be in a passage
    that the line cites. Worked examples and check questions may derive new numbers by correct
    arithmetic that they show. A sentence is right if it is in the passages' own words, and wrong
    if it reverses them (see `comparison`). Any other sentence gets a finding of the kind
    `DOUBT`, for a second look (see `judge`); so does a line without citations that is not
    connective (see `connective`). A visual is checked against all passages that the scene cites
    (see `drawn`).

    Args:
        passages: all passages that the writer got; citations are their keys.
        bridge_interest: the student's interest, which a line may mention without a source.
    """
    return tuple(_Checker(script, passages, bridge_interest).findings())


class _Checker:
    """One check of one script."""

    def __init__(self, script: Script, passages: Sequence[Passage], interest: str | None) -> None:
        self.script = script
        self.by_key: Mapping[str, Passage] = {passage.key: passage for passage in passages}
        self.texts = Statements(script.title, script.language, interest)
        self.lexicon = self.texts.lexicon
        self.taught = taught_stems(
            [p.heading + " " + p.text for p in passages if p.kind != "bridge"], self.lexicon
        )
        self._evidence: dict[tuple[str, ...], Evidence] = {}

    def evidence(self, keys: tuple[str, ...]) -> Evidence:
        """Return the evidence in the passages with these keys."""
        if keys not in self._evidence:
            cited = tuple(self.by_key[key] for key in keys if key in self.by_key)
            self._evidence[keys] = Evidence(cited, self.lexicon, self.script.title)
        return self._evidence[keys]

    def findings(self) -> Iterator[Finding]:
        """Yield all findings, in the order of the script."""
        for scene_at, scene in enumerate(self.script.scenes):
            yield from self._heading(scene_at, scene)
            computed: set[Fraction] = set()
            previous = self.script.scenes[scene_at - 1] if scene_at else scene
            if scene.visual:
                yield from visual_findings(scene_at, scene, self.texts, self.evidence(scene.cited))
            for line_at, line in enumerate(scene.lines):
                where = (scene_at, line_at)
                yield from self._line(where, scene, previous, line, computed)

    def _heading(self, at: int, scene: Scene) -> Iterator[Finding]:
        # The title is about the whole lesson.
        cited = tuple(self.by_key) if scene.kind == "title" else scene.cited
        evidence = self.evidence(cited)
        known = (*evidence.texts, *self.texts.interest_words)
        for quantity in quantities(scene.heading, self.lexicon):
            if not is_small(quantity) and not is_in(quantity, evidence.quantities, evidence.words):
                yield number_finding((at, HEADING), quantity, evidence.quantities)
        for name in names(scene.heading, self.lexicon):
            if not is_known(name, known, self.lexicon.language):
                yield name_finding((at, HEADING), name)
        # Most headings claim nothing: only one that reverses a passage is at fault.
        told = scene.kind in ("title", "misconception", "check")
        stated = self.texts.sentence((at, HEADING), scene.heading, evidence, told=told)
        yield from (one for one in stated if one.kind != DOUBT)

    def _line(
        self,
        where: Where,
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
            # An answer may use the numbers of its question.
            keys += tuple(key for one in previous.lines for key in one.passages)
        evidence = self.evidence(tuple(dict.fromkeys(keys)))
        texts = [line.say, *((line.show,) if line.show else ())]
        formal = [evidence.written(text) for text in texts]
        yield from self.texts.numbers(where, scene.kind, formal, evidence, computed)
        yield from self.texts.formulas(where, scene.kind, formal, evidence)
        yield from self.texts.names(where, texts, evidence)
        yield from self._stated(where, scene, line, evidence)

    def _stated(
        self, where: Where, scene: Scene, line: Line, evidence: Evidence
    ) -> Iterator[Finding]:
        """Check each sentence that states something, and the text on screen."""
        told = self._tells_a_belief(where, scene, line)
        for sentence in split_sentences(line.say):
            allowed = () if line.passages else self.texts.title
            if self._is_connective(sentence, allowed, cited=bool(line.passages)):
                continue
            if line.passages:
                yield from self.texts.sentence(where, sentence, evidence, told=told)
            else:
                message = "states something without citing a passage; cite one, or say less"
                yield Finding(*where, DOUBT, sentence, message)
        if line.show and not self._is_connective(
            line.show, (*content(line.say, self.lexicon), *self.texts.title)
        ):
            yield from self.texts.sentence(where, line.show, evidence, told=told, said=(line.say,))

    def _is_connective(self, sentence: str, said: Collection[str], *, cited: bool = False) -> bool:
        return is_connective(
            sentence,
            taught=self.taught,
            allowed=self.texts.interest | frozenset(said),
            lexicon=self.lexicon,
            cited=cited,
        )

    def _tells_a_belief(self, where: Where, scene: Scene, line: Line) -> bool:
        """Whether a line, or one before it, makes clear that it states a misconception."""
        if scene.kind != "misconception":
            return any(w in ("mix-up", "myth", "misconception") for w in line.say.lower().split())
        said = [word for one in scene.lines[: where[1] + 1] for word in words(one.say, PROSE)]
        return any(word in self.lexicon.lists.belief for word in said) and where[1] <= 1
