"""Scripts written by hand as a model writes them: `tests/data/scripts`.

A file has a question, the passages that were found for it (P1, P2, ... in their order), and the
scenes of a script: `kind: heading`, `kind: data` of a visual as `draws`, and lines of the form
`say | show | ids, or "likeness" | part`. `faults.yaml` changes them so that they are wrong, and
says how each wrong script ends.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.support.google_server import Call, GoogleServer, Json
from tests.support.google_vertex import asks_for, prompt_of
from tests.support.script_server import sources_of
from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.gemini_answer import WrittenScene
from vividly.model.lesson import (
    Passage,
    PassageSentence,
    Retrieved,
    Source,
    Understanding,
)
from vividly.text.sentences import split_sentences

FOLDER = Path(__file__).parents[1] / "data" / "scripts"
_LINE = re.compile(r"\s*\|\s*")
_STATEMENT = re.compile(
    r"^(?P<number>\d+)\. In the scene .*?; cites (?P<cites>.*)\n(?P<likeness>LIKENESS\n)?"
    r"(?:Before it: .*\n)?Statement: (?P<text>.*)$",
    re.MULTILINE,
)
_PASSAGE = re.compile(r"^\[(P\d+)\] .*\n((?:- .*\n)+)", re.MULTILINE)


@dataclass(frozen=True)
class HandWritten:
    """A script with its question and passages.

    Attributes:
        scenes: as the model writes them, with the ids of the file.
    """

    name: str
    brief: Brief
    scenes: list[Json] = field(repr=False)

    @cached_property
    def says(self) -> list[str]:
        """What it says, line by line."""
        return [line["say"] for scene in self.scenes for line in scene["lines"]]

    @cached_property
    def texts(self) -> list[str]:
        """All that it says, shows and draws."""
        shown = [line["show"] or "" for scene in self.scenes for line in scene["lines"]]
        drawn = [WrittenScene.model_validate(scene).visual for scene in self.scenes]
        return [*self.says, *shown, *(" ; ".join(one.stated()) for one in drawn if one)]


def hand_written(name: str) -> HandWritten:
    """The script of a file."""
    told = _yaml(f"{name}.yaml")
    passages = tuple(_passages(name, told["passages"]))
    understanding = Understanding(
        name,
        told["topic"],
        told["subject"],
        0.9,
        answer=passages[int(told["answer"][1:]) - 1].key,
    )
    brief = Brief(
        told["question"],
        grade_level=told["grade"],
        interest=told["interest"],
        language="en-US",
        understanding=understanding,
        retrieved=Retrieved(passages),
    )
    return HandWritten(name, brief, [_scene(scene) for scene in told["scenes"]])


NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml") if file.stem != "faults")
"""The names of the good scripts."""


def _yaml(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def _passages(topic: str, told: list[list[str]]) -> Iterator[Passage]:
    for at, (kind, heading, text) in enumerate(told, 1):
        sentences = [PassageSentence(sentence) for sentence in split_sentences(text)]
        if kind == "misconception":
            sentences[0] = PassageSentence(sentences[0].say, role="belief")
        source = Source("Our own", heading, "Vividly", "CC BY 4.0")
        key = f"{topic}/{at}"
        yield Passage(key, topic, kind, heading, at, tuple(sentences), source, score=1 / at)  # type: ignore[arg-type]


def _scene(told: dict[str, Any]) -> Json:
    kind, heading = next(iter(told.items()))
    lines = [_line(line) for line in told["lines"]]
    drawn = {"data": json.dumps(told["draws"])} if "draws" in told else {}
    return {"kind": kind, "heading": heading, **drawn, "lines": lines}


def _line(text: str) -> Json:
    say, show, ids, part = (*_LINE.split(text), "", "", "")[:4]
    line: Json = {"say": say, "show": show or None, "passages": ids.split()}
    if ids == "likeness":
        line |= {"passages": [], "likeness": True}
    return line | ({"part": int(part)} if part else {})


# -- what is wrong with them -------------------------------------------------------------------


@dataclass(frozen=True)
class Wrong:
    """A wrong script.

    Attributes:
        good: the script without the fault.
        draft: what the model answers first.
        stays: whether the repair has the fault, too.
        told: words of what the model is told for its repair.
        says: what the lesson says, line by line.
        undrawn: position of the scene that becomes an explanation.
        unusable: whether the draft is no script at all.
        sound: whether the judge finds nothing wrong with what it says.
    """

    good: HandWritten
    draft: Json = field(repr=False)
    stays: bool
    told: str
    says: list[str] = field(repr=False)
    undrawn: int | None
    unusable: bool
    sound: bool


def faults() -> dict[str, Any]:
    """The faults by name."""
    found: dict[str, Any] = _yaml("faults.yaml")
    return found


def wrong(fault: str) -> Wrong:
    """The script with a fault."""
    how = faults()[fault]
    good = hand_written(how["of"])
    scenes: list[Json] = copy.deepcopy(good.scenes)
    for old, new in how.get("say", {}).items():
        line = _only(scenes, lambda said, old=old: old in said)
        line["say"] = line["say"].replace(old, new)
    for start, ids in how.get("cites", {}).items():
        _only(scenes, lambda said, start=start: said.startswith(start))["passages"] = ids.split()
    for at, data in how.get("draws", {}).items():
        scenes[at]["data"] = json.dumps(data)
    scenes = [scenes[at] for at in how.get("order", range(len(scenes)))]
    if how.get("broken"):
        del scenes[1]["lines"]
    for start in how.get("gone", ()):
        _only(scenes, lambda said, start=start: said.startswith(start))
    stays = how.get("stays", False)
    says = [
        line["say"]
        for scene in scenes
        for line in scene.get("lines", ())
        if not line["say"].startswith(tuple(how.get("gone", ["\0"])))
    ]
    return Wrong(
        good,
        {"scenes": scenes},
        stays,
        how.get("told", ""),
        says if stays else good.says,
        how.get("undrawn"),
        how.get("unusable", False),
        how.get("sound", False),
    )


def _only(scenes: list[Json], fits: Any) -> Json:
    """The only line that fits."""
    (line,) = [one for scene in scenes for one in scene["lines"] if fits(one["say"])]
    found: Json = line
    return found


# -- the model's part --------------------------------------------------------------------------


@dataclass
class Author:
    """A model whose answers are recorded: scripts in turn, and a judge who knows the good one.

    Attributes:
        answers: of its calls for a script; the last one is for all that follow.
        lenient: whether the judge refuses nothing.
        prompts: of these calls.
    """

    good: HandWritten
    answers: list[Json]
    lenient: bool = False
    prompts: list[str] = field(default_factory=list)

    def plays(self, server: GoogleServer) -> None:
        """Answer the calls to a server."""
        server.generates(asks_for("scenes"), self._script)
        server.generates(asks_for("statements"), self._judgement)

    def _script(self, call: Call) -> Json:
        prompt = prompt_of(call)
        answer = self.answers[min(len(self.prompts), len(self.answers) - 1)]
        self.prompts.append(prompt)
        ids = {source.heading: source.name for source in sources_of(prompt)}
        names = {f"P{p.position}": ids[p.heading] for p in self.good.brief.retrieved.passages}
        answer = copy.deepcopy(answer)
        for scene in answer["scenes"]:
            for line in scene.get("lines", ()):
                line["passages"] = [names.get(one, one) for one in line["passages"]]
        return answer

    def _judgement(self, call: Call) -> Json:
        prompt = prompt_of(call)
        passages = {name: text.splitlines() for name, text in _PASSAGE.findall(prompt)}
        asked = _STATEMENT.finditer(prompt.split("\nThe statements:", 1)[1])
        return {"statements": [self._judged(one, passages) for one in asked]}

    def _judged(self, asked: re.Match[str], passages: dict[str, list[str]]) -> Json:
        """Refuse what the good script does not hold; quote the nearest sentence for the rest."""
        said = asked["text"]
        judged = {"number": int(asked["number"]), "quotes": [], "fix": ""}
        if not self.lenient and not any(
            said.removeprefix("drawn: ") in text for text in self.good.texts
        ):
            return judged | {"verdict": "not_supported", "fix": f"No passage says: {said}"}
        if asked["likeness"]:
            return judged | {"verdict": "likeness_fits"}
        if asked["cites"] == "nothing":
            return judged | {"verdict": "states_nothing"}
        words = set(said.lower().split())
        cited = [text[2:] for name in asked["cites"].split(", ") for text in passages[name]]
        nearest = max(cited, key=lambda one: len(words.intersection(one.lower().split())))
        nearest = nearest.removeprefix("(a mix-up, not a fact) ")
        return judged | {"verdict": "supported", "quotes": [nearest]}
