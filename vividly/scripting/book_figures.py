"""Which scenes of a book's lesson show a picture of the book."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from vividly.lesson import Line, Passage, PassageFigure, Scene
from vividly.visuals import Figure

MOST_FIGURES = 2
_SHARED_WORDS = 2
"""So many words of a caption have to be said, for a picture to be of what is spoken of."""
_LONGEST_CAPTION, _LONGEST_ALT, _LONGEST_CREDIT = 120, 400, 200


def with_figures(scenes: Sequence[Scene], passages: Sequence[Passage]) -> list[Scene]:
    """The scenes, of which those that a picture of their passage fits best show it.

    Args:
        passages: those that the scenes rest on, with their pictures.
    """
    by_key = {passage.key: passage for passage in passages}
    found = sorted(_fitting(scenes, by_key), key=lambda each: (-each[0], each[1]))
    shown = list(scenes)
    used: set[str] = set()
    for _, at, figure in found:
        taken = shown[at].visual is not None or figure.image in used
        if taken or len(used) == MOST_FIGURES:
            continue
        used.add(figure.image)
        first, *others = shown[at].lines
        lines = (replace(first, part=1), *others)
        shown[at] = replace(shown[at], kind="figure", lines=lines, visual=figure)
    return shown


def _fitting(
    scenes: Sequence[Scene], passages: dict[str, Passage]
) -> Iterator[tuple[int, int, Figure]]:
    """(words in common, position of the scene, picture) of what could be shown."""
    for at, scene in enumerate(scenes):
        if scene.kind != "explanation":
            continue
        said = _words(" ".join(line.say for line in scene.lines))
        for passage in _cited(scene.lines, passages):
            for picture in passage.figures:
                common = len(said & _words(f"{picture.caption} {picture.alt}"))
                figure = _figure(picture, passage)
                if figure is not None and common >= _SHARED_WORDS:
                    yield common, at, figure


def _cited(lines: Sequence[Line], passages: dict[str, Passage]) -> list[Passage]:
    keys = dict.fromkeys(key for line in lines for key in line.passages)
    return [passages[key] for key in keys if key in passages]


def _figure(picture: PassageFigure, passage: Passage) -> Figure | None:
    """A picture with its credit, or None where there is no room for that."""
    source = passage.source
    credit = f"{source.title}, {source.licence}"
    credit = f"{picture.credit}. {credit}" if picture.credit else f"{source.attribution}, {credit}"
    alt = _within(picture.alt or picture.caption, _LONGEST_ALT)
    if not alt or len(credit) > _LONGEST_CREDIT:
        return None
    return Figure(picture.image, alt, credit, _sentence(picture.caption))


def _sentence(caption: str) -> str:
    """The first sentence of a caption, if a slide has room for it."""
    first = re.split(r"(?<=[.!?])\s", caption.strip(), maxsplit=1)[0].rstrip(".")
    return first if len(first) <= _LONGEST_CAPTION else ""


def _within(text: str, most: int) -> str:
    """A text, if need be without its last words."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + "…"


def _words(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"[^\W\d_]{4,}", text.lower())}
