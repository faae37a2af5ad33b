"""Chooses the scenes of a book's lesson that show a picture from the book.

A scene shows a picture if its text and the picture's caption or description share words that
are rare in the section. A picture that is only nearby on the page could mislead.
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
"""(shared words, cosine) from which a picture fits a scene, tuned on a physics textbook. One
shared word may be chance; two need a higher cosine than three."""
_LONGEST_CAPTION, _LONGEST_ALT, _LONGEST_CREDIT = 120, 400, 200

_OF_PICTURES = """
figure diagram image picture photo photograph drawing illustration graph show shown label left
right top bottom point above below side vector arrow axis line letter part another two three first
second one different several many use called
"""
"""Words about how a picture is drawn, and words common to all descriptions."""
_PANEL = re.compile(r"(?<=[.?!]) (?=\([a-z]\) )")
"""The space before a caption's text on the next part of a picture: "(b) ..."."""


def with_figures(scenes: Sequence[Scene], passages: Sequence[Passage]) -> list[Scene]:
    """Add up to `MOST_FIGURES` pictures to the scenes that they fit best.

    A picture appears with the scene's first line. The line nearest to it also gets `part=1`.

    Args:
        passages: all passages of the section, with their pictures.
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
    """Cosine similarity of two sets of words (0 to 1), weighted by rarity in a section."""

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
    """Yield (likeness, index of the scene, index of its nearest line, picture)."""
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
    """Return the likeness of a scene's words to a picture's text; 0 if it is too low."""
    like, common = likeness(said, told), len(said & told)
    enough = any(common >= words and like >= least for words, least in _LEAST_LIKENESS)
    return like if enough else 0.0


def _cited(lines: Sequence[Line], passages: dict[str, Passage]) -> list[Passage]:
    keys = dict.fromkeys(key for line in lines for key in line.passages)
    return [passages[key] for key in keys if key in passages]


def _figure(picture: PassageFigure, source: Source) -> Figure | None:
    """Make a figure; None if it has no description or credit, or the credit is too long."""
    credit = " ".join((picture.credit or _credit(source)).split())
    alt = _description(picture.alt or picture.caption)
    if not alt or not 0 < len(credit) <= _LONGEST_CREDIT:
        return None
    caption = _sentences(picture.caption, _LONGEST_CAPTION)
    return Figure(picture.image, alt, credit, caption or _sentences(alt, _LONGEST_CAPTION))


def _credit(source: Source) -> str:
    """Return the credit that the book's licence requires: "OpenStax, CC BY 4.0"."""
    who, *more = split_sentences(source.attribution) or [""]
    named = f"{who.rstrip('.')}, {source.licence}" if who else ""
    return ". ".join([named, *more])


def _description(alt: str) -> str:
    """Shorten a description to whole sentences, or else to whole words."""
    alt = " ".join(alt.split())
    if len(alt) <= _LONGEST_ALT:
        return alt
    return _sentences(alt, _LONGEST_ALT) or alt[: _LONGEST_ALT - 1].rsplit(" ", 1)[0] + "…"


def _sentences(text: str, most: int) -> str:
    """Return as many leading sentences as fit; "" if none does.

    A single sentence loses its full stop, as is usual in captions.
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
