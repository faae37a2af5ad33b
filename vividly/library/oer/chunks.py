"""Cuts the sentences of a section into passages of about equal size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vividly.library.oer.maths_words import RELATIONS
from vividly.library.oer.model import MARK, Block, Figure, Maths, Paragraph, Table, Text
from vividly.library.oer.sentences import is_quantity, read_sentences, states
from vividly.model.lesson import PassageSentence

TARGET_WORDS = 150
MOST_WORDS = 180
LEAST_WORDS = 45
LEAST_HELD = 5
"""Words of a line without an end that the formula on the next line goes on with."""


_ENUMERATOR = re.compile(r"\(?[a-zA-Z0-9]\)|[a-z]\.")
"""The mark of a part, which belongs to what follows it."""
_UNFINISHED = re.compile(
    r"\b(?:because|that|if|when|where|are|is|as|by|to|of|and|or|then|thus|so|says|states|reads|means|gives|"
    r"yields|becomes|say|have|get|find|obtain|porque|que|si|cuando|son|es|de|y|o|dice|afirma|entonces):$",
    re.I,
)
"""The end of words that are no sentence without what follows them."""
_OPEN = re.compile(r"\b(?:is|are|by|of|and|or|son|es|de|y|o)$")
"""The same, without a colon: before a formula, a number, brackets or a small letter."""
_HEAD = re.compile(r"(?:^|.*[.?!…]\s)(?:\S+\s){0,3}\S+:$", re.S)
"""Up to four words and a colon, such as "Steps:"."""


@dataclass
class Chunk:
    """Sentences that become one passage, with what is to be seen beside them.

    Attributes:
        kept: words of the source in it; a formula is one.
        unsayable: sentences with a formula that nobody can say, as they are written.
        leading: sentences that end in a picture or a table for the eye.
        formulas: `said` and `not said` -> how many.
    """

    sentences: list[PassageSentence] = field(default_factory=list)
    equations: list[Maths] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    kept: int = 0
    unsayable: list[str] = field(default_factory=list)
    leading: list[str] = field(default_factory=list)
    formulas: Counter[str] = field(default_factory=Counter)

    @property
    def words(self) -> int:
        """Number of spoken words."""
        return sum(_words(sentence) for sentence in self.sentences)

    def add(self, other: Chunk) -> None:
        """Append another chunk."""
        self.sentences += other.sentences
        self.equations += [e for e in other.equations if e not in self.equations]
        self.figures += other.figures
        self.tables += other.tables
        self.kept += other.kept
        self.unsayable += other.unsayable
        self.leading += other.leading
        self.formulas += other.formulas


def chunks(blocks: Iterable[Block], language: str) -> list[Chunk]:
    """The blocks of one section as chunks of about equal size, cut between sentences."""
    atoms = list(_atoms(blocks, language))
    total = sum(atom.words for atom in atoms)
    parts = max(1, round(total / TARGET_WORDS))
    aim = total / parts
    made: list[Chunk] = []
    current = Chunk()
    for atom in atoms:
        full = current.words + atom.words / 2 > aim or current.words + atom.words > MOST_WORDS
        if current.sentences and atom.sentences and full:
            made.append(current)
            current = Chunk()
        current.add(atom)
    made.append(current)
    if len(made) > 1 and made[-1].words < LEAST_WORDS:
        tail = made.pop()
        made[-1].add(tail)
    return made


def read_blocks(blocks: Iterable[Block], language: str, role: str = "body") -> Chunk:
    """The sentences of blocks, their formulas that state something, and what is to be seen."""
    whole = Chunk()
    for atom in _atoms(blocks, language, role):
        whole.add(atom)
    return whole


def _atoms(blocks: Iterable[Block], language: str, role: str = "body") -> Iterator[Chunk]:
    """One chunk per sentence; what is to be seen goes with the sentence before it."""
    for block in _flow(blocks, heads=role != "objective"):
        if isinstance(block, Figure):
            yield Chunk(figures=[block], kept=len(block.caption.split()))
        elif isinstance(block, Table):
            yield Chunk(tables=[block], kept=block.unsaid)
        elif isinstance(block, Paragraph):
            every = list(read_sentences(block.text, language, role))
            if block.leads:
                every, last = every[:-1], every[-1]
                yield Chunk(leading=[last.written])
            for read in every:
                told = [m for m in read.formulas if block.display or states(m)]
                said = Counter("said" if maths.say else "not said" for maths in read.formulas)
                if read.sentence is None:
                    yield Chunk([], told, unsayable=[read.written], formulas=said)
                else:
                    yield Chunk([read.sentence], told, kept=read.words, formulas=said)


def _flow(blocks: Iterable[Block], *, heads: bool) -> Iterator[Block]:
    """Paragraphs, each joined with the formulas and lines that continue its sentence.

    "It follows that" / "F = ma" / "where F is the net force." is one sentence.

    Args:
        heads: whether words such as "Steps:" are joined with the sentence after them.
    """
    held: Paragraph | None = None
    between: list[Block] = []
    for block in blocks:
        if not isinstance(block, Paragraph):
            between.append(block)
        elif held is not None and _goes_on(held, block, heads=heads):
            # A pause between a formula and what its symbols mean, or between two laws.
            pause = (not block.display or _laws(held, block)) and not _related(block)
            pause = pause and not _marks(held)
            comma = "," if held.text.written.endswith((MARK, ")")) and pause else ""
            held = Paragraph(
                Text(
                    f"{held.text.written}{comma} {block.text.written}",
                    held.text.formulas + block.text.formulas,
                ),
                display=block.display and (held.display or _marks(held)),
            )
        else:
            if held is not None:
                yield held
            yield from between
            between = []
            held = block
    if held is not None:
        yield held
    yield from between


def _marks(paragraph: Paragraph) -> bool:
    """Whether a paragraph is only the mark of a part: `(a)`."""
    return _ENUMERATOR.fullmatch(paragraph.text.written) is not None


def _related(block: Paragraph) -> bool:
    """Whether a formula goes on with the one on the line before it: `= 2x + 6`."""
    formulas = block.text.formulas
    return block.text.written.startswith(MARK) and formulas[0].text[:1] in RELATIONS


def _laws(held: Paragraph, block: Paragraph) -> bool:
    """Whether a law follows one, rather than the second half of it."""
    around = (*held.text.formulas[-1:], *block.text.formulas[:1])
    return block.text.written.startswith(MARK) and len(around) > 1 and all(map(states, around))


def _goes_on(held: Paragraph, block: Paragraph, *, heads: bool) -> bool:
    if held.leads:
        return False
    before, after = held.text.written.rstrip(), block.text.written
    ended = before.endswith((".", "?", "!", ".”", "?”", ".)", "…"))
    meant = re.match(rf"{MARK} (?:= )?\w", before)
    equated = "=" in (before[2:3], held.text.formulas[0].text[-1:]) if meant else False
    if equated and not after[:1].islower():
        return False  # what a symbol means is whole
    if _OPEN.search(before) and heads and re.match(rf"{MARK}|\d|[a-z]|\((?!\w\))", after):
        return True
    if before.endswith(":") and re.match(r"\(\w{2}", after):
        return True
    if _marks(held) or (heads and (_UNFINISHED.search(before) or _HEAD.match(before))):
        return True
    continued = after.startswith(MARK) or (heads and re.match(r"\((?!\w\))", after))
    if before[-1:].isalpha() and continued and len(before.split()) >= LEAST_HELD:
        return True
    if ended and block.display and is_quantity(block.text):
        return not held.display
    if ended or re.match(r"\(?[a-z][.)] |" + _ENUMERATOR.pattern + "$", after):
        return False
    if held.display and block.display:
        return _related(block)
    if after[:1].islower() and not re.match(r"\w{1,2} [=≠<>≤≥]", after):
        return True
    alone = re.fullmatch(rf"{MARK}\W*", after) and before.endswith((",", ":"))
    formula = after.startswith(MARK) and (block.display or alone is not None)
    return formula and not held.display


def _words(sentence: PassageSentence) -> int:
    return len(re.findall(r"\S+", sentence.say))
