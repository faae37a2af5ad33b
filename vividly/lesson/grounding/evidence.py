"""Facts, numbers, equations and words of cited passages, parsed once per set of passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from vividly.lesson.grounding.chemistry import formulas, reactions
from vividly.lesson.grounding.equations import Equation, equations
from vividly.lesson.grounding.quantities import Quantity, quantities
from vividly.lesson.grounding.text import Lexicon
from vividly.model.lesson import Passage
from vividly.text.sentences import split_sentences
from vividly.text.words import PROSE, one_spelling, words

BELIEF = "belief"
"""Role of a sentence that states a misconception."""
_Reaction = tuple[frozenset[tuple[int, str]], frozenset[tuple[int, str]]]


@dataclass(frozen=True)
class Evidence:
    """The passages that a line cites.

    Attributes:
        title: title of the lesson, which a line may always name.
    """

    passages: tuple[Passage, ...]
    lexicon: Lexicon
    title: str = ""

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """All texts: the title, headings, and what sentences say, show and have in signs."""
        parts: list[str | None] = [self.title]
        for passage in self.passages:
            parts.append(passage.heading)
            for sentence in passage.sentences:
                parts.extend((sentence.say, sentence.show, sentence.written))
        return tuple(part for part in parts if part)

    def written(self, text: str) -> str:
        """A text with the formulas of the passages' own sentences in signs, as books write them.

        "F equals m a" is "F = ma" if a passage says it so; other texts come back as they are.
        """
        for passage in self.passages:
            for sentence in passage.sentences:
                if sentence.written:
                    text = text.replace(sentence.say, sentence.written)
        return text

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """Headings and true sentences, in order, each with what it shows and how books write it."""
        return tuple(self._sentences(belief=False))

    @cached_property
    def beliefs(self) -> tuple[str, ...]:
        """Sentences that state a misconception, each with the text it shows."""
        return tuple(self._sentences(belief=True))

    def _sentences(self, *, belief: bool) -> Sequence[str]:
        found: list[str] = []
        for passage in self.passages:
            if not belief:
                found.append(passage.heading)
            for sentence in passage.sentences:
                if (sentence.role == BELIEF) == belief:
                    found.extend(split_sentences(sentence.say))
                    found.extend(text for text in (sentence.show, sentence.written) if text)
        return found

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """All numbers with their units."""
        return tuple(q for text in self.texts for q in quantities(text, self.lexicon))

    @cached_property
    def equations(self) -> tuple[Equation, ...]:
        """All equations, in signs or in words."""
        return tuple(e for text in self.texts for e in equations(text, self.lexicon))

    @cached_property
    def formulas(self) -> frozenset[str]:
        """All chemical formulas."""
        return frozenset(f.text for text in self.texts for f in formulas(one_spelling(text)))

    @cached_property
    def reactions(self) -> tuple[_Reaction, ...]:
        """All chemical equations."""
        return tuple(r for text in self.texts for r in reactions(one_spelling(text)))

    @cached_property
    def words(self) -> frozenset[str]:
        """All words."""
        return frozenset(word for text in self.texts for word in words(text, PROSE))
