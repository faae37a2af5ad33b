"""The second look: a model judges the statements that the rules leave open.

All open statements of a script go to the model in one call. It answers for each with a verdict,
and with the words of the passages that carry it. These are looked up: a quote that does not
stand in a cited passage word for word carries nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import BaseModel, Field

from vividly.lesson.grounding.checker import check
from vividly.lesson.grounding.evidence import BELIEF
from vividly.lesson.grounding.finding import DOUBT, VISUAL, Finding
from vividly.lesson.prompts import load_prompt
from vividly.model.errors import UnusableAnswer
from vividly.model.lesson import Line, Passage, Script
from vividly.platform.cost import tally
from vividly.platform.google.gemini import Model
from vividly.text.words import one_spelling

MOST_TOKENS = 160
"""Token limit of an answer for each statement, which takes about 80. Thinking is extra."""
SHORTEST_QUOTE = 3
"""Minimum number of words of a quote, unless it is a whole sentence."""
_SPACE = re.compile(r"\s+")
_ENDS = " .,;:!?\"'"

Verdict = Literal["supported", "not_supported", "likeness_fits", "states_nothing"]


class _Judged(BaseModel):
    number: int = Field(description="the number of the statement")
    verdict: Verdict
    quotes: list[str] = Field(description="words of the cited passages, copied letter by letter")
    fix: str = Field(description="what is wrong, and what the passages do say; else empty")


class _Judgement(BaseModel):
    statements: list[_Judged]


@dataclass(frozen=True)
class Statement:
    """A statement for the judge.

    Attributes:
        scene: kind and heading of its scene.
        before: what is said before it in its scene, "" if nothing is.
        cited: keys of the passages that it rests on.
        likeness: whether it may liken the idea to the student's world.
    """

    text: str
    scene: str
    before: str
    cited: tuple[str, ...]
    likeness: bool = False


@dataclass(frozen=True)
class Judgement:
    """What the judge says of a statement.

    Attributes:
        sound: whether the lesson may say it.
        carriers: keys of the passages in which its quotes stand.
        why: what is wrong with it, for the writer; "" if nothing is.
    """

    sound: bool
    carriers: frozenset[str] = frozenset()
    why: str = ""


class Judge:
    """Asks a Gemini model. Thread-safe."""

    def __init__(self, model: Model) -> None:
        """Calls nothing yet."""
        self._model = model
        self._prompt = load_prompt("judge_grounding")
        self.identity = self._prompt.identity

    def judge(
        self,
        statements: Sequence[Statement],
        passages: Mapping[str, Passage],
        *,
        language: str,
        grade: int,
    ) -> list[Judgement]:
        """Judge statements, in their order, in one call.

        Args:
            passages: by key; only cited ones are sent.

        Raises:
            UnusableAnswer: the answer does not fit its schema, or misses a statement.
            PermanentError: Vertex AI refuses the request; the message says what to do.
            TransientError: Vertex AI was busy, slow or unreachable.
            ContentBlocked: Gemini refuses the statements.
        """
        cited = dict.fromkeys(key for one in statements for key in one.cited if key in passages)
        names = {key: f"P{at}" for at, key in enumerate(cited, 1)}
        prompt = self._prompt.render(
            language=language,
            grade=grade,
            passages="\n\n".join(_listed(names[key], passages[key]) for key in cited),
            statements="\n\n".join(_asked(at, one, names) for at, one in enumerate(statements, 1)),
        )
        answer = self._model.ask(
            self._prompt.system,
            prompt,
            _Judgement,
            max_output_tokens=MOST_TOKENS * len(statements),
        )
        judged = {one.number: one for one in answer.statements}
        if judged.keys() != set(range(1, len(statements) + 1)):
            raise UnusableAnswer(
                f"{self._model.name} judged {len(judged)} of {len(statements)} statements"
            )
        return [_weighed(judged[at], one, passages) for at, one in enumerate(statements, 1)]


def _listed(name: str, passage: Passage) -> str:
    lines = [f"[{name}] {passage.heading}"]
    for sentence in passage.sentences:
        mark = "(a mix-up, not a fact) " if sentence.role == BELIEF else ""
        lines.append(f"- {mark}{sentence.say}")
        lines += [f"- {text}" for text in (sentence.show, sentence.written) if text]
    return "\n".join(lines)


def _asked(number: int, one: Statement, names: Mapping[str, str]) -> str:
    cites = ", ".join(names[key] for key in one.cited if key in names) or "nothing"
    lines = [f"{number}. In the scene {one.scene}; cites {cites}"]
    lines += ["LIKENESS"] * one.likeness
    lines += [f"Before it: {one.before}"] * bool(one.before)
    return "\n".join((*lines, f"Statement: {one.text}"))


def _weighed(judged: _Judged, one: Statement, passages: Mapping[str, Passage]) -> Judgement:
    """Accept a verdict only as far as its quotes and the statement's kind allow."""
    if judged.verdict == "likeness_fits" and one.likeness:
        return Judgement(True)
    if judged.verdict == "states_nothing" and not one.cited:
        return Judgement(True)
    if judged.verdict == "supported":
        carriers = [_carrier(quote, one.cited, passages) for quote in judged.quotes]
        if carriers and all(carriers):
            return Judgement(True, frozenset(carriers))
        return Judgement(False, why="no cited passage has words that carry it")
    return Judgement(False, why=_SPACE.sub(" ", judged.fix).strip() or "the passages do not say it")


def _carrier(quote: str, cited: Sequence[str], passages: Mapping[str, Passage]) -> str:
    """The key of the cited passage in which a quote stands word for word; "" if in none."""
    wanted = _plain(quote)
    for key in cited:
        passage = passages.get(key)
        for text in _texts(passage) if passage else ():
            held = _plain(text)
            long_enough = len(wanted.split()) >= SHORTEST_QUOTE or wanted == held
            if wanted and long_enough and f" {wanted} " in f" {held} ":
                return key
    return ""


def _texts(passage: Passage) -> Iterator[str]:
    yield passage.heading
    for sentence in passage.sentences:
        yield from filter(None, (sentence.say, sentence.show, sentence.written))


def _plain(text: str) -> str:
    """A text in one spelling of signs and spaces, without the marks around its words."""
    words = _SPACE.sub(" ", one_spelling(text)).casefold().split(" ")
    return " ".join(word.strip(_ENDS) for word in words).strip()


@dataclass
class SecondLook:
    """The grounding of one script and its revisions. Nothing is judged twice.

    Attributes:
        passages: all passages that the writer got.
        interest: the student's interest.
        asked, refused: statements that the judge was asked about, and those it refused.
    """

    judge: Judge
    passages: Sequence[Passage]
    interest: str | None
    asked: int = 0
    refused: int = 0
    _known: dict[tuple[str, bool], list[tuple[Statement, Judgement]]] = field(default_factory=dict)

    def findings(self, script: Script, *, ask: bool = True) -> tuple[Finding, ...]:
        """Return what a script may not say: what the rules refute and what the judge refuses.

        Args:
            ask: whether to ask the judge about statements that it has not judged yet; else
                they are refused.

        Raises:
            UnusableAnswer, PermanentError, TransientError, ContentBlocked: see `Judge.judge`.
        """
        found = check(script, self.passages, bridge_interest=self.interest)
        doubts = [(one, _statement(one, script)) for one in found if one.kind == DOUBT]
        if ask:
            tally(statements_refuted=sum(one.kind != DOUBT for one in found))
            self._ask([of for _, of in doubts if self._judgement(of) is None], script)
        kept = [one for one in found if one.kind != DOUBT]
        for one, of in doubts:
            judgement = self._judgement(of)
            if judgement is None:
                kept.append(replace(one, kind="no_support"))
            elif not judgement.sound:
                kept.append(replace(one, kind="no_support", message=judgement.why))
        return tuple(sorted(kept, key=lambda one: one.scene))

    def _ask(self, unknown: Sequence[Statement], script: Script) -> None:
        statements = list(dict.fromkeys(unknown))
        if not statements:
            return
        judged = self.judge.judge(
            statements,
            {passage.key: passage for passage in self.passages},
            language=script.language,
            grade=script.grade_level,
        )
        for one, judgement in zip(statements, judged, strict=True):
            self._known.setdefault((one.text, one.likeness), []).append((one, judgement))
        refused = sum(not judgement.sound for judgement in judged)
        self.asked += len(statements)
        self.refused += refused
        tally(
            judge_calls=1,
            statements_refused=refused,
            statements_supported=len(statements) - refused,
        )

    def _judgement(self, one: Statement) -> Judgement | None:
        """What is known of a statement: also if it now cites fewer passages, or more."""
        for other, judgement in self._known.get((one.text, one.likeness), ()):
            if judgement.sound and judgement.carriers <= set(one.cited):
                return judgement
            if not judgement.sound and set(one.cited) <= set(other.cited):
                return judgement
        return None


def _statement(doubt: Finding, script: Script) -> Statement:
    """The statement of a doubt, with what the judge has to know to understand it."""
    scene = script.scenes[doubt.scene]
    name = f"{scene.kind!r} ({scene.heading})"
    if doubt.line == VISUAL:
        return Statement(f"drawn: {doubt.what}", name, "", scene.cited)
    line: Line = scene.lines[doubt.line]
    at = line.say.find(doubt.what)
    before = line.say[:at] if at >= 0 else line.say
    if at == 0 and doubt.line:
        before = scene.lines[doubt.line - 1].say
    return Statement(doubt.what, name, before.strip(), line.passages, line.likeness)
