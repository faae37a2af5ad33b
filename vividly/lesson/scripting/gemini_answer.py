"""The format of a script that a model writes, and its validation.

A script with an invalid format is not repaired: `UnusableAnswer` makes the caller ask again.
`gemini_review` checks the content of the lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from vividly.lesson.scripting.gemini_kinds import WRITABLE
from vividly.lesson.scripting.gemini_visuals import data_of, visual_of
from vividly.lesson.scripting.pacing import scene_seconds
from vividly.lesson.scripting.visuals import LONGEST_SHOW
from vividly.model.errors import UnusableAnswer
from vividly.model.lesson import VISUAL_KINDS, Line, Scene, SceneKind
from vividly.model.visuals import Visual
from vividly.text.locales import locale_for

LONGEST_SAY = 320
LONGEST_TITLE = 160
THINK_S = 4.0
"""Silence after the check question, for the student to answer."""
ANSWER_S = 1.2
SOURCES_S = 4.0
SHORTEST_DRAFT_S, LONGEST_DRAFT_S = 60.0, 260.0
"""Length limits of a draft in seconds. A draft outside them is not worth revising."""
FEWEST_EXPLANATIONS, MOST_EXPLANATIONS = 3, 5
LINES: Mapping[SceneKind, tuple[int, int]] = {
    "title": (1, 5),
    "explanation": (1, 6),
    "worked_example": (2, 9),
    "misconception": (2, 5),
    "takeaways": (2, 6),
    "check": (1, 4),
    "answer": (1, 4),
}
"""Minimum and maximum lines by kind of scene; visual kinds count as explanations."""
_ORDER = re.compile(f"te{{{FEWEST_EXPLANATIONS},{MOST_EXPLANATIONS}}}wm?kca")
_LETTERS: Mapping[str, str] = {
    "title": "t",
    "explanation": "e",
    **dict.fromkeys(WRITABLE, "e"),
    "worked_example": "w",
    "misconception": "m",
    "takeaways": "k",
    "check": "c",
    "answer": "a",
}
_MARKUP = re.compile(r"https?://|www\.|\*\*|__|```|<[a-zA-Z/][^>]*>|^\s*[#>•-]\s")


class WrittenLine(BaseModel):
    """One line as the model writes it."""

    say: str = Field(description="what the narrator says: one sentence, at most two")
    show: str | None = Field(default=None, description="at most 64 characters on screen, or null")
    passages: list[str] = Field(description="ids of the sources it rests on, such as P3")
    part: int | None = Field(default=None, description="the part that it speaks of, from 1")
    likeness: bool = Field(
        default=False, description="whether it only likens the idea to the student's world"
    )


if TYPE_CHECKING:
    _Kind = SceneKind
else:
    _Kind = Literal[tuple(_LETTERS)]


class WrittenScene(BaseModel):
    """One scene as the model writes it. `data`: what it draws, a JSON object, or null."""

    kind: _Kind
    heading: str = Field(description="at most 64 characters")
    data: str | None = Field(
        default=None, description="what it draws: a JSON object in the form of its kind, or null"
    )
    lines: list[WrittenLine]

    @property
    def visual(self) -> Visual | None:
        """What it draws, if it has data for it that can be used at all."""
        found = visual_of(self.kind, self.data)
        if found and any(_MARKUP.search(text) for text in found.texts()):
            return None
        return found


class WrittenScript(BaseModel):
    """A script as the model writes it."""

    scenes: list[WrittenScene]


def scenes_of(
    written: WrittenScript, keys: Mapping[str, str], *, grade: int, language: str, model: str
) -> tuple[Scene, ...]:
    """Convert a model's script to scenes with passage keys, and add the sources scene.

    An unknown passage id is kept, so that the review reports it.

    Args:
        keys: passage keys by the ids that the model was given.
        grade: school grade of the script, for its pace.
        language: language of the script, for its pace and the heading of its sources.
        model: name of the model, for messages.

    Raises:
        UnusableAnswer: the format is invalid; the message says where, without quoting the text.
    """
    if problems := list(_problems(written)):
        raise UnusableAnswer(
            f"{model} wrote a script that is off its form: " + "; ".join(problems[:5])
        )
    scenes = [_scene(scene, keys) for scene in written.scenes]
    seconds = scene_seconds(scenes, grade, language)
    if not SHORTEST_DRAFT_S <= seconds <= LONGEST_DRAFT_S:
        raise UnusableAnswer(
            f"{model} wrote a script of {seconds:.0f} seconds, not of two to three minutes"
        )
    return (*scenes, Scene("sources", locale_for(language).lesson.headings.sources, (), SOURCES_S))


def written(scenes: Iterable[Scene], ids: Mapping[str, str]) -> str:
    """Convert scenes and their visuals back to the model's JSON format, for it to revise.

    Args:
        ids: the ids that the model knows, by passage key.
    """
    listed = [_as_written(scene, ids) for scene in scenes if scene.kind != "sources"]
    return json.dumps({"scenes": listed}, ensure_ascii=False, indent=1)


def _as_written(scene: Scene, ids: Mapping[str, str]) -> dict[str, object]:
    data = (
        {"data": json.dumps(data_of(scene.visual)[1], ensure_ascii=False)} if scene.visual else {}
    )
    lines = [
        {
            "say": line.say,
            "show": line.show,
            "passages": [ids.get(key, key) for key in line.passages],
            **({"part": line.part} if line.part else {}),
            **({"likeness": True} if line.likeness else {}),
        }
        for line in scene.lines
    ]
    return {"kind": scene.kind, "heading": scene.heading, **data, "lines": lines}


def _scene(scene: WrittenScene, keys: Mapping[str, str]) -> Scene:
    lines = tuple(
        Line(
            _clean(line.say),
            _clean(line.show) or None if line.show else None,
            tuple(dict.fromkeys(keys.get(i.strip(), i.strip()) for i in line.passages)),
            line.part,
            line.likeness,
        )
        for line in scene.lines
    )
    pause = {"check": THINK_S, "answer": ANSWER_S}.get(scene.kind, 0.6)
    return Scene(scene.kind, _clean(scene.heading), lines, pause, scene.visual)


def _clean(text: str | None) -> str:
    return " ".join((text or "").split())


def _problems(written: WrittenScript) -> Iterator[str]:
    """Yield the format errors with their positions."""
    order = "".join(_LETTERS[scene.kind] for scene in written.scenes)
    if not _ORDER.fullmatch(order):
        kinds = ", ".join(scene.kind for scene in written.scenes) or "none"
        yield f"the scenes are {kinds}"
        return
    said: set[str] = set()
    for at, scene in enumerate(written.scenes, 1):
        fewest, most = LINES["explanation" if scene.kind in VISUAL_KINDS else scene.kind]
        where = f"scene {at} ({scene.kind})"
        if not fewest <= len(scene.lines) <= most:
            yield f"{where} has {len(scene.lines)} lines, not {fewest} to {most}"
        if not 1 <= len(_clean(scene.heading)) <= LONGEST_TITLE:
            yield f"the heading of {where} has {len(scene.heading)} characters"
        if _MARKUP.search(scene.heading):
            yield f"the heading of {where} has markup or a link"
        if scene.kind in ("explanation", "worked_example", "takeaways") and not any(
            _clean(line.show) or (line.part and scene.visual) for line in scene.lines
        ):
            yield f"{where} shows nothing"
        for line_at, line in enumerate(scene.lines, 1):
            yield from _line_problems(line, f"line {line_at} of {where}")
            if _clean(line.say) in said:
                yield f"line {line_at} of {where} was said before"
            said.add(_clean(line.say))


def _line_problems(line: WrittenLine, where: str) -> Iterator[str]:
    say, show = _clean(line.say), _clean(line.show)
    if not re.search(r"\w", say):
        yield f"{where} says nothing"
    if len(say) > LONGEST_SAY:
        yield f"{where} has {len(say)} characters"
    if len(show) > LONGEST_SHOW:
        yield f"{where} shows {len(show)} characters"
    if _MARKUP.search(say) or (show and _MARKUP.search(show)):
        yield f"{where} has markup or a link"
