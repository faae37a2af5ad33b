"""Which scenes of a book's lesson show a picture of the book.

A picture is shown where the words said are about the same as its caption or its description, by
the words that are rare in the section: one that is only near them on the page would mislead.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from vividly.library.retrieval.words import content_words
from vividly.model.lesson import Line, Passage, PassageFigure, Scene, Source
from vividly.model.visuals.figure import Figure
from vividly.text.sentences import split_sentences
from vividly.text.words import stems

MOST_FIGURES = 2
_LEAST_LIKENESS = ((3, 0.08), (2, 0.11))
"""(words in common, cosine) from which a picture belongs to a scene, as read off a textbook of
physics: a single word may be chance, and two have to say more than three."""
_LONGEST_CAPTION, _LONGEST_ALT, _LONGEST_CREDIT = 120, 400, 200

_OF_PICTURES = """
figure diagram image picture photo photograph drawing illustration graph show shown label left
right top bottom point above below side vector arrow axis line letter part another two three first
second one different several many use called
"""
"""Words that tell how a picture is drawn, or that stand in any description."""
_PANEL = re.compile(r"(?<=[.?!]) (?=\([a-z]\) )")
"""Before what a caption says of the next part of a picture."""


def with_figures(scenes: Sequence[Scene], passages: Sequence[Passage]) -> list[Scene]:
    """The scenes, of which those that a picture of their passage fits best show it.

    It is there from the scene's first line on; the line that is most about it is marked too.

    Args:
        passages: all of the section, with their pictures.
    """
    likeness = _Likeness(passages)
    by_key = {passage.key: passage for passage in passages}
    found = sorted(_fitting(scenes, by_key, likeness), key=lambda each: (-each[0], each[1]))
    shown = list(scenes)
    used: set[str] = set()
    for _, at, nearest, figure in found:
        taken = shown[at].visual is not None or figure.image in used
        if taken or len(used) == MOST_FIGURES:
            continue
        used.add(figure.image)
        lines = tuple(
            replace(line, part=1) if position in (0, nearest) else line
            for position, line in enumerate(shown[at].lines)
        )
        shown[at] = replace(shown[at], kind="figure", lines=lines, visual=figure)
    return shown


class _Likeness:
    """How much two texts are about the same thing (0 to 1), by the words rare in a section."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        sentences = [_words(s.say) for passage in passages for s in passage.sentences]
        self._found_in = Counter(word for sentence in sentences for word in sentence)
        self._sentences = len(sentences)

    def __call__(self, one: set[str], other: set[str]) -> float:
        lengths = math.sqrt(self._weight(one) * self._weight(other))
        return self._weight(one & other) / lengths if lengths else 0.0

    def _weight(self, words: Iterable[str]) -> float:
        rarities = (
            math.log((self._sentences + 1) / (self._found_in[word] + 1)) for word in sorted(words)
        )
        return sum(rarity**2 for rarity in rarities)


def _fitting(
    scenes: Sequence[Scene], passages: dict[str, Passage], likeness: _Likeness
) -> Iterator[tuple[float, int, int, Figure]]:
    """(likeness, position of the scene, of its line nearest to the picture, picture)."""
    for at, scene in enumerate(scenes):
        if scene.kind != "explanation":
            continue
        lines = [_words(line.say) for line in scene.lines]
        said = set().union(*lines)
        for passage in _cited(scene.lines, passages):
            for picture in passage.figures:
                told = _words(picture.caption), _words(picture.alt)
                like = max(_belongs(said, words, likeness) for words in told)
                figure = _figure(picture, passage.source)
                if figure is not None and like:
                    both = set().union(*told)
                    nearest = max(range(len(lines)), key=lambda n: likeness(lines[n], both))
                    yield like, at, nearest, figure


def _belongs(said: set[str], told: set[str], likeness: _Likeness) -> float:
    """The likeness of what is said to what is told of a picture, 0 where it is too small."""
    like, common = likeness(said, told), len(said & told)
    enough = any(common >= words and like >= least for words, least in _LEAST_LIKENESS)
    return like if enough else 0.0


def _cited(lines: Sequence[Line], passages: dict[str, Passage]) -> list[Passage]:
    keys = dict.fromkeys(key for line in lines for key in line.passages)
    return [passages[key] for key in keys if key in passages]


def _figure(picture: PassageFigure, source: Source) -> Figure | None:
    """A picture with its credit, or None where there is none, or no room for it."""
    credit = " ".join((picture.credit or _credit(source)).split())
    alt = _description(picture.alt or picture.caption)
    if not alt or not 0 < len(credit) <= _LONGEST_CREDIT:
        return None
    caption = _sentences(picture.caption, _LONGEST_CAPTION)
    return Figure(picture.image, alt, credit, caption or _sentences(alt, _LONGEST_CAPTION))


def _credit(source: Source) -> str:
    """Whom the book's licence asks to be named: "OpenStax, CC BY 4.0"."""
    who, *more = split_sentences(source.attribution) or [""]
    named = f"{who.rstrip('.')}, {source.licence}" if who else ""
    return ". ".join([named, *more])


def _description(alt: str) -> str:
    """What there is room for of a description: whole sentences, or else whole words."""
    alt = " ".join(alt.split())
    if len(alt) <= _LONGEST_ALT:
        return alt
    return _sentences(alt, _LONGEST_ALT) or alt[: _LONGEST_ALT - 1].rsplit(" ", 1)[0] + "…"


def _sentences(text: str, most: int) -> str:
    """The sentences that there is room for, from the first on; "" if there is for none.

    One alone has no full stop, as is usual below a picture.
    """
    parts = _PANEL.split(" ".join(text.split()))
    kept: list[str] = []
    for sentence in (sentence for part in parts for sentence in split_sentences(part)):
        if len(" ".join([*kept, sentence])) > most:
            break
        kept.append(sentence)
    return kept[0].removesuffix(".") if len(kept) == 1 else " ".join(kept)


def _words(text: str) -> set[str]:
    return _stems(text) - _drawing_words()


@cache
def _drawing_words() -> set[str]:
    return _stems(_OF_PICTURES)


def _stems(text: str) -> set[str]:
    return set(stems(content_words(text)))
